// A question put in an account by the server itself: answers come to an inbox of its own, for so long at most.

import type { Account } from "../account/account.ts";
import type { Message } from "../account/message.ts";
import { type Standing, type Subscriber, Subscription } from "../account/subscription.ts";
import type { Alarm, Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

/** Twenty letters of base64: nobody guesses where answers go. */
const inboxBytes = 15;

export interface InquiryParts {
  readonly clock: Clock;
  readonly random: Random;
}

/** Who asks. Told of every answer until the inquiry is closed. */
export interface Inquirer {
  /** `payload` is valid during the call. */
  answered(payload: Buffer): void;
  /** Its time is over. */
  late(): void;
}

export class Inquiry implements Subscriber {
  readonly remembersReplies = false;
  readonly #account: Account;
  readonly #parts: InquiryParts;
  readonly #inquirer: Inquirer;
  readonly #inbox: Subscription;
  #deadline: Alarm | undefined;
  #open = true;

  constructor(account: Account, parts: InquiryParts, inquirer: Inquirer) {
    this.#account = account;
    this.#parts = parts;
    this.#inquirer = inquirer;
    const inbox = `$SYS._INBOX.${Buffer.from(parts.random.bytes(inboxBytes)).toString("base64url")}`;
    this.#inbox = new Subscription(inbox, undefined, "1", this);
  }

  /** Publishes the question, whose reply becomes the inbox; answers may come before this returns. */
  ask(question: Message, timeoutMs: number): void {
    this.#deadline = this.#parts.clock.after(timeoutMs, () => this.#inquirer.late());
    this.#account.subscribe(this.#inbox);
    question.reply = this.#inbox.subject;
    this.#account.publish(question);
  }

  /** Whether it was open until now. */
  close(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.#account.unsubscribe(this.#inbox);
    this.#deadline?.cancel();
    return true;
  }

  deliver({ body, headerBytes }: Message): boolean {
    this.#inquirer.answered(body.subarray(headerBytes));
    return true;
  }

  standing(): Standing {
    return "each";
  }
}
