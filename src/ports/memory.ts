// The memory of the process, as far as it can be asked and helped.

export interface Memory {
  /** Bytes of the heap and of buffers, garbage included. */
  usedBytes(): number;
  /** Frees garbage now. Nothing else happens meanwhile, for some milliseconds for each 100 MB of small objects. */
  collect(): void;
}
