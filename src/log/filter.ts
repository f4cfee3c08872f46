// Which messages a reader wants, by subject.

import { type Budget, farSteps } from "./budget.ts";
import type { SequenceIndex } from "./index.ts";
import { Literals, literalsMax } from "./literals.ts";
import { aWalk, type Node, type Pattern, type Subjects } from "./subjects.ts";
import { type Stop, Tour } from "./tour.ts";

const cacheSlots = 4096;

/** A set of patterns, compiled. Belongs to one reader; remembers verdicts on subjects it met. */
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
  #tour: Tour | undefined;

  /** `patterns` as in a subscription: `a.*.c`, `a.>`. None means everything. */
  constructor(patterns: readonly string[]) {
    const each = [...new Set(patterns)].map((pattern) => pattern.split("."));
    const isWild = (tokens: Pattern): boolean => tokens.includes("*") || tokens.includes(">");
    this.all = patterns.length === 0 || patterns.includes(">");
    this.#patterns = each.filter(isWild);
    this.#names = each.filter((tokens) => !isWild(tokens)).map((tokens) => tokens.join("."));
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
    budget.left -= farSteps * 4 + name.length;
    return this.#named.has(name);
  }

  /** How many messages match; undefined when the budget does not do. */
  total(subjects: Subjects, budget: Budget): number | undefined {
    if (this.#patterns.length === 1 && this.#names.length === 0)
      return subjects.total(this.#patterns[0]!, budget);
    let total = 0;
    const through = this.visit(
      subjects,
      (node) => {
        total += subjects.count(node);
        return true;
      },
      budget,
    );
    return through ? total : undefined;
  }

  /** As `visit`, but a subject that two patterns match is visited twice; goes on from `stop`, as Subjects.visit does. */
  tour(subjects: Subjects, visit: (node: Node) => boolean, budget: Budget, stop: Stop): boolean {
    for (; stop.at < this.#names.length; stop.at++) {
      if (!visitNamed(subjects, this.#names[stop.at]!, visit, budget)) return false;
    }
    for (; stop.at < this.#names.length + this.#patterns.length; stop.at++) {
      if (!subjects.visit(this.#patterns[stop.at - this.#names.length]!, visit, budget, stop.walk))
        return false;
      stop.walk = aWalk();
    }
    return true;
  }

  /** The tour that a search from a message on goes on with: the last one, if that stopped there. */
  tourFrom(index: SequenceIndex, from: number): Tour {
    if (this.#tour?.serves(index, from) !== true) this.#tour = new Tour(index, from);
    return this.#tour;
  }

  /**
   * Visits every subject that matches, once; stops when `visit` answers false or the budget is used up. Answers whether
   * it went through.
   */
  visit(subjects: Subjects, visit: (node: Node) => boolean, budget: Budget): boolean {
    if (this.all) return subjects.visit([">"], visit, budget);
    if (this.#patterns.length === 1 && this.#names.length === 0)
      return subjects.visit(this.#patterns[0]!, visit, budget);
    const seen = new Set<Node>();
    const once = (node: Node): boolean => {
      if (seen.has(node)) return true;
      seen.add(node);
      return visit(node);
    };
    return (
      this.#names.every((name) => visitNamed(subjects, name, once, budget)) &&
      this.#patterns.every((tokens) => subjects.visit(tokens, once, budget))
    );
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
