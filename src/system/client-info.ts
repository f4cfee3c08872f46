// A client as events and headers describe it. [nats-server events.go ClientInfo]

import { globalAccountName } from "../account/directory.ts";
import type { SessionRecord } from "../session/facts.ts";
import { sparse } from "./go-json.ts";
import { isBearerSecret } from "./redact.ts";
import { nameTagOf } from "./subject-server.ts";
import { timestamp, timestampOfMs } from "./timestamps.ts";

const nsPerMs = 1_000_000;

/**
 * Who is not in yet counts as one of the global account.
 * @param stoppedAt nanoseconds since the epoch, of a client that is gone
 */
export function clientInfo(session: SessionRecord, stoppedAt?: bigint): Record<string, unknown> {
  const { connect, identity } = session;
  const account = identity?.account;
  return sparse({
    start: timestampOfMs(session.startedAt),
    host: session.remote.host,
    id: session.id,
    acc: account?.name ?? globalAccountName,
    user: userOf(session),
    name: connect?.name,
    lang: connect?.lang,
    ver: connect?.version,
    rtt: stoppedAt === undefined ? 0 : Math.round(session.rttMs * nsPerMs),
    stop: stoppedAt === undefined ? "" : timestamp(stoppedAt),
    jwt: identity === undefined || isBearerSecret(identity) ? "" : connect?.jwt,
    issuer_key: identity?.issuerKey,
    name_tag: account === undefined ? globalAccountName : nameTagOf(account),
    tags: identity?.tags,
    kind: "Client",
    client_type: clientType(session),
  });
}

/** Who it is; where nobody asked, or it is not in yet: who it says it is. [nats-server client.go getRawAuthUser] */
export function userOf({ connect, identity }: SessionRecord): string {
  if (identity !== undefined && identity.user !== "") return identity.user;
  if (connect === undefined) return "";
  if (connect.nkey !== "") return connect.nkey;
  if (connect.user !== "") return connect.user;
  return connect.authToken === "" ? "" : "[REDACTED]";
}

export function clientType(session: SessionRecord): string {
  return session.type === "WEBSOCKET" ? "websocket" : "nats";
}
