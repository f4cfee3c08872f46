// Keeps a server's tenants from one another's way. All of it is off until limits are adopted, and then costs nothing.

import type { Account } from "../account/account.ts";
import type { Clock } from "../ports/clock.ts";
import { countTokens } from "../subject/subject.ts";
import { Doorway } from "./doorway.ts";
import { type GuardLimits, unguarded } from "./guard-limits.ts";
import { MessageShape } from "./message-shape.ts";

export class Guard {
  readonly doorway: Doorway;
  #limits: GuardLimits = unguarded;
  #shape = new MessageShape(unguarded);

  constructor(clock: Clock) {
    this.doorway = new Doorway(clock);
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
    this.doorway.adopt(limits);
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
