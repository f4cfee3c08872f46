// What is asked of a stream by subject, answered through its messages or through its subjects, whichever is shorter. No
// question takes longer than its budget, whatever the patterns: where that does not do, the answer says where to go on.

import { type Budget, half, within } from "./budget.ts";
import type { Filter } from "./filter.ts";
import type { SequenceIndex } from "./index.ts";
import { type Looked, look, lookBack } from "./look.ts";
import type { Nearest } from "./nearest.ts";
import type { Node } from "./subjects.ts";

/** Steps through the messages before the subjects get their turn, and then more of both. */
const firstSlice = 512;
const sliceGrowth = 4;
/** What it takes to tell of a subject, beside its name. */
const stateSteps = 20;

/** The first matching message at or after `from`. */
export function search(index: SequenceIndex, filter: Filter, from: number, budget: Budget): Looked {
  const start = index.next(from);
  if (filter.all || start === 0) return { found: start, end: 0 };
  if (filter.literals !== undefined) return filter.literals.next(index, start, budget);
  return inTurn(index, filter, start, false, budget);
}

/** The last matching message at or before `from`. */
export function searchBack(index: SequenceIndex, filter: Filter, from: number, budget: Budget): Looked {
  const start = index.previous(from);
  if (filter.all || start === 0) return { found: start, end: 0 };
  return inTurn(index, filter, start, true, budget);
}

/** Through the messages and through the subjects in turn, further each time: whichever is shorter wins. */
function inTurn(
  index: SequenceIndex,
  filter: Filter,
  start: number,
  isBack: boolean,
  budget: Budget,
): Looked {
  filter.refresh(index.subjects);
  let at = start;
  let nearest: Nearest | undefined;
  for (let slice = firstSlice; ; slice *= sliceGrowth) {
    const looked = within(budget, slice, (part) => (isBack ? lookBack : look)(index, filter, at, part));
    if (looked.found !== 0 || looked.end === 0) return looked;
    at = looked.end;
    nearest ??= filter.nearest(index, start, isBack);
    const asked = within(budget, slice, (part) => nearest!.ask(index, filter, at, part));
    if (asked !== undefined) return asked;
    if (budget.left <= 0) return looked;
  }
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
        part.left -= stateSteps + subjects.nameSteps(node);
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
    budget.left -= stateSteps + subjects.nameSteps(node);
    return visit(node);
  };
  return subjects.visitFrom(from, wants, tell, budget);
}
