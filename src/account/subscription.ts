// One subscription, and whoever holds it.

import type { Delivery } from "../forward/route.ts";
import type { Message } from "./message.ts";

/**
 * How a subscriber's deliveries may be repeated without asking it: a ready-made delivery; "never" when this
 * subject does not reach it at all; "each" when it must see every message itself.
 */
export type Standing = Delivery | "never" | "each";

/** Anyone who can be handed a message: a session, a stream, an import. Must not throw, must not block. */
export interface Subscriber {
  /** True when the message was taken; false passes it on to another member of a queue group. */
  deliver(message: Message, subscription: Subscription): boolean;
  /** What forwarding may do by itself with messages to a literal subject that this subscription matches. */
  standing(subscription: Subscription, subject: string): Standing;
  /** Whether messages with a reply must be seen one by one (the subscriber may publish to replies it received). */
  readonly remembersReplies: boolean;
}

const none: readonly Subscription[] = [];

export class Subscription {
  readonly subject: string;
  readonly queue: string | undefined;
  /** The name the subscriber gave it. */
  readonly sid: string;
  readonly subscriber: Subscriber;
  /** Messages after which it ends by itself; 0 for never. */
  max = 0;
  messages = 0;
  bytes = 0;
  closed = false;
  /** What stands for it in other accounts, from which its own imports streams. */
  shadows: readonly Subscription[] = none;
  /** Forwarding repeats deliveries to it, so that its counts are exact only once settled. */
  forwarded = false;

  constructor(subject: string, queue: string | undefined, sid: string, subscriber: Subscriber) {
    this.subject = subject;
    this.queue = queue;
    this.sid = sid;
    this.subscriber = subscriber;
  }

  /** Forwarding counts many deliveries at once. */
  count(messages: number, bytes: number): void {
    this.messages += messages;
    this.bytes += bytes;
  }
}
