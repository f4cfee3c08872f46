// A client as events and headers describe it. [nats-server events.go ClientInfo]

import type { SessionRecord } from "../session/facts.ts";
import { timestampOfMs } from "./desk.ts";

export function clientInfo(session: SessionRecord): Record<string, unknown> {
  const { connect, identity } = session;
  return sparse({
    start: timestampOfMs(session.startedAt),
    host: session.remote.host,
    id: session.id,
    acc: identity?.account.name,
    user: userOf(session),
    name: connect?.name,
    lang: connect?.lang,
    ver: connect?.version,
    rtt: Math.round(session.rttMs * 1_000_000),
    jwt: connect?.jwt,
    issuer_key: identity?.issuerKey,
    name_tag: identity?.nameTag,
    tags: identity?.tags,
    kind: "Client",
    client_type: clientType(session),
  });
}

/** What it called itself, where it is not in yet: the user it tried to be. */
function userOf(session: SessionRecord): string | undefined {
  const { connect, identity } = session;
  if (identity !== undefined) return identity.user;
  if (connect === undefined) return undefined;
  if (connect.authToken !== "") return "[REDACTED]";
  return connect.nkey !== "" ? connect.nkey : connect.user;
}

export function clientType(session: SessionRecord): string {
  return session.type === "WEBSOCKET" ? "websocket" : "nats";
}

/** Leaves out what Go's omitempty leaves out. */
export function sparse(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === "" ||
    value === 0 ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}
