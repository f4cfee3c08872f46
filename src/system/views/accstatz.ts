// What accounts do: their connections and traffic. [nats-server monitor.go AccountStatz, events.go Account.statz]

import type { Account } from "../../account/account.ts";
import type { OptionGroups } from "../request-body.ts";
import { nameTagOf, type SubjectServer } from "../subject-server.ts";
import { timestamp } from "../timestamps.ts";
import { trafficWith } from "../totals.ts";

export const accountStatzGroup: OptionGroups = {
  AccountStatzOptions: { accounts: "strings", include_unused: "bool" },
};

/** @param names only these accounts; none for all */
export function accountStatz(server: SubjectServer, names: readonly string[], unused: boolean): object {
  return {
    server_id: server.identity.id,
    now: timestamp(server.clock.nowNs()),
    account_statz: accountsAsked(server, names, unused).map((account) => accountStat(server, account)),
  };
}

export function accountsAsked(
  { directory, roster }: SubjectServer,
  names: readonly string[],
  unused: boolean,
): readonly Account[] {
  const named = names.length === 0 ? [...directory.all()] : names.map((name) => directory.find(name));
  return named.filter(
    (account) => account !== undefined && (unused || roster.of(account).size > 0),
  ) as Account[];
}

export function accountStat(server: SubjectServer, account: Account): object {
  server.forwarder.settle();
  const sessions = server.roster.of(account);
  const { received, sent } = trafficWith(account, sessions);
  return {
    acc: account.name,
    name: nameTagOf(account),
    conns: sessions.size,
    leafnodes: 0,
    total_conns: sessions.size,
    num_subscriptions: account.subscriptionCount,
    sent: byWay(sent),
    received: byWay(received),
    slow_consumers: server.totals.slowConsumersOf(account),
  };
}

/** All of it is with clients: there are no other ways here. */
function byWay({ messages, bytes }: { readonly messages: number; readonly bytes: number }): object {
  const nothing = { msgs: 0, bytes: 0 };
  return { msgs: messages, bytes, gateways: nothing, routes: nothing, leafs: nothing };
}
