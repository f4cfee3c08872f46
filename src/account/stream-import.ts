// Messages of another account that an account takes part in: its subscriptions cast shadows there, which hand on what
// they are given under the subject that it has here. [nats-server client.go addShadowSubscriptions, processMsgResults]

import { isSubset } from "../subject/pattern.ts";
import { isLiteral, tokens } from "../subject/subject.ts";
import type { Transform } from "../subject/transform.ts";
import type { Account } from "./account.ts";
import type { Message } from "./message.ts";
import { type Standing, type Subscriber, Subscription } from "./subscription.ts";

export interface StreamImportTerms {
  readonly importer: Account;
  readonly exporter: Account;
  /** In the exporting account. */
  readonly remote: string;
  /** In the importing account. */
  readonly local: string;
  /** From remote to local subjects; undefined where they are the same, or the remote one is literal. */
  readonly transform: Transform | undefined;
  /** Traces go on into the importing account. */
  readonly allowTrace: boolean;
}

export class StreamImport {
  readonly importer: Account;
  readonly exporter: Account;
  readonly remote: string;
  readonly local: string;
  readonly allowTrace: boolean;
  readonly #transform: Transform | undefined;
  readonly #back: Transform | undefined;
  readonly #usesPublished: boolean;

  constructor(terms: StreamImportTerms) {
    this.importer = terms.importer;
    this.exporter = terms.exporter;
    this.remote = terms.remote;
    this.local = terms.local;
    this.allowTrace = terms.allowTrace;
    this.#transform = terms.transform;
    this.#back = terms.transform?.reversed();
    this.#usesPublished = !isLiteral(terms.remote) && terms.local === terms.remote;
  }

  /** The shadow that a subscription of the importer casts in the exporter; undefined when the import is none of its. */
  shadowOf(subscription: Subscription): Subscription | undefined {
    const subject = this.#remoteOf(subscription.subject);
    if (subject === undefined) return undefined;
    return new Subscription(subject, subscription.queue, subscription.sid, new Shadow(this, subscription));
  }

  /** The importer's name for a subject of the exporter. */
  localOf(subject: string): string {
    if (this.#transform !== undefined) return this.#transform.apply(subject, () => 0);
    return this.#usesPublished ? subject : this.local;
  }

  /** The part of the exporter's subjects that a pattern of the importer asks for. */
  #remoteOf(pattern: string): string | undefined {
    if (pattern === this.local) return this.remote;
    if (isSubset(pattern, this.local)) return this.#backTo(pattern);
    if (isLiteral(pattern)) return undefined;
    if (isSubset(this.local, pattern)) return this.remote;
    const common = intersection(pattern, this.local);
    return isSubset(common, this.local) ? this.#backTo(common) : undefined;
  }

  #backTo(pattern: string): string {
    if (this.#usesPublished) return pattern;
    return this.#back === undefined ? this.remote : this.#back.apply(pattern, () => 0);
  }
}

/** A pattern narrowed to what an import offers, token by token. [client.go addShadowSubscriptions] */
function intersection(pattern: string, offered: string): string {
  const wanted = tokens(pattern);
  const given = tokens(offered);
  for (let at = 0; at < wanted.length && at < given.length; at++) {
    if (wanted[at] === "*" && given[at] !== ">") wanted[at] = given[at]!;
  }
  const last = wanted.length - 1;
  if (wanted[last] === ">" && given.length >= wanted.length) {
    wanted[last] = given[last]!;
    wanted.push(...given.slice(wanted.length));
  }
  return wanted.join(".");
}

/** Stands in the exporter for one subscription of the importer. */
export class Shadow implements Subscriber {
  readonly remembersReplies = false;
  readonly #link: StreamImport;
  readonly #original: Subscription;

  constructor(link: StreamImport, original: Subscription) {
    this.#link = link;
    this.#original = original;
  }

  deliver(message: Message, shadow: Subscription): boolean {
    // What came by request is the service's alone: it is no message of the stream.
    if (message.crossing !== undefined || this.#original.closed) return false;
    const link = this.#link;
    const seen = message.renamed(link.localOf(message.subject));
    const { trace } = message;
    if (trace !== undefined) {
      trace.exported(link.importer.name, seen.subject);
      if (!link.allowTrace) {
        if (trace.only) return true;
        seen.trace = undefined;
      }
      trace.via = shadow.subject;
    }
    const taken = this.#original.subscriber.deliver(seen, this.#original);
    if (trace !== undefined) trace.via = "";
    if (taken) shadow.count(1, message.body.length);
    return taken;
  }

  standing(): Standing {
    return "each";
  }

  /** Takes the shadow away again. */
  lift(shadow: Subscription): void {
    this.#link.exporter.unsubscribe(shadow);
  }
}
