// The next message of any of a few subjects. What is next of each is remembered: a reader that goes on from message to
// message asks about a subject again only once it has passed that.

import { type Budget, lengthSteps, within } from "./budget.ts";
import type { SequenceIndex } from "./index.ts";
import { type Looked, look } from "./look.ts";
import type { Node, Subjects } from "./subjects.ts";

/** More subjects than these are not each asked. */
export const literalsMax = 128;
/** Messages looked at in order before each subject is asked: the next one is often near. */
const nearby = 512;
/** To find a subject. */
const findSteps = 32;

interface Cursor {
  readonly subject: string;
  node: Node;
  /** Between `from` and `next` nothing is stored of the subject; `next` 0: nor up to `end`. */
  from: number;
  next: number;
  end: number;
}

export class Literals {
  readonly #cursors: readonly Cursor[];
  readonly #wanted = new Set<Node>();
  #subjects: Subjects | undefined;
  #recycled = -1;

  constructor(subjects: readonly string[]) {
    this.#cursors = subjects.map((subject) => ({ subject, node: 0, from: 0, next: 0, end: 0 }));
  }

  matches(_: Subjects, node: Node): boolean {
    return this.#wanted.has(node);
  }

  /** The first message of any of them at or after `from`. What the budget did not tell is remembered for the next time. */
  next(index: SequenceIndex, from: number, budget: Budget): Looked {
    this.#refresh(index.subjects, budget);
    const [only] = this.#cursors;
    if (this.#cursors.length === 1) {
      const next = index.nextOf(only!.node, from, budget);
      return next < 0 ? { found: 0, end: -next } : { found: next, end: 0 };
    }
    const near = within(budget, nearby, (part) => look(index, this, from, part));
    if (near.found !== 0 || near.end === 0) return near;
    let sequence = 0;
    for (const cursor of this.#cursors) {
      const next = nextAt(index, cursor, near.end, budget);
      if (next < 0) return near;
      if (next !== 0 && (sequence === 0 || next < sequence)) sequence = next;
    }
    return { found: sequence, end: 0 };
  }

  /** Finds the subjects' numbers; those that were not there may be by now. */
  #refresh(subjects: Subjects, budget: Budget): void {
    const isSame = subjects === this.#subjects && subjects.recycled === this.#recycled;
    this.#subjects = subjects;
    this.#recycled = subjects.recycled;
    if (!isSame) this.#wanted.clear();
    for (const cursor of this.#cursors) {
      if (isSame && cursor.node !== 0) continue;
      budget.left -= findSteps + lengthSteps(cursor.subject.length);
      cursor.node = subjects.find(cursor.subject);
      if (cursor.node !== 0) this.#wanted.add(cursor.node);
    }
  }
}

/** Below 0: the budget did not tell. */
function nextAt(index: SequenceIndex, cursor: Cursor, from: number, budget: Budget): number {
  const { node, next, end } = cursor;
  if (from >= cursor.from) {
    if (next >= from && index.has(next) && index.nodeOf(next) === node) return next;
    if (next === 0 && end === index.last) return 0;
  }
  // Messages only come to the end: up to there a subject that had none has none.
  const isNone = next === 0 && from >= cursor.from;
  const found = index.nextOf(node, isNone ? Math.max(from, end + 1) : from, budget);
  cursor.next = Math.max(0, found);
  cursor.from = from;
  cursor.end = found < 0 ? -found - 1 : index.last;
  return found;
}
