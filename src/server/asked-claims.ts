// Account JWTs asked for in the system account: another server, or whoever keeps them, answers.
// [nats-server accounts.go Server.fetch]

import type { Account } from "../account/account.ts";
import { type ClaimsSource, type Fetched, ownLookup } from "../account/claims-source.ts";
import { empty, Message } from "../account/message.ts";
import { Desk } from "../system/desk.ts";
import { Inquiry, type InquiryParts } from "./inquiry.ts";

const notFound: Fetched = { kind: "none", why: "account jwt not found" };

export interface AskedClaimsParts extends InquiryParts {
  readonly system: Account;
  readonly timeoutMs: number;
}

export class AskedClaims implements ClaimsSource {
  readonly #parts: AskedClaimsParts;

  constructor(parts: AskedClaimsParts) {
    this.#parts = parts;
  }

  /** Where nobody listens who could know, nobody is waited for: nats-server waits all the same. */
  fetch(id: string, answered: (answer: Fetched) => void): void {
    const { system, timeoutMs } = this.#parts;
    const subject = `$SYS.REQ.ACCOUNT.${id}.CLAIMS.LOOKUP`;
    if (!this.#isHeard(subject)) return answered(notFound);
    const settle = (answer: Fetched): void => {
      if (inquiry.close()) answered(answer);
    };
    const inquiry = new Inquiry(system, this.#parts, {
      answered: (jwt) => settle(jwt.length === 0 ? notFound : { kind: "jwt", jwt: jwt.utf8Slice() }),
      late: () => settle({ kind: "none", why: "fetching jwt timed out" }),
    });
    inquiry.ask(new Message().set(subject, undefined, 0, empty, ownLookup), timeoutMs);
  }

  #isHeard(subject: string): boolean {
    const { plain, groups } = this.#parts.system.interestIn(subject);
    return [...plain, ...groups.flat()].some(({ subscriber }) => !(subscriber instanceof Desk));
  }
}
