// Which messages a reader wants, by subject, and finding the next of them without looking at each.

import type { SequenceIndex } from "./index.ts";
import type { Node, Subjects } from "./subjects.ts";

const cacheSlots = 4096;
const scanFirst = 4096;
/** Subjects asked one by one before going back to looking at every message. */
const subjectsMax = 65_536;

/** A set of patterns, compiled. Belongs to one reader; remembers verdicts on subjects it met. */
export class Filter {
  readonly #patterns: readonly (readonly string[])[];
  /** Everything matches. */
  readonly all: boolean;
  /** The subjects, when no pattern has a wildcard. */
  readonly literals: readonly string[] | undefined;
  readonly #nodes = new Uint32Array(cacheSlots);
  readonly #verdicts = new Uint8Array(cacheSlots);
  #cachedOf: Subjects | undefined;
  #recycled = -1;

  /** `patterns` as in a subscription: `a.*.c`, `a.>`. None means everything. */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => pattern.split("."));
    this.all = patterns.length === 0 || patterns.includes(">");
    const wild = this.#patterns.some((tokens) => tokens.includes("*") || tokens.includes(">"));
    this.literals = wild || this.all ? undefined : [...new Set(patterns)];
  }

  /** To be called before `matches`, whenever subjects may have come and gone. */
  refresh(subjects: Subjects): void {
    if (subjects === this.#cachedOf && subjects.recycled === this.#recycled) return;
    this.#cachedOf = subjects;
    this.#recycled = subjects.recycled;
    this.#nodes.fill(0);
  }

  matches(subjects: Subjects, node: Node): boolean {
    const slot = node & (cacheSlots - 1);
    if (this.#nodes[slot] === node) return this.#verdicts[slot] === 1;
    const verdict = this.#patterns.some((tokens) => subjects.matches(node, tokens));
    this.#nodes[slot] = node;
    this.#verdicts[slot] = verdict ? 1 : 0;
    return verdict;
  }

  /** Visits every subject that matches, once; stops when `visit` answers false. Answers whether it went through. */
  visit(subjects: Subjects, visit: (node: Node) => boolean): boolean {
    if (this.all) return subjects.visit([">"], visit);
    if (this.#patterns.length === 1) return subjects.visit(this.#patterns[0]!, visit);
    const seen = new Set<Node>();
    const once = (node: Node): boolean => {
      if (seen.has(node)) return true;
      seen.add(node);
      return visit(node);
    };
    return this.#patterns.every((tokens) => subjects.visit(tokens, once));
  }
}

/** The first matching message at or after `from`; 0 when there is none. */
export function nextMatching(index: SequenceIndex, filter: Filter, from: number): number {
  if (filter.all) return index.next(from);
  const start = Math.max(from, index.first);
  if (start > index.last) return 0;
  if (filter.literals !== undefined) return nextOfEach(index, filter, start).sequence;
  let at = start;
  for (let slice = scanFirst; ; slice *= 4) {
    const scanned = scan(index, filter, at, slice);
    if (scanned.found !== 0 || scanned.end > index.last) return scanned.found;
    at = scanned.end;
    if (slice > scanFirst) continue;
    const asked = nextOfEach(index, filter, at);
    if (asked.complete) return asked.sequence;
  }
}

function nextOfEach(
  index: SequenceIndex,
  filter: Filter,
  from: number,
): { sequence: number; complete: boolean } {
  const { subjects } = index;
  let sequence = 0;
  let left = subjectsMax;
  const consider = (node: Node): boolean => {
    const next = index.nextOf(node, from);
    if (next !== 0 && (sequence === 0 || next < sequence)) sequence = next;
    return --left > 0;
  };
  if (filter.literals !== undefined) {
    for (const literal of filter.literals) consider(subjects.find(literal));
    return { sequence, complete: true };
  }
  return { complete: filter.visit(subjects, consider), sequence };
}

/** Looks at up to `count` sequences from `from` on. */
function scan(
  index: SequenceIndex,
  filter: Filter,
  from: number,
  count: number,
): { found: number; end: number } {
  const { subjects } = index;
  filter.refresh(subjects);
  let at = from;
  let left = count;
  while (left > 0) {
    at = index.next(at);
    if (at === 0) return { found: 0, end: index.last + 1 };
    const { places } = index.segmentOf(at)!;
    const end = Math.min(places.length, at - places.firstSequence + left);
    for (let slot = at - places.firstSequence; slot < end; slot++) {
      if (places.isGone(slot)) continue;
      if (filter.matches(subjects, places.subject(slot)))
        return { found: places.firstSequence + slot, end: 0 };
    }
    left -= places.firstSequence + end - at;
    at = places.firstSequence + end;
  }
  return { found: 0, end: at };
}

/** How many matching messages there are at or after `from`. */
export function countMatching(index: SequenceIndex, filter: Filter, from: number): number {
  const start = Math.max(from, index.first);
  if (start > index.last || index.messages === 0) return 0;
  if (start === index.first) return totalMatching(index, filter);
  if (start - index.first < index.last - start) {
    return totalMatching(index, filter) - countBetween(index, filter, index.first, start - 1);
  }
  return countBetween(index, filter, start, index.last);
}

function totalMatching(index: SequenceIndex, filter: Filter): number {
  if (filter.all) return index.messages;
  let total = 0;
  filter.visit(index.subjects, (node) => {
    total += index.subjects.count(node);
    return true;
  });
  return total;
}

function countBetween(index: SequenceIndex, filter: Filter, first: number, last: number): number {
  const { subjects } = index;
  filter.refresh(subjects);
  let count = 0;
  for (const { places } of index.segments) {
    if (places.firstSequence > last || places.lastSequence < first) continue;
    const end = Math.min(places.length, last - places.firstSequence + 1);
    for (let slot = Math.max(0, first - places.firstSequence); slot < end; slot++) {
      if (!places.isGone(slot) && (filter.all || filter.matches(subjects, places.subject(slot)))) count++;
    }
  }
  return count;
}
