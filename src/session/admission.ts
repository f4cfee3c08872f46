// Letting a peer in: the question to the authenticator, the time it may take, and how long the answer holds.

import { assert } from "../base/assert.ts";
import type { Alarm } from "../ports/clock.ts";
import { toWire } from "../subject/subject.ts";
import type { ConnectOptions } from "../wire/connect.ts";
import {
  authenticationTimeout,
  authorizationViolation,
  invalidClientProtocol,
  noRespondersRequiresHeaders,
  userAuthenticationExpired,
  type Violation,
} from "../wire/violation.ts";
import type { SessionFacts } from "./facts.ts";
import type { Attempt, Identity, Outcome } from "./identity.ts";
import { authenticationError, introducedName } from "./peer-name.ts";
import type { SessionSurroundings } from "./surroundings.ts";

export interface AdmissionOwner extends SessionFacts {
  identity: Identity | undefined;
  logName: string;
  /** The identity is set and its account has room for it. */
  enter(identity: Identity): void;
  /** An answer that took time is there, whatever it was. */
  answered(): void;
}

export class Admission {
  readonly #owner: AdmissionOwner;
  readonly #surroundings: SessionSurroundings;
  #pending = false;
  #introduced = false;
  #deadline: Alarm | undefined;
  #expiry: Alarm | undefined;
  /** Too many sign-ins have failed: this one waits before anybody looks at it. */
  #delay: Alarm | undefined;

  constructor(owner: AdmissionOwner, surroundings: SessionSurroundings) {
    this.#owner = owner;
    this.#surroundings = surroundings;
  }

  /** Whether an answer is awaited. */
  get pending(): boolean {
    return this.#pending;
  }

  /** From now on the peer has its authentication timeout to be let in. */
  startDeadline(): void {
    const { clock, settings } = this.#surroundings;
    this.#deadline = clock.after(settings.authTimeoutMs, () => this.#owner.end(authenticationTimeout));
  }

  /** Asks; the answer may come within the call. `connect` is absent for a peer let in without CONNECT. */
  ask(connect: ConnectOptions | undefined): void {
    const owner = this.#owner;
    const attempt = attemptOf(owner, connect);
    // Nobody chooses the account to enter [nats-server client.go processConnect, CVE-2022-24450].
    if (connect !== undefined && (connect.account !== "" || connect.newAccount)) {
      return this.#refuse(authorizationViolation, authenticationError(connect));
    }
    if (owner.identity !== undefined) return this.#admit(owner.identity, connect);
    this.#pending = true;
    const { guard, clock, authenticator } = this.#surroundings;
    const delayMs = authenticator.required ? guard.doorway.delayMs(attempt.host) : 0;
    if (delayMs === 0) return this.#question(attempt, true);
    this.#delay = clock.after(delayMs, () => this.#question(attempt, false));
  }

  /** @param asked by the peer, this very turn */
  #question(attempt: Attempt, asked: boolean): void {
    let atOnce = asked;
    this.#surroundings.authenticator.decide(attempt, (outcome) => {
      if (!this.#pending) return;
      this.#pending = false;
      this.#decided(outcome, attempt.connect);
      if (!atOnce) this.#owner.answered();
    });
    atOnce = false;
  }

  /** Sets the time at which an identity ends. */
  limit(identity: Identity): void {
    const { clock } = this.#surroundings;
    this.#expiry?.cancel();
    if (identity.expiresAt === undefined) return;
    const leftMs = Math.max(0, identity.expiresAt - clock.now());
    this.#expiry = clock.after(leftMs, () => this.#owner.end(userAuthenticationExpired));
  }

  cancel(): void {
    this.#pending = false;
    this.#deadline?.cancel();
    this.#expiry?.cancel();
    this.#delay?.cancel();
  }

  #decided(outcome: Outcome, connect: ConnectOptions | undefined): void {
    if (outcome.kind === "refused") return this.#refuse(outcome.violation, outcome.why);
    const owner = this.#owner;
    assert(owner.identity === undefined, "a session that asks to be let in is nobody yet");
    this.#deadline?.cancel();
    owner.identity = outcome.identity;
    const refusal = this.#surroundings.observer.admitted(owner);
    if (refusal !== undefined) {
      owner.identity = undefined;
      return owner.end(refusal);
    }
    this.#admit(outcome.identity, connect);
  }

  #admit(identity: Identity, connect: ConnectOptions | undefined): void {
    if (connect !== undefined && !this.#introduced) {
      this.#introduced = true;
      this.#owner.logName = introducedName(this.#owner.logName, connect, identity);
    }
    const refusal = connect === undefined ? undefined : this.#protocolRefusal(connect);
    if (refusal !== undefined) return this.#owner.end(refusal);
    this.#owner.enter(identity);
  }

  #refuse(violation: Violation, why: string): void {
    this.#surroundings.observer.refused(this.#owner, violation.reason ?? "Authentication Failure");
    this.#owner.end({ ...violation, detail: toWire(why) });
  }

  #protocolRefusal(connect: ConnectOptions): Violation | undefined {
    if (connect.protocol < 0 || connect.protocol > 1) return invalidClientProtocol;
    const headers = connect.headers && this.#surroundings.settings.headers;
    return connect.noResponders && !headers ? noRespondersRequiresHeaders : undefined;
  }
}

/** What a session asks to be let in by. */
export function attemptOf(session: SessionFacts, connect: ConnectOptions | undefined): Attempt {
  const { nonce, tls, type, id, logName, remote } = session;
  return { connect, nonce, tls, type, id, logName, host: remote.host };
}
