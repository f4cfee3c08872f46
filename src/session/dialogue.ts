// What a peer's commands do: the parser calls, the session's parts act.

import type { Account } from "../account/account.ts";
import { isValidSubject } from "../subject/subject.ts";
import type { CommandHandler, Publish } from "../wire/command.ts";
import { type ConnectOptions, parseConnect } from "../wire/connect.ts";
import type { ServerInfo } from "../wire/frames.ts";
import {
  authorizationViolation,
  type ClosedReason,
  invalidPublishSubject,
  malformed,
  type Violation,
} from "../wire/violation.ts";
import type { Carrier } from "./carrier.ts";
import type { Counts, SessionFacts } from "./facts.ts";
import type { Guard } from "./guard.ts";
import type { Keepalive } from "./keepalive.ts";
import type { OwnWords } from "./own-words.ts";
import type { Meter } from "./pacing.ts";
import type { Publishing } from "./publishing.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { SessionSurroundings } from "./surroundings.ts";
import type { Transcript } from "./transcript.ts";

/** The session behind the commands. */
export interface DialogueOwner extends SessionFacts {
  connect: ConnectOptions | undefined;
  readonly received: Counts;
  readonly pacing: Meter;
  /** Absent where tenants are not held to limits of that kind. */
  readonly guard: Guard | undefined;
  readonly account: Account;
  readonly verbose: boolean;
  readonly inSystemAccount: boolean;
  readonly isClosed: boolean;
  /** Asks to be let in; `connect` is absent for a peer that has not said CONNECT. */
  ask(connect: ConnectOptions | undefined): void;
  leaveAccount(): void;
  complain(violation: Violation): void;
  sendInfoAgain(changes: Partial<ServerInfo>): void;
  end(why: Violation | ClosedReason): void;
}

export interface DialogueParts {
  readonly carrier: Carrier;
  readonly words: OwnWords;
  readonly publishing: Publishing;
  readonly subscriptions: Subscriptions;
  readonly keepalive: Keepalive;
  readonly transcript: Transcript;
}

export class Dialogue implements CommandHandler {
  readonly #owner: DialogueOwner;
  readonly #surroundings: SessionSurroundings;
  readonly #parts: DialogueParts;
  readonly #publishing: Publishing;
  readonly #transcript: Transcript;
  #firstPong = true;

  constructor(owner: DialogueOwner, surroundings: SessionSurroundings, parts: DialogueParts) {
    this.#owner = owner;
    this.#surroundings = surroundings;
    this.#parts = parts;
    this.#publishing = parts.publishing;
    this.#transcript = parts.transcript;
  }

  mayStart(_firstByte: number): boolean {
    // Where authentication is required, only a no_auth_user lets somebody in who has not said CONNECT.
    if (!this.#surroundings.authenticator.admitsSilent) return false;
    this.#owner.ask(undefined);
    return !this.#owner.isClosed;
  }

  onConnect(json: Buffer): void {
    this.#transcript.connect(json);
    const owner = this.#owner;
    const stated = parseConnect(json, owner.connect);
    if (stated === undefined) return owner.end(malformed("invalid CONNECT"));
    const second = owner.connect !== undefined;
    // Whoever needed no authentication is in already, and CONNECT only says how it speaks.
    const anew = second || this.#surroundings.authenticator.required;
    if (owner.identity !== undefined && anew) owner.leaveAccount();
    owner.connect = this.#parts.carrier.complete(stated);
    owner.ask(owner.connect);
  }

  onPub(publish: Publish): void {
    this.#transcript.publish(publish);
    const owner = this.#owner;
    const bytes = publish.end - publish.start;
    owner.received.messages++;
    owner.received.bytes += bytes;
    owner.pacing.published(1, bytes);
    const refusal = owner.guard?.shape.refusal(publish);
    if (refusal === undefined) this.#publishing.publish(publish);
    else if (refusal.closes) owner.end(refusal);
    else owner.complain(refusal);
  }

  onOversize(subject: string, headers: Buffer, size: number): void {
    this.#publishing.tooLarge(subject, headers, size);
  }

  /** A pedantic client is told of a bad subject, and its message goes on all the same [nats-server client.go processPub]. */
  onPublishSubject(subject: string): void {
    if (!isValidSubject(subject)) this.#owner.complain(invalidPublishSubject);
  }

  onSub(subject: string, queue: string | undefined, sid: string): void {
    this.#transcript.subscribe(subject, queue, sid);
    const complaint = this.#parts.subscriptions.add(subject, queue, sid);
    if (complaint !== undefined) this.#owner.complain(complaint);
    else if (this.#owner.verbose) this.#parts.words.ok();
  }

  onUnsub(sid: string, max: number): void {
    this.#transcript.unsubscribe(sid, max);
    this.#parts.subscriptions.end(sid, max);
    if (this.#owner.verbose) this.#parts.words.ok();
  }

  onPing(): void {
    const owner = this.#owner;
    this.#transcript.heard("PING");
    this.#parts.words.pong();
    if (!this.#firstPong || owner.connect === undefined || owner.identity === undefined) return;
    this.#firstPong = false;
    owner.sendInfoAgain({
      connect_info: true,
      remote_account: owner.account.name,
      acc_is_sys: owner.inSystemAccount,
    });
  }

  onPong(): void {
    this.#transcript.heard("PONG");
    this.#parts.keepalive.answered();
  }

  onPeerError(text: string): void {
    this.#surroundings.trace.log("error", `${this.#owner.logName} - Client Error ${text}`);
    this.#owner.end("Parse Error");
  }

  onViolation(violation: Violation): void {
    if (violation === authorizationViolation) {
      this.#surroundings.observer.refused(this.#owner, "Authentication Failure");
    }
    this.#owner.end(violation);
  }
}
