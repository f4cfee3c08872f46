// What is asked of a stream by subject, answered through its messages or through its subjects, whichever is shorter. No
// question takes longer than its budget, whatever the patterns: where that does not do, the answer says where to go on.

import { type Budget, farSteps, within } from "./budget.ts";
import type { Filter } from "./filter.ts";
import type { SequenceIndex } from "./index.ts";
import { type Counted, countBetween, type Looked, look, lookBack } from "./look.ts";
import type { Node } from "./subjects.ts";

/** Steps through the messages before the subjects get their turn, and then more of both. */
const firstSlice = 512;
const sliceGrowth = 4;
/** What it takes to tell of a subject. */
const stateSteps = 32;

const over = (found: number): Looked => ({ found, end: 0 });
const half = (budget: Budget): number => Math.ceil(budget.left / 2);

/** The first matching message at or after `from`. */
export function search(index: SequenceIndex, filter: Filter, from: number, budget: Budget): Looked {
  const start = index.next(from);
  if (filter.all || start === 0) return over(start);
  if (filter.literals !== undefined) return filter.literals.next(index, start, budget);
  filter.refresh(index.subjects);
  const tour = filter.tourFrom(index, start);
  return inTurn(
    start,
    (at, part) => look(index, filter, at, part),
    (at, part) => {
      tour.end = at;
      return tour.ask(index, filter, part);
    },
    budget,
  );
}

/** The last matching message at or before `from`. */
export function searchBack(index: SequenceIndex, filter: Filter, from: number, budget: Budget): Looked {
  const start = index.previous(from);
  if (filter.all || start === 0) return over(start);
  filter.refresh(index.subjects);
  return inTurn(
    start,
    (at, part) => lookBack(index, filter, at, part),
    (at, part) => previousOfEach(index, filter, at, part),
    budget,
  );
}

/** Through the messages and through the subjects in turn, further each time: whichever is shorter wins. */
function inTurn(
  start: number,
  lookFrom: (at: number, part: Budget) => Looked,
  askFrom: (at: number, part: Budget) => Looked | undefined,
  budget: Budget,
): Looked {
  let at = start;
  for (let slice = firstSlice; ; slice *= sliceGrowth) {
    const looked = within(budget, slice, (part) => lookFrom(at, part));
    if (looked.found !== 0 || looked.end === 0) return looked;
    at = looked.end;
    const asked = within(budget, slice, (part) => askFrom(at, part));
    if (asked !== undefined) return asked;
    if (budget.left <= 0) return looked;
  }
}

/** The last message of any matching subject at or before `from`; undefined when the budget does not tell. */
function previousOfEach(
  index: SequenceIndex,
  filter: Filter,
  from: number,
  budget: Budget,
): Looked | undefined {
  const { subjects } = index;
  let nearest = 0;
  const consider = (node: Node): boolean => {
    let at = subjects.first(node) > from ? 0 : subjects.last(node);
    for (; at > from && budget.left > 0; budget.left -= farSteps) at = index.previousLike(at);
    if (at <= from) nearest = Math.max(nearest, at);
    return at <= from;
  };
  return filter.visit(subjects, consider, budget) ? over(nearest) : undefined;
}

/** How many matching messages there are at or after `from`. */
export function count(index: SequenceIndex, filter: Filter, from: number, budget: Budget): Counted {
  const start = index.next(from);
  if (start === 0) return { count: 0, end: 0 };
  if (filter.all) return { count: index.countFrom(start), end: 0 };
  const counted = within(budget, half(budget), (part) => countBySubjects(index, filter, start, part));
  if (counted !== undefined) return { count: counted, end: 0 };
  filter.refresh(index.subjects);
  return countBetween(index, filter, start, index.last, budget);
}

/** undefined when the budget does not do. */
function countBySubjects(
  index: SequenceIndex,
  filter: Filter,
  start: number,
  budget: Budget,
): number | undefined {
  const { subjects, first, last } = index;
  if (start === first) return filter.total(subjects, budget);
  if (start - first >= last - start) return countAlong(index, filter, start, false, budget);
  const total = within(budget, half(budget), (part) => filter.total(subjects, part));
  if (total === undefined || total === 0) return total;
  const below = within(budget, half(budget), (part) => countAlong(index, filter, start, true, part));
  if (below !== undefined) return total - below;
  filter.refresh(subjects);
  const { count, end } = countBetween(index, filter, first, start - 1, budget);
  return end === 0 ? total - count : undefined;
}

/**
 * How many matching messages lie below `border`, or with `below` false at or above it: along each matching subject,
 * from its near end. undefined when the budget does not do.
 */
function countAlong(
  index: SequenceIndex,
  filter: Filter,
  border: number,
  below: boolean,
  budget: Budget,
): number | undefined {
  const { subjects } = index;
  let counted = 0;
  const walk = (node: Node): boolean => {
    const [first, last] = [subjects.first(node), subjects.last(node)];
    const isAll = below ? last < border : first >= border;
    if (isAll) {
      counted += subjects.count(node);
      return true;
    }
    const isIn = (s: number): boolean => s !== 0 && s < border === below;
    let at = below ? first : last;
    for (; isIn(at) && budget.left > 0; budget.left -= farSteps) {
      counted++;
      at = below ? index.nextLike(at) : index.previousLike(at);
    }
    return !isIn(at);
  };
  return filter.visit(subjects, walk, budget) ? counted : undefined;
}

/**
 * Visits matching subjects until `visit` answers false; answers where to go on, 0 when it went through. One that is there
 * from the first call to the last is visited once, whatever comes and goes meanwhile.
 */
export function eachSubject(
  index: SequenceIndex,
  filter: Filter,
  visit: (node: Node) => boolean,
  from: Node,
  budget: Budget,
): Node {
  const { subjects } = index;
  if (from === 0) {
    const found: Node[] = [];
    const through = within(budget, half(budget), (part) => {
      const take = (node: Node): boolean => {
        part.left -= stateSteps;
        return found.push(node) > 0;
      };
      return filter.visit(subjects, take, part);
    });
    if (through) {
      found.every(visit);
      return 0;
    }
  }
  // Nodes keep their numbers while they come and go: by these it can be gone on with.
  filter.refresh(subjects);
  const wants = (node: Node): boolean => filter.all || filter.matches(subjects, node, budget);
  const tell = (node: Node): boolean => {
    budget.left -= stateSteps;
    return visit(node);
  };
  return subjects.visitFrom(from, wants, tell, budget);
}
