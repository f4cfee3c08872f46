// A service of another account that an account may ask: messages to the import's subject become requests there.

import { isSubset } from "../subject/pattern.ts";
import { isLiteral } from "../subject/subject.ts";
import type { Transform } from "../subject/transform.ts";
import type { Exchange, Service } from "./exchange.ts";
import type { ServiceExport } from "./exports.ts";
import type { Message } from "./message.ts";
import { type Standing, type Subscriber, Subscription } from "./subscription.ts";

export interface ServiceImportTerms {
  readonly destination: Exchange;
  readonly export: ServiceExport | undefined;
  /** In the importing account: what is subscribed to. */
  readonly local: string;
  /** In the exporting account. */
  readonly remote: string;
  /** From local to remote subjects; undefined where they are the same, or both literal. */
  readonly transform: Transform | undefined;
  readonly share: boolean;
}

export class ServiceImport implements Subscriber, Service {
  readonly remembersReplies = false;
  readonly destination: Exchange;
  readonly export: ServiceExport | undefined;
  readonly local: string;
  readonly remote: string;
  readonly share: boolean;
  readonly #transform: Transform | undefined;
  readonly #usesPublished: boolean;
  readonly #home: Exchange;
  readonly #subscription: Subscription;

  constructor(home: Exchange, terms: ServiceImportTerms) {
    this.#home = home;
    this.destination = terms.destination;
    this.export = terms.export;
    this.local = terms.local;
    this.remote = terms.remote;
    this.share = terms.share;
    this.#transform = terms.transform;
    this.#usesPublished = !isLiteral(terms.remote) && terms.local === terms.remote;
    this.#subscription = new Subscription(terms.local, undefined, "", this);
  }

  open(): void {
    this.#home.account.subscribe(this.#subscription);
  }

  close(): void {
    this.#home.account.unsubscribe(this.#subscription);
  }

  deliver(message: Message, _subscription: Subscription): boolean {
    return this.#home.request(message, this);
  }

  standing(): Standing {
    return "each";
  }

  subjectFor(subject: string): string {
    if (this.#usesPublished) return subject;
    const transform = this.#transform;
    if (transform === undefined) return this.remote;
    // Published subjects are not checked, and `*` published is a token like any other.
    return isSubset(subject, transform.source) ? transform.apply(subject, () => 0) : "";
  }
}
