// Looking at messages one after the other, for those of some subjects.

import type { Budget } from "./budget.ts";
import type { SequenceIndex } from "./index.ts";
import type { Node, Subjects } from "./subjects.ts";

export interface Wanted {
  matches(subjects: Subjects, node: Node, budget: Budget): boolean;
}

/** The message that was found, or 0; and then where to go on, or 0 when everything was looked at. */
export interface Looked {
  readonly found: number;
  readonly end: number;
}

export interface Counted {
  readonly count: number;
  /** From here on there is more to count; 0 when there is not. */
  readonly end: number;
}

/** One back from a message is not as short as one on. */
const stepsBack = 4;
const nowhere: Looked = { found: 0, end: 0 };

/** The first message at or after `from` that is wanted; at least one is looked at. */
export function look(index: SequenceIndex, wanted: Wanted, from: number, budget: Budget): Looked {
  const { subjects } = index;
  for (let at = index.next(from); at !== 0; at = index.next(at)) {
    const { places } = index.segmentOf(at)!;
    for (let slot = at - places.firstSequence; slot < places.length; slot++) {
      budget.left--;
      if (!places.isGone(slot) && wanted.matches(subjects, places.subject(slot), budget))
        return { found: places.firstSequence + slot, end: 0 };
      if (budget.left <= 0) return { found: 0, end: index.next(places.firstSequence + slot + 1) };
    }
    at = places.lastSequence + 1;
  }
  return nowhere;
}

/** The last message at or before `from` that is wanted; at least one is looked at. */
export function lookBack(index: SequenceIndex, wanted: Wanted, from: number, budget: Budget): Looked {
  const { subjects } = index;
  let at = index.previous(from);
  while (at !== 0) {
    budget.left -= stepsBack;
    if (wanted.matches(subjects, index.nodeOf(at), budget)) return { found: at, end: 0 };
    at = index.previous(at - 1);
    if (budget.left <= 0) return { found: 0, end: at };
  }
  return nowhere;
}

/** How many messages in [`from`, `to`] are wanted. */
export function countBetween(
  index: SequenceIndex,
  wanted: Wanted,
  from: number,
  to: number,
  budget: Budget,
): Counted {
  let count = 0;
  let at = from;
  do {
    const { found, end } = look(index, wanted, at, budget);
    if (found === 0) return { count, end: end > to ? 0 : end };
    if (found > to) return { count, end: 0 };
    count++;
    at = found + 1;
  } while (budget.left > 0);
  return { count, end: at > to ? 0 : at };
}
