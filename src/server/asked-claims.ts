// Account JWTs asked for in the system account: another server, or whoever keeps them, answers.
// [nats-server accounts.go Server.fetch]

import type { Account } from "../account/account.ts";
import { type ClaimsSource, type Fetched, ownLookup } from "../account/claims-source.ts";
import { empty, Message } from "../account/message.ts";
import { type Standing, type Subscriber, Subscription } from "../account/subscription.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { Desk } from "../system/desk.ts";

export interface AskedClaimsParts {
  readonly system: Account;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeoutMs: number;
}

export class AskedClaims implements ClaimsSource {
  readonly #parts: AskedClaimsParts;

  constructor(parts: AskedClaimsParts) {
    this.#parts = parts;
  }

  /** Where nobody listens who could know, nobody is waited for: nats-server waits all the same. */
  fetch(id: string, answered: (answer: Fetched) => void): void {
    const { system, clock, random, timeoutMs } = this.#parts;
    const subject = `$SYS.REQ.ACCOUNT.${id}.CLAIMS.LOOKUP`;
    if (!this.#isHeard(subject)) return answered({ kind: "none", why: "account jwt not found" });
    const reply = `$SYS._INBOX.${Buffer.from(random.bytes(15)).toString("base64url")}`;
    let open = true;
    const settle = (answer: Fetched): void => {
      if (!open) return;
      open = false;
      system.unsubscribe(subscription);
      deadline.cancel();
      answered(answer);
    };
    const hearer = new Hearer((jwt) => {
      settle(jwt === "" ? { kind: "none", why: "account jwt not found" } : { kind: "jwt", jwt });
    });
    const subscription = new Subscription(reply, undefined, "1", hearer);
    const deadline = clock.after(timeoutMs, () => settle({ kind: "none", why: "fetching jwt timed out" }));
    system.subscribe(subscription);
    system.publish(new Message().set(subject, reply, 0, empty, ownLookup));
  }

  #isHeard(subject: string): boolean {
    const { plain, groups } = this.#parts.system.interestIn(subject);
    return [...plain, ...groups.flat()].some(({ subscriber }) => !(subscriber instanceof Desk));
  }
}

/** Hears the answers, the first of which counts. */
class Hearer implements Subscriber {
  readonly remembersReplies = false;
  readonly #heard: (text: string) => void;

  constructor(heard: (text: string) => void) {
    this.#heard = heard;
  }

  deliver({ body, headerBytes }: Message): boolean {
    this.#heard(body.utf8Slice(headerBytes));
    return true;
  }

  standing(): Standing {
    return "each";
  }
}
