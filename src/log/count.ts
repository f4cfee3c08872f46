// How many messages match, from a sequence on: counted subject by subject or message by message, whichever is shorter,
// over as many turns as that takes.

import { type Budget, farSteps, half, within } from "./budget.ts";
import type { Filter } from "./filter.ts";
import type { SequenceIndex } from "./index.ts";
import { countBetween } from "./look.ts";
import type { Node } from "./subjects.ts";
import { type Stop, Tour } from "./tour.ts";

/** Messages before the first counted one that are rather taken from the total. */
const fewBefore = 256;

/**
 * One count, by whoever asked for it: two at once may share a filter, never this. What is appended or removed between two
 * turns counts as it is when its subject is come to, or it itself.
 */
export class Count {
  readonly #filter: Filter;
  readonly #from: number;
  /** The first message that may count; 0: not begun yet. */
  #start = 0;
  /** There is none before it. */
  #isWhole = false;
  #tour: Tour | undefined;
  /** By subjects: so far, and of the one where the tour stands, up to a message of it that comes next, going back. */
  #counted = 0;
  #partly = 0;
  #next = 0;
  /** What going by subjects may still cost before the messages themselves get their turn. */
  #headStart = 0;
  /** By messages: so far, and the one that comes next. */
  #passed = 0;
  #at = 0;
  #messages = 0;

  constructor(filter: Filter, from = 1) {
    this.#filter = filter;
    this.#from = from;
  }

  /** How many, when it is over; 0 before. */
  get messages(): number {
    return this.#messages;
  }

  /** Goes on; answers whether that was all. */
  step(index: SequenceIndex, budget: Budget): boolean {
    if (this.#start === 0) {
      this.#start = index.next(this.#from);
      if (this.#start === 0) return true;
      if (this.#filter.all) return this.#isOver(index.countFrom(this.#start));
      if (this.#begin(index, budget)) return true;
    }
    const isAhead = this.#headStart > 0;
    const given = isAhead ? this.#headStart : half(budget);
    const before = budget.left;
    if (within(budget, given, (part) => this.#bySubjects(index, part))) return this.#isOver(this.#counted);
    this.#headStart -= before - budget.left;
    return (!isAhead || budget.left > 0) && this.#byMessages(index, budget);
  }

  #isOver(messages: number): true {
    this.#messages = messages;
    return true;
  }

  #begin(index: SequenceIndex, budget: Budget): boolean {
    const { first, last, messages } = index;
    this.#isWhole = this.#start === first;
    this.#at = this.#start;
    // Going through the messages costs a step for each of them at least.
    this.#headStart = Math.min(messages, last - this.#start + 1);
    const before = this.#start - first;
    if (before === 0 || before > fewBefore || before * 2 > last - first) return false;
    return within(budget, half(budget), (part) => this.#fromTotal(index, part));
  }

  /** All that match less those before the first: within one turn or not at all, as they may go. */
  #fromTotal(index: SequenceIndex, budget: Budget): boolean {
    let total = 0;
    const add = (messages: number): void => {
      total += messages;
    };
    const leg = (stop: Stop): boolean => this.#filter.total(index.subjects, add, budget, stop);
    if (!new Tour(index.subjects).goOn(leg) || budget.left <= 0) return false;
    this.#filter.refresh(index.subjects);
    const { count, end } = countBetween(index, this.#filter, index.first, this.#start - 1, budget);
    return end === 0 && this.#isOver(total - count);
  }

  #bySubjects(index: SequenceIndex, budget: Budget): boolean {
    const { subjects } = index;
    if (this.#tour?.holds(subjects) !== true) {
      this.#tour = new Tour(subjects);
      this.#counted = 0;
      this.#next = 0;
    }
    const add = (messages: number): void => {
      this.#counted += messages;
    };
    const walk = (node: Node): boolean => this.#countOf(index, node, budget);
    return this.#tour.goOn((stop) =>
      this.#isWhole
        ? this.#filter.total(subjects, add, budget, stop)
        : this.#filter.visit(subjects, walk, budget, stop),
    );
  }

  /** Adds one subject's; answers false when the budget does not do. */
  #countOf(index: SequenceIndex, node: Node, budget: Budget): boolean {
    const { subjects } = index;
    const [start, first, last] = [this.#start, subjects.first(node), subjects.last(node)];
    if (first >= start) this.#counted += subjects.count(node);
    if (first >= start || last < start) return true;
    if (start - first < last - start && this.#next === 0) {
      const before = within(budget, half(budget), (part) => countBefore(index, first, start, part));
      if (before !== undefined) this.#counted += subjects.count(node) - before;
      if (before !== undefined) return true;
    }
    if (!index.has(this.#next) || index.nodeOf(this.#next) !== node) {
      this.#next = last;
      this.#partly = 0;
    }
    for (; this.#next >= start && budget.left > 0; budget.left -= farSteps) {
      this.#partly++;
      this.#next = index.previousLike(this.#next);
    }
    if (this.#next >= start) return false;
    this.#counted += this.#partly;
    this.#next = 0;
    return true;
  }

  #byMessages(index: SequenceIndex, budget: Budget): boolean {
    this.#filter.refresh(index.subjects);
    const { count, end } = countBetween(index, this.#filter, this.#at, index.last, budget);
    this.#passed += count;
    this.#at = end;
    return end === 0 && this.#isOver(this.#passed);
  }
}

/** How many of a subject's messages, the first of which is given, lie before `start`. */
function countBefore(index: SequenceIndex, first: number, start: number, budget: Budget): number | undefined {
  let count = 0;
  for (let at = first; at !== 0 && at < start; at = index.nextLike(at)) {
    if (budget.left <= 0) return undefined;
    budget.left -= farSteps;
    count++;
  }
  return count;
}
