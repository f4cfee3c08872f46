// The orders in which connections can be listed. [nats-server monitor_sort_opts.go]

import type { ConnzSort } from "./connz-options.ts";
import type { Row } from "./connz-row.ts";

type Key = (row: Row, now: number) => number | string;

/** Those that begin with the smallest. */
const ascending: ReadonlyMap<ConnzSort, Key> = new Map<ConnzSort, Key>([
  ["cid", ({ session }) => session.id],
  ["start", ({ session }) => session.id],
  ["reason", ({ closed }) => closed?.reason ?? ""],
  ["uptime", ({ session, closed }, now) => (closed?.at ?? now) - session.startedAt],
]);

const descending: ReadonlyMap<ConnzSort, Key> = new Map<ConnzSort, Key>([
  ["subs", ({ session }) => session.subscriptionCount],
  ["pending", ({ session, closed }) => (closed === undefined ? session.pendingBytes : 0)],
  ["msgs_to", ({ session }) => session.sent.messages],
  ["msgs_from", ({ session }) => session.received.messages],
  ["bytes_to", ({ session }) => session.sent.bytes],
  ["bytes_from", ({ session }) => session.received.bytes],
  ["last", ({ session }) => session.lastActivityAt],
  ["idle", ({ session }, now) => now - session.lastActivityAt],
  ["stop", ({ closed }) => closed?.at ?? 0],
  ["rtt", ({ session }) => session.rttMs],
]);

/** Equals stand in the order in which they came. @param now milliseconds since the epoch */
export function orderOf(sort: ConnzSort, now: number): (a: Row, b: Row) => number {
  const up = ascending.get(sort);
  if (up !== undefined) return (a, b) => compare(up(a, now), up(b, now)) || byId(a, b);
  const down = descending.get(sort)!;
  return (a, b) => compare(down(b, now), down(a, now)) || byId(a, b);
}

function byId(a: Row, b: Row): number {
  return a.session.id - b.session.id;
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
