// The server's own place in an account: receives requests, answers them, and publishes events.

import { gzipSync } from "node:zlib";
import type { Account } from "../account/account.ts";
import { empty, Message } from "../account/message.ts";
import { type Standing, type Subscriber, Subscription } from "../account/subscription.ts";
import { appendHeader, getHeader } from "../wire/headers.ts";
import { goJson, goMap, sparse } from "./go-json.ts";
import { featureFlags } from "./settings.ts";
import type { SubjectServer } from "./subject-server.ts";
import { timestamp } from "./timestamps.ts";

export interface SystemRequest {
  /** Wire text. */
  readonly subject: string;
  readonly reply: string | undefined;
  /** Payload without headers; valid during the call. */
  readonly payload: Buffer;
  /** How the answer may be encoded, as the request says; "" if it does not. */
  readonly acceptEncoding: string;
  /** Who published it. */
  readonly origin: object | undefined;
}

export type Handler = (request: SystemRequest) => void;

export class Desk implements Subscriber {
  readonly remembersReplies = false;
  readonly #server: SubjectServer;
  readonly #account: Account;
  readonly #handlers = new Map<Subscription, Handler>();
  #sid = 0;

  constructor(server: SubjectServer, account: Account) {
    this.#server = server;
    this.#account = account;
  }

  get account(): Account {
    return this.#account;
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
    const headers = headerBytes === 0 ? undefined : body.subarray(0, headerBytes);
    const acceptEncoding = headers === undefined ? "" : (getHeader(headers, "Accept-Encoding") ?? "");
    subscription.count(1, body.length);
    this.#handlers.get(subscription)?.({ subject, reply, payload, acceptEncoding, origin });
    return true;
  }

  standing(): Standing {
    return "each";
  }

  /** `subject` is wire text; undefined is nobody. */
  publish(subject: string | undefined, value: unknown): void {
    if (subject === undefined) return;
    publishIn(this.#account, subject, value);
  }

  /** Answers a request as nats-server does: who answers, and the data; undefined is no data. */
  answer({ reply, acceptEncoding }: Pick<SystemRequest, "reply" | "acceptEncoding">, data: unknown): void {
    if (reply === undefined) return;
    const value = { server: serverInfo(this.#server), data };
    if (acceptEncoding === "") this.publish(reply, value);
    else publishEncoded(this.#account, reply, value, readsGzip(acceptEncoding) ? "gzip" : "identity");
  }

  refuse(reply: string | undefined, code: number, description: string): void {
    this.publish(reply, { server: serverInfo(this.#server), error: { code, description } });
  }

  /** A question was understood, and has no answer: where data would be, there is null. */
  fail(reply: string | undefined, description: string): void {
    this.publish(reply, { server: serverInfo(this.#server), data: null, error: { code: 500, description } });
  }

  /** Who speaks. */
  info(): object {
    return serverInfo(this.#server);
  }
}

/** A text goes out as it is, all else as JSON. @param subject wire text */
export function publishIn(account: Account, subject: string, value: unknown): void {
  const text = typeof value === "string" ? value : goJson(value);
  const body = text === "" ? empty : Buffer.from(text, "utf8");
  account.publish(new Message().set(subject, undefined, 0, body));
}

/** As JSON, with a header that names its encoding. @param subject wire text */
export function publishEncoded(
  account: Account,
  subject: string,
  value: unknown,
  encoding: "gzip" | "identity",
): void {
  const text = goJson(value);
  const headers = appendHeader(undefined, "Content-Encoding", encoding);
  const body = encoding === "gzip" ? gzipSync(text) : Buffer.from(text, "utf8");
  account.publish(new Message().set(subject, undefined, headers.length, Buffer.concat([headers, body])));
}

/** Of the encodings that nats-server knows, gzip is spoken here; whoever accepts others gets none. */
export function readsGzip(acceptEncoding: string): boolean {
  return /gzip/i.test(acceptEncoding) && !/snappy|s2/i.test(acceptEncoding);
}

/** Who speaks, and which of its messages this is. [nats-server events.go ServerInfo] */
export function serverInfo(server: SubjectServer): object {
  const { identity, clock, totals } = server;
  const settings = server.options();
  return {
    name: identity.name,
    host: identity.host,
    id: identity.id,
    ver: identity.version,
    ...sparse({ tags: settings.tags }),
    ...(settings.metadata.size > 0 ? { metadata: goMap(settings.metadata) } : {}),
    feature_flags: goMap(featureFlags(settings)),
    jetstream: identity.jetstream,
    flags: identity.jetstream ? 3 : 0,
    seq: totals.nextSequence(),
    time: timestamp(clock.nowNs()),
  };
}
