// Buffers of the usual sizes, used again: taking fresh memory costs a page fault for each 4 KiB.

const keptBytesMax = 8 * 1024 * 1024;

export class BufferPool {
  readonly #free = new Map<number, Buffer[]>();
  #keptBytes = 0;

  /** A buffer of at least `length` bytes with any contents. */
  take(length: number): Buffer {
    let size = 4096;
    while (size < length) size *= 2;
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#keptBytes -= size;
    return buffer;
  }

  /** Gives a buffer back; nobody may look at it any more. */
  give(buffer: Buffer): void {
    if (this.#keptBytes + buffer.length > keptBytesMax) return;
    const list = this.#free.get(buffer.length);
    if (list === undefined) this.#free.set(buffer.length, [buffer]);
    else list.push(buffer);
    this.#keptBytes += buffer.length;
  }

  /** Nothing of what they held is left in the buffers that lie ready. */
  wipe(): void {
    for (const list of this.#free.values()) for (const buffer of list) buffer.fill(0);
  }
}
