// Which of an account's shared subjects lie within which others, as jwt/v2 compares: only the outer one's wildcards
// count, the inner one's tokens are words, and an empty token is a token. Found through a tree, for a JWT has room for
// tens of thousands of subjects. [jwt/v2 types.go IsContainedIn]

import type { Crowd } from "../subject/crowd.ts";
import { forEachIn } from "../subject/crowd.ts";
import { matches } from "../subject/pattern.ts";
import { PatternTree } from "../subject/pattern-tree.ts";

/**
 * Nodes of the tree that are looked at, at most. Twenty thousand subjects of everyday need fewer than two hundred
 * thousand; sets made of nested wildcards can need as many as there are pairs, which no tree can help.
 */
export const containmentStepsMax = 4_000_000;

interface Named {
  readonly subject: string;
}

export class Containment {
  readonly #named = new PatternTree<Named>();
  readonly #outers = new Map<string, readonly string[]>();
  readonly #inners = new Map<string, string[]>();
  #steps = 0;

  constructor(subjects: Iterable<string>) {
    const distinct = new Set(subjects);
    for (const subject of distinct) this.#named.add(withoutEmptyTokens(subject), { subject });
    for (const inner of distinct) {
      if (!this.isComplete) return;
      this.#place(inner);
    }
  }

  /** Nodes looked at. */
  get steps(): number {
    return this.#steps;
  }

  /** Whether all were compared; if not, some that lie within others are not told. */
  get isComplete(): boolean {
    return this.#steps < containmentStepsMax;
  }

  /** The other subjects that `inner`, which is one of them, lies within. */
  outersOf(inner: string): readonly string[] {
    return this.#outers.get(inner) ?? [];
  }

  /** The other subjects that lie within `outer`, which is one of them. */
  innersOf(outer: string): readonly string[] {
    return this.#inners.get(outer) ?? [];
  }

  #place(inner: string): void {
    const crowds: Crowd<Named>[] = [];
    this.#steps += this.#named.find(withoutEmptyTokens(inner), crowds);
    const outers: string[] = [];
    for (const crowd of crowds) forEachIn(crowd, ({ subject }) => outers.push(subject));
    const others = outers.filter((outer) => outer !== inner);
    if (others.length === 0) return;
    this.#outers.set(inner, others);
    for (const outer of others) {
      const inners = this.#inners.get(outer);
      if (inners === undefined) this.#inners.set(outer, [inner]);
      else inners.push(inner);
    }
  }
}

/** Of one pair of subjects. */
export function isContainedIn(inner: string, outer: string): boolean {
  return matches(withoutEmptyTokens(outer), withoutEmptyTokens(inner));
}

/** Different subjects stay different: the server's patterns know no empty token, so it becomes a NUL, a NUL two. */
function withoutEmptyTokens(subject: string): string {
  if (!/^\.|\.\.|\.$|^$|\0/.test(subject)) return subject;
  return subject
    .split(".")
    .map((token) => (/^\0*$/.test(token) ? `${token}\0` : token))
    .join(".");
}
