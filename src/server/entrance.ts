// One way in: a listener's sockets become sessions that share its settings and its way to authenticate.

import type { Account } from "../account/account.ts";
import type { BufferPool, Turn } from "../forward/outbox.ts";
import type { Forwarder } from "../forward/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { Socket } from "../ports/network.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import type { Carrier } from "../session/carrier.ts";
import type { SessionFacts } from "../session/facts.ts";
import type { Guard } from "../session/guard.ts";
import type { Authenticator, ConnectionType } from "../session/identity.ts";
import type { Pressure } from "../session/pressure.ts";
import { Session } from "../session/session.ts";
import type { SessionSettings } from "../session/settings.ts";
import type { SessionObserver, SessionSurroundings } from "../session/surroundings.ts";
import type { ServerInfo } from "../wire/frames.ts";
import { connectionsExceeded, throttled } from "../wire/violation.ts";
import type { Reception } from "./reception.ts";

/** What a reload replaces. */
export interface EntranceRules {
  readonly settings: SessionSettings;
  readonly authenticator: Authenticator;
}

export class Entrance implements SessionSurroundings {
  readonly type: ConnectionType;
  readonly #reception: Reception;
  /** INFO as far as it does not concern one session. */
  readonly #greeting: () => ServerInfo;
  #rules: EntranceRules;

  constructor(type: ConnectionType, reception: Reception, rules: EntranceRules, greeting: () => ServerInfo) {
    this.type = type;
    this.#reception = reception;
    this.#rules = rules;
    this.#greeting = greeting;
  }

  get clock(): Clock {
    return this.#reception.clock;
  }

  get random(): Random {
    return this.#reception.random;
  }

  get trace(): Trace {
    return this.#reception.trace;
  }

  get turn(): Turn {
    return this.#reception.turn;
  }

  get pool(): BufferPool {
    return this.#reception.pool;
  }

  get forwarder(): Forwarder {
    return this.#reception.forwarder;
  }

  get pressure(): Pressure {
    return this.#reception.pressure;
  }

  get guard(): Guard {
    return this.#reception.guard;
  }

  get observer(): SessionObserver {
    return this.#reception;
  }

  get settings(): SessionSettings {
    return this.#rules.settings;
  }

  get authenticator(): Authenticator {
    return this.#rules.authenticator;
  }

  /** From now on these hold; live sessions see them when they next look. */
  adopt(rules: EntranceRules): void {
    this.#rules = rules;
  }

  accept(socket: Socket, carrier?: Carrier): void {
    const { roster, trace, turn } = this.#reception;
    const session = new Session(roster.newId(), this.type, socket, this, carrier);
    const { isFull: full, guard } = this.#reception;
    // Behind a proxy the peer's own address is not known yet.
    const welcome = guard.doorway.arrives(session, this.settings.proxyProtocol ? "" : socket.remote.host);
    roster.add(session);
    if (trace.enabled("debug")) trace.log("debug", `${session.logName} - Client connection created`);
    session.begin();
    if (full) session.end(connectionsExceeded);
    else if (!welcome) session.end(throttled);
    turn.end();
  }

  info(session: SessionFacts): ServerInfo {
    const tls = this.settings.tls;
    const required = tls !== undefined && !tls.plainAllowed;
    const admitted = session.identity !== undefined;
    return {
      tls_required: required,
      tls_verify: required && tls.options.verify,
      tls_available: tls?.plainAllowed ?? false,
      ...this.#greeting(),
      auth_required: this.authenticator.announced,
      max_payload: admitted ? (session as Session).maxPayload : this.settings.maxPayload,
      client_id: session.id,
      client_ip: session.remote.host,
      nonce: session.nonce,
    };
  }

  isSystemAccount(account: Account): boolean {
    return this.#reception.isSystemAccount(account);
  }

  permissionClass(key: string): number {
    return this.#reception.permissionClass(key);
  }
}
