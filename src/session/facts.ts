// What others may know of a session: the roster, monitoring, the system account.

import type { Subscription } from "../account/subscription.ts";
import type { Endpoint, TlsState } from "../ports/network.ts";
import type { ConnectOptions } from "../wire/connect.ts";
import type { ClosedReason, Violation } from "../wire/violation.ts";
import type { ConnectionType, Identity } from "./identity.ts";

export interface Counts {
  messages: number;
  bytes: number;
}

/** What is told of a session, while it lives and after. Counts are exact after `Forwarder.settle`. */
export interface SessionRecord {
  readonly id: number;
  readonly type: ConnectionType;
  readonly remote: Endpoint;
  readonly tls: TlsState | undefined;
  readonly nonce: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly lastActivityAt: number;
  /** Milliseconds; 0 until measured. */
  readonly rttMs: number;
  readonly connect: ConnectOptions | undefined;
  readonly identity: Identity | undefined;
  /** From the peer to us, and from us to the peer. */
  readonly received: Readonly<Counts>;
  readonly sent: Readonly<Counts>;
  readonly pendingBytes: number;
  /** How often others were held up because it read too slowly. */
  readonly stalls: number;
  readonly subscriptionCount: number;
}

/** A live session. */
export interface SessionFacts extends SessionRecord {
  /** What lines of the log call it. */
  readonly logName: string;
  subscriptions(): Iterable<Subscription>;
  /** Ends the session; a violation's text is sent first. */
  end(why: Violation | ClosedReason): void;
}

/** A session's record, without the session: what is kept of it when it is gone. */
export function recordOf(session: SessionRecord): SessionRecord {
  return {
    id: session.id,
    type: session.type,
    remote: session.remote,
    tls: session.tls,
    nonce: session.nonce,
    startedAt: session.startedAt,
    lastActivityAt: session.lastActivityAt,
    rttMs: session.rttMs,
    connect: session.connect,
    identity: session.identity,
    received: { ...session.received },
    sent: { ...session.sent },
    pendingBytes: session.pendingBytes,
    stalls: session.stalls,
    subscriptionCount: session.subscriptionCount,
  };
}
