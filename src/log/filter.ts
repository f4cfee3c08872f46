// Which messages a reader wants, by subject, and finding the next of them without looking at each.

import type { SequenceIndex } from "./index.ts";
import { Literals } from "./literals.ts";
import { type Looked, look } from "./look.ts";
import type { Budget, Node, Subjects } from "./subjects.ts";

const cacheSlots = 4096;
/** Messages looked at before subjects are, and then more of both. */
const firstSlice = 64;
/** Nodes of the subjects that are looked at for each message that was: a message's subject is matched from end to end. */
const nodesForOne = 4;
/** Nodes of the subjects that are looked at for one question. */
const nodesMax = 2 ** 22;
/** What one step along a subject costs, in messages looked at in order. */
const stepCost = 4;

/** A set of patterns, compiled. Belongs to one reader; remembers verdicts on subjects it met. */
export class Filter {
  readonly #patterns: readonly (readonly string[])[];
  /** Everything matches. */
  readonly all: boolean;
  /** The subjects, when no pattern has a wildcard. */
  readonly literals: Literals | undefined;
  #nodes: Uint32Array | undefined;
  #verdicts: Uint8Array | undefined;
  #cachedOf: Subjects | undefined;
  #recycled = -1;

  /** `patterns` as in a subscription: `a.*.c`, `a.>`. None means everything. */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => pattern.split("."));
    this.all = patterns.length === 0 || patterns.includes(">");
    const wild = this.#patterns.some((tokens) => tokens.includes("*") || tokens.includes(">"));
    this.literals = wild || this.all ? undefined : new Literals([...new Set(patterns)]);
  }

  /** To be called before `matches`, whenever subjects may have come and gone. */
  refresh(subjects: Subjects): void {
    if (subjects === this.#cachedOf && subjects.recycled === this.#recycled) return;
    this.#cachedOf = subjects;
    this.#recycled = subjects.recycled;
    if (this.#nodes !== undefined) this.#nodes.fill(0);
    else this.#nodes = new Uint32Array(cacheSlots);
    this.#verdicts ??= new Uint8Array(cacheSlots);
  }

  matches(subjects: Subjects, node: Node): boolean {
    const [nodes, verdicts] = [this.#nodes!, this.#verdicts!];
    const slot = node & (cacheSlots - 1);
    if (nodes[slot] === node) return verdicts[slot] === 1;
    const verdict = this.#patterns.some((tokens) => subjects.matches(node, tokens));
    nodes[slot] = node;
    verdicts[slot] = verdict ? 1 : 0;
    return verdict;
  }

  /** How many messages match. */
  total(subjects: Subjects): number {
    if (this.#patterns.length === 1) return subjects.total(this.#patterns[0]!);
    let total = 0;
    this.visit(subjects, (node) => {
      total += subjects.count(node);
      return true;
    });
    return total;
  }

  /**
   * Visits every subject that matches, once; stops when `visit` answers false or the budget is used up. Answers whether
   * it went through.
   */
  visit(subjects: Subjects, visit: (node: Node) => boolean, budget?: Budget): boolean {
    if (this.all) return subjects.visit([">"], visit, budget);
    if (this.#patterns.length === 1) return subjects.visit(this.#patterns[0]!, visit, budget);
    const seen = new Set<Node>();
    const once = (node: Node): boolean => {
      if (seen.has(node)) return true;
      seen.add(node);
      return visit(node);
    };
    return this.#patterns.every((tokens) => subjects.visit(tokens, once, budget));
  }
}

/** The first matching message at or after `from`; 0 when there is none. `nodes` of the subjects are looked at, at most. */
export function nextMatching(index: SequenceIndex, filter: Filter, from: number, nodes = nodesMax): number {
  return searchMatching(index, filter, from, Number.POSITIVE_INFINITY, nodes).found;
}

/**
 * The first matching message at or after `from`, looking at about `looks` messages and `nodes` of the subjects at most:
 * where they did not tell, the search may be gone on with from `end`; where there is none, `end` is above the last.
 */
export function searchMatching(
  index: SequenceIndex,
  filter: Filter,
  from: number,
  looks: number,
  nodes = Math.min(looks, nodesMax),
): Looked {
  const over = (found: number): Looked => ({ found, end: found === 0 ? index.last + 1 : 0 });
  if (filter.all) return over(index.next(from));
  const start = Math.max(from, index.first);
  if (start > index.last) return over(0);
  if (filter.literals !== undefined) return over(filter.literals.next(index, start));
  filter.refresh(index.subjects);
  // Through the messages and through the subjects in turn, further each time: whichever is shorter wins.
  let slice = firstSlice;
  let left = looks - slice;
  let looked = look(index, filter, start, slice);
  while (looked.found === 0 && looked.end <= index.last && left > 0) {
    const asked =
      slice * nodesForOne > nodes ? undefined : nextOfEach(index, filter, looked.end, slice * nodesForOne);
    if (asked !== undefined) return over(asked);
    slice = Math.min(slice * 4, left);
    left -= slice;
    looked = look(index, filter, looked.end, slice);
  }
  return looked;
}

/** The first message of any matching subject; undefined when looking at `nodes` of them does not tell. */
function nextOfEach(index: SequenceIndex, filter: Filter, from: number, nodes: number): number | undefined {
  let sequence = 0;
  const consider = (node: Node): boolean => {
    const next = index.nextOf(node, from);
    if (next !== 0 && (sequence === 0 || next < sequence)) sequence = next;
    return true;
  };
  return filter.visit(index.subjects, consider, { left: nodes }) ? sequence : undefined;
}

/** How many matching messages there are at or after `from`. */
export function countMatching(index: SequenceIndex, filter: Filter, from: number): number {
  const start = Math.max(from, index.first);
  if (start > index.last || index.messages === 0) return 0;
  const total = filter.all ? index.messages : filter.total(index.subjects);
  if (start === index.first || total === 0) return total;
  const isNearFirst = start - index.first < index.last - start;
  const [first, last] = isNearFirst ? [index.first, start - 1] : [start, index.last];
  const counted =
    total === index.messages
      ? countBetween(index, undefined, first, last)
      : (countAlong(index, filter, start, isNearFirst, (last - first) / stepCost) ??
        countBetween(index, filter, first, last));
  return isNearFirst ? total - counted : counted;
}

/**
 * How many matching messages lie below `border`, or with `below` false at or above it: along each matching subject,
 * from its near end. undefined when that takes more than `stepsMax`.
 */
function countAlong(
  index: SequenceIndex,
  filter: Filter,
  border: number,
  below: boolean,
  stepsMax: number,
): number | undefined {
  const { subjects } = index;
  const budget = { left: stepsMax };
  let counted = 0;
  const walk = (node: Node): boolean => {
    const [first, last] = [subjects.first(node), subjects.last(node)];
    const isAll = below ? last < border : first >= border;
    if (isAll) {
      counted += subjects.count(node);
      return true;
    }
    if (below) for (let s = first; s < border && --budget.left >= 0; s = index.nextLike(s)) counted++;
    else for (let s = last; s >= border && --budget.left >= 0; s = index.previousLike(s)) counted++;
    return budget.left >= 0;
  };
  return filter.visit(subjects, walk, budget) ? counted : undefined;
}

/** How many messages lie in [`first`, `last`], of those that match when there is a filter. */
function countBetween(index: SequenceIndex, filter: Filter | undefined, first: number, last: number): number {
  const { subjects } = index;
  filter?.refresh(subjects);
  let count = 0;
  for (const { places, live } of index.segments) {
    if (places.firstSequence > last || places.lastSequence < first) continue;
    if (filter === undefined && places.firstSequence >= first && places.lastSequence <= last) {
      count += live;
      continue;
    }
    const end = Math.min(places.length, last - places.firstSequence + 1);
    for (let slot = Math.max(0, first - places.firstSequence); slot < end; slot++) {
      if (!places.isGone(slot) && (filter?.matches(subjects, places.subject(slot)) ?? true)) count++;
    }
  }
  return count;
}
