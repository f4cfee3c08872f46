// Bytes that belong together and arrive in several chunks. The room grows with what has arrived, not with what was
// announced, so a peer that announces much and sends little costs little.

/** A buffer up to this size is kept for the next time. */
const keptBytesMax = 1024;
const firstBytes = 512;
const nothing = Buffer.alloc(0);

export class Gathered {
  /** The bytes are [0, length); valid until `add` or `clear`. */
  bytes: Buffer = nothing;
  length = 0;

  /** Adds [start, end) of `chunk`; the caller promises that all will never be more than `most`. */
  add(chunk: Buffer, start: number, end: number, most: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) this.#grow(needed, most);
    chunk.copy(this.bytes, this.length, start, end);
    this.length = needed;
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > keptBytesMax) this.bytes = nothing;
  }

  #grow(needed: number, most: number): void {
    const room = Math.max(needed, Math.min(most, Math.max(firstBytes, this.bytes.length * 2)));
    const grown = Buffer.allocUnsafeSlow(room);
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
