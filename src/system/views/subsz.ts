// Subscriptions of all accounts: how many, how they are found, and on request each one. [nats-server monitor.go Subsz]

import type { Account } from "../../account/account.ts";
import type { Subscription } from "../../account/subscription.ts";
import type { SessionFacts } from "../../session/facts.ts";
import { matches } from "../../subject/pattern.ts";
import { isLiteral, isValidSubject, toWire } from "../../subject/subject.ts";
import { goInteger } from "../go-json.ts";
import type { Query } from "../query.ts";
import type { OptionGroups, Options } from "../request-body.ts";
import { nameTagOf, type SubjectServer } from "../subject-server.ts";
import { timestamp } from "../timestamps.ts";
import { pageOf } from "./paging.ts";
import { describeSubscription } from "./subscription-detail.ts";

export interface SubszOptions {
  readonly subscriptions: boolean;
  readonly offset: bigint;
  readonly limit: bigint;
  readonly account: string;
  /** Only those that a message to this subject would reach. */
  readonly test: string;
}

export const subszGroup: OptionGroups = {
  SubszOptions: { offset: "int", limit: "int", subscriptions: "bool", account: "string", test: "string" },
};

export function subszOptions(options: Options): SubszOptions {
  return {
    subscriptions: options.flag("subscriptions"),
    offset: options.number("offset"),
    limit: options.number("limit"),
    account: options.text("account"),
    test: options.text("test"),
  };
}

export function subszQuery(query: Query): SubszOptions {
  return {
    subscriptions: query.flag("subs"),
    offset: query.int("offset"),
    limit: query.int("limit"),
    account: query.text("acc"),
    test: query.text("test"),
  };
}

/** The list, or why the question makes no sense. */
export function subsz(server: SubjectServer, options: SubszOptions): object | string {
  const test = toWire(options.test);
  if (test !== "" && !(isValidSubject(test) && isLiteral(test))) {
    return `invalid test subject, must be valid publish subject: ${options.test}`;
  }
  server.forwarder.settle();
  const { account } = options;
  const accounts = [...server.directory.all()].filter(({ name }) => account === "" || name === account);
  const rows = options.subscriptions ? accounts.flatMap((each) => detailsOf(each, test)) : [];
  const page = pageOf(rows, options);
  return {
    server_id: server.identity.id,
    now: timestamp(server.clock.nowNs()),
    ...interestOf(accounts),
    total: rows.length,
    offset: goInteger(page.offset),
    limit: goInteger(page.limit),
    ...(page.rows.length > 0 ? { subscriptions_list: page.rows } : {}),
  };
}

function detailsOf(account: Account, test: string): object[] {
  const found: object[] = [];
  const owner = { account: account.name, account_tag: nameTagOf(account) };
  account.forEachSubscription((each) => {
    if (test !== "" && !matches(each.subject, test)) return;
    found.push({ ...owner, ...describeSubscription(each, cidOf(each)) });
  });
  return found;
}

/** The connection that holds a subscription; 0 for the server itself. */
function cidOf({ subscriber }: Subscription): number {
  const { id } = subscriber as Partial<SessionFacts>;
  return typeof id === "number" ? id : 0;
}

/** [nats-server sublist.go SublistStats]. How many an average message reaches is not kept count of. */
export function interestOf(accounts: readonly Account[]): object {
  const sum = { subscriptions: 0, cached: 0, inserts: 0, removes: 0, matches: 0, cacheHits: 0 };
  for (const account of accounts) {
    const { cached, inserts, removes, matches: asked, cacheHits } = account.interestCounts;
    sum.subscriptions += account.subscriptionCount;
    sum.cached += cached;
    sum.inserts += inserts;
    sum.removes += removes;
    sum.matches += asked;
    sum.cacheHits += cacheHits;
  }
  return {
    num_subscriptions: sum.subscriptions,
    num_cache: sum.cached,
    num_inserts: sum.inserts,
    num_removes: sum.removes,
    num_matches: sum.matches,
    cache_hit_rate: sum.matches === 0 ? 0 : sum.cacheHits / sum.matches,
    max_fanout: 0,
    avg_fanout: 0,
  };
}
