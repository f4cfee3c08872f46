// Looking at messages one after the other, for some subject among several.

import type { SequenceIndex } from "./index.ts";
import type { Node, Subjects } from "./subjects.ts";

export interface Wanted {
  matches(subjects: Subjects, node: Node): boolean;
}

/** The message that was found, or 0; without one, everything before `end` was looked at. */
export interface Looked {
  readonly found: number;
  readonly end: number;
}

/** Looks at up to `count` sequences from `from` on. */
export function look(index: SequenceIndex, wanted: Wanted, from: number, count: number): Looked {
  const { subjects } = index;
  let at = from;
  let left = count;
  while (left > 0) {
    at = index.next(at);
    if (at === 0) return { found: 0, end: index.last + 1 };
    const { places } = index.segmentOf(at)!;
    const end = Math.min(places.length, at - places.firstSequence + left);
    for (let slot = at - places.firstSequence; slot < end; slot++) {
      if (places.isGone(slot)) continue;
      if (wanted.matches(subjects, places.subject(slot)))
        return { found: places.firstSequence + slot, end: 0 };
    }
    left -= places.firstSequence + end - at;
    at = places.firstSequence + end;
  }
  return { found: 0, end: at };
}
