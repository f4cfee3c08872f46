// One peer's side of the NATS protocol: from INFO to the last byte, what it says and what it is told.

import type { Account } from "../account/account.ts";
import type { Message } from "../account/message.ts";
import type { Standing, Subscriber, Subscription } from "../account/subscription.ts";
import { assert } from "../base/assert.ts";
import type { Permissions } from "../identity/permissions.ts";
import type { Endpoint, Socket, SocketListener, TlsState } from "../ports/network.ts";
import { fromWire } from "../subject/subject.ts";
import { type ConnectOptions, connectDefaults } from "../wire/connect.ts";
import type { ServerInfo } from "../wire/frames.ts";
import { Parser } from "../wire/parser.ts";
import type { ClosedReason, Violation } from "../wire/violation.ts";
import * as violations from "../wire/violation.ts";
import { Admission } from "./admission.ts";
import { Arrival } from "./arrival.ts";
import { type Carrier, plainCarrier } from "./carrier.ts";
import { Deliveries } from "./deliveries.ts";
import { Dialogue } from "./dialogue.ts";
import type { Counts, SessionFacts } from "./facts.ts";
import { Forwarding } from "./forwarding.ts";
import type { Guard } from "./guard.ts";
import type { ConnectionType, Identity } from "./identity.ts";
import { Intake } from "./intake.ts";
import { Keepalive } from "./keepalive.ts";
import { newNonce } from "./nonce.ts";
import { Outflow } from "./outflow.ts";
import { OwnWords } from "./own-words.ts";
import { Pacing } from "./pacing.ts";
import { strangerName } from "./peer-name.ts";
import { Publishing } from "./publishing.ts";
import { ReplyGrants } from "./reply-grants.ts";
import { smallest } from "./settings.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { SessionSurroundings } from "./surroundings.ts";
import { Transcript } from "./transcript.ts";

type Phase = "greeting" | "authenticating" | "open" | "closed";

export class Session implements SessionFacts, Subscriber, SocketListener {
  readonly id: number;
  readonly type: ConnectionType;
  readonly nonce: string;
  readonly startedAt: number;
  lastActivityAt: number;
  lastHeardMs: number;
  logName: string;
  connect: ConnectOptions | undefined;
  identity: Identity | undefined;
  readonly received: Counts = { messages: 0, bytes: 0 };
  replyGrants: ReplyGrants | undefined;
  guard: Guard | undefined;
  readonly #socket: Socket;
  readonly #surroundings: SessionSurroundings;
  readonly #carrier: Carrier;
  readonly #outflow: Outflow;
  readonly #words: OwnWords;
  readonly #arrival: Arrival;
  readonly #admission: Admission;
  readonly #keepalive: Keepalive;
  readonly #subscriptions: Subscriptions;
  readonly #deliveries: Deliveries;
  readonly #forwarding: Forwarding;
  readonly #parser: Parser;
  readonly #intake: Intake;
  readonly pacing: Pacing;
  readonly #transcript: Transcript;
  #phase: Phase = "greeting";

  constructor(
    id: number,
    type: ConnectionType,
    socket: Socket,
    surroundings: SessionSurroundings,
    carrier: Carrier = plainCarrier,
  ) {
    const { clock, settings, authenticator } = surroundings;
    this.id = id;
    this.type = type;
    this.logName = strangerName(socket.remote, type, id, carrier.forwardedFor);
    this.nonce = authenticator.asksForSignature ? newNonce(surroundings.random) : "";
    this.startedAt = clock.now();
    this.lastActivityAt = this.startedAt;
    this.lastHeardMs = clock.monotonicMs();
    this.#socket = socket;
    this.#surroundings = surroundings;
    this.#carrier = carrier;
    this.#outflow = new Outflow(socket, surroundings, this);
    this.#transcript = new Transcript(surroundings.trace, () => this.logName, settings.transcript);
    const { outbox } = this.#outflow;
    this.#words = new OwnWords(outbox, this.#transcript);
    const publishing = new Publishing(this, this.#words);
    this.#subscriptions = new Subscriptions(this, surroundings, this.#transcript);
    this.#deliveries = new Deliveries(this, this.#outflow, this.#subscriptions, this.#transcript);
    this.#forwarding = new Forwarding(publishing, outbox, this, surroundings);
    this.#arrival = new Arrival(socket, settings.tls, this, surroundings.trace);
    this.#admission = new Admission(this, surroundings);
    this.#keepalive = new Keepalive(clock, this);
    const dialogue = new Dialogue(this, surroundings, {
      carrier,
      words: this.#words,
      publishing,
      subscriptions: this.#subscriptions,
      keepalive: this.#keepalive,
      transcript: this.#transcript,
    });
    this.#parser = new Parser(dialogue, {
      maxControlLine: settings.maxControlLine,
      maxPayload: settings.maxPayload,
      headersAllowed: false,
    });
    this.#parser.guarded = authenticator.required;
    this.#intake = new Intake(socket, this.#parser);
    this.pacing = new Pacing(this.#intake, this.#outflow, surroundings, this);
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

  get stalls(): number {
    return this.#outflow.stalls;
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  subscriptions(): Iterable<Subscription> {
    return this.#subscriptions.all();
  }

  get isClosed(): boolean {
    return this.#phase === "closed";
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
    return this.connect?.pedantic ?? connectDefaults.pedantic;
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
    else this.#feed(chunk);
    this.pacing.endTurn();
  }

  #feed(chunk: Buffer): void {
    this.lastHeardMs = this.#surroundings.clock.monotonicMs();
    this.pacing.feed(chunk, this.lastHeardMs);
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
    else this.ask(undefined);
    if (first !== undefined) this.#feed(first);
    this.pacing.endTurn();
  }

  failed(): void {
    this.#close("TLS Handshake Failure", undefined);
  }

  throttled(): void {
    this.end(violations.throttled);
  }

  sendInfo(): void {
    this.#words.info(this.#surroundings.info(this));
    this.#outflow.outbox.flush();
  }

  sendPing(): void {
    this.#words.ping();
  }

  stale(): void {
    this.end(violations.staleConnection);
  }

  tooSlow(reason: ClosedReason, how: string): void {
    this.#surroundings.trace.log("info", `${this.logName} - Slow Consumer Detected: ${how}`);
    this.#close(reason, undefined);
  }

  /** Sends another INFO, to a client that knows that it may come at any time. */
  sendInfoAgain(changes: Partial<ServerInfo>): void {
    if (this.#phase !== "open" || this.connect === undefined || this.connect.protocol < 1) return;
    this.#words.info({ ...this.#surroundings.info(this), ...changes });
  }

  // ---- messages to the peer -------------------------------------------------------------------------------------

  deliver(message: Message, subscription: Subscription): boolean {
    return this.#deliveries.deliver(message, subscription);
  }

  standing(subscription: Subscription, subject: string): Standing {
    return this.#deliveries.standing(subscription, subject);
  }

  nobodyListens(subject: string, reply: string): void {
    if (this.connect?.noResponders) this.#deliveries.nobodyListens(subject, reply);
  }

  complain({ text, detail = text ?? "" }: Violation): void {
    if (text !== undefined) this.#words.error(text);
    if (detail !== "") this.#surroundings.trace.log("error", `${this.logName} - ${fromWire(detail)}`);
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
    this.#intake.drop();
    this.#arrival.cancel();
    this.#keepalive.stop();
    this.#admission.cancel();
    this.#surroundings.observer.closed(this, reason);
    if (wasOpen) this.#subscriptions.endAll();
    const lost = reason.startsWith("Slow Consumer") || reason === "Client Closed" || reason === "Read Error";
    if (lost) {
      this.#outflow.drop();
      this.#socket.destroy();
    } else {
      this.#outflow.finish();
      this.#carrier.closingFor(reason);
      this.#socket.end();
    }
  }

  // ---- letting in -----------------------------------------------------------------------------------------------

  enter(identity: Identity): void {
    const { clock, random, settings } = this.#surroundings;
    this.#phase = "open";
    this.#parser.guarded = false;
    this.#parser.pedantic = this.pedantic;
    this.#parser.headersAllowed = settings.headers && (this.connect?.headers ?? false);
    this.applyIdentity(identity);
    this.#parser.shortcut = (chunk, position) => this.#forwarding.forward(chunk, position);
    this.#carrier.admitted(this.maxPayload);
    this.lastActivityAt = clock.now();
    if (this.connect === undefined) return;
    this.#keepalive.connected((bound) => random.below(bound));
    if (this.connect.verbose) this.#words.ok();
  }

  /** Asks to be let in; where the answer takes time, nothing more is read until it is there. */
  ask(connect: ConnectOptions | undefined): void {
    this.#phase = "authenticating";
    this.#admission.ask(connect);
    if (this.#admission.pending) this.#intake.wait();
  }

  answered(): void {
    this.pacing.goOn();
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

  /** The configuration says something else now about who this is, or about what that one may do. */
  revise(identity: Identity): void {
    this.applyIdentity(identity);
    for (const complaint of this.#subscriptions.withdrawForbidden()) this.complain(complaint);
  }

  /** The server's settings have changed. */
  applySettings(): void {
    const { maxControlLine, transcript } = this.#surroundings.settings;
    this.#parser.maxControlLine = maxControlLine;
    this.#transcript.follow(transcript);
    this.applyLimits();
  }

  /** Takes on the limits in force: the server's, the account's, the user's. */
  applyLimits(): void {
    const identity = this.identity;
    if (identity === undefined) return;
    const { account, payloadMax } = identity;
    const { settings, guard } = this.#surroundings;
    this.guard = this.inSystemAccount ? undefined : guard.active;
    this.pacing.follow(this.guard, account);
    this.#parser.maxPayload = smallest(settings.maxPayload, payloadMax, account.limits.payload);
    this.#forwarding.open(identity, {
      noEcho: this.noEcho,
      takesHeaders: this.takesHeaders,
      scrupulous: this.verbose || this.pedantic || this.#transcript.on,
      maxPayload: this.maxPayload,
    });
  }

  /** A second CONNECT begins anew: subscriptions go, the account is left. [nats-server client.go processConnect] */
  leaveAccount(): void {
    this.#forwarding.close();
    this.#subscriptions.endAll();
    this.#surroundings.observer.left(this);
    this.identity = undefined;
  }
}
