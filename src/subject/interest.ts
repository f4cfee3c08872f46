// Who is interested in a subject: all subscriptions of one subject space, found by what is published.
//
// Literal subjects, which are most, stand in a map; patterns in a tree. What a subject found is remembered, and
// forgotten exactly when a subscription that it matches comes or goes.

import { type Crowd, forEachIn, isIn, joined, left } from "./crowd.ts";
import { MatchCache } from "./match-cache.ts";
import { overlaps } from "./pattern.ts";
import { PatternTree } from "./pattern-tree.ts";
import { hasEmptyToken, isLiteral } from "./subject.ts";

/** Subjects whose subscriptions are remembered. [nats-server sublist.go slCacheMax] */
export const rememberedSubjectsMax = 1_024;

/** What a subscription must tell. Neither may change while it is inserted. */
export interface Interested {
  readonly subject: string;
  /** Undefined: gets every message. Otherwise one subscription of those with the same queue does. */
  readonly queue: string | undefined;
}

/** Never changed once handed out: whoever walks through it may subscribe and unsubscribe meanwhile. */
export interface Matched<S> {
  readonly plain: readonly S[];
  /** One list for each queue name, over all matching patterns; never an empty list. */
  readonly groups: readonly (readonly S[])[];
}

export interface InterestCounts {
  readonly inserts: number;
  readonly removes: number;
  readonly matches: number;
  /** Those of the matches that were remembered. */
  readonly cacheHits: number;
  /** Subjects remembered now. */
  readonly cached: number;
}

const nobody: Matched<never> = { plain: [], groups: [] };

export class Interest<S extends Interested> {
  readonly #literals = new Map<string, Crowd<S>>();
  readonly #patterns = new PatternTree<S>();
  readonly #cache = new MatchCache<Matched<S>>(rememberedSubjectsMax);
  #literalCount = 0;
  #wildcardCount = 0;
  #inserts = 0;
  #removes = 0;
  #matches = 0;
  #cacheHits = 0;

  get size(): number {
    return this.#literalCount + this.#wildcardCount;
  }

  /** Subscriptions to patterns. */
  get wildcards(): number {
    return this.#wildcardCount;
  }

  counts(): InterestCounts {
    return {
      inserts: this.#inserts,
      removes: this.#removes,
      matches: this.#matches,
      cacheHits: this.#cacheHits,
      cached: this.#cache.size,
    };
  }

  /** Takes valid patterns; one that is not valid reaches nobody and does no harm. Inserting twice is inserting once. */
  insert(subscription: S): void {
    const { subject } = subscription;
    if (isLiteral(subject)) {
      const crowd = this.#literals.get(subject);
      if (isIn(crowd, subscription)) return;
      this.#literals.set(subject, joined(crowd, subscription));
      this.#literalCount++;
      this.#cache.forget(subject);
    } else {
      if (!this.#patterns.add(subject, subscription)) return;
      this.#wildcardCount++;
      this.#cache.forgetMatching(subject);
    }
    this.#inserts++;
  }

  /** Whether it was there. */
  remove(subscription: S): boolean {
    const { subject } = subscription;
    if (isLiteral(subject)) {
      const crowd = this.#literals.get(subject);
      if (crowd === undefined || !isIn(crowd, subscription)) return false;
      const others = left(crowd, subscription);
      if (others === undefined) this.#literals.delete(subject);
      else this.#literals.set(subject, others);
      this.#literalCount--;
      this.#cache.forget(subject);
    } else {
      if (!this.#patterns.remove(subject, subscription)) return false;
      this.#wildcardCount--;
      this.#cache.forgetMatching(subject);
    }
    this.#removes++;
    return true;
  }

  /** Everyone whom a message to `subject` concerns. A subject with an empty token concerns nobody. */
  match(subject: string): Matched<S> {
    this.#matches++;
    const known = this.#cache.get(subject);
    if (known !== undefined) {
      this.#cacheHits++;
      return known;
    }
    if (hasEmptyToken(subject)) return nobody;
    const matched = grouped(this.#find(subject));
    this.#cache.set(subject, matched);
    return matched;
  }

  /** Whether a message to `subject` concerns anyone. Remembers nothing. */
  has(subject: string): boolean {
    return !hasEmptyToken(subject) && this.#find(subject).length > 0;
  }

  /** The subscriptions that some subject shares with `pattern`. For a wildcard pattern, looks at every one. */
  overlapping(pattern: string): readonly S[] {
    const found: S[] = [];
    if (isLiteral(pattern)) {
      if (hasEmptyToken(pattern)) return found;
      for (const crowd of this.#find(pattern)) forEachIn(crowd, (each) => found.push(each));
    } else {
      this.forEach((each) => {
        if (overlaps(each.subject, pattern)) found.push(each);
      });
    }
    return found;
  }

  /** In no particular order. The visitor may unsubscribe what it is shown, and nothing else. */
  forEach(visit: (subscription: S) => void): void {
    for (const crowd of this.#literals.values()) forEachIn(crowd, visit);
    this.#patterns.forEach((crowd) => {
      forEachIn(crowd, visit);
    });
  }

  #find(subject: string): Crowd<S>[] {
    const found: Crowd<S>[] = [];
    const literal = this.#literals.get(subject);
    if (literal !== undefined) found.push(literal);
    if (this.#wildcardCount > 0) this.#patterns.find(subject, found);
    return found;
  }
}

function grouped<S extends Interested>(crowds: readonly Crowd<S>[]): Matched<S> {
  if (crowds.length === 0) return nobody;
  const plain: S[] = [];
  const groups = new Map<string, S[]>();
  const place = (subscription: S): void => {
    const { queue } = subscription;
    const group = queue === undefined ? plain : groups.get(queue);
    if (group !== undefined) group.push(subscription);
    else groups.set(queue!, [subscription]);
  };
  for (const crowd of crowds) forEachIn(crowd, place);
  return { plain, groups: groups.size === 0 ? nobody.groups : [...groups.values()] };
}
