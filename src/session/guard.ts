// Keeps a server's tenants from one another's way. All of it is off until limits are adopted, and then costs nothing.

import type { Account } from "../account/account.ts";
import type { Clock } from "../ports/clock.ts";
import { countTokens } from "../subject/subject.ts";
import { Doorway } from "./doorway.ts";
import { type GuardLimits, unguarded } from "./guard-limits.ts";
import { MessageShape } from "./message-shape.ts";
import { Share } from "./share.ts";

export class Guard {
  readonly doorway: Doorway;
  /** No tenant is let in: memory is short. */
  shut = false;
  readonly #clock: Clock;
  #limits: GuardLimits = unguarded;
  #shape = new MessageShape(unguarded);
  #shares = new WeakMap<Account, Share>();

  constructor(clock: Clock) {
    this.doorway = new Doorway(clock);
    this.#clock = clock;
  }

  /** Itself where there is anything to guard; sessions that find nothing here ask nothing. */
  get active(): Guard | undefined {
    return this.#limits === unguarded ? undefined : this;
  }

  get limits(): GuardLimits {
    return this.#limits;
  }

  /** What a message may look like. */
  get shape(): MessageShape {
    return this.#shape;
  }

  /** These hold from now on. */
  adopt(limits: GuardLimits): void {
    this.#limits = limits;
    this.#shape = new MessageShape(limits);
    this.#shares = new WeakMap();
    this.shut &&= limits.memorySoftBytes > 0;
    this.doorway.adopt(limits);
  }

  /** An account's share; undefined where accounts have no limits of that kind. */
  shareOf(account: Account): Share | undefined {
    const { accountPendingBytes, accountMessagesPerSecond, accountBytesPerSecond } = this.#limits;
    if (accountPendingBytes + accountMessagesPerSecond + accountBytesPerSecond === 0) return undefined;
    const known = this.#shares.get(account);
    if (known !== undefined) return known;
    const share = new Share(this.#clock, this.#limits);
    this.#shares.set(account, share);
    return share;
  }

  /** Whether a subject may be subscribed to, by its tokens. */
  allowsPattern(subject: string): boolean {
    const { subscriptionTokens } = this.#limits;
    return subscriptionTokens === 0 || countTokens(subject) <= subscriptionTokens;
  }

  /** Whether an account may have one more subscription. */
  hasRoomIn({ peerSubscriptions }: Account): boolean {
    const { accountSubscriptions } = this.#limits;
    return accountSubscriptions === 0 || peerSubscriptions < accountSubscriptions;
  }
}
