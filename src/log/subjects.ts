// Which subjects a stream holds, and for each how many messages, the first and the last: a tree of tokens in typed
// arrays, so that a million subjects cost no objects and a pattern visits only what it can match. It grows and shrinks by
// a little with each subject, never by all at once.

import { assert } from "../base/assert.ts";
import { type Budget, farSteps, lengthSteps } from "./budget.ts";
import { Sequences, Words } from "./columns.ts";
import { Numbers } from "./numbers.ts";
import { Tokens } from "./tokens.ts";

/** A subject's or token's number in this tree. 0 is the root, which is no subject; numbers are used again. */
export type Node = number;

/** A pattern's tokens. */
export type Pattern = readonly string[];

/** Where a visit along a pattern stands: at a node that has so many of its tokens. */
export interface Walk {
  node: Node;
  level: number;
}

/** At the root. */
export function aWalk(): Walk {
  return { node: 0, level: 0 };
}

const firstBuckets = 64;
/** Nodes whose numbers were last given up are remembered, as many as these: a power of two. */
const goneMax = 1024;
const dot = 0x2e;
/** To come to the next token of a name. */
const tokenSteps = 2;

export class Subjects {
  readonly #seed: number;
  readonly #parent = new Words();
  readonly #textAt = new Words();
  readonly #child = new Words();
  readonly #older = new Words();
  readonly #younger = new Words();
  readonly #count = new Words();
  /** Messages of this subject and of all that begin with it. */
  readonly #below = new Words();
  readonly #first = new Sequences();
  readonly #last = new Sequences();
  /** Of (parent, token). */
  readonly #hash = new Words();
  /** The next node of the same bucket. */
  readonly #chain = new Words();
  /** Linear hashing: buckets up to `#round` and what was split beyond it; each new node splits the next one. */
  readonly #heads = new Words();
  #buckets = firstBuckets;
  #round = firstBuckets;
  readonly #numbers: Numbers;
  /** Nodes but the root. */
  #live = 0;
  readonly #tokens = new Tokens((node, at) => this.#textAt.set(node, at));
  #subjects = 0;
  #messages = 0;
  #recycled = 0;
  readonly #gone = new Uint32Array(goneMax);
  /** The last name told. */
  #name = Buffer.alloc(0);
  /** From a node up, of the last question. */
  readonly #path: Node[] = [];

  /** `seed` keeps publishers from choosing tokens that collide. */
  constructor(seed: number) {
    this.#seed = seed | 0;
    const ofTree = [this.#parent, this.#textAt, this.#child, this.#older, this.#younger];
    const ofMessages = [this.#count, this.#below, this.#first, this.#last];
    this.#numbers = new Numbers([...ofTree, ...ofMessages, this.#hash, this.#chain], this.#older);
  }

  /** Distinct subjects that hold a message. */
  get size(): number {
    return this.#subjects;
  }

  /** Of memory. */
  get bytes(): number {
    return this.#numbers.bytes + this.#heads.bytes + this.#tokens.bytes;
  }

  /** Changes whenever a node's number may now mean another subject. */
  get recycled(): number {
    return this.#recycled;
  }

  /** Whether a node is still the one it was when `recycled` was `since`; false as well when that was too long ago to tell. */
  isStill(node: Node, since: number): boolean {
    if (this.#recycled - since > goneMax) return false;
    for (let each = since; each < this.#recycled; each++)
      if (this.#gone[each & (goneMax - 1)] === node) return false;
    return true;
  }

  count(node: Node): number {
    return this.#count.get(node);
  }

  first(node: Node): number {
    return this.#first.get(node);
  }

  last(node: Node): number {
    return this.#last.get(node);
  }

  /** One more message on a subject; answers its node. `sequence` is above all others of the subject. */
  add(node: Node, sequence: number): void {
    if (this.#count.add(node, 1) === 0) {
      this.#subjects++;
      this.#first.set(node, sequence);
    }
    this.#last.set(node, sequence);
    this.#messages++;
    for (let up = node; up !== 0; up = this.#parent.get(up)) this.#below.add(up, 1);
  }

  /** One message less; `first` and `last` are what is left. A subject without messages is forgotten. */
  take(node: Node, first: number, last: number): void {
    assert(this.#count.get(node) > 0, "only a counted message is taken away");
    this.#first.set(node, first);
    this.#last.set(node, last);
    this.#messages--;
    for (let up = node; up !== 0; up = this.#parent.get(up)) this.#below.add(up, -1);
    if (this.#count.add(node, -1) === 1) {
      this.#subjects--;
      this.#prune(node);
    }
  }

  /** The node of a subject, made if it is new. */
  enter(subject: string): Node {
    let node = 0;
    let start = 0;
    for (;;) {
      const end = tokenEnd(subject, start);
      node = this.#childOf(node, subject, start, end) || this.#make(node, subject, start, end);
      if (end === subject.length) return node;
      start = end + 1;
    }
  }

  /** The node of a subject or of its beginning; 0 when there is none. */
  find(subject: string): Node {
    let node = 0;
    let start = 0;
    for (;;) {
      const end = tokenEnd(subject, start);
      node = this.#childOf(node, subject, start, end);
      if (node === 0 || end === subject.length) return node;
      start = end + 1;
    }
  }

  name(node: Node): string {
    let at = -1;
    for (let up = node; up !== 0; up = this.#parent.get(up))
      at += 1 + this.#tokens.lengthAt(this.#textAt.get(up));
    if (this.#name.length < at) this.#name = Buffer.alloc(at * 2);
    const end = at;
    for (let up = node; up !== 0; up = this.#parent.get(up)) {
      if (up !== node) this.#name[--at] = dot;
      at = this.#tokens.copy(this.#textAt.get(up), this.#name, at);
    }
    return this.#name.latin1Slice(0, end);
  }

  /** What it takes to tell a name. */
  nameSteps(node: Node): number {
    let steps = 0;
    for (let up = node; up !== 0; up = this.#parent.get(up))
      steps += tokenSteps + lengthSteps(this.#tokens.lengthAt(this.#textAt.get(up)));
    return steps;
  }

  /** Whether the subject at `node` matches any of the first `among` patterns, given as tokens. */
  matches(node: Node, patterns: readonly Pattern[], budget: Budget, among = patterns.length): boolean {
    const path = this.#path;
    let depth = 0;
    for (let up = node; up !== 0; up = this.#parent.get(up)) path[depth++] = up;
    budget.left -= farSteps * 2 + depth + among;
    for (let i = 0; i < among; i++) {
      const tokens = patterns[i]!;
      const open = tokens[tokens.length - 1] === ">";
      if (open ? depth < tokens.length : depth !== tokens.length) continue;
      if (this.#isAlong(path, depth, tokens, open ? tokens.length - 1 : depth, budget)) return true;
    }
    return false;
  }

  /** Whether the nodes of a path, the deepest first, have a pattern's first `levels` tokens; looks at the last first. */
  #isAlong(path: readonly Node[], depth: number, tokens: Pattern, levels: number, budget: Budget): boolean {
    for (let level = levels - 1; level >= 0; level--) {
      const token = tokens[level]!;
      if (token === "*") continue;
      budget.left--;
      const at = this.#textAt.get(path[depth - 1 - level]!);
      if (this.#tokens.lengthAt(at) !== token.length) return false;
      budget.left -= lengthSteps(token.length);
      if (!this.#tokens.isAt(at, token, 0, token.length)) return false;
    }
    return true;
  }

  /**
   * Tells how many messages each of a pattern's subjects holds, all that are below a ">" in one. Answers whether it went
   * through, and if not is gone on with, as `visit`.
   */
  total(tokens: Pattern, add: (messages: number) => void, budget: Budget, walk: Walk): boolean {
    return this.#walk(walk, tokens, false, budget, (node, isOpen) => {
      add(isOpen ? this.#belowOf(node) - this.#count.get(node) : this.#count.get(node));
      return true;
    });
  }

  #belowOf(node: Node): number {
    return node === 0 ? this.#messages : this.#below.get(node);
  }

  /**
   * Visits each subject with messages that matches; stops when `visit` answers false, or when the budget is used up.
   * Answers whether it went through; if not, and as long as the node that it stopped at is there, the walk can be gone on
   * with from that subject: one that is there all the while is met once.
   */
  visit(tokens: Pattern, visit: (node: Node) => boolean, budget: Budget, walk = aWalk()): boolean {
    return this.#walk(walk, tokens, true, budget, (node) => this.#count.get(node) === 0 || visit(node));
  }

  /** Down the tree along a pattern; `isDeep`: below a ">" each node is reached, not the one with all of them below it. */
  #walk(
    walk: Walk,
    tokens: Pattern,
    isDeep: boolean,
    budget: Budget,
    reach: (node: Node, isOpen: boolean) => boolean,
  ): boolean {
    const open = tokens[tokens.length - 1] === ">" ? tokens.length - 1 : tokens.length;
    for (;;) {
      const { node, level } = walk;
      budget.left -= farSteps;
      if (budget.left < 0) return false;
      const isEnd =
        isDeep || open === tokens.length ? level === tokens.length || level > open : level === open;
      if (isEnd && !reach(node, level === open && open < tokens.length)) return false;
      let down = 0;
      if (level < open && tokens[level] !== "*") {
        down = this.#childOf(node, tokens[level]!, 0, tokens[level]!.length);
        budget.left -= farSteps * 2 + lengthSteps(tokens[level]!.length);
      } else if (level < open || (isDeep && open < tokens.length)) down = this.#child.get(node);
      if (down !== 0) {
        walk.node = down;
        walk.level++;
      } else if (!this.#turn(walk, tokens, open)) return true;
    }
  }

  /** Up to where a star leaves another way down, and there; false when there is none. */
  #turn(walk: Walk, tokens: Pattern, open: number): boolean {
    let { node, level } = walk;
    while (node !== 0 && ((level <= open && tokens[level - 1] !== "*") || this.#older.get(node) === 0)) {
      node = this.#parent.get(node);
      level--;
    }
    if (node === 0) return false;
    walk.node = this.#older.get(node);
    walk.level = level;
    return true;
  }

  /** As `visit`, by the nodes' numbers: answers the first that was not looked at, 0 when there is none. */
  visitFrom(
    from: Node,
    wants: (node: Node) => boolean,
    visit: (node: Node) => boolean,
    budget: Budget,
  ): Node {
    let node = Math.max(1, from);
    for (const { end } = this.#numbers; node < end; node++) {
      if (budget.left-- <= 0) return node;
      if (this.#count.get(node) > 0 && wants(node) && !visit(node)) return 0;
    }
    return 0;
  }

  #hashOf(parent: Node, text: string, start: number, end: number): number {
    let h = Math.imul(parent ^ this.#seed, 0x9e3779b1);
    for (let i = start; i < end; i++) {
      h = Math.imul(h ^ text.charCodeAt(i), 0x5bd1e995);
      h ^= h >>> 15;
    }
    return Math.imul(h ^ (h >>> 13), 0x85ebca6b) >>> 1;
  }

  #bucketOf(hash: number): number {
    const bucket = hash & (this.#round * 2 - 1);
    return bucket < this.#buckets ? bucket : hash & (this.#round - 1);
  }

  #childOf(parent: Node, text: string, start: number, end: number): Node {
    const hash = this.#hashOf(parent, text, start, end);
    let node = this.#heads.get(this.#bucketOf(hash));
    while (node !== 0 && !this.#isChild(node, hash, parent, text, start, end)) node = this.#chain.get(node);
    return node;
  }

  #isChild(node: Node, hash: number, parent: Node, text: string, start: number, end: number): boolean {
    if (this.#hash.get(node) !== hash || this.#parent.get(node) !== parent) return false;
    return this.#tokens.isAt(this.#textAt.get(node), text, start, end);
  }

  #make(parent: Node, text: string, start: number, end: number): Node {
    const node = this.#numbers.take();
    this.#live++;
    this.#parent.set(node, parent);
    this.#child.set(node, 0);
    this.#count.set(node, 0);
    this.#below.set(node, 0);
    this.#textAt.set(node, this.#tokens.put(node, text, start, end));
    const sibling = this.#child.get(parent);
    this.#older.set(node, sibling);
    this.#younger.set(node, 0);
    if (sibling !== 0) this.#younger.set(sibling, node);
    this.#child.set(parent, node);
    this.#hash.set(node, this.#hashOf(parent, text, start, end));
    this.#link(node);
    while (this.#live * 2 > this.#buckets) this.#split();
    return node;
  }

  #link(node: Node): void {
    const bucket = this.#bucketOf(this.#hash.get(node));
    this.#chain.set(node, this.#heads.get(bucket));
    this.#heads.set(bucket, node);
  }

  #unlink(node: Node): void {
    const bucket = this.#bucketOf(this.#hash.get(node));
    const next = this.#chain.get(node);
    let at = this.#heads.get(bucket);
    if (at === node) return this.#heads.set(bucket, next);
    while (this.#chain.get(at) !== node) at = this.#chain.get(at);
    this.#chain.set(at, next);
  }

  /** One bucket more, which takes its part of the next one to be split. */
  #split(): void {
    const from = this.#buckets - this.#round;
    this.#heads.reach(this.#buckets++);
    this.#deal(from);
    if (this.#buckets === this.#round * 2) this.#round = this.#buckets;
  }

  /** One bucket less: what is in the last one goes back to where it came from. */
  #merge(): void {
    if (this.#buckets === this.#round) this.#round /= 2;
    this.#deal(--this.#buckets);
    this.#heads.cut(this.#buckets);
  }

  /** Puts what is in a bucket to where it belongs now. */
  #deal(bucket: number): void {
    let node = this.#heads.get(bucket);
    this.#heads.set(bucket, 0);
    while (node !== 0) {
      const next = this.#chain.get(node);
      this.#link(node);
      node = next;
    }
  }

  #prune(leaf: Node): void {
    let node = leaf;
    while (node !== 0 && this.#child.get(node) === 0 && this.#count.get(node) === 0) {
      const parent = this.#parent.get(node);
      this.#unlink(node);
      const [older, younger] = [this.#older.get(node), this.#younger.get(node)];
      if (younger === 0) this.#child.set(parent, older);
      else this.#older.set(younger, older);
      if (older !== 0) this.#younger.set(older, younger);
      this.#tokens.forget(this.#textAt.get(node));
      this.#numbers.give(node);
      this.#live--;
      this.#gone[this.#recycled++ & (goneMax - 1)] = node;
      node = parent;
    }
    while (this.#live * 8 < this.#buckets && this.#buckets > firstBuckets) this.#merge();
    if (this.#live > 0 || !this.#numbers.clear()) return;
    this.#heads.clear();
    this.#tokens.clear();
  }
}

function tokenEnd(subject: string, start: number): number {
  for (let at = start; at < subject.length; at++) if (subject.charCodeAt(at) === dot) return at;
  return subject.length;
}
