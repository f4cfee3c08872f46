// Sequences that are no messages any more, or never were, on their way into a note on the disk.

import { Due } from "./due.ts";
import { type Range, removedLength } from "./record.ts";

const rangesPerNote = 4096;

export class Notes {
  #waiting: Range[] = [];
  /** So many of these are written. */
  #written = 0;
  /** Written, and not yet on the medium. */
  readonly #due = new Due<readonly Range[]>();
  #burntFrom = Number.POSITIVE_INFINITY;

  /** Whether nothing waits to be written. */
  get isEmpty(): boolean {
    return this.#waiting.length === this.#written;
  }

  /** What those that wait would take of a segment. */
  get bytes(): number {
    return this.isEmpty ? 0 : removedLength(this.#waiting.length - this.#written);
  }

  /** The lowest sequence of which only notes not yet on the medium tell that it never was a message. */
  get burntFrom(): number {
    return this.#burntFrom;
  }

  add(first: number, last: number): void {
    const end = this.#waiting[this.#waiting.length - 1];
    if (end !== undefined && first === end.last + 1)
      this.#waiting[this.#waiting.length - 1] = { first: end.first, last };
    else this.#waiting.push({ first, last });
  }

  /** As `add`, of sequences that never were messages: until that is on the disk, no mark may say they were committed. */
  burn(first: number, last: number): void {
    this.add(first, last);
    this.#burntFrom = Math.min(this.#burntFrom, first);
  }

  /** What one note can tell, of what waits: up to `most` ranges. */
  next(most: number): Range[] {
    return this.#waiting.slice(this.#written, this.#written + Math.min(most, rangesPerNote));
  }

  /** These, which `next` answered, lie before `at` of what is appended. */
  written(ranges: readonly Range[], at: number): void {
    this.#due.add(ranges, at);
    this.#written += ranges.length;
    if (this.isEmpty) this.#wait([]);
  }

  /** What was appended up to `at` is on the medium. */
  landed(at: number): void {
    this.#due.landed(at);
    if (this.isEmpty && this.#due.isEmpty) this.#burntFrom = Number.POSITIVE_INFINITY;
  }

  /** What was appended up to `at` never will be there: what it told is told again. */
  lost(at: number): void {
    this.#wait([...this.#due.landed(at).flat(), ...this.#waiting.slice(this.#written)]);
  }

  #wait(ranges: Range[]): void {
    this.#waiting = ranges;
    this.#written = 0;
  }
}
