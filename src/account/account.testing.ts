// Accounts of a test: time stands still, chance is a seed, and who listens is a list of what was heard.
import { ManualClock } from "../../test/world/clock.ts";
import { seededRandom } from "../../test/world/random.ts";
import { Forwarder } from "../forward/reference.ts";
import type { Account, AccountSurroundings } from "./account.ts";
import { Directory } from "./directory.ts";
import { Exports, type Grant, type ResponseType } from "./exports.ts";
import type { ImportTerms } from "./linked-account.ts";
import { Message } from "./message.ts";
import { type Standing, type Subscriber, Subscription } from "./subscription.ts";

export interface Told {
  readonly account: string;
  readonly subject: string;
  readonly event: Record<string, unknown>;
}

export class Accounts {
  readonly clock = new ManualClock();
  readonly told: Told[] = [];
  readonly directory: Directory;

  constructor() {
    const { clock, told } = this;
    const random = seededRandom(1);
    const surroundings: AccountSurroundings = {
      forwarder: new Forwarder((bound) => random.below(bound)),
      clock,
      random,
      serverName: "server",
      describe: (_origin, detailed) => (detailed ? { acc: "?", name: "detailed" } : { acc: "?" }),
      stamp: String,
      isSystem: () => false,
      tell: (account, subject, event) => told.push({ account: account.name, subject, event: { ...event } }),
      report: (account, subject, event) => told.push({ account: account.name, subject, event: { ...event } }),
    };
    this.directory = new Directory(surroundings);
  }

  account(name: string): Account {
    return this.directory.ensure(name);
  }

  find(name: string) {
    return this.directory.linked(name);
  }

  /** Sets what an account offers: streams and services by their subjects. */
  offer(name: string, streams: readonly string[], services: readonly (string | ServiceTerms)[] = []): void {
    const linked = this.directory.links.of(this.account(name));
    const offered = services.map((service) => (typeof service === "string" ? { subject: service } : service));
    const exports = new Exports(
      streams.map((subject) => ({ ...open, subject })),
      offered.map((terms) => ({ ...open, ...service, ...terms })),
    );
    this.directory.links.setExports(linked, exports, (other) => this.find(other));
  }

  /** Sets what an account imports; answers why some of it cannot be. */
  link(name: string, ...terms: readonly (Partial<ImportTerms> & { readonly account: string })[]): string[] {
    const wanted = terms.map((each) => ({ ...imported, ...each }));
    const linked = this.directory.links.of(this.account(name));
    return this.directory.links.setImports(linked, wanted, (other) => this.find(other)).map(({ why }) => why);
  }

  listen(name: string, subject: string, queue?: string): Listener {
    return new Listener(this.account(name), subject, queue);
  }

  publish(name: string, subject: string, { reply, body = "", origin }: Partial<Publish> = {}): number {
    return this.account(name).publish(
      new Message().set(subject, reply, 0, Buffer.from(body, "latin1"), origin),
    );
  }
}

interface Publish {
  readonly reply: string;
  readonly body: string;
  readonly origin: object;
}

interface ServiceTerms {
  readonly subject: string;
  readonly responseType?: ResponseType;
  readonly thresholdMs?: number;
  readonly latency?: { readonly subject: string; readonly sampling: number };
}

const open: Grant = { accounts: undefined, tokenRequired: false, accountPosition: 0, revocations: new Map() };
const service = {
  responseType: "singleton" as const,
  thresholdMs: 120_000,
  latency: undefined,
  allowTrace: false,
};
const imported: ImportTerms = {
  kind: "stream",
  account: "",
  subject: "",
  local: "",
  share: false,
  allowTrace: false,
  token: "",
};

export class Listener implements Subscriber {
  readonly remembersReplies = false;
  /** Subject and body of each message, and the reply in brackets. */
  readonly heard: string[] = [];
  /** Of the last message. */
  reply: string | undefined;
  body = "";
  readonly #account: Account;
  readonly #subscription: Subscription;

  constructor(account: Account, subject: string, queue: string | undefined) {
    this.#account = account;
    this.#subscription = new Subscription(subject, queue, "1", this);
    account.subscribe(this.#subscription);
  }

  leave(): void {
    this.#account.unsubscribe(this.#subscription);
  }

  deliver({ subject, reply, headerBytes, body }: Message): boolean {
    const payload = body.latin1Slice(headerBytes);
    this.heard.push(payload === "" ? subject : `${subject} ${payload}`);
    this.reply = reply;
    this.body = body.latin1Slice();
    return true;
  }

  standing(): Standing {
    return "each";
  }
}
