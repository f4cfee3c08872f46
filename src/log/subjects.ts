// Which subjects a stream holds, and for each how many messages, the first and the last: a tree of tokens in typed
// arrays, so that a million subjects cost no objects and a pattern visits only what it can match.

import { assert } from "../base/assert.ts";

/** A subject's or token's number in this tree. 0 is the root, which is no subject; numbers are used again. */
export type Node = number;

/** Nodes that a visit may still look at. */
export interface Budget {
  left: number;
}

const firstCapacity = 64;
const dot = 0x2e;
const textStart = 4096;

export class Subjects {
  readonly #seed: number;
  #parent = new Uint32Array(firstCapacity);
  #textAt = new Uint32Array(firstCapacity);
  #textLength = new Uint16Array(firstCapacity);
  #child = new Uint32Array(firstCapacity);
  #older = new Uint32Array(firstCapacity);
  #younger = new Uint32Array(firstCapacity);
  #count = new Uint32Array(firstCapacity);
  /** Messages of this subject and of all that begin with it. */
  #below = new Uint32Array(firstCapacity);
  #first = new Float64Array(firstCapacity);
  #last = new Float64Array(firstCapacity);
  /** Open addressing on (parent, token): the node's number, 0 for empty. */
  #table = new Uint32Array(firstCapacity * 2);
  #nodes = 1;
  #free = 0;
  #live = 0;
  #text = new Uint8Array(textStart);
  #textEnd = 0;
  #textDead = 0;
  #subjects = 0;
  #recycled = 0;

  /** `seed` keeps publishers from choosing tokens that collide. */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Distinct subjects that hold a message. */
  get size(): number {
    return this.#subjects;
  }

  /** Changes whenever a node's number may now mean another subject. */
  get recycled(): number {
    return this.#recycled;
  }

  count(node: Node): number {
    return this.#count[node]!;
  }

  first(node: Node): number {
    return this.#first[node]!;
  }

  last(node: Node): number {
    return this.#last[node]!;
  }

  /** One more message on a subject; answers its node. `sequence` is above all others of the subject. */
  add(node: Node, sequence: number): void {
    if (this.#count[node]!++ === 0) {
      this.#subjects++;
      this.#first[node] = sequence;
    }
    this.#last[node] = sequence;
    for (let up = node; up !== 0; up = this.#parent[up]!) this.#below[up]!++;
  }

  /** One message less; `first` and `last` are what is left. A subject without messages is forgotten. */
  take(node: Node, first: number, last: number): void {
    assert(this.#count[node]! > 0, "only a counted message is taken away");
    this.#first[node] = first;
    this.#last[node] = last;
    for (let up = node; up !== 0; up = this.#parent[up]!) this.#below[up]!--;
    if (--this.#count[node]! === 0) {
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
    let name = this.#token(node);
    for (let up = this.#parent[node]!; up !== 0; up = this.#parent[up]!) name = `${this.#token(up)}.${name}`;
    return name;
  }

  /** Whether the subject at `node` matches a pattern given as tokens. */
  matches(node: Node, tokens: readonly string[]): boolean {
    let depth = 0;
    for (let up = node; up !== 0; up = this.#parent[up]!) depth++;
    const open = tokens[tokens.length - 1] === ">";
    if (open ? depth < tokens.length : depth !== tokens.length) return false;
    let at = node;
    for (let level = depth - 1; level >= 0; level--, at = this.#parent[at]!) {
      if (open && level >= tokens.length - 1) continue;
      const token = tokens[level]!;
      if (token !== "*" && !this.#isToken(at, token, 0, token.length)) return false;
    }
    return true;
  }

  /** How many messages a pattern's subjects hold; looks at no subject below a ">". */
  total(tokens: readonly string[], level = 0, node: Node = 0): number {
    if (level === tokens.length) return this.#count[node]!;
    const token = tokens[level]!;
    if (token !== "*" && token !== ">") {
      const child = this.#childOf(node, token, 0, token.length);
      return child === 0 ? 0 : this.total(tokens, level + 1, child);
    }
    if (token === ">" && node !== 0) return this.#below[node]! - this.#count[node]!;
    let sum = 0;
    for (let child = this.#child[node]!; child !== 0; child = this.#older[child]!)
      sum += token === ">" ? this.#below[child]! : this.total(tokens, level + 1, child);
    return sum;
  }

  /**
   * Visits each subject with messages that matches; stops when `visit` answers false, or when the budget is used up.
   * Answers whether it went through.
   */
  visit(
    tokens: readonly string[],
    visit: (node: Node) => boolean,
    budget: Budget = { left: Number.POSITIVE_INFINITY },
  ): boolean {
    return this.#visitFrom(0, tokens, 0, visit, budget);
  }

  #visitFrom(
    node: Node,
    tokens: readonly string[],
    level: number,
    visit: (node: Node) => boolean,
    budget: Budget,
  ): boolean {
    if (--budget.left < 0) return false;
    if (level === tokens.length) return this.#count[node] === 0 || visit(node);
    const token = tokens[level]!;
    if (token === ">") return this.#visitBelow(node, visit, budget);
    if (token !== "*") {
      const child = this.#childOf(node, token, 0, token.length);
      return child === 0 || this.#visitFrom(child, tokens, level + 1, visit, budget);
    }
    for (let child = this.#child[node]!; child !== 0; child = this.#older[child]!) {
      if (!this.#visitFrom(child, tokens, level + 1, visit, budget)) return false;
    }
    return true;
  }

  #visitBelow(top: Node, visit: (node: Node) => boolean, budget: Budget): boolean {
    let node = this.#child[top]!;
    while (node !== 0) {
      if (--budget.left < 0 || (this.#count[node]! > 0 && !visit(node))) return false;
      if (this.#child[node] !== 0) {
        node = this.#child[node]!;
        continue;
      }
      while (node !== 0 && this.#older[node] === 0) {
        node = this.#parent[node]!;
        if (node === top) return true;
      }
      node = this.#older[node]!;
    }
    return true;
  }

  #token(node: Node): string {
    const at = this.#textAt[node]!;
    return Buffer.from(this.#text.buffer, at, this.#textLength[node]!).latin1Slice();
  }

  #isToken(node: Node, text: string, start: number, end: number): boolean {
    const length = end - start;
    if (this.#textLength[node] !== length) return false;
    const at = this.#textAt[node]!;
    for (let i = 0; i < length; i++) if (this.#text[at + i] !== text.charCodeAt(start + i)) return false;
    return true;
  }

  #hash(parent: Node, text: string, start: number, end: number): number {
    let h = Math.imul(parent ^ this.#seed, 0x9e3779b1);
    for (let i = start; i < end; i++) {
      h = Math.imul(h ^ text.charCodeAt(i), 0x5bd1e995);
      h ^= h >>> 15;
    }
    return Math.imul(h ^ (h >>> 13), 0x85ebca6b) >>> 1;
  }

  #childOf(parent: Node, text: string, start: number, end: number): Node {
    const mask = this.#table.length - 1;
    let slot = this.#hash(parent, text, start, end) & mask;
    let node = this.#table[slot]!;
    while (node !== 0 && (this.#parent[node] !== parent || !this.#isToken(node, text, start, end))) {
      slot = (slot + 1) & mask;
      node = this.#table[slot]!;
    }
    return node;
  }

  #make(parent: Node, text: string, start: number, end: number): Node {
    if ((this.#live + 1) * 2 > this.#table.length) this.#rehash();
    let node = this.#free;
    if (node !== 0) this.#free = this.#older[node]!;
    else {
      if (this.#nodes === this.#parent.length) this.#grow();
      node = this.#nodes++;
    }
    this.#live++;
    const length = end - start;
    this.#makeRoom(length);
    this.#textAt[node] = this.#textEnd;
    this.#textLength[node] = length;
    for (let i = 0; i < length; i++) this.#text[this.#textEnd + i] = text.charCodeAt(start + i);
    this.#textEnd += length;
    this.#parent[node] = parent;
    this.#child[node] = 0;
    this.#count[node] = 0;
    this.#below[node] = 0;
    const sibling = this.#child[parent]!;
    this.#older[node] = sibling;
    this.#younger[node] = 0;
    if (sibling !== 0) this.#younger[sibling] = node;
    this.#child[parent] = node;
    this.#put(node, this.#hash(parent, text, start, end));
    return node;
  }

  #put(node: Node, hash: number): void {
    const mask = this.#table.length - 1;
    let slot = hash & mask;
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
    this.#table[slot] = node;
  }

  #prune(leaf: Node): void {
    let node = leaf;
    while (node !== 0 && this.#child[node] === 0 && this.#count[node] === 0) {
      const parent = this.#parent[node]!;
      this.#dropFromTable(node);
      const [older, younger] = [this.#older[node]!, this.#younger[node]!];
      if (younger === 0) this.#child[parent] = older;
      else this.#older[younger] = older;
      if (older !== 0) this.#younger[older] = younger;
      this.#textDead += this.#textLength[node]!;
      this.#older[node] = this.#free;
      this.#textLength[node] = 0;
      this.#free = node;
      this.#live--;
      this.#recycled++;
      node = parent;
    }
  }

  /** Takes a node out and moves later ones of the same run up, so that no search stops too early. */
  #dropFromTable(node: Node): void {
    const mask = this.#table.length - 1;
    let hole = this.#hashOf(node) & mask;
    while (this.#table[hole] !== node) hole = (hole + 1) & mask;
    let at = hole;
    for (;;) {
      at = (at + 1) & mask;
      const other = this.#table[at]!;
      if (other === 0) break;
      const home = this.#hashOf(other) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.#table[hole] = other;
      hole = at;
    }
    this.#table[hole] = 0;
  }

  #hashOf(node: Node): number {
    const token = this.#token(node);
    return this.#hash(this.#parent[node]!, token, 0, token.length);
  }

  #rehash(): void {
    const old = this.#table;
    this.#table = new Uint32Array(old.length * 2);
    for (const node of old) if (node !== 0) this.#put(node, this.#hashOf(node));
  }

  #grow(): void {
    const capacity = this.#parent.length * 2;
    const wider = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
      const made = new Uint32Array(capacity);
      made.set(old);
      return made;
    };
    this.#parent = wider(this.#parent);
    this.#textAt = wider(this.#textAt);
    this.#child = wider(this.#child);
    this.#older = wider(this.#older);
    this.#younger = wider(this.#younger);
    this.#count = wider(this.#count);
    this.#below = wider(this.#below);
    const [lengths, first, last] = [this.#textLength, this.#first, this.#last];
    this.#textLength = new Uint16Array(capacity);
    this.#textLength.set(lengths);
    this.#first = new Float64Array(capacity);
    this.#first.set(first);
    this.#last = new Float64Array(capacity);
    this.#last.set(last);
  }

  /** Room for a token's text: first by closing the gaps that forgotten tokens left, else by doubling. */
  #makeRoom(length: number): void {
    if (this.#textEnd + length <= this.#text.length) return;
    const kept = this.#textEnd - this.#textDead + length;
    const text = new Uint8Array(Math.max(this.#text.length, kept * 2));
    let end = 0;
    for (const node of this.#table) {
      if (node === 0) continue;
      const at = this.#textAt[node]!;
      text.set(this.#text.subarray(at, at + this.#textLength[node]!), end);
      this.#textAt[node] = end;
      end += this.#textLength[node]!;
    }
    this.#text = text;
    this.#textEnd = end;
    this.#textDead = 0;
  }
}

function tokenEnd(subject: string, start: number): number {
  for (let at = start; at < subject.length; at++) if (subject.charCodeAt(at) === dot) return at;
  return subject.length;
}
