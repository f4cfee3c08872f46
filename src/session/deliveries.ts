// Messages on their way to one peer: whether it takes them, and in which form.

import type { Account } from "../account/account.ts";
import type { Message } from "../account/message.ts";
import type { Standing, Subscriber, Subscription } from "../account/subscription.ts";
import { type MessageTrace, notDelivered } from "../account/trace.ts";
import { latin1Bytes } from "../base/latin1.ts";
import type { Outbox } from "../forward/outbox.ts";
import { Delivery, type Tally } from "../forward/route.ts";
import type { Permissions } from "../identity/permissions.ts";
import { hmsgLine, msgLine, noRespondersFrame } from "../wire/frames.ts";
import type { Counts } from "./facts.ts";
import type { Outflow } from "./outflow.ts";
import type { ReplyGrants } from "./reply-grants.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Transcript } from "./transcript.ts";

export interface DeliveriesOwner extends Subscriber {
  readonly id: number;
  readonly connect: { readonly name: string } | undefined;
  readonly account: Account;
  readonly isOpen: boolean;
  readonly noEcho: boolean;
  readonly takesHeaders: boolean;
  readonly permissions: Permissions | undefined;
  readonly replyGrants: ReplyGrants | undefined;
}

export class Deliveries {
  /** Messages to the peer and their bytes. */
  readonly sent: Counts = { messages: 0, bytes: 0 };
  readonly #owner: DeliveriesOwner;
  readonly #outflow: Outflow;
  readonly #outbox: Outbox;
  readonly #subscriptions: Subscriptions;
  readonly #transcript: Transcript;

  constructor(
    owner: DeliveriesOwner,
    outflow: Outflow,
    subscriptions: Subscriptions,
    transcript: Transcript,
  ) {
    this.#transcript = transcript;
    this.#owner = owner;
    this.#outflow = outflow;
    this.#outbox = outflow.outbox;
    this.#subscriptions = subscriptions;
  }

  deliver(message: Message, subscription: Subscription): boolean {
    if (message.trace !== undefined) return this.#deliverTraced(message, message.trace, subscription);
    return this.#hurdle(message, subscription) === undefined && this.#handOver(message, subscription);
  }

  /** Why the peer does not get a message, if it does not. */
  #hurdle(message: Message, subscription: Subscription): string | undefined {
    const owner = this.#owner;
    if (!owner.isOpen) return notDelivered.closedClient;
    if (message.origin === owner && owner.noEcho) return notDelivered.noEcho;
    const denied = owner.permissions?.deniesDelivery(message.subject, subscription.queue) ?? false;
    if (denied) return notDelivered.denied;
    // What the server says itself waits all the same.
    return message.origin !== undefined && this.#outflow.isGated ? notDelivered.notStalled : undefined;
  }

  /** Writes down what becomes of the message; one that is only traced is taken, and not sent. */
  #deliverTraced(message: Message, trace: MessageTrace, subscription: Subscription): boolean {
    const { id, connect, account } = this.#owner;
    const hurdle = this.#hurdle(message, subscription);
    const peer = { id, name: connect?.name ?? "", account: account.name };
    trace.delivered(peer, subscription.subject, subscription.queue, hurdle);
    return hurdle === undefined && (trace.only || this.#handOver(message, subscription));
  }

  #handOver(message: Message, subscription: Subscription): boolean {
    const permissions = this.#owner.permissions;
    this.#write(message, subscription.sid);
    subscription.count(1, message.body.length);
    this.sent.messages++;
    this.sent.bytes += message.body.length;
    if (message.reply !== undefined && permissions !== undefined) this.#grant(message.reply, permissions);
    if (subscription.max > 0 && subscription.messages >= subscription.max)
      this.#subscriptions.drop(subscription);
    return true;
  }

  standing(subscription: Subscription, subject: string): Standing {
    const owner = this.#owner;
    if (!owner.isOpen || owner.permissions?.deniesDelivery(subject, subscription.queue)) return "never";
    if (this.#outflow.isGated) return "each";
    const head = latin1Bytes(`HMSG ${subject} ${subscription.sid} `);
    const tally = new SessionTally(subscription, this.sent);
    return new Delivery(this.#outbox, head, owner.takesHeaders, tally);
  }

  /** Tells a requester that waits for a reply that there will be none. */
  nobodyListens(subject: string, reply: string): void {
    const owner = this.#owner;
    const waiting = owner.account.interestIn(reply).plain.find((each) => each.subscriber === owner);
    if (waiting !== undefined) this.#outbox.appendText(noRespondersFrame(reply, waiting.sid, subject));
  }

  #write(message: Message, sid: string): void {
    const { subject, reply, headerBytes, body } = message;
    // A peer that does not know headers gets the payload alone.
    const withHeaders = headerBytes > 0 && this.#owner.takesHeaders;
    const left = withHeaders ? 0 : headerBytes;
    const size = body.length - left;
    const line = withHeaders
      ? hmsgLine(subject, sid, reply, headerBytes, size)
      : msgLine(subject, sid, reply, size);
    this.#outbox.appendMessage(line, body, left);
    if (this.#transcript.on) this.#transcript.delivered(line, body.subarray(left), headerBytes - left);
  }

  /** Only replies that the peer could not publish to anyway are remembered. */
  #grant(reply: string, permissions: Permissions): void {
    const grants = this.#owner.replyGrants;
    // A second delivery of the same reply spends what the first one granted, as nats-server has it.
    if (grants !== undefined && !permissions.canPublish(reply) && !grants.spend(reply)) grants.grant(reply);
  }
}

/** Counts what forwarding delivered for a subscription, and for the connection that holds it. */
class SessionTally implements Tally {
  readonly #subscription: Subscription;
  readonly #sent: Counts;

  constructor(subscription: Subscription, sent: Counts) {
    this.#subscription = subscription;
    this.#sent = sent;
  }

  count(messages: number, bytes: number): void {
    this.#subscription.count(messages, bytes);
    this.#sent.messages += messages;
    this.#sent.bytes += bytes;
  }
}
