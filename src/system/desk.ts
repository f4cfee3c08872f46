// The server's own place in the system account: receives requests, answers them, and publishes events.

import type { Account } from "../account/account.ts";
import { empty, Message } from "../account/message.ts";
import { type Standing, type Subscriber, Subscription } from "../account/subscription.ts";
import type { ServerIdentity, SubjectServer } from "./subject-server.ts";

export interface SystemRequest {
  readonly subject: string;
  readonly reply: string | undefined;
  /** Payload without headers; valid during the call. */
  readonly payload: Buffer;
  /** Who published it. */
  readonly origin: object | undefined;
}

export type Handler = (request: SystemRequest) => void;

export class Desk implements Subscriber {
  readonly remembersReplies = false;
  readonly #server: SubjectServer;
  readonly #account: Account;
  readonly #handlers = new Map<Subscription, Handler>();
  #sequence = 0;
  #sid = 0;

  constructor(server: SubjectServer, account: Account) {
    this.#server = server;
    this.#account = account;
  }

  /** Answers what is published to a subject or pattern of the desk's account. */
  serve(subject: string, handler: Handler): void {
    const subscription = new Subscription(subject, undefined, String(++this.#sid), this);
    this.#handlers.set(subscription, handler);
    this.#account.subscribe(subscription);
  }

  deliver(message: Message, subscription: Subscription): boolean {
    const { subject, reply, headerBytes, body, origin } = message;
    const payload = headerBytes === 0 ? body : body.subarray(headerBytes);
    subscription.count(1, body.length);
    this.#handlers.get(subscription)?.({ subject, reply, payload, origin });
    return true;
  }

  standing(): Standing {
    return "each";
  }

  /** `subject` is wire text; undefined is nobody. */
  publish(subject: string | undefined, value: object | string): void {
    if (subject === undefined) return;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const body = text === "" ? empty : Buffer.from(text, "utf8");
    this.#account.publish(new Message().set(subject, undefined, 0, body));
  }

  /** Publishes an event: whatever is told, with who tells it. */
  announce(subject: string, event: object): void {
    if (this.#account.hasInterest(subject)) this.publish(subject, event);
  }

  /** Answers a request as nats-server does: who answers, and the data. */
  answer(reply: string | undefined, data: unknown): void {
    if (reply !== undefined) this.publish(reply, { server: this.serverInfo(), data });
  }

  refuse(reply: string | undefined, code: number, description: string): void {
    if (reply !== undefined) this.publish(reply, { server: this.serverInfo(), error: { code, description } });
  }

  /** [nats-server events.go ServerInfo] */
  serverInfo(): object {
    const { identity, clock } = this.#server;
    return {
      name: identity.name,
      host: identity.host,
      id: identity.id,
      ver: identity.version,
      ...(identity.tags.length > 0 ? { tags: identity.tags } : {}),
      ...(identity.metadata.size > 0 ? { metadata: Object.fromEntries(identity.metadata) } : {}),
      jetstream: identity.jetstream,
      flags: capabilities(identity),
      seq: ++this.#sequence,
      time: timestamp(clock.nowNs()),
    };
  }
}

function capabilities(identity: ServerIdentity): number {
  return identity.jetstream ? 3 : 0;
}

/** Nanoseconds since the epoch as RFC 3339, as Go prints them: no more decimals than there are. */
export function timestamp(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = String(ns % 1_000_000_000n).padStart(9, "0").replace(/0+$/, "");
  return fraction === "" ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

/** The same for milliseconds since the epoch. */
export function timestampOfMs(ms: number): string {
  return timestamp(BigInt(Math.trunc(ms)) * 1_000_000n);
}
