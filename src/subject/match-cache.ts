// Answers by subject, for as many subjects as are kept; those asked for again outlive those seen once.
//
// The order of leaving is the clock's: a hand goes round, spares whoever was asked for since it last came by, and
// takes the first who was not. A flood of subjects seen once therefore only displaces its own.

import { matches } from "./pattern.ts";

class Entry<V> {
  readonly subject: string;
  readonly answer: V;
  isUsed = false;
  /** Where it stands among the entries. */
  place: number;

  constructor(subject: string, answer: V, place: number) {
    this.subject = subject;
    this.answer = answer;
    this.place = place;
  }
}

export class MatchCache<V> {
  readonly #known = new Map<string, Entry<V>>();
  readonly #entries: Entry<V>[] = [];
  readonly #sizeMax: number;
  #hand = 0;

  /** `sizeMax` ≥ 1 subjects. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#entries.length;
  }

  get(subject: string): V | undefined {
    const entry = this.#known.get(subject);
    if (entry === undefined) return undefined;
    entry.isUsed = true;
    return entry.answer;
  }

  /** For a subject that is not known. */
  set(subject: string, answer: V): void {
    const place = this.#entries.length < this.#sizeMax ? this.#entries.length : this.#freed();
    const entry = new Entry(subject, answer, place);
    this.#entries[place] = entry;
    this.#known.set(subject, entry);
  }

  forget(subject: string): void {
    const entry = this.#known.get(subject);
    if (entry !== undefined) this.#remove(entry);
  }

  /** Forgets all subjects that match a pattern, and no others. Looks at each: some ten microseconds when full. */
  forgetMatching(pattern: string): void {
    for (let place = this.#entries.length - 1; place >= 0; place--) {
      const entry = this.#entries[place]!;
      if (matches(pattern, entry.subject)) this.#remove(entry);
    }
  }

  #remove(entry: Entry<V>): void {
    this.#known.delete(entry.subject);
    const last = this.#entries.pop()!;
    if (last === entry) return;
    last.place = entry.place;
    this.#entries[entry.place] = last;
  }

  /** The place of the entry that had to go. */
  #freed(): number {
    for (;;) {
      this.#hand = this.#hand + 1 < this.#entries.length ? this.#hand + 1 : 0;
      const entry = this.#entries[this.#hand]!;
      if (!entry.isUsed) {
        this.#known.delete(entry.subject);
        return this.#hand;
      }
      entry.isUsed = false;
    }
  }
}
