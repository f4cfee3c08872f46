// How fast one peer is read: it waits where others do not keep up with it, where its account has taken its share, and
// where its turn is over.

import type { Account } from "../account/account.ts";
import type { Guard } from "./guard.ts";
import type { Intake } from "./intake.ts";
import type { Outflow } from "./outflow.ts";
import type { Share } from "./share.ts";
import type { SessionSurroundings } from "./surroundings.ts";
import { TurnLimit } from "./turn-limit.ts";

/** What a fast producer is held up for one read at most [nats-server client.go stallClientMaxDuration]. */
const stallMs = 5;
/** Whoever owes is looked at again after this long: limits may have changed. */
const owedMsMax = 1_000;
const notAtAll = -1;

/** Told of messages that a peer has published, and of their bytes. */
export interface Meter {
  published(messages: number, bytes: number): void;
}

export class Pacing implements Meter {
  readonly #intake: Intake;
  readonly #outflow: Outflow;
  readonly #surroundings: SessionSurroundings;
  readonly #owner: { readonly isOpen: boolean };
  #share: Share | undefined;
  #turnLimit: TurnLimit | undefined;
  #hasPublished = false;
  #waits = false;

  constructor(
    intake: Intake,
    outflow: Outflow,
    surroundings: SessionSurroundings,
    owner: { readonly isOpen: boolean },
  ) {
    this.#intake = intake;
    this.#outflow = outflow;
    this.#surroundings = surroundings;
    this.#owner = owner;
  }

  /** The peer is in this account now, and held to these limits; undefined: to none. */
  follow(guard: Guard | undefined, account: Account): void {
    this.#share = guard?.shareOf(account);
    this.#outflow.join(this.#share);
    const wasFree = this.#turnLimit === undefined;
    this.#turnLimit = TurnLimit.of(guard?.limits, this.#surroundings.clock.monotonicMs());
    // What came in one chunk with the sign-in is no part of it.
    if (wasFree && this.#turnLimit !== undefined) this.#intake.interrupt();
  }

  published(messages: number, bytes: number): void {
    if (this.#share === undefined) return;
    this.#hasPublished = true;
    this.#share.published(messages, bytes);
  }

  /** Takes the peer's bytes in; `nowMs` is monotonic. */
  feed(chunk: Buffer, nowMs: number): void {
    this.#begin(nowMs);
    this.#intake.feed(chunk);
  }

  /** Ends what the peer's bytes began, and decides when more of them are taken. */
  endTurn(): void {
    const { clock, turn } = this.#surroundings;
    turn.end();
    const stalledMs = this.#stallMs();
    const waitMs = this.#owner.isOpen ? Math.max(stalledMs, this.#owedMs(), this.#turnMs()) : notAtAll;
    // What had been read already may still come while the peer waits.
    if (waitMs < 0 || this.#waits) return;
    this.#waits = true;
    this.#intake.wait();
    clock.after(waitMs, () => {
      this.#waits = false;
      this.#turnLimit?.anew();
      this.goOn();
    });
  }

  /** Takes in what has been held back, and ends the turn. */
  goOn(): void {
    this.#begin(this.#surroundings.clock.monotonicMs());
    this.#intake.goOn();
    this.endTurn();
  }

  #begin(nowMs: number): void {
    this.#intake.portion = this.#turnLimit?.begin(nowMs) ?? Number.POSITIVE_INFINITY;
  }

  // Each answers milliseconds to wait.

  #stallMs(): number {
    const { settings, pressure } = this.#surroundings;
    const slow = pressure.taken(this.#outflow);
    if (slow === undefined || !settings.stallFastProducers) return notAtAll;
    if (!this.#waits && this.#owner.isOpen) slow.stalls++;
    return stallMs;
  }

  #owedMs(): number {
    if (!this.#hasPublished || this.#share === undefined) return notAtAll;
    const owedMs = this.#share.owedMs();
    this.#hasPublished = owedMs > 0;
    return owedMs > 0 ? Math.min(owedMsMax, owedMs) : notAtAll;
  }

  #turnMs(): number {
    const intake = this.#intake;
    const bytes = intake.takeParsed();
    const limit = this.#turnLimit;
    if (limit === undefined) return notAtAll;
    const over = limit.end(this.#surroundings.clock.monotonicMs(), bytes);
    return over || (intake.hasRest && !intake.waiting) ? 0 : notAtAll;
  }
}
