// What all sessions of one server share.

import type { Account } from "../account/account.ts";
import type { BufferPool, Turn } from "../forward/outbox.ts";
import type { Forwarder } from "../forward/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import type { ServerInfo } from "../wire/frames.ts";
import type { ClosedReason, Violation } from "../wire/violation.ts";
import type { SessionFacts } from "./facts.ts";
import type { Guard } from "./guard.ts";
import type { Authenticator } from "./identity.ts";
import type { Pressure } from "./pressure.ts";
import type { SessionSettings } from "./settings.ts";

/** The server as its sessions see it. */
export interface SessionSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  readonly turn: Turn;
  readonly pool: BufferPool;
  readonly forwarder: Forwarder;
  readonly pressure: Pressure;
  readonly guard: Guard;
  readonly settings: SessionSettings;
  readonly authenticator: Authenticator;
  readonly observer: SessionObserver;
  /** What INFO says to everybody, and what concerns this session. */
  info(session: SessionFacts): ServerInfo;
  isSystemAccount(account: Account): boolean;
  /** The number of a set of publish permissions, by its key; 0 is no set at all. Numbers are never reused. */
  permissionClass(key: string): number;
}

/** Who is told of sessions coming and going: the roster, the system account. */
export interface SessionObserver {
  /** A session has authenticated. Answers why there is no room for it. */
  admitted(session: SessionFacts): Violation | undefined;
  refused(session: SessionFacts, reason: ClosedReason): void;
  /** The session has missed a write deadline and stays. */
  late(session: SessionFacts): void;
  /** An admitted session leaves its account and asks to be let in anew. */
  left(session: SessionFacts): void;
  /** The session is over; its identity and counts are still there to be read. */
  closed(session: SessionFacts, reason: ClosedReason): void;
}
