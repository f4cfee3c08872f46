// The blank-separated arguments of one control line, as places first and as text or numbers on demand.

/** Longer numbers are refused, so the largest size is 999,999,999 [nats-server util.go parseSize]. */
const sizeDigitsMax = 9;
/** HPUB has four; one more place is enough to know that there are too many. */
const placesMax = 5;

const tab = 0x09;
const lf = 0x0a;
const cr = 0x0d;
const blank = 0x20;
const nothing = Buffer.alloc(0);

export class Arguments {
  /** How many there are; five means five or more. */
  count = 0;
  /** Bytes of the line without its end. */
  length = 0;

  readonly #starts = new Int32Array(placesMax);
  readonly #ends = new Int32Array(placesMax);
  #bytes: Buffer = nothing;
  #start = 0;
  #firstText = "";

  /** Finds the arguments in [start, end). They are read before `bytes` changes. `atLineEnds`: CR and LF separate too. */
  split(bytes: Buffer, start: number, end: number, atLineEnds: boolean): void {
    let count = 0;
    let at = start;
    while (count < placesMax) {
      while (at < end && separates(bytes[at]!, atLineEnds)) at++;
      if (at === end) break;
      this.#starts[count] = at;
      while (at < end && !separates(bytes[at]!, atLineEnds)) at++;
      this.#ends[count++] = at;
    }
    this.#bytes = bytes;
    this.#start = start;
    this.length = end - start;
    this.count = count;
  }

  /**
   * Finds the end of an ordinary line and its arguments in one pass, which takes a fifth off the time of a small PUB.
   * Answers where its LF stands; -1 if the line is not whole or holds a stray CR, and then nothing is split.
   */
  scan(bytes: Buffer, start: number): number {
    const end = bytes.length;
    let count = 0;
    for (let at = start; at < end && count < placesMax; at++) {
      if (bytes[at]! > blank) {
        this.#starts[count] = at;
        do at++;
        while (at < end && bytes[at]! > blank);
        this.#ends[count++] = at;
      }
      const byte = bytes[at];
      if (byte === blank || byte === tab) continue;
      if (byte !== cr || bytes[at + 1] !== lf) return -1;
      this.#bytes = bytes;
      this.#start = start;
      this.length = at - start;
      this.count = count;
      return at + 1;
    }
    return -1;
  }

  /** Lets go of the bytes. */
  release(): void {
    this.#bytes = nothing;
  }

  /** Wire text of the argument. */
  text(index: number): string {
    return this.#bytes.toString("latin1", this.#starts[index], this.#ends[index]);
  }

  /**
   * Wire text of the first argument, the same string as last time if it is the same text: peers publish to one subject
   * many times over, comparing costs a fifth of making, and a string once looked up keeps its hash.
   */
  firstText(): string {
    const bytes = this.#bytes;
    const start = this.#starts[0]!;
    const length = this.#ends[0]! - start;
    const last = this.#firstText;
    let same = last.length === length;
    for (let i = 0; same && i < length; i++) same = last.charCodeAt(i) === bytes[start + i];
    if (!same) this.#firstText = this.text(0);
    return this.#firstText;
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

  /** The whole line as wire text, for a log. */
  line(): string {
    return this.#bytes.toString("latin1", this.#start, this.#start + this.length);
  }
}

function separates(byte: number, atLineEnds: boolean): boolean {
  return byte === blank || byte === tab || (atLineEnds && (byte === cr || byte === lf));
}
