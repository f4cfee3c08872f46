// Long work cut into slices: the rest of the program runs between two of them.

import type { Clock } from "../ports/clock.ts";
import { mergedRanges, type Range } from "./record.ts";

/** Each `yield` is the end of a slice. */
export type Sliced<T> = Generator<undefined, T>;

/** Does a slice now, and each of the rest in a turn of its own; then calls back with what came of it. */
export function inSlices<T>(clock: Clock, work: Sliced<T>, over: (made: T) => void): void {
  const step = work.next();
  if (step.done === true) over(step.value);
  else clock.after(0, () => inSlices(clock, work, over));
}

/** As `mergedRanges`; no slice looks at more than `atOnce` ranges. */
export function* mergedInSlices(ranges: readonly Range[], atOnce: number): Sliced<Range[]> {
  let runs: Range[][] = [];
  for (let at = 0; at < ranges.length; at += atOnce) {
    if (at > 0) yield;
    runs.push(mergedRanges(ranges.slice(at, at + atOnce)));
  }
  while (runs.length > 1) {
    const longer: Range[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      const [one, other] = [runs[at]!, runs[at + 1]];
      longer.push(other === undefined ? one : yield* mergedPair(one, other, atOnce));
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

function* mergedPair(one: readonly Range[], other: readonly Range[], atOnce: number): Sliced<Range[]> {
  const merged: Range[] = [];
  for (let i = 0, j = 0; i + j < one.length + other.length; ) {
    if ((i + j) % atOnce === 0) yield;
    const [a, b] = [one[i], other[j]];
    const range = b === undefined || (a !== undefined && a.first <= b.first) ? one[i++]! : other[j++]!;
    const end = merged[merged.length - 1];
    if (end !== undefined && range.first <= end.last + 1)
      merged[merged.length - 1] = { first: end.first, last: Math.max(end.last, range.last) };
    else merged.push(range);
  }
  return merged;
}
