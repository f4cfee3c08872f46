// Where the messages of one segment lie, and how they hang together by subject: 16 bytes a message.
//
//   place   | flags 6 bits | byte in the segment 26 bits |     the record's length is the way to the next place
//   subject | node in Subjects                           |
//   before  | how many sequences back the previous message of the same subject lies; 0 none
//   after   | how many sequences on the next one lies; 0 none; all ones: further than fits, to be searched

const gone = 2 ** 31;
/** The next place does not tell this record's length: look at the record. */
const unsure = 2 ** 30;
const headers = 2 ** 29;
const byteMask = 2 ** 26 - 1;

export const segmentBytesMax = 2 ** 26;
/** A step this long or longer is written down as "far". */
export const far = 0xffffffff;

const firstCapacity = 16;

export class Places {
  readonly firstSequence: number;
  #length = 0;
  #place: Uint32Array;
  #subject: Uint32Array;
  #before: Uint32Array;
  #after: Uint32Array;

  constructor(firstSequence: number, capacity = firstCapacity) {
    this.firstSequence = firstSequence;
    this.#place = new Uint32Array(capacity);
    this.#subject = new Uint32Array(capacity);
    this.#before = new Uint32Array(capacity);
    this.#after = new Uint32Array(capacity);
  }

  /** Sequences this segment accounts for, messages or not. */
  get length(): number {
    return this.#length;
  }

  /** One below `firstSequence` when empty. */
  get lastSequence(): number {
    return this.firstSequence + this.#length - 1;
  }

  get bytes(): number {
    return this.#place.length * 16;
  }

  /** The place of each sequence as it is kept, for a checkpoint. */
  get words(): Uint32Array {
    return this.#place.subarray(0, this.#length);
  }

  /** The next sequence is a message. */
  add(byte: number, hasHeaders: boolean, isUnsure: boolean, subject: number): void {
    if (this.#length === this.#place.length) this.#resize(this.#length * 2);
    const at = this.#length++;
    this.#place[at] = byte + (hasHeaders ? headers : 0) + (isUnsure ? unsure : 0);
    this.#subject[at] = subject;
    this.#before[at] = 0;
    this.#after[at] = 0;
  }

  /** The next sequence is no message here. */
  addGone(byte: number): void {
    this.add(byte, false, false, 0);
    this.#place[this.#length - 1] = byte + gone;
  }

  /** Something other than a message follows the last one. */
  blurLast(): void {
    if (this.#length > 0) this.#place[this.#length - 1]! |= unsure;
  }

  isGone(at: number): boolean {
    return this.#place[at]! >= gone;
  }

  byte(at: number): number {
    return this.#place[at]! & byteMask;
  }

  hasHeaders(at: number): boolean {
    return (this.#place[at]! & headers) !== 0;
  }

  /** The record's length, or 0 when only the record itself tells. `tail` is where the segment's records end. */
  recordLength(at: number, tail: number): number {
    if ((this.#place[at]! & unsure) !== 0) return 0;
    const end = at + 1 < this.#length ? this.byte(at + 1) : tail;
    return end - this.byte(at);
  }

  subject(at: number): number {
    return this.#subject[at]!;
  }

  before(at: number): number {
    return this.#before[at]!;
  }

  after(at: number): number {
    return this.#after[at]!;
  }

  setBefore(at: number, steps: number): void {
    this.#before[at] = Math.min(steps, far);
  }

  setAfter(at: number, steps: number): void {
    this.#after[at] = Math.min(steps, far);
  }

  drop(at: number): void {
    this.#place[at]! |= gone;
  }

  dropAll(): void {
    for (let at = 0; at < this.#length; at++) this.#place[at]! |= gone;
  }

  /** The message moved; everything about it but its byte stays. */
  move(at: number, byte: number, isUnsure: boolean): void {
    const flags = this.#place[at]! & ~byteMask & ~unsure;
    this.#place[at] = (flags | byte | (isUnsure ? unsure : 0)) >>> 0;
  }

  /** Slots [`from`, `end`) hold nothing; the next record begins at `byte`. */
  fillMoved(from: number, end: number, byte: number): void {
    for (let at = from; at < end; at++) this.move(at, byte, false);
  }

  /** First message at or after slot `at`; `length` when there is none. */
  nextLive(at: number): number {
    let i = at;
    while (i < this.#length && this.#place[i]! >= gone) i++;
    return i;
  }

  /** Last message at or before slot `at`; -1 when there is none. */
  previousLive(at: number): number {
    let i = at;
    while (i >= 0 && this.#place[i]! >= gone) i--;
    return i;
  }

  /** First slot in [`at`, `end`) with a message of this subject; `end` when there is none. */
  findSubject(subject: number, at: number, end: number): number {
    const subjects = this.#subject;
    for (let i = at; i < end; i++) if (subjects[i] === subject && this.#place[i]! < gone) return i;
    return end;
  }

  /** Gives back what growing left over; nothing is added after it as a rule. */
  trim(): void {
    if (this.#place.length > this.#length) this.#resize(Math.max(1, this.#length));
  }

  #resize(capacity: number): void {
    const resized = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
      const made = new Uint32Array(capacity);
      made.set(old.length > capacity ? old.subarray(0, capacity) : old);
      return made;
    };
    this.#place = resized(this.#place);
    this.#subject = resized(this.#subject);
    this.#before = resized(this.#before);
    this.#after = resized(this.#after);
  }
}
