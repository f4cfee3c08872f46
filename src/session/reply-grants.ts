// allow_responses: a reply subject that came with a delivered message may be published to, so often and for so long.
// [nats-server client.go setResponsePermissionIfNeeded, deliverMsg]

import type { Clock } from "../ports/clock.ts";

/** Granted replies kept at a time; beyond that the oldest go, used up or not. */
export const grantsMax = 65_536;

interface Grant {
  left: number;
  readonly until: number;
}

export class ReplyGrants {
  readonly #clock: Clock;
  /** Messages per reply subject; -1 for any number. */
  readonly #max: number;
  /** -1 for ever. */
  readonly #expiresMs: number;
  readonly #grants = new Map<string, Grant>();

  constructor(clock: Clock, max: number, expiresMs: number) {
    this.#clock = clock;
    this.#max = max;
    this.#expiresMs = expiresMs;
  }

  grant(reply: string): void {
    this.#dropOldest();
    this.#grants.delete(reply);
    const until =
      this.#expiresMs < 0 ? Number.POSITIVE_INFINITY : this.#clock.monotonicMs() + this.#expiresMs;
    this.#grants.set(reply, { left: this.#max, until });
  }

  /** Whether a publish to `subject` is granted; uses up one of its messages. */
  spend(subject: string): boolean {
    const grant = this.#grants.get(subject);
    if (grant === undefined) return false;
    if (grant.until <= this.#clock.monotonicMs() || grant.left === 0) {
      this.#grants.delete(subject);
      return false;
    }
    if (grant.left > 0) grant.left--;
    return true;
  }

  /** Map order is the order of granting: the first is the oldest, and all live equally long. */
  #dropOldest(): void {
    const now = this.#clock.monotonicMs();
    for (const [reply, grant] of this.#grants) {
      if (grant.until > now && this.#grants.size < grantsMax) return;
      this.#grants.delete(reply);
    }
  }
}
