// A log's questions asked to their end, however many turns they take.

import { Count, type Filter, type Log, Purge } from "../../src/log/log.ts";
import type { Counted, Looked } from "../../src/log/look.ts";

/** The first message at or after `from` that matches; 0 when there is none. */
export function nextOf(log: Log, from: number, filter: Filter, steps?: number): number {
  return foundBy(from, (at) => log.search(at, filter, steps));
}

/** The last message at or before `from` that matches; 0 when there is none. */
export function previousOf(log: Log, from: number, filter: Filter, steps?: number): number {
  return foundBy(from, (at) => log.searchBack(at, filter, steps));
}

function foundBy(from: number, ask: (at: number) => Looked): number {
  let looked = ask(from);
  while (looked.end !== 0) looked = ask(looked.end);
  return looked.found;
}

export function countOf(log: Log, filter: Filter, from = 1, steps?: number): number {
  const count = new Count(filter, from);
  while (!log.count(count, steps));
  return count.messages;
}

export function removeRange(log: Log, first: number, last: number): number {
  return countedBy(first, (at) => log.removeRange(at, last));
}

function countedBy(from: number, ask: (at: number) => Counted): number {
  let total = 0;
  for (let at = from; ; ) {
    const { count, end } = ask(at);
    total += count;
    if (end === 0) return total;
    at = end;
  }
}

/** Takes out what matches, up to a sequence, but the last `keep`; answers how many messages. */
export function purgeOf(
  log: Log,
  filter: Filter,
  upTo = Number.MAX_SAFE_INTEGER,
  keep = 0,
  steps?: number,
): number {
  const purge = new Purge(filter, upTo, keep);
  while (!log.purge(purge, steps));
  return purge.removed;
}

/** The subjects that match, sorted. */
export function subjectsOf(log: Log, filter: Filter, steps?: number): string[] {
  const found: string[] = [];
  let at = 0;
  do at = log.eachSubject(filter, ({ subject }) => found.push(subject) > 0, at, steps);
  while (at !== 0);
  return found.sort();
}
