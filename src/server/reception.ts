// What all entrances of a server share: who is in, how many may be, and who is told of their coming and going.

import type { Account } from "../account/account.ts";
import type { Directory } from "../account/directory.ts";
import { BufferPool, type Turn } from "../forward/outbox.ts";
import type { Forwarder } from "../forward/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import type { SessionFacts } from "../session/facts.ts";
import { Guard } from "../session/guard.ts";
import type { Identity } from "../session/identity.ts";
import { Pressure } from "../session/pressure.ts";
import { Roster } from "../session/roster.ts";
import type { Session } from "../session/session.ts";
import type { SessionObserver } from "../session/surroundings.ts";
import {
  accountConnectionsExceeded,
  type ClosedReason,
  connectionsExceeded,
  type Violation,
} from "../wire/violation.ts";

/** Distinct permission sets numbered at a time; numbering starts over with fresh numbers beyond that. */
const permissionClassesMax = 10_000;

/** Told of what happens at the door; the system account reports it. */
export interface ReceptionListener {
  admitted(session: SessionFacts): void;
  refused(session: SessionFacts, reason: ClosedReason): void;
  closed(session: SessionFacts, reason: ClosedReason): void;
  /** It reads too slowly, and may stay. */
  late(session: SessionFacts): void;
  /** It is no longer on the roster; without a reason, it has left its account and stays connected. */
  gone(session: SessionFacts, reason: ClosedReason | undefined): void;
}

export interface ReceptionParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  readonly turn: Turn;
  readonly forwarder: Forwarder;
  readonly directory: Directory;
  readonly closedConnectionsKept: number;
}

export class Reception implements SessionObserver {
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  readonly turn: Turn;
  readonly pool = new BufferPool();
  readonly forwarder: Forwarder;
  readonly pressure = new Pressure();
  readonly guard: Guard;
  readonly roster: Roster<Session>;
  /** Sessions allowed at a time; none where that is negative, as nats-server has it. */
  maxConnections = Number.POSITIVE_INFINITY;
  listener: ReceptionListener | undefined;
  readonly #directory: Directory;
  readonly #permissionClasses = new Map<string, number>();
  #permissionNumbers = 0;

  constructor(parts: ReceptionParts) {
    this.clock = parts.clock;
    this.guard = new Guard(parts.clock);
    this.random = parts.random;
    this.trace = parts.trace;
    this.turn = parts.turn;
    this.forwarder = parts.forwarder;
    this.#directory = parts.directory;
    this.roster = new Roster(parts.closedConnectionsKept);
  }

  /** Whether one more session would be too many. */
  get isFull(): boolean {
    return this.roster.size >= this.maxConnections;
  }

  isSystemAccount(account: Account): boolean {
    return account === this.#directory.system;
  }

  permissionClass(key: string): number {
    const known = this.#permissionClasses.get(key);
    if (known !== undefined) return known;
    if (this.#permissionClasses.size >= permissionClassesMax) this.#permissionClasses.clear();
    this.#permissionClasses.set(key, ++this.#permissionNumbers);
    return this.#permissionNumbers;
  }

  admitted(facts: SessionFacts): Violation | undefined {
    const session = facts as Session;
    const { account } = session;
    const { connections } = account.limits;
    // Only -1 is no limit: below that nobody has room [nats-server accounts.go maxTotalConnectionsReached].
    if (connections !== -1 && this.roster.of(account).size >= connections) return accountConnectionsExceeded;
    if (!this.isSystemAccount(account)) {
      if (this.guard.shut) return connectionsExceeded;
      if (!this.#hasRoomFor(session.identity!)) return accountConnectionsExceeded;
    }
    this.guard.doorway.passes(session);
    this.roster.enter(session);
    this.listener?.admitted(session);
    return undefined;
  }

  /** Whether a user may have one more connection. */
  #hasRoomFor({ account, user, userKey }: Identity): boolean {
    const { connectionsPerUser } = this.guard.limits;
    if (connectionsPerUser === 0 || user === "") return true;
    let there = 0;
    for (const { identity } of this.roster.of(account)) {
      if (identity?.user === user && identity.userKey === userKey) there++;
    }
    return there < connectionsPerUser;
  }

  refused(session: SessionFacts, reason: ClosedReason): void {
    this.guard.doorway.failed(session.remote.host);
    this.listener?.refused(session, reason);
  }

  late(session: SessionFacts): void {
    this.listener?.late(session);
  }

  left(session: SessionFacts): void {
    this.forwarder.settle();
    this.roster.leave(session as Session);
    this.listener?.gone(session, undefined);
  }

  closed(session: SessionFacts, reason: ClosedReason): void {
    this.forwarder.settle();
    if (session.identity !== undefined && reason !== accountConnectionsExceeded.reason) {
      this.listener?.closed(session, reason);
    }
    this.guard.doorway.passes(session);
    this.roster.remove(session as Session, reason, this.clock.now());
    this.listener?.gone(session, reason);
    if (this.trace.enabled("debug")) {
      this.trace.log("debug", `${session.logName} - Client connection closed: ${reason}`);
    }
  }
}
