// Where the messages of one segment lie, and how they hang together by subject: 16 bytes a message. Sequences that are
// no message take a place each, too, but for long stretches of them in a segment that was rewritten.
//
//   place   | flags 6 bits | byte in the segment 26 bits |     the record's length is the way to the next place
//   subject | node in Subjects                           |
//   before  | how many sequences back the previous message of the same subject lies; 0 none
//   after   | how many sequences on the next one lies; 0 none; all ones: further than fits, the index tells

const gone = 2 ** 31;
/** The next place does not tell this record's length: look at the record. */
const unsure = 2 ** 30;
const headers = 2 ** 29;
export const byteMask = 2 ** 26 - 1;

export const segmentBytesMax = 2 ** 26;
/** A step this long or longer is written down as "far". */
export const far = 0xffffffff;

const firstCapacity = 16;
const pageBits = 10;
const pageSlots = 2 ** pageBits;
const slotMask = pageSlots - 1;
/** Columns of a page, each as long as a quarter of it. */
const place = 0;
const subject = 1;
const before = 2;
const after = 3;

export class Places {
  readonly firstSequence: number;
  readonly #firstCapacity: number;
  #length = 0;
  /** undefined: no slot of it is a message, and all have the same byte. */
  readonly #pages: (Uint32Array | undefined)[] = [];
  /** That byte. */
  readonly #blank: number[] = [];
  /** Messages in each page. */
  readonly #live: number[] = [];

  /** `capacity` is about how many slots there will be. */
  constructor(firstSequence: number, capacity = firstCapacity) {
    this.firstSequence = firstSequence;
    this.#firstCapacity = Math.min(pageSlots, Math.max(1, capacity));
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
    return this.#pages.reduce((sum, page) => sum + (page === undefined ? 8 : page.length * 4), 0);
  }

  /** The places of slots [`from`, `end`), for a checkpoint. */
  words(from = 0, end = this.#length): Uint32Array {
    const words = new Uint32Array(end - from);
    for (let at = from; at < end; ) {
      const number = at >>> pageBits;
      const pageEnd = Math.min(end, (number + 1) * pageSlots);
      const page = this.#pages[number];
      if (page === undefined) words.fill(this.#blank[number]! + gone, at - from, pageEnd - from);
      else words.set(page.subarray(at & slotMask, pageEnd - number * pageSlots), at - from);
      at = pageEnd;
    }
    return words;
  }

  #get(column: number, at: number): number {
    const page = this.#pages[at >>> pageBits];
    if (page !== undefined) return page[(page.length >>> 2) * column + (at & slotMask)]!;
    return column === place ? this.#blank[at >>> pageBits]! + gone : 0;
  }

  #set(column: number, at: number, value: number): void {
    const page = this.#own(at >>> pageBits);
    page[(page.length >>> 2) * column + (at & slotMask)] = value;
  }

  #own(number: number): Uint32Array {
    const page = this.#pages[number];
    if (page !== undefined) return page;
    const made = new Uint32Array(pageSlots * 4);
    made.fill(this.#blank[number]! + gone, 0, pageSlots);
    this.#pages[number] = made;
    return made;
  }

  /** The page of the next slot, with room for it. */
  #roomy(): Uint32Array {
    const number = this.#length >>> pageBits;
    if (number === this.#pages.length) {
      this.#pages.push(new Uint32Array((number === 0 ? this.#firstCapacity : pageSlots) * 4));
      this.#blank.push(0);
      this.#live.push(0);
    }
    const page = this.#own(number);
    const capacity = page.length >>> 2;
    if ((this.#length & slotMask) < capacity) return page;
    return this.#resize(number, page, Math.min(pageSlots, capacity * 2));
  }

  #resize(number: number, page: Uint32Array, capacity: number): Uint32Array {
    const made = new Uint32Array(capacity * 4);
    const old = page.length >>> 2;
    for (const column of [place, subject, before, after]) {
      const kept = page.subarray(column * old, column * old + Math.min(old, capacity));
      made.set(kept, column * capacity);
    }
    this.#pages[number] = made;
    return made;
  }

  /** The next sequence is a message. */
  add(byte: number, hasHeaders: boolean, isUnsure: boolean, node: number): void {
    this.#add(byte + (hasHeaders ? headers : 0) + (isUnsure ? unsure : 0), node);
    this.#live[(this.#length - 1) >>> pageBits]!++;
  }

  /** The next sequence is no message here. */
  addGone(byte: number): void {
    this.#add(byte + gone, 0);
  }

  #add(word: number, node: number): void {
    const page = this.#roomy();
    const capacity = page.length >>> 2;
    const slot = this.#length++ & slotMask;
    page[slot] = word;
    page[capacity + slot] = node;
    page[capacity * before + slot] = 0;
    page[capacity * after + slot] = 0;
  }

  /** Something other than a message follows the last one. */
  blurLast(): void {
    const at = this.#length - 1;
    if (at >= 0) this.#set(place, at, (this.#get(place, at) | unsure) >>> 0);
  }

  isGone(at: number): boolean {
    return this.#get(place, at) >= gone;
  }

  byte(at: number): number {
    return this.#get(place, at) & byteMask;
  }

  hasHeaders(at: number): boolean {
    return (this.#get(place, at) & headers) !== 0;
  }

  /** The record's length, or 0 when only the record itself tells. `tail` is where the segment's records end. */
  recordLength(at: number, tail: number): number {
    if ((this.#get(place, at) & unsure) !== 0) return 0;
    const end = at + 1 < this.#length ? this.byte(at + 1) : tail;
    return end - this.byte(at);
  }

  subject(at: number): number {
    return this.#get(subject, at);
  }

  before(at: number): number {
    return this.#get(before, at);
  }

  after(at: number): number {
    return this.#get(after, at);
  }

  setBefore(at: number, steps: number): void {
    this.#set(before, at, Math.min(steps, far));
  }

  setAfter(at: number, steps: number): void {
    this.#set(after, at, Math.min(steps, far));
  }

  /** The message at a slot is none any more. */
  drop(at: number): void {
    this.#live[at >>> pageBits]!--;
    this.#set(place, at, (this.#get(place, at) | gone) >>> 0);
  }

  dropAll(): void {
    this.#live.forEach((live, number) => {
      if (live === 0) return;
      const page = this.#pages[number]!;
      for (let slot = 0; slot < page.length >>> 2; slot++) page[slot]! |= gone;
      this.#live[number] = 0;
    });
  }

  /** The message moved; everything about it but its byte stays. */
  move(at: number, byte: number, isUnsure: boolean): void {
    const flags = this.#get(place, at) & ~byteMask & ~unsure;
    this.#set(place, at, (flags | byte | (isUnsure ? unsure : 0)) >>> 0);
  }

  /** Slots [`from`, `end`), all between two messages or an end, hold nothing; the next record begins at `byte`. */
  fillMoved(from: number, end: number, byte: number): void {
    for (let at = from; at < end; ) {
      const number = at >>> pageBits;
      const pageEnd = Math.min(end, (number + 1) * pageSlots);
      if (this.#pages[number] === undefined) this.#blank[number] = byte;
      else for (let slot = at; slot < pageEnd; slot++) this.move(slot, byte, false);
      at = pageEnd;
    }
  }

  /** First message at or after slot `at`; `length` when there is none. */
  nextLive(at: number): number {
    let i = at;
    while (i < this.#length) {
      const number = i >>> pageBits;
      const pageEnd = Math.min(this.#length, (number + 1) * pageSlots);
      const page = this.#live[number] === 0 ? undefined : this.#pages[number];
      if (page !== undefined) for (; i < pageEnd; i++) if (page[i & slotMask]! < gone) return i;
      i = pageEnd;
    }
    return Math.max(at, this.#length);
  }

  /** Last message at or before slot `at`; -1 when there is none. */
  previousLive(at: number): number {
    let i = at;
    while (i >= 0) {
      const page = this.#live[i >>> pageBits] === 0 ? undefined : this.#pages[i >>> pageBits];
      const pageStart = i & ~slotMask;
      if (page !== undefined) for (; i >= pageStart; i--) if (page[i & slotMask]! < gone) return i;
      i = pageStart - 1;
    }
    return -1;
  }

  /** How many messages there are at or after slot `from`. */
  liveFrom(from: number): number {
    const number = from >>> pageBits;
    const pageEnd = Math.min(this.#length, (number + 1) * pageSlots);
    let count = 0;
    for (let slot = from; slot < pageEnd; slot++) if (!this.isGone(slot)) count++;
    for (let page = number + 1; page < this.#live.length; page++) count += this.#live[page]!;
    return count;
  }

  /** First slot in [`at`, `end`) with a message of this subject; `end` when there is none. */
  findSubject(node: number, at: number, end: number): number {
    let i = at;
    while (i < end) {
      const page = this.#live[i >>> pageBits] === 0 ? undefined : this.#pages[i >>> pageBits];
      const pageEnd = Math.min(end, ((i >>> pageBits) + 1) * pageSlots);
      if (page !== undefined) {
        const slot = findIn(page, node, i & slotMask, pageEnd - (i & ~slotMask));
        if (slot >= 0) return (i & ~slotMask) + slot;
      }
      i = pageEnd;
    }
    return end;
  }

  /** Gives back what growing left over, and what stretches without a message need not take; nothing is added after it as a rule. */
  trim(): void {
    this.#pages.forEach((page, number) => {
      if (page === undefined) return;
      const used = Math.min(pageSlots, this.#length - number * pageSlots);
      if (isBlank(page, used)) {
        this.#blank[number] = page[0]! & byteMask;
        this.#pages[number] = undefined;
      } else if (used < page.length >>> 2) this.#resize(number, page, used);
    });
  }
}

/** Whether no slot of a page is a message, and all lie at the same byte. */
function isBlank(page: Uint32Array, used: number): boolean {
  const byte = page[0]! & byteMask;
  for (let slot = 0; slot < used; slot++)
    if (page[slot]! < gone || (page[slot]! & byteMask) !== byte) return false;
  return true;
}

/** The first slot in [`from`, `end`) of a page with a message of this subject; -1 when there is none. */
function findIn(page: Uint32Array, node: number, from: number, end: number): number {
  const subjects = page.length >>> 2;
  for (let slot = from; slot < end; slot++)
    if (page[subjects + slot] === node && page[slot]! < gone) return slot;
  return -1;
}
