// Questions about one account, put to the system account. [nats-server events.go initEventTracking monAccSrvc, nsubsRequest,
// debugSubscribers]

import type { Account } from "../account/account.ts";
import type { Subscription } from "../account/subscription.ts";
import type { SessionFacts } from "../session/facts.ts";
import { isSubset } from "../subject/pattern.ts";
import { fromWire, isLiteral, tokenAt, toWire } from "../subject/subject.ts";
import type { AccountConnections } from "./account-connections.ts";
import type { Desk, SystemRequest } from "./desk.ts";
import type { OptionGroups } from "./request-body.ts";
import { readBody } from "./request-body.ts";
import { type Answer, asked } from "./server-desk.ts";
import type { SubjectServer } from "./subject-server.ts";
import { accountInfo } from "./views/accountz.ts";
import { accountStatz, accountStatzGroup, accountsAsked } from "./views/accstatz.ts";
import { leafz, leafzGroup } from "./views/alone.ts";
import { connz } from "./views/connz.ts";
import { connzGroup, connzOptions } from "./views/connz-options.ts";
import { jszGroup } from "./views/jsz.ts";
import { subsz, subszGroup, subszOptions } from "./views/subsz.ts";

export class AccountDesk {
  readonly #server: SubjectServer;
  readonly #desk: Desk;
  readonly #connections: AccountConnections;

  constructor(server: SubjectServer, desk: Desk, connections: AccountConnections) {
    this.#server = server;
    this.#desk = desk;
    this.#connections = connections;
  }

  open(): void {
    const server = this.#server;
    this.#question("SUBSZ", "SubszEventOptions", subszGroup, (options, request) =>
      subsz(server, { ...subszOptions(options), subscriptions: true, account: accountIn(request) }),
    );
    this.#question("CONNZ", "ConnzEventOptions", connzGroup, (options, request) =>
      connz(server, { ...connzOptions(options), account: accountIn(request) }),
    );
    this.#question("LEAFZ", "LeafzEventOptions", leafzGroup, () => leafz(server));
    this.#question("JSZ", "JszEventOptions", jszGroup, () => "jetstream not enabled");
    this.#question("INFO", "AccInfoEventOptions", {}, (_options, request) =>
      accountInfo(server, accountIn(request)),
    );
    this.#question("STATZ", "AccountStatzEventOptions", accountStatzGroup, (options, request) => {
      const account = accountIn(request);
      // That subject has an answer of its own.
      return account === "PING" ? undefined : statz(server, [account], options.flag("include_unused"));
    });
    const pinged: Answer = (options) =>
      statz(server, options.texts("accounts"), options.flag("include_unused"));
    const struct = "AccountStatzEventOptions";
    const desk = this.#desk;
    desk.serve("$SYS.REQ.ACCOUNT.PING.STATZ", asked(server, desk, struct, accountStatzGroup, pinged));
    desk.serve("$SYS.REQ.ACCOUNT.*.CONNS", (request) => this.#sendConnections(request));
    desk.serve("$SYS.REQ.ACCOUNT.NSUBS", (request) => this.#countInterest(request));
    desk.serve("$SYS.DEBUG.SUBSCRIBERS", (request) => this.#countSubscribers(request));
  }

  #question(name: string, struct: string, groups: OptionGroups, answer: Answer): void {
    this.#desk.serve(`$SYS.REQ.ACCOUNT.*.${name}`, asked(this.#server, this.#desk, struct, groups, answer));
  }

  /** A body that names an account names the one in the subject; one without connections is not told of. */
  #sendConnections(request: SystemRequest): void {
    const { payload, reply } = request;
    if (reply === undefined) return;
    const name = accountIn(request);
    const body = readBody(payload, "accNumConnsReq", { "": { acc: "string" } });
    if (!body.ok || (body.options.has("acc") && body.options.text("acc") !== name)) return;
    const account = this.#server.directory.find(name);
    if (account === undefined || this.#server.roster.of(account).size === 0) return;
    this.#connections.send(account, reply);
  }

  #countInterest({ payload, reply }: SystemRequest): void {
    if (payload.length === 0) return;
    const body = readBody(payload, "accNumSubsReq", {
      "": { acc: "string", subject: "string", queue: "string" },
    });
    if (!body.ok) return;
    const { options } = body;
    const account = this.#server.directory.find(options.text("acc"));
    if (account === undefined || this.#server.roster.of(account).size === 0) return;
    // Go writes bytes as base64.
    const queue = options.has("queue")
      ? Buffer.from(options.text("queue"), "base64").latin1Slice()
      : undefined;
    this.#desk.publish(reply, countIn(account, toWire(options.text("subject")), queue));
  }

  /** The body is a subject or pattern, and perhaps a queue; counted is in the account of who asks. */
  #countSubscribers({ payload, reply, origin }: SystemRequest): void {
    const account = this.#accountOf(origin);
    if (account === undefined) return;
    // Two blanks between them name a queue without a name, which nobody is in.
    const [subject = "", queue] = payload.latin1Slice().trim().split(" ");
    this.#desk.publish(reply, countIn(account, subject, queue));
  }

  #accountOf(origin: object | undefined): Account | undefined {
    for (const session of this.#server.roster.all()) if (session === origin) return session.identity?.account;
    return undefined;
  }
}

function accountIn({ subject }: SystemRequest): string {
  return fromWire(tokenAt(subject, 3));
}

/** Accounts without connections are not told of, unless that is asked for. */
function statz(server: SubjectServer, names: readonly string[], unused: boolean): object | undefined {
  if (!unused && accountsAsked(server, names, false).length === 0) return undefined;
  return accountStatz(server, names, unused);
}

/**
 * Clients' subscriptions that a message to a subject reaches, or that lie within a pattern; of one queue group where one is
 * named. All is wire text. [nats-server events.go totalSubs]
 */
function countIn(account: Account, subject: string, queue: string | undefined): number {
  const counts = (each: Subscription): boolean => {
    const { id } = each.subscriber as Partial<SessionFacts>;
    return id !== undefined && (queue === undefined || (each.queue ?? "") === queue);
  };
  let count = 0;
  if (isLiteral(subject)) {
    const { plain, groups } = account.interestIn(subject);
    const asked = queue === undefined ? [...plain, ...groups.flat()] : groups.flat();
    for (const each of asked) if (counts(each)) count++;
    return count;
  }
  account.forEachSubscription((each) => {
    if (counts(each) && isSubset(each.subject, subject)) count++;
  });
  return count;
}
