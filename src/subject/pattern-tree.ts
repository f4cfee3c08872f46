// Crowds of subscriptions by pattern, kept token by token, so that a subject finds all its patterns in one walk down.
//
// A walk goes level by level and meets each node at most once: no recursion, and never more steps than there are
// tokens in all patterns together, whatever the subject.

import { assert } from "../base/assert.ts";
import { type Crowd, isIn, joined, left } from "./crowd.ts";

/** Children beyond this many get a Map, which costs as much memory as three of them. */
const listedMax = 4;

/*  `orders.*.>`   root ─ next ─▶ "orders" ─ star ─▶ "*" : rest
 *  Children with a token of their own are a list through `sibling`, or a Map when they are many.   */
class Node<T extends object> {
  readonly token: string;
  next: Node<T> | Map<string, Node<T>> | undefined = undefined;
  sibling: Node<T> | undefined = undefined;
  star: Node<T> | undefined = undefined;
  /** Patterns that end here. */
  here: Crowd<T> | undefined = undefined;
  /** Patterns that end with `>` below this node. */
  rest: Crowd<T> | undefined = undefined;

  constructor(token: string) {
    this.token = token;
  }

  get isEmpty(): boolean {
    return (
      this.here === undefined &&
      this.rest === undefined &&
      this.star === undefined &&
      (this.next === undefined || (this.next instanceof Map && this.next.size === 0))
    );
  }
}

export class PatternTree<T extends object> {
  readonly #root = new Node<T>("");
  /** Scratch of {@link find}, kept so that a walk allocates nothing but tokens. */
  #level: Node<T>[] = [];
  #below: Node<T>[] = [];

  /** False when it stood there already. */
  add(pattern: string, one: T): boolean {
    const path = pattern.split(".");
    const open = path.at(-1) === ">";
    if (open) path.pop();
    let node = this.#root;
    for (const token of path) node = childToBe(node, token);
    const crowd = open ? node.rest : node.here;
    if (isIn(crowd, one)) return false;
    if (open) node.rest = joined(crowd, one);
    else node.here = joined(crowd, one);
    return true;
  }

  /** False when it did not stand there. */
  remove(pattern: string, one: T): boolean {
    const path = pattern.split(".");
    const open = path.at(-1) === ">";
    if (open) path.pop();
    const nodes = [this.#root];
    for (const token of path) {
      const child = childOf(nodes.at(-1)!, token);
      if (child === undefined) return false;
      nodes.push(child);
    }
    const node = nodes.at(-1)!;
    const crowd = open ? node.rest : node.here;
    if (crowd === undefined || !isIn(crowd, one)) return false;
    if (open) node.rest = left(crowd, one);
    else node.here = left(crowd, one);
    prune(nodes);
    return true;
  }

  /** Adds to `found` the crowds of all patterns that match a subject, whose own tokens are taken literally. */
  find(subject: string, found: Crowd<T>[]): void {
    let level = this.#level;
    let below = this.#below;
    level.push(this.#root);
    for (let start = 0; level.length > 0; ) {
      const dot = subject.indexOf(".", start);
      const isLast = dot === -1;
      const token = isLast ? subject.slice(start) : subject.slice(start, dot);
      for (let i = 0; i < level.length; i++) {
        const node = level[i]!;
        if (node.rest !== undefined) found.push(node.rest);
        const child = namedChild(node, token);
        if (child !== undefined) meet(child, isLast, below, found);
        if (node.star !== undefined) meet(node.star, isLast, below, found);
      }
      level.length = 0;
      const empty = level;
      level = below;
      below = empty;
      start = dot + 1;
    }
  }

  forEach(visit: (crowd: Crowd<T>) => void): void {
    const open = [this.#root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.here !== undefined) visit(node.here);
      if (node.rest !== undefined) visit(node.rest);
      if (node.star !== undefined) open.push(node.star);
      if (node.next instanceof Map) for (const child of node.next.values()) open.push(child);
      else for (let child = node.next; child !== undefined; child = child.sibling) open.push(child);
    }
  }
}

function meet<T extends object>(node: Node<T>, isLast: boolean, below: Node<T>[], found: Crowd<T>[]): void {
  if (!isLast) below.push(node);
  else if (node.here !== undefined) found.push(node.here);
}

function namedChild<T extends object>(node: Node<T>, token: string): Node<T> | undefined {
  const next = node.next;
  if (next instanceof Map) return next.get(token);
  let child = next;
  while (child !== undefined && child.token !== token) child = child.sibling;
  return child;
}

function childOf<T extends object>(node: Node<T>, token: string): Node<T> | undefined {
  return token === "*" ? node.star : namedChild(node, token);
}

function childToBe<T extends object>(node: Node<T>, token: string): Node<T> {
  const known = childOf(node, token);
  if (known !== undefined) return known;
  const child = new Node<T>(token);
  if (token === "*") {
    node.star = child;
    return child;
  }
  if (!(node.next instanceof Map) && countListed(node.next) === listedMax) node.next = mapped(node.next);
  if (node.next instanceof Map) {
    node.next.set(token, child);
  } else {
    child.sibling = node.next;
    node.next = child;
  }
  return child;
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
    children.set(child.token, child);
    child = after;
  }
  return children;
}

/** Takes away the nodes at the end of a path that hold nothing any more. */
function prune<T extends object>(path: readonly Node<T>[]): void {
  for (let at = path.length - 1; at > 0; at--) {
    const node = path[at]!;
    if (!node.isEmpty) return;
    detach(path[at - 1]!, node);
  }
}

function detach<T extends object>(parent: Node<T>, child: Node<T>): void {
  const next = parent.next;
  if (parent.star === child) {
    parent.star = undefined;
  } else if (next instanceof Map) {
    next.delete(child.token);
  } else if (next === child) {
    parent.next = child.sibling;
  } else {
    let before = next;
    while (before !== undefined && before.sibling !== child) before = before.sibling;
    assert(before !== undefined, "a child is found at its parent");
    before.sibling = child.sibling;
  }
}
