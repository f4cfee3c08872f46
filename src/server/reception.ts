// Where peers come in: turns accepted sockets into sessions and keeps count of them.

import type { Account } from "../account/account.ts";
import type { Directory } from "../account/directory.ts";
import { BufferPool, type Turn } from "../forward/outbox.ts";
import type { Forwarder } from "../forward/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { Socket } from "../ports/network.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import type { SessionFacts } from "../session/facts.ts";
import type { Authenticator, ConnectionType } from "../session/identity.ts";
import { Roster } from "../session/roster.ts";
import { Session } from "../session/session.ts";
import type { SessionSettings } from "../session/settings.ts";
import type { SessionObserver, SessionSurroundings } from "../session/surroundings.ts";
import type { ServerInfo } from "../wire/frames.ts";
import { accountConnectionsExceeded, type ClosedReason, connectionsExceeded } from "../wire/violation.ts";

/** Distinct permission sets numbered at a time; numbering starts over with fresh numbers beyond that. */
const permissionClassesMax = 10_000;

/** Told of what happens at the door; the system account reports it. */
export interface ReceptionListener {
  admitted(session: SessionFacts): void;
  refused(session: SessionFacts, reason: ClosedReason): void;
  closed(session: SessionFacts, reason: ClosedReason): void;
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

export class Reception implements SessionSurroundings, SessionObserver {
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  readonly turn: Turn;
  readonly pool = new BufferPool();
  readonly forwarder: Forwarder;
  readonly observer: SessionObserver = this;
  readonly roster: Roster<Session>;
  settings: SessionSettings;
  authenticator: Authenticator;
  /** Sessions allowed at a time; -1 for any number. */
  maxConnections = -1;
  listener: ReceptionListener | undefined;
  readonly #directory: Directory;
  readonly #greeting: () => ServerInfo;
  readonly #permissionClasses = new Map<string, number>();
  #permissionNumbers = 0;

  constructor(
    parts: ReceptionParts,
    settings: SessionSettings,
    authenticator: Authenticator,
    greeting: () => ServerInfo,
  ) {
    this.clock = parts.clock;
    this.random = parts.random;
    this.trace = parts.trace;
    this.turn = parts.turn;
    this.forwarder = parts.forwarder;
    this.#directory = parts.directory;
    this.roster = new Roster(parts.closedConnectionsKept);
    this.settings = settings;
    this.authenticator = authenticator;
    this.#greeting = greeting;
  }

  accept(socket: Socket, type: ConnectionType): void {
    const session = new Session(this.roster.newId(), type, socket, this);
    const full = this.maxConnections >= 0 && this.roster.size >= this.maxConnections;
    this.roster.add(session);
    if (this.trace.enabled("debug")) {
      this.trace.log("debug", `${socket.remote.host}:${socket.remote.port} - cid:${session.id} - Client connection created`);
    }
    session.begin();
    if (full) session.end(connectionsExceeded);
    this.turn.end();
  }

  info(session: SessionFacts): ServerInfo {
    const tls = this.settings.tls;
    const required = tls !== undefined && !tls.plainAllowed;
    const identity = session.identity;
    return {
      ...this.#greeting(),
      auth_required: this.authenticator.required,
      tls_required: required,
      tls_verify: required && tls.options.verify,
      tls_available: tls?.plainAllowed ?? false,
      max_payload: identity === undefined ? this.settings.maxPayload : (session as Session).maxPayload,
      client_id: session.id,
      client_ip: session.remote.host,
      nonce: session.nonce,
    };
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

  admitted(facts: SessionFacts): boolean {
    const session = facts as Session;
    const { account } = session;
    const { connections } = account.limits;
    if (connections >= 0 && this.roster.of(account).size >= connections) return false;
    this.roster.enter(session);
    this.listener?.admitted(session);
    return true;
  }

  refused(session: SessionFacts, reason: ClosedReason): void {
    this.listener?.refused(session, reason);
  }

  left(session: SessionFacts): void {
    this.forwarder.settle();
    this.roster.leave(session as Session);
  }

  closed(session: SessionFacts, reason: ClosedReason): void {
    this.forwarder.settle();
    if (session.identity !== undefined && reason !== accountConnectionsExceeded.reason) {
      this.listener?.closed(session, reason);
    }
    this.roster.remove(session as Session, reason, this.clock.now());
    if (this.trace.enabled("debug")) {
      this.trace.log("debug", `${session.remote.host}:${session.remote.port} - cid:${session.id} - Client connection closed: ${reason}`);
    }
  }
}
