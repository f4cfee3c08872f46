// Which messages a reader wants, by subject.

import { type Budget, farSteps } from "./budget.ts";
import type { SequenceIndex } from "./index.ts";
import { Literals, literalsMax } from "./literals.ts";
import { Nearest } from "./nearest.ts";
import { subjectBytesMax } from "./record.ts";
import { aWalk, type Node, type Pattern, type Subjects } from "./subjects.ts";
import { aStop, type Stop } from "./tour.ts";

const cacheSlots = 4096;
/** A pattern is no longer than what it matches: one that is longer than any subject matches none. */
const fitsSubject = (pattern: string): boolean => pattern.length <= subjectBytesMax;

/**
 * A set of patterns, compiled, for one stream. What it remembers of the subjects it met and of searches under way is true
 * whoever asks: several may ask with it in turn, and only lose time if they go different ways. A Count and a Purge hold
 * what is theirs themselves.
 */
export class Filter {
  /** Those with a wildcard. */
  readonly #patterns: readonly Pattern[];
  /** The others. */
  readonly #names: readonly string[];
  readonly #named: ReadonlySet<string>;
  /** Everything matches. */
  readonly all: boolean;
  /** The subjects, when no pattern has a wildcard and they are few. */
  readonly literals: Literals | undefined;
  #nodes: Uint32Array | undefined;
  #verdicts: Uint8Array | undefined;
  #cachedOf: Subjects | undefined;
  #recycled = -1;
  #ahead: Nearest | undefined;
  #behind: Nearest | undefined;

  /** `patterns` as in a subscription: `a.*.c`, `a.>`. None means everything. */
  constructor(patterns: readonly string[]) {
    const each = [...new Set(patterns)].filter(fitsSubject).map((pattern) => pattern.split("."));
    const isWild = (tokens: Pattern): boolean => tokens.includes("*") || tokens.includes(">");
    this.all = patterns.length === 0 || patterns.includes(">");
    this.#patterns = this.all ? [[">"]] : each.filter(isWild);
    this.#names = this.all ? [] : each.filter((tokens) => !isWild(tokens)).map((tokens) => tokens.join("."));
    this.#named = new Set(this.#names);
    const isFewNames = each.length === this.#names.length && each.length <= literalsMax;
    this.literals = this.all || !isFewNames ? undefined : new Literals(this.#names);
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

  matches(subjects: Subjects, node: Node, budget: Budget): boolean {
    const [nodes, verdicts] = [this.#nodes!, this.#verdicts!];
    const slot = node & (cacheSlots - 1);
    if (nodes[slot] === node) return verdicts[slot] === 1;
    const verdict = this.#isNamed(subjects, node, budget) || subjects.matches(node, this.#patterns, budget);
    nodes[slot] = node;
    verdicts[slot] = verdict ? 1 : 0;
    return verdict;
  }

  #isNamed(subjects: Subjects, node: Node, budget: Budget): boolean {
    if (this.#names.length === 0) return false;
    const name = subjects.name(node);
    budget.left -= farSteps * 4 + name.length + subjects.nameSteps(node);
    return this.#named.has(name);
  }

  /** Tells how many messages match, part by part. Answers whether it went through, and if not is gone on with. */
  total(subjects: Subjects, add: (messages: number) => void, budget: Budget, stop: Stop): boolean {
    if (this.#patterns.length === 1 && this.#names.length === 0)
      return subjects.total(this.#patterns[0]!, add, budget, stop.walk);
    const tell = (node: Node): boolean => {
      add(subjects.count(node));
      return true;
    };
    return this.visit(subjects, tell, budget, stop);
  }

  /** The search that one from a message on goes on with: the last one, if that came by there. */
  nearest(index: SequenceIndex, from: number, isBack: boolean): Nearest {
    const last = isBack ? this.#behind : this.#ahead;
    if (last?.serves(index, from) === true) return last;
    const nearest = new Nearest(index, from, isBack);
    if (isBack) this.#behind = nearest;
    else this.#ahead = nearest;
    return nearest;
  }

  /**
   * Visits every subject that matches, once; stops when `visit` answers false or the budget is used up. Answers whether
   * it went through; if not, it is gone on with from `stop`, see Subjects.visit.
   */
  visit(subjects: Subjects, visit: (node: Node) => boolean, budget: Budget, stop = aStop()): boolean {
    const once = (node: Node): boolean => this.#wasMet(subjects, node, stop.at, budget) || visit(node);
    return this.tour(subjects, once, budget, stop);
  }

  /** Whether a subject or pattern that is asked before the one at `at` leads to this subject. */
  #wasMet(subjects: Subjects, node: Node, at: number, budget: Budget): boolean {
    const before = at - this.#names.length;
    if (before < 0 || at === 0) return false;
    if (this.#isNamed(subjects, node, budget)) return true;
    return before > 0 && subjects.matches(node, this.#patterns, budget, before);
  }

  /** As `visit`, but a subject that two patterns match is visited twice. */
  tour(subjects: Subjects, visit: (node: Node) => boolean, budget: Budget, stop: Stop): boolean {
    const names = this.#names.length;
    for (; stop.at < names; stop.at++) {
      if (!visitNamed(subjects, this.#names[stop.at]!, visit, budget)) return false;
    }
    for (; stop.at < names + this.#patterns.length; stop.at++) {
      if (!subjects.visit(this.#patterns[stop.at - names]!, visit, budget, stop.walk)) return false;
      stop.walk = aWalk();
    }
    return true;
  }
}

function visitNamed(
  subjects: Subjects,
  name: string,
  visit: (node: Node) => boolean,
  budget: Budget,
): boolean {
  const node = subjects.find(name);
  budget.left -= farSteps * 4 + name.length;
  return budget.left >= 0 && (subjects.count(node) === 0 || visit(node));
}
