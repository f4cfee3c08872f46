// Connections, open ones and the last that were closed. [nats-server monitor.go Connz]

import type { Account } from "../../account/account.ts";
import { globalAccountName } from "../../account/directory.ts";
import { goDuration } from "../../base/go-duration.ts";
import type { SessionRecord } from "../../session/facts.ts";
import { matches, overlaps } from "../../subject/pattern.ts";
import { fromWire, toWire } from "../../subject/subject.ts";
import { clientType, userOf } from "../client-info.ts";
import { goInteger, sparse } from "../go-json.ts";
import { isBearerSecret } from "../redact.ts";
import { nameTagOf, type SubjectServer } from "../subject-server.ts";
import { timestamp, timestampOfMs } from "../timestamps.ts";
import { uptime } from "../uptime.ts";
import { type ConnzOptions, isConnzSort } from "./connz-options.ts";
import { orderOf } from "./connz-order.ts";
import type { Row } from "./connz-row.ts";
import { pageOf } from "./paging.ts";
import { describeSubscription } from "./subscription-detail.ts";
import { tlsPart } from "./tls-detail.ts";

/** The list, or why the question makes no sense. */
export function connz(server: SubjectServer, options: ConnzOptions): object | string {
  const complaint = complaintOf(options);
  if (complaint !== undefined) return complaint;
  server.forwarder.settle();
  const now = timestamp(server.clock.nowNs());
  const limit = options.cid > 0n ? 1n : options.limit;
  if (options.account !== "" && server.account(options.account) === undefined) {
    const page = pageOf([], { offset: options.offset, limit });
    return listOf({ server_id: "", now }, page, 0, null);
  }
  const all = rowsOf(server, options);
  const rows = selected(all, options);
  rows.sort(orderOf(options.sort, server.clock.now()));
  const page = pageOf(rows, { offset: options.offset, limit });
  const connections = page.rows.map((row) => describe(server, row, options));
  return listOf({ server_id: server.identity.id, now }, page, all.length, connections);
}

function listOf(
  head: object,
  { offset, limit }: { offset: bigint; limit: bigint },
  total: number,
  connections: readonly object[] | null,
): object {
  return {
    ...head,
    num_connections: connections?.length ?? 0,
    total,
    offset: goInteger(offset),
    limit: goInteger(limit),
    connections,
  };
}

function complaintOf({ sort, state, filterSubject, account }: ConnzOptions): string | undefined {
  if (!isConnzSort(sort)) return `invalid sorting option: ${sort}`;
  if (sort === "stop" && state !== "closed") return "sort by stop only valid on closed connections";
  if (sort === "reason" && state !== "closed") return "sort by reason only valid on closed connections";
  const filtered = filterSubject !== "" && filterSubject !== ">";
  return filtered && account === "" ? "filter by subject only valid with account filtering" : undefined;
}

/** All connections of the states and the account asked for: what `total` counts. */
function rowsOf({ roster, directory }: SubjectServer, { state, account }: ConnzOptions): Row[] {
  const rows: Row[] = [];
  if (state === "open" || state === "any") {
    const sessions = account === "" ? roster.all() : roster.of(directory.find(account)!);
    for (const session of sessions) rows.push({ session, subscriptions: [...session.subscriptions()] });
  }
  if (state === "closed" || state === "any") {
    for (const { session, reason, stoppedAt, subscriptions } of roster.closed()) {
      if (account !== "" && session.identity?.account.name !== account) continue;
      rows.push({ session, subscriptions, closed: { reason, at: stoppedAt } });
    }
  }
  return rows;
}

function selected(rows: readonly Row[], { cid, user, filterSubject, mqttClient }: ConnzOptions): Row[] {
  // Nobody here speaks MQTT.
  if (mqttClient !== "") return [];
  const filter = filterSubject === ">" ? "" : toWire(filterSubject);
  return rows.filter(({ session, subscriptions, closed }) => {
    if (cid > 0n && BigInt(session.id) !== cid) return false;
    if (user !== "" && userOf(session) !== user) return false;
    if (filter === "" || closed !== undefined) return true;
    return subscriptions.some(({ subject }) => overlaps(filter, subject) || matches(filter, subject));
  });
}

function describe(server: SubjectServer, row: Row, options: ConnzOptions): object {
  const { session, closed } = row;
  const endMs = closed?.at ?? server.clock.now();
  const { connect } = session;
  return {
    cid: session.id,
    kind: "Client",
    type: clientType(session),
    ip: session.remote.host,
    port: session.remote.port,
    start: timestampOfMs(session.startedAt),
    last_activity: timestampOfMs(session.lastActivityAt),
    ...(closed === undefined ? {} : { stop: timestampOfMs(closed.at), reason: closed.reason }),
    rtt: goDuration(Math.round(session.rttMs * 1_000) / 1_000),
    uptime: uptime(endMs - session.startedAt),
    idle: uptime(Math.max(0, endMs - session.lastActivityAt)),
    pending_bytes: closed === undefined ? session.pendingBytes : 0,
    in_msgs: session.received.messages,
    out_msgs: session.sent.messages,
    in_bytes: session.received.bytes,
    out_bytes: session.sent.bytes,
    ...sparse({ stalls: session.stalls }),
    subscriptions: session.subscriptionCount,
    ...sparse({ name: connect?.name, lang: connect?.lang, version: connect?.version }),
    ...encryptionPart(server, session, options.auth),
    ...(options.auth ? whoPart(session) : {}),
    ...subscriptionLists(row, options),
    ...(options.auth ? claimsPart(row) : {}),
  };
}

function encryptionPart(server: SubjectServer, { tls, type }: SessionRecord, certificates: boolean): object {
  if (tls === undefined) return {};
  const { handshakeFirst = false, handshakeFallbackMs = 0 } = server.options().tls ?? {};
  // Where INFO goes out first to whoever waits for it, nobody remembers which it was.
  const first = type === "STANDARD" && handshakeFirst && handshakeFallbackMs === 0;
  return tlsPart(tls, { certificates, first });
}

function whoPart(session: SessionRecord): object {
  const account = session.identity?.account.name;
  return sparse({
    authorized_user: userOf(session),
    account: account === globalAccountName ? "" : account,
  });
}

function claimsPart({ session, closed }: Row): object {
  const { connect, identity } = session;
  const account: Account | undefined = identity?.account;
  // Who is not in yet counts as one of the global account.
  const nobodysTag = closed === undefined ? globalAccountName : "";
  return sparse({
    // Of who is not in, nobody knows whether the JWT alone would let its reader in.
    jwt: identity === undefined || isBearerSecret(identity) ? "" : connect?.jwt,
    issuer_key: identity?.issuerKey,
    name_tag: account === undefined ? nobodysTag : nameTagOf(account),
    tags: identity?.tags,
  });
}

function subscriptionLists({ session, subscriptions, closed }: Row, options: ConnzOptions): object {
  if (options.subscriptions === "none" || subscriptions.length === 0) return {};
  if (options.subscriptions === "names") {
    return { subscriptions_list: subscriptions.map(({ subject }) => fromWire(subject)) };
  }
  // Only those of a closed connection say whose they were. [nats-server server.go saveClosedClient]
  const account = closed === undefined ? undefined : session.identity?.account;
  const owner = account === undefined ? {} : { account: account.name, account_tag: nameTagOf(account) };
  const details = subscriptions.map((each) => ({ ...owner, ...describeSubscription(each, session.id) }));
  return { subscriptions_list_detail: details };
}
