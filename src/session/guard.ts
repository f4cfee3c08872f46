// Keeps a server's tenants from one another's way. All of it is off until limits are adopted, and then costs nothing.

import type { Account } from "../account/account.ts";
import { countTokens } from "../subject/subject.ts";
import { type GuardLimits, unguarded } from "./guard-limits.ts";
import { MessageShape } from "./message-shape.ts";

export class Guard {
  #limits: GuardLimits = unguarded;
  #shape = new MessageShape(unguarded);

  /** Itself where there is anything to guard; sessions that find nothing here ask nothing. */
  get active(): Guard | undefined {
    return this.#limits === unguarded ? undefined : this;
  }

  /** What a message may look like. */
  get shape(): MessageShape {
    return this.#shape;
  }

  /** These hold from now on. */
  adopt(limits: GuardLimits): void {
    this.#limits = limits;
    this.#shape = new MessageShape(limits);
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
