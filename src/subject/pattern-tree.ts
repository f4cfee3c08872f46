// Crowds of subscriptions by pattern, kept as a tree of their tokens, so that a subject finds all its patterns in one
// walk down.
//
// A walk meets each node at most once: no recursion, and never more steps than there are tokens in all patterns
// together. Tokens that no other pattern parts with share one node: a pattern of two thousand tokens costs little more
// than its own text (token by token it was 36 times that).

import { assert } from "../base/assert.ts";
import { type Crowd, isIn, joined, left } from "./crowd.ts";

const dot = 0x2e;
const star = 0x2a;

/** Children beyond this many get a Map, which costs as much memory as three of them. */
const listedMax = 4;

/*  `orders.eu.*`, `orders.eu.*.>` and `orders.us.>`    root ─ next ─▶ "orders" ─ next ─▶ "eu.*" : here, rest
 *                                                                                  └ sibling ─▶ "us" : rest
 *  Children are told apart by their first token: `*` hangs at `star`, the others are a list through `sibling`, or a Map
 *  when they are many.                                                                                          */
class Node<T extends object> {
  /** One token or more; empty for the root only. */
  label: string;
  next: Node<T> | Map<string, Node<T>> | undefined = undefined;
  sibling: Node<T> | undefined = undefined;
  star: Node<T> | undefined = undefined;
  /** Patterns that end here. */
  here: Crowd<T> | undefined = undefined;
  /** Patterns that end with `>` below this node. */
  rest: Crowd<T> | undefined = undefined;

  constructor(label: string) {
    this.label = label;
  }
}

export class PatternTree<T extends object> {
  readonly #root = new Node<T>("");
  /** Scratch of {@link find}: nodes to look at, and where in the subject their labels begin. */
  readonly #open: Node<T>[] = [];
  readonly #starts: number[] = [];

  /** False when it stood there already. */
  add(pattern: string, one: T): boolean {
    const [text, isOpen] = parted(pattern);
    const node = nodeToBe(this.#root, text);
    const crowd = isOpen ? node.rest : node.here;
    if (isIn(crowd, one)) return false;
    if (isOpen) node.rest = joined(crowd, one);
    else node.here = joined(crowd, one);
    return true;
  }

  /** False when it did not stand there. */
  remove(pattern: string, one: T): boolean {
    const [text, isOpen] = parted(pattern);
    const path = [this.#root];
    for (let at = 0; at < text.length; ) {
      const child = childOf(path.at(-1)!, tokenFrom(text, at));
      if (child === undefined || commonTokens(child.label, text, at) < child.label.length) return false;
      path.push(child);
      at += child.label.length + 1;
    }
    const node = path.at(-1)!;
    const crowd = isOpen ? node.rest : node.here;
    if (crowd === undefined || !isIn(crowd, one)) return false;
    if (isOpen) node.rest = left(crowd, one);
    else node.here = left(crowd, one);
    tidied(path);
    return true;
  }

  /**
   * Adds to `found` the crowds of all patterns that match a subject, whose own tokens are taken literally.
   * @returns how many nodes were looked at.
   */
  find(subject: string, found: Crowd<T>[]): number {
    let steps = 1;
    if (this.#root.rest !== undefined) found.push(this.#root.rest);
    this.#descend(this.#root, subject, 0);
    for (let node = this.#open.pop(); node !== undefined; node = this.#open.pop()) {
      steps++;
      const end = matchedEnd(node.label, subject, this.#starts.pop()!);
      if (end === -1) continue;
      if (end === subject.length) {
        if (node.here !== undefined) found.push(node.here);
      } else {
        if (node.rest !== undefined) found.push(node.rest);
        this.#descend(node, subject, end + 1);
      }
    }
    return steps;
  }

  forEach(visit: (crowd: Crowd<T>) => void): void {
    const open = [this.#root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.star !== undefined) open.push(node.star);
      if (node.next instanceof Map) for (const child of node.next.values()) open.push(child);
      else for (let child = node.next; child !== undefined; child = child.sibling) open.push(child);
      const { here, rest } = node;
      if (here !== undefined) visit(here);
      if (rest !== undefined) visit(rest);
    }
  }

  #descend(node: Node<T>, subject: string, start: number): void {
    if (node.star !== undefined) {
      this.#open.push(node.star);
      this.#starts.push(start);
    }
    if (node.next === undefined) return;
    const child = namedChild(node, tokenFrom(subject, start));
    if (child === undefined) return;
    this.#open.push(child);
    this.#starts.push(start);
  }
}

/** A pattern without its `>`, and whether it had one. */
function parted(pattern: string): [text: string, isOpen: boolean] {
  if (pattern === ">") return ["", true];
  return pattern.endsWith(".>") ? [pattern.slice(0, -2), true] : [pattern, false];
}

function tokenFrom(text: string, start: number): string {
  const end = text.indexOf(".", start);
  return end === -1 ? text.slice(start) : text.slice(start, end);
}

/** Where a label's tokens end in a subject when they match what begins at `start`; -1 when they do not. */
function matchedEnd(label: string, subject: string, start: number): number {
  const { length } = label;
  let s = start;
  for (let p = 0; ; p++, s++) {
    if (label.charCodeAt(p) === star && (p + 1 === length || label.charCodeAt(p + 1) === dot)) {
      while (s < subject.length && subject.charCodeAt(s) !== dot) s++;
      p++;
    } else {
      for (; p < length && label.charCodeAt(p) !== dot; p++, s++) {
        if (label.charCodeAt(p) !== subject.charCodeAt(s)) return -1;
      }
      if (s < subject.length && subject.charCodeAt(s) !== dot) return -1;
    }
    if (p === length) return s;
    if (s >= subject.length) return -1;
  }
}

/** How many characters of a label are whole tokens that `text` has too, from `at` on; the last dot not counted. */
function commonTokens(label: string, text: string, at: number): number {
  let common = 0;
  for (let p = 0; ; p++) {
    const labelEnds = p === label.length || label.charCodeAt(p) === dot;
    const textEnds = at + p >= text.length || text.charCodeAt(at + p) === dot;
    if (labelEnds && textEnds) common = p;
    if (p === label.length || labelEnds !== textEnds || at + p >= text.length) return common;
    if (!labelEnds && label.charCodeAt(p) !== text.charCodeAt(at + p)) return common;
  }
}

/** The node where a pattern ends; labels are parted and nodes made until there is one. */
function nodeToBe<T extends object>(root: Node<T>, text: string): Node<T> {
  let node = root;
  for (let at = 0; at < text.length; ) {
    const child = childOf(node, tokenFrom(text, at));
    if (child === undefined) {
      const leaf = new Node<T>(text.slice(at));
      attach(node, leaf);
      return leaf;
    }
    const common = commonTokens(child.label, text, at);
    if (common < child.label.length) {
      const upper = new Node<T>(child.label.slice(0, common));
      detach(node, child);
      child.label = child.label.slice(common + 1);
      attach(upper, child);
      attach(node, upper);
      node = upper;
    } else {
      node = child;
    }
    at += common + 1;
  }
  return node;
}

/** After a crowd has gone from the end of a path: nodes with nothing go, a node with one child only becomes it. */
function tidied<T extends object>(path: readonly Node<T>[]): void {
  for (let at = path.length - 1; at > 0; at--) {
    const node = path[at]!;
    const parent = path[at - 1]!;
    if (node.here !== undefined || node.rest !== undefined) return;
    if (node.star === undefined && node.next === undefined) {
      detach(parent, node);
      continue;
    }
    const child = onlyChild(node);
    if (child === undefined) return;
    detach(node, child);
    detach(parent, node);
    child.label = `${node.label}.${child.label}`;
    attach(parent, child);
    return;
  }
}

function onlyChild<T extends object>({ star, next }: Node<T>): Node<T> | undefined {
  if (next === undefined) return star;
  if (star !== undefined) return undefined;
  if (next instanceof Map) return next.size === 1 ? next.values().next().value : undefined;
  return next.sibling === undefined ? next : undefined;
}

function namedChild<T extends object>(node: Node<T>, token: string): Node<T> | undefined {
  const next = node.next;
  if (next instanceof Map) return next.get(token);
  let child = next;
  while (child !== undefined && !beginsWith(child.label, token)) child = child.sibling;
  return child;
}

function beginsWith(label: string, token: string): boolean {
  const { length } = token;
  return label.startsWith(token) && (label.length === length || label.charCodeAt(length) === dot);
}

function childOf<T extends object>(node: Node<T>, token: string): Node<T> | undefined {
  return token === "*" ? node.star : namedChild(node, token);
}

function attach<T extends object>(parent: Node<T>, child: Node<T>): void {
  const token = tokenFrom(child.label, 0);
  if (token === "*") {
    parent.star = child;
    return;
  }
  if (!(parent.next instanceof Map) && countListed(parent.next) === listedMax)
    parent.next = mapped(parent.next);
  if (parent.next instanceof Map) {
    parent.next.set(token, child);
  } else {
    child.sibling = parent.next;
    parent.next = child;
  }
}

function countListed<T extends object>(first: Node<T> | undefined): number {
  let count = 0;
  for (let child = first; child !== undefined; child = child.sibling) count++;
  return count;
}

function mapped<T extends object>(first: Node<T> | undefined): Map<string, Node<T>> {
  const children = new Map<string, Node<T>>();
  for (let child = first; child !== undefined; ) {
    const after: Node<T> | undefined = child.sibling;
    child.sibling = undefined;
    children.set(tokenFrom(child.label, 0), child);
    child = after;
  }
  return children;
}

function detach<T extends object>(parent: Node<T>, child: Node<T>): void {
  const next = parent.next;
  if (parent.star === child) {
    parent.star = undefined;
  } else if (next instanceof Map) {
    next.delete(tokenFrom(child.label, 0));
    if (next.size === 0) parent.next = undefined;
  } else if (next === child) {
    parent.next = child.sibling;
  } else {
    let before = next;
    while (before !== undefined && before.sibling !== child) before = before.sibling;
    assert(before !== undefined, "a child is found at its parent");
    before.sibling = child.sibling;
  }
  child.sibling = undefined;
}
