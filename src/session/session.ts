// One peer's side of the NATS protocol: from INFO to the last byte, what it says and what it is told.

import type { Account } from "../account/account.ts";
import type { Message } from "../account/message.ts";
import type { Standing, Subscriber, Subscription } from "../account/subscription.ts";
import { assert } from "../base/assert.ts";
import type { Outbox } from "../forward/outbox.ts";
import type { Permissions } from "../identity/permissions.ts";
import type { Endpoint, Socket, SocketListener, TlsState } from "../ports/network.ts";
import type { CommandHandler, Publish } from "../wire/command.ts";
import { type ConnectOptions, connectDefaults, parseConnect } from "../wire/connect.ts";
import { errFrame, infoFrame, noRespondersFrame, type ServerInfo } from "../wire/frames.ts";
import { Parser } from "../wire/parser.ts";
import * as violations from "../wire/violation.ts";
import type { ClosedReason, Violation } from "../wire/violation.ts";
import { Admission } from "./admission.ts";
import { Arrival } from "./arrival.ts";
import { Deliveries } from "./deliveries.ts";
import type { Counts, SessionFacts } from "./facts.ts";
import type { ConnectionType, Identity } from "./identity.ts";
import { Forwarding } from "./forwarding.ts";
import { Keepalive } from "./keepalive.ts";
import { Outflow } from "./outflow.ts";
import { Publishing } from "./publishing.ts";
import { ReplyGrants } from "./reply-grants.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { SessionSurroundings } from "./surroundings.ts";

type Phase = "greeting" | "authenticating" | "open" | "closed";

const nothing = Buffer.alloc(0);

export class Session implements SessionFacts, Subscriber, CommandHandler, SocketListener {
  readonly id: number;
  readonly type: ConnectionType;
  readonly nonce: string;
  readonly startedAt: number;
  lastActivityAt: number;
  lastHeardMs: number;
  connect: ConnectOptions | undefined;
  identity: Identity | undefined;
  readonly received: Counts = { messages: 0, bytes: 0 };
  replyGrants: ReplyGrants | undefined;
  readonly #socket: Socket;
  readonly #surroundings: SessionSurroundings;
  readonly #outflow: Outflow;
  readonly #outbox: Outbox;
  readonly #arrival: Arrival;
  readonly #admission: Admission;
  readonly #keepalive: Keepalive;
  readonly #publishing: Publishing;
  readonly #subscriptions: Subscriptions;
  readonly #deliveries: Deliveries;
  readonly #forwarding: Forwarding;
  readonly #parser: Parser;
  #phase: Phase = "greeting";
  /** Bytes that came while a decision was awaited. */
  #held: Buffer = nothing;
  #firstPong = true;

  constructor(id: number, type: ConnectionType, socket: Socket, surroundings: SessionSurroundings) {
    const { clock, settings, authenticator } = surroundings;
    this.id = id;
    this.type = type;
    this.nonce = authenticator.asksForSignature ? newNonce(surroundings.random.bytes(11)) : "";
    this.startedAt = clock.now();
    this.lastActivityAt = this.startedAt;
    this.lastHeardMs = clock.monotonicMs();
    this.#socket = socket;
    this.#surroundings = surroundings;
    this.#outflow = new Outflow(socket, surroundings, this);
    this.#outbox = this.#outflow.outbox;
    this.#publishing = new Publishing(this);
    this.#subscriptions = new Subscriptions(this, surroundings);
    this.#deliveries = new Deliveries(this, this.#outbox, this.#subscriptions);
    this.#forwarding = new Forwarding(this.#publishing, this.#outbox, this.received, surroundings);
    this.#parser = new Parser(this, {
      maxControlLine: settings.maxControlLine,
      maxPayload: settings.maxPayload,
      headersAllowed: false,
    });
    this.#parser.guarded = authenticator.required;
    this.#arrival = new Arrival(socket, settings.tls, this);
    this.#admission = new Admission(this, surroundings);
    this.#keepalive = new Keepalive(clock, this);
  }

  /** Greets the peer; from here on the session lives by what its socket and its alarms tell it. */
  begin(): void {
    this.#arrival.begin(this.#surroundings.clock, () => this.#socket.start(this));
    this.#surroundings.turn.end();
  }

  // ---- what others may know -------------------------------------------------------------------------------------

  get remote(): Endpoint {
    return this.#socket.remote;
  }

  get tls(): TlsState | undefined {
    return this.#socket.tls;
  }

  get rttMs(): number {
    return this.#keepalive.rttMs;
  }

  get sent(): Counts {
    return this.#deliveries.sent;
  }

  get pendingBytes(): number {
    return this.#outflow.pendingBytes;
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  subscriptions(): Iterable<Subscription> {
    return this.#subscriptions.all();
  }

  get isOpen(): boolean {
    return this.#phase === "open";
  }

  get account(): Account {
    assert(this.identity !== undefined, "only an admitted session has an account");
    return this.identity.account;
  }

  get permissions(): Permissions | undefined {
    return this.identity?.permissions;
  }

  get remembersReplies(): boolean {
    return this.replyGrants !== undefined;
  }

  /** Bytes a message of this peer may have; -1 for any number. */
  get maxPayload(): number {
    return this.#parser.maxPayload;
  }

  get pedantic(): boolean {
    return this.connect?.pedantic ?? false;
  }

  get verbose(): boolean {
    return this.connect?.verbose ?? connectDefaults.verbose;
  }

  get noEcho(): boolean {
    return this.connect !== undefined && !this.connect.echo;
  }

  get takesHeaders(): boolean {
    return this.#parser.headersAllowed;
  }

  get inSystemAccount(): boolean {
    return this.#surroundings.isSystemAccount(this.account);
  }

  get pingIntervalMs(): number {
    return this.#surroundings.settings.pingIntervalMs;
  }

  get maxPingsOut(): number {
    return this.#surroundings.settings.maxPingsOut;
  }

  // ---- bytes and alarms -----------------------------------------------------------------------------------------

  data(chunk: Buffer): void {
    if (this.#phase === "greeting") this.#arrival.data(chunk);
    else if (this.#admission.pending) this.#hold(chunk);
    else this.#feed(chunk);
    this.#surroundings.turn.end();
  }

  drained(): void {
    // Nothing waits for this yet: whoever is slow is told apart by the bytes still pending.
  }

  closed(error?: Error): void {
    this.#close(error === undefined ? "Client Closed" : "Read Error", undefined);
    this.#surroundings.turn.end();
  }

  arrived(first: Buffer | undefined): void {
    if (this.#phase === "closed") return;
    this.#phase = "authenticating";
    if (this.#parser.guarded) this.#admission.startDeadline();
    else this.#ask(undefined);
    if (first !== undefined) this.#feed(first);
    this.#surroundings.turn.end();
  }

  failed(error: Error): void {
    this.#surroundings.trace.log("error", `${this.#name} - TLS handshake error: ${error.message}`);
    this.#close("TLS Handshake Failure", undefined);
  }

  sendInfo(): void {
    this.#say(infoFrame(this.#surroundings.info(this)));
    this.#outbox.flush();
  }

  sendPing(): void {
    this.#outbox.appendText("PING\r\n");
  }

  stale(): void {
    this.end(violations.staleConnection);
  }

  tooSlow(reason: ClosedReason): void {
    this.#surroundings.trace.log("info", `${this.#name} - Slow Consumer Detected: ${reason}`);
    this.#close(reason, undefined);
  }

  /** Sends another INFO, to a client that knows that it may come at any time. */
  sendInfoAgain(changes: Partial<ServerInfo>): void {
    if (this.#phase !== "open" || this.connect === undefined || this.connect.protocol < 1) return;
    this.#say(infoFrame({ ...this.#surroundings.info(this), ...changes }));
  }

  // ---- commands -------------------------------------------------------------------------------------------------

  mayStart(_firstByte: number): boolean {
    // Where authentication is required, only a no_auth_user lets somebody in who has not said CONNECT.
    if (!this.#surroundings.authenticator.admitsSilent) return false;
    this.#ask(undefined);
    return this.#phase !== "closed";
  }

  onConnect(json: Buffer): void {
    const options = parseConnect(json, this.connect);
    if (options === undefined) return this.onViolation(violations.malformed("invalid CONNECT"));
    const second = this.connect !== undefined;
    // Whoever needed no authentication is in already, and CONNECT only says how it speaks.
    if (this.identity !== undefined && (second || this.#surroundings.authenticator.required)) this.#leaveAccount();
    this.connect = options;
    this.#ask(options);
  }

  onPub(publish: Publish): void {
    this.received.messages++;
    this.received.bytes += publish.end - publish.start;
    this.#publishing.publish(publish);
  }

  onSub(subject: string, queue: string | undefined, sid: string): void {
    const complaint = this.#subscriptions.add(subject, queue, sid);
    if (complaint !== undefined) this.complain(complaint);
    else if (this.verbose) this.acknowledge();
  }

  onUnsub(sid: string, max: number): void {
    this.#subscriptions.end(sid, max);
    if (this.verbose) this.acknowledge();
  }

  onPing(): void {
    this.#outbox.appendText("PONG\r\n");
    if (!this.#firstPong || this.connect === undefined || this.identity === undefined) return;
    this.#firstPong = false;
    this.sendInfoAgain({
      connect_info: true,
      remote_account: this.account.name,
      acc_is_sys: this.inSystemAccount,
    });
  }

  onPong(): void {
    this.#keepalive.answered();
  }

  onPeerError(text: string): void {
    this.#surroundings.trace.log("error", `${this.#name} - Client Error ${text}`);
    this.#close("Parse Error", undefined);
  }

  onViolation(violation: Violation): void {
    if (violation === violations.authorizationViolation) {
      this.#surroundings.observer.refused(this, "Authentication Failure");
    }
    this.end(violation);
  }

  // ---- messages to the peer -------------------------------------------------------------------------------------

  deliver(message: Message, subscription: Subscription): boolean {
    return this.#deliveries.deliver(message, subscription);
  }

  standing(subscription: Subscription, subject: string): Standing {
    return this.#deliveries.standing(subscription, subject);
  }

  nobodyListens(subject: string, reply: string): void {
    if (!this.connect?.noResponders) return;
    const waiting = this.account.interestIn(reply).plain.find((each) => each.subscriber === this);
    if (waiting === undefined) return;
    this.#outbox.appendText(noRespondersFrame(reply, waiting.sid, subject));
  }

  complain(violation: Violation): void {
    if (violation.text !== undefined) this.#say(errFrame(violation.text));
    const detail = violation.detail ?? violation.text ?? "";
    this.#surroundings.trace.log("error", `${this.#name} - ${detail}`);
  }

  acknowledge(): void {
    this.#outbox.appendText("+OK\r\n");
  }

  // ---- the end --------------------------------------------------------------------------------------------------

  end(why: Violation | ClosedReason): void {
    if (this.#phase === "closed") return;
    if (typeof why === "string") return this.#close(why, undefined);
    this.#close(why.reason ?? "Client Closed", why);
  }

  #close(reason: ClosedReason, violation: Violation | undefined): void {
    if (this.#phase === "closed") return;
    if (violation !== undefined) this.complain(violation);
    const wasOpen = this.identity !== undefined;
    this.#phase = "closed";
    this.#forwarding.close();
    this.#parser.stop();
    this.#arrival.cancel();
    this.#keepalive.stop();
    this.#admission.cancel();
    this.#held = nothing;
    this.#surroundings.observer.closed(this, reason);
    if (wasOpen) this.#subscriptions.endAll();
    const lost = reason.startsWith("Slow Consumer") || reason === "Client Closed" || reason === "Read Error";
    if (lost) {
      this.#outflow.drop();
      this.#socket.destroy();
    } else {
      this.#outflow.finish();
      this.#socket.end();
    }
  }

  // ---- letting in -----------------------------------------------------------------------------------------------

  enter(identity: Identity): void {
    const { clock, random, settings } = this.#surroundings;
    this.#phase = "open";
    this.#parser.guarded = false;
    this.#parser.headersAllowed = settings.headers && (this.connect?.headers ?? false);
    this.applyIdentity(identity);
    this.#parser.shortcut = (chunk, position) => this.#forwarding.forward(chunk, position);
    this.lastActivityAt = clock.now();
    if (this.connect === undefined) return;
    this.#keepalive.connected((bound) => random.below(bound));
    if (this.connect.verbose) this.acknowledge();
  }

  /** Asks to be let in; where the answer takes time, nothing more is read until it is there. */
  #ask(connect: ConnectOptions | undefined): void {
    this.#phase = "authenticating";
    this.#admission.ask(connect);
    if (!this.#admission.pending) return;
    this.#parser.pause();
    this.#socket.pause();
  }

  /** Takes on what an identity allows: on admission, and when claims or configuration change it. */
  applyIdentity(identity: Identity): void {
    this.identity = identity;
    const responses = identity.permissions?.responses;
    this.replyGrants =
      responses === undefined
        ? undefined
        : new ReplyGrants(this.#surroundings.clock, responses.max, responses.expiresMs);
    this.#admission.limit(identity);
    this.applyLimits();
  }

  /** Takes on the limits in force: the server's, the account's, the user's. */
  applyLimits(): void {
    const identity = this.identity;
    if (identity === undefined) return;
    const { settings } = this.#surroundings;
    this.#parser.maxPayload = smallest(settings.maxPayload, identity.payloadMax, identity.account.limits.payload);
    this.#forwarding.open(identity, {
      noEcho: this.noEcho,
      takesHeaders: this.takesHeaders,
      scrupulous: this.verbose || this.pedantic,
      maxPayload: this.maxPayload,
    });
  }

  /** A second CONNECT begins anew: subscriptions go, the account is left. [nats-server client.go processConnect] */
  #leaveAccount(): void {
    this.#forwarding.close();
    this.#subscriptions.endAll();
    this.#surroundings.observer.left(this);
    this.identity = undefined;
  }

  // ---- small things ---------------------------------------------------------------------------------------------

  get #name(): string {
    return `${this.remote.host}:${this.remote.port} - cid:${this.id}`;
  }

  #feed(chunk: Buffer): void {
    this.lastHeardMs = this.#surroundings.clock.monotonicMs();
    const taken = this.#parser.feed(chunk);
    if (taken < chunk.length && this.#admission.pending) this.#hold(chunk.subarray(taken));
  }

  #hold(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
  }

  #say(bytes: Buffer): void {
    this.#outbox.append(bytes, nothing, 0, 0);
  }
}

/** The smallest of some limits of which -1 is none; -1 when all are. */
function smallest(...limits: number[]): number {
  const stated = limits.filter((limit) => limit >= 0);
  return stated.length === 0 ? -1 : Math.min(...stated);
}

/** Eleven bytes as fifteen letters, which is what the client signs [nats-server nkey.go generateNonce]. */
function newNonce(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
