// The next message of any matching subject, or the last one, asked of one subject after the other.

import { type Budget, farSteps } from "./budget.ts";
import type { SequenceIndex } from "./index.ts";
import type { Looked } from "./look.ts";
import type { Node, Subjects } from "./subjects.ts";
import { type Stop, Tour } from "./tour.ts";

/** Whose subjects those are. */
interface Toured {
  tour(subjects: Subjects, visit: (node: Node) => boolean, budget: Budget, stop: Stop): boolean;
}

export class Nearest {
  readonly #tour: Tour;
  readonly #isBack: boolean;
  /** What is appended after it began is not asked for. */
  readonly #upTo: number;
  #nearest = 0;
  /** From where it began up to here the messages themselves were looked at, and none matched. */
  #end: number;

  constructor(index: SequenceIndex, from: number, isBack: boolean) {
    this.#tour = new Tour(index.subjects);
    this.#isBack = isBack;
    this.#upTo = index.last;
    this.#end = from;
  }

  /** Whether a search from a message on can make use of what was found so far. */
  serves(index: SequenceIndex, from: number): boolean {
    const nearest = this.#nearest;
    const isAhead = this.#isBack
      ? from <= this.#end && (nearest === 0 || nearest <= from)
      : from >= this.#end && from <= this.#upTo && (nearest === 0 || nearest >= from);
    return isAhead && this.#tour.holds(index.subjects);
  }

  /** Goes on, where up to `end` no message matches; undefined when the budget does not tell. */
  ask(index: SequenceIndex, filter: Toured, end: number, budget: Budget): Looked | undefined {
    const { subjects } = index;
    this.#end = end;
    const consider = this.#isBack
      ? (node: Node): boolean => this.#considerBack(index, node, budget)
      : (node: Node): boolean => this.#consider(index, node, budget);
    if (!this.#tour.goOn((stop) => filter.tour(subjects, consider, budget, stop))) return undefined;
    return this.#answer(index);
  }

  /** Answers false when the budget does not tell. */
  #consider(index: SequenceIndex, node: Node, budget: Budget): boolean {
    if (this.#nearest !== 0 && index.subjects.first(node) >= this.#nearest) return true;
    const next = index.nextOf(node, this.#end, budget);
    if (next > 0 && (this.#nearest === 0 || next < this.#nearest)) this.#nearest = next;
    return next >= 0;
  }

  #considerBack(index: SequenceIndex, node: Node, budget: Budget): boolean {
    const { subjects } = index;
    let at = subjects.first(node) > this.#end ? 0 : subjects.last(node);
    if (at <= this.#nearest) return true;
    for (; at > this.#end && budget.left > 0; budget.left -= farSteps) at = index.previousLike(at);
    if (at > this.#end) return false;
    this.#nearest = Math.max(this.#nearest, at);
    return true;
  }

  #answer(index: SequenceIndex): Looked {
    const [nearest, end] = [this.#nearest, this.#end];
    if (nearest === 0 || nearest > this.#upTo)
      return { found: 0, end: this.#isBack ? 0 : index.next(Math.max(end, this.#upTo + 1)) };
    if (index.has(nearest)) return { found: nearest, end: 0 };
    this.#end = this.#isBack ? 0 : Number.POSITIVE_INFINITY; // it was taken out meanwhile: another tour has to tell
    return { found: 0, end: this.#isBack ? index.previous(end) : index.next(end) };
  }
}
