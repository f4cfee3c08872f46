// Taking out what matches: as much at a time as a budget allows.

import type { Budget } from "./budget.ts";
import type { Filter } from "./filter.ts";
import type { SequenceIndex } from "./index.ts";
import type { Counted } from "./look.ts";
import { search, searchBack } from "./questions.ts";

/** To take a message out. */
const removeSteps = 64;
/** To go past one that is kept. */
const keepSteps = 8;

type Remove = (sequence: number) => void;

/** Takes out what matches from `first` to `last`; answers how many messages, and where to go on. */
export function removeMatching(
  index: SequenceIndex,
  remove: Remove,
  filter: Filter,
  first: number,
  last: number,
  budget: Budget,
): Counted {
  let count = 0;
  let at = first;
  do {
    const { found, end } = search(index, filter, at, budget);
    if (found === 0) return { count, end: end > last ? 0 : end };
    if (found > last) return { count, end: 0 };
    remove(found);
    budget.left -= removeSteps;
    count++;
    at = found + 1;
  } while (budget.left > 0);
  return { count, end: at > last ? 0 : at };
}

/**
 * Takes out what matches, up to a sequence, but the last `keep` of it. What is appended meanwhile stays, and what is taken
 * out meanwhile counts as kept if it would have been.
 */
export class Purge {
  readonly #filter: Filter;
  #upTo: number;
  #keep: number;
  #from = 1;
  #removed = 0;

  constructor(filter: Filter, upTo: number, keep = 0) {
    this.#filter = filter;
    this.#upTo = upTo;
    this.#keep = keep;
  }

  /** Messages so far. */
  get removed(): number {
    return this.#removed;
  }

  /** Goes on; answers whether that was all. */
  step(index: SequenceIndex, remove: Remove, budget: Budget): boolean {
    this.#upTo = Math.min(this.#upTo, index.last);
    while (this.#keep > 0) {
      const { found, end } = searchBack(index, this.#filter, this.#upTo, budget);
      if (found === 0 && end === 0) return true;
      budget.left -= keepSteps;
      if (found !== 0) this.#keep--;
      this.#upTo = found === 0 ? end : found - 1;
      if (budget.left <= 0) return false;
    }
    const { count, end } = removeMatching(index, remove, this.#filter, this.#from, this.#upTo, budget);
    this.#removed += count;
    this.#from = end;
    return end === 0;
  }
}
