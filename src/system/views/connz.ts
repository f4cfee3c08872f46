// Connections, as monitoring lists them. [nats-server monitor.go Connz]

import { isBearerSecret } from "../redact.ts";
import { matches } from "../../subject/pattern.ts";
import type { SessionRecord } from "../../session/facts.ts";
import type { Subscription } from "../../account/subscription.ts";
import { clientType, sparse } from "../client-info.ts";
import { goDuration, uptime } from "../go-duration.ts";
import { timestamp, timestampOfMs } from "../desk.ts";
import type { SubjectServer } from "../subject-server.ts";

export const connzLimitDefault = 1_024;

const sorts = ["cid", "start", "subs", "pending", "msgs_to", "msgs_from", "bytes_to", "bytes_from", "last", "idle", "uptime", "stop", "reason", "rtt"] as const;
export type ConnzSort = (typeof sorts)[number];
export type ConnzState = "open" | "closed" | "any";

export interface ConnzOptions {
  readonly sort: ConnzSort;
  readonly auth: boolean;
  readonly subscriptions: "none" | "names" | "detail";
  readonly offset: number;
  readonly limit: number;
  readonly cid: number;
  readonly state: ConnzState;
  readonly user: string;
  readonly account: string;
  readonly filterSubject: string;
}

export const connzDefaults: ConnzOptions = {
  sort: "cid",
  auth: false,
  subscriptions: "none",
  offset: 0,
  limit: connzLimitDefault,
  cid: 0,
  state: "open",
  user: "",
  account: "",
  filterSubject: "",
};

export function isConnzSort(text: string): text is ConnzSort {
  return (sorts as readonly string[]).includes(text);
}

/** A connection with what can only be said of a live or of a closed one. */
interface Row {
  readonly session: SessionRecord;
  readonly subscriptions: readonly Pick<Subscription, "subject" | "queue" | "sid" | "messages" | "max">[];
  readonly closed?: { readonly reason: string; readonly at: number };
}

export function connz(server: SubjectServer, options: ConnzOptions): object {
  server.forwarder.settle();
  const rows = rowsOf(server, options).filter((row) => fits(row, options));
  rows.sort(order(options.sort));
  const offset = Math.max(0, options.offset);
  const limit = options.limit > 0 ? options.limit : connzLimitDefault;
  const page = rows.slice(offset, offset + limit);
  return {
    server_id: server.identity.id,
    now: timestamp(server.clock.nowNs()),
    num_connections: page.length,
    total: rows.length,
    offset,
    limit,
    connections: page.map((row) => describe(row, options, server.clock.now())),
  };
}

function rowsOf(server: SubjectServer, options: ConnzOptions): Row[] {
  const rows: Row[] = [];
  if (options.state !== "closed") {
    for (const session of server.roster.all()) rows.push({ session, subscriptions: [...session.subscriptions()] });
  }
  if (options.state !== "open") {
    for (const { session, reason, stoppedAt, subjects } of server.roster.closed()) {
      const subscriptions = subjects.map((subject) => ({ subject, queue: undefined, sid: "", messages: 0, max: 0 }));
      rows.push({ session, subscriptions, closed: { reason, at: stoppedAt } });
    }
  }
  return rows;
}

function fits({ session, subscriptions }: Row, options: ConnzOptions): boolean {
  if (options.cid > 0 && session.id !== options.cid) return false;
  if (options.account !== "" && session.identity?.account.name !== options.account) return false;
  if (options.user !== "" && session.identity?.user !== options.user) return false;
  const { filterSubject } = options;
  return filterSubject === "" || subscriptions.some(({ subject }) => matches(filterSubject, subject));
}

function order(sort: ConnzSort): (a: Row, b: Row) => number {
  const key = sortKey(sort);
  if (sort === "cid" || sort === "start" || sort === "idle" || sort === "reason") {
    return (a, b) => compare(key(a), key(b)) || a.session.id - b.session.id;
  }
  return (a, b) => compare(key(b), key(a)) || a.session.id - b.session.id;
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sortKey(sort: ConnzSort): (row: Row) => number | string {
  switch (sort) {
    case "subs":
      return ({ session }) => session.subscriptionCount;
    case "pending":
      return ({ session }) => session.pendingBytes;
    case "msgs_to":
      return ({ session }) => session.sent.messages;
    case "msgs_from":
      return ({ session }) => session.received.messages;
    case "bytes_to":
      return ({ session }) => session.sent.bytes;
    case "bytes_from":
      return ({ session }) => session.received.bytes;
    case "last":
      return ({ session }) => session.lastActivityAt;
    case "idle":
      return ({ session }) => -session.lastActivityAt;
    case "uptime":
      return ({ session }) => -session.startedAt;
    case "stop":
      return ({ closed }) => closed?.at ?? 0;
    case "reason":
      return ({ closed }) => closed?.reason ?? "";
    case "rtt":
      return ({ session }) => session.rttMs;
    default:
      return ({ session }) => session.id;
  }
}

function describe(row: Row, options: ConnzOptions, nowMs: number): object {
  const { session, closed } = row;
  const { connect, identity, tls } = session;
  const endMs = closed?.at ?? nowMs;
  return {
    cid: session.id,
    kind: "Client",
    type: clientType(session),
    ip: session.remote.host,
    port: session.remote.port,
    start: timestampOfMs(session.startedAt),
    last_activity: timestampOfMs(session.lastActivityAt),
    ...(closed === undefined ? {} : { stop: timestampOfMs(closed.at), reason: closed.reason }),
    ...sparse({ rtt: session.rttMs > 0 ? goDuration(session.rttMs * 1_000_000) : "" }),
    uptime: uptime(endMs - session.startedAt),
    idle: uptime(Math.max(0, endMs - session.lastActivityAt)),
    pending_bytes: closed === undefined ? session.pendingBytes : 0,
    in_msgs: session.received.messages,
    out_msgs: session.sent.messages,
    in_bytes: session.received.bytes,
    out_bytes: session.sent.bytes,
    subscriptions: session.subscriptionCount,
    ...sparse({
      name: connect?.name,
      lang: connect?.lang,
      version: connect?.version,
      tls_version: tls?.version.replace("TLSv", ""),
      tls_cipher_suite: tls?.cipher,
    }),
    ...(options.auth
      ? sparse({
          authorized_user: identity?.user,
          account: identity?.account.name,
          jwt: isBearerSecret(identity) ? "" : identity?.jwt,
          issuer_key: identity?.issuerKey,
          name_tag: identity?.nameTag,
          tags: identity?.tags,
        })
      : {}),
    ...subscriptionLists(row, options),
  };
}

function subscriptionLists({ session, subscriptions }: Row, options: ConnzOptions): object {
  if (options.subscriptions === "none" || subscriptions.length === 0) return {};
  if (options.subscriptions === "names") return { subscriptions_list: subscriptions.map(({ subject }) => subject) };
  const account = session.identity?.account.name;
  return {
    subscriptions_list_detail: subscriptions.map(({ subject, queue, sid, messages, max }) => ({
      ...sparse({ account }),
      subject,
      ...sparse({ qgroup: queue }),
      sid,
      msgs: messages,
      ...sparse({ max }),
      cid: session.id,
    })),
  };
}
