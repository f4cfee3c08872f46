// The blank-separated arguments of one control line, as places first and as text or numbers on demand.

/** Longer numbers are refused, so the largest size is 999,999,999 [nats-server util.go parseSize]. */
const sizeDigitsMax = 9;
const nothing = Buffer.alloc(0);
/** HPUB has four; one more place is enough to know that there are too many. */
const placesMax = 5;

export class Arguments {
  /** How many there are; five means five or more. */
  count = 0;

  readonly #starts = new Int32Array(placesMax);
  readonly #ends = new Int32Array(placesMax);
  #bytes: Buffer = nothing;

  /** Finds the arguments in [start, end). They are read before `bytes` changes. `atLineEnds`: CR and LF separate too. */
  split(bytes: Buffer, start: number, end: number, atLineEnds: boolean): void {
    this.#bytes = bytes;
    let count = 0;
    let at = start;
    while (count < placesMax) {
      while (at < end && separates(bytes[at]!, atLineEnds)) at++;
      if (at === end) break;
      this.#starts[count] = at;
      while (at < end && !separates(bytes[at]!, atLineEnds)) at++;
      this.#ends[count] = at;
      count++;
    }
    this.count = count;
  }

  release(): void {
    this.#bytes = nothing;
  }

  /** Wire text of the argument. */
  text(index: number): string {
    return this.#bytes.latin1Slice(this.#starts[index], this.#ends[index]);
  }

  /** The argument as a decimal number, -1 if it is none or has more than nine digits. */
  size(index: number): number {
    const end = this.#ends[index]!;
    let at = this.#starts[index]!;
    if (end - at > sizeDigitsMax) return -1;
    let size = 0;
    for (; at < end; at++) {
      const digit = this.#bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) return -1;
      size = size * 10 + digit;
    }
    return size;
  }
}

function separates(byte: number, atLineEnds: boolean): boolean {
  return byte === 0x20 || byte === 0x09 || (atLineEnds && (byte === 0x0d || byte === 0x0a));
}
