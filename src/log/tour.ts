// The next message of any matching subject, asked of one subject after the other, over as many turns as that takes.

import type { Budget } from "./budget.ts";
import type { SequenceIndex } from "./index.ts";
import type { Looked } from "./look.ts";
import { aWalk, type Node, type Subjects, type Walk } from "./subjects.ts";

/** Where a tour of a filter's subjects and patterns stands. */
export interface Stop {
  /** Subjects first, then patterns. */
  at: number;
  walk: Walk;
}

/** Whose subjects those are. */
interface Toured {
  tour(subjects: Subjects, visit: (node: Node) => boolean, budget: Budget, stop: Stop): boolean;
}

export class Tour {
  readonly #subjects: Subjects;
  readonly #recycled: number;
  /** What is appended after it began is not asked for. */
  readonly #upTo: number;
  readonly #stop: Stop = { at: 0, walk: aWalk() };
  #nearest = 0;
  /** Up to here the messages themselves were looked at, and none matched. */
  end: number;

  constructor(index: SequenceIndex, from: number) {
    this.#subjects = index.subjects;
    this.#recycled = index.subjects.recycled;
    this.#upTo = index.last;
    this.end = from;
  }

  /** Whether a search from a message on can make use of what was found so far. */
  serves(index: SequenceIndex, from: number): boolean {
    const isSame = index.subjects === this.#subjects && index.subjects.recycled === this.#recycled;
    return isSame && from >= this.end && (this.#nearest === 0 || this.#nearest >= from);
  }

  /** Goes on; undefined when the budget does not tell. */
  ask(index: SequenceIndex, filter: Toured, budget: Budget): Looked | undefined {
    const consider = (node: Node): boolean => {
      if (this.#nearest !== 0 && this.#subjects.first(node) >= this.#nearest) return true;
      const next = index.nextOf(node, this.end, budget);
      if (next > 0 && (this.#nearest === 0 || next < this.#nearest)) this.#nearest = next;
      return next >= 0;
    };
    if (!filter.tour(this.#subjects, consider, budget, this.#stop)) return undefined;
    const nearest = this.#nearest;
    if (nearest === 0 || nearest > this.#upTo) return { found: 0, end: index.next(this.#upTo + 1) };
    if (index.has(nearest)) return { found: nearest, end: 0 };
    const end = index.next(this.end);
    this.end = Number.POSITIVE_INFINITY; // it was taken out meanwhile: another tour has to tell
    return { found: 0, end };
  }
}
