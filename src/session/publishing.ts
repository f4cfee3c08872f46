// A session's publishes: what is checked before a message enters the account, and what forwarding may repeat of it.

import type { Account } from "../account/account.ts";
import { Message } from "../account/message.ts";
import type { Subscriber } from "../account/subscription.ts";
import type { MessageTrace } from "../account/trace.ts";
import type { Resolver } from "../forward/lane.ts";
import type { Route } from "../forward/route.ts";
import type { Permissions } from "../identity/permissions.ts";
import type { Publish } from "../wire/command.ts";
import {
  invalidPublishSubject,
  publishDenied,
  publishReplyDenied,
  type Violation,
} from "../wire/violation.ts";
import type { Guard } from "./guard.ts";
import type { OwnWords } from "./own-words.ts";
import type { ReplyGrants } from "./reply-grants.ts";
import { decideTrace, type TracingOwner, traceOversize } from "./tracing.ts";

/** Subjects by which gateways route replies; nobody else's. */
const gatewayReplies = "_GR_.";
const oldGatewayReplies = "$GR.";
/** Subjects of replication groups, for the system account only. */
const replicationGroups = "$NRG.";
/** Replies the server makes for itself: of service imports, and with something behind it gateways', acknowledgements. */
const serviceReplies = "_R_.";
const reservedReplies = [gatewayReplies, oldGatewayReplies, "$JS.ACK."];

export interface PublishingOwner extends Subscriber, TracingOwner {
  readonly account: Account;
  readonly permissions: Permissions | undefined;
  readonly replyGrants: ReplyGrants | undefined;
  readonly guard: Guard | undefined;
  readonly verbose: boolean;
  readonly inSystemAccount: boolean;
  /** Tells a requester that nobody listens, if it asked to be told. */
  nobodyListens(subject: string, reply: string): void;
  complain(violation: Violation): void;
}

export class Publishing implements Resolver {
  readonly #owner: PublishingOwner;
  readonly #words: OwnWords;
  readonly #message = new Message();
  readonly #mayPublishTo = (subject: string): boolean => this.mayPublish(subject);

  constructor(owner: PublishingOwner, words: OwnWords) {
    this.#owner = owner;
    this.#words = words;
  }

  publish(publish: Publish): void {
    const owner = this.#owner;
    const { subject, reply } = publish;
    // Written into a subscriber's MSG line it would end that line: nobody is handed such a message.
    if (endsLine(subject) || (reply !== undefined && endsLine(reply)))
      return owner.complain(invalidPublishSubject);
    if (publish.headerBytes > 0) return this.#publishWithHeaders(publish);
    this.#enter(owner.account.mapped(subject), reply, 0, publish.body, undefined);
  }

  /** Headers may ask for a trace. */
  #publishWithHeaders(publish: Publish): void {
    const { account } = this.#owner;
    const decision = decideTrace(publish, this.#owner, this.#mayPublishTo);
    if (decision.kind === "dropped") return;
    const subject = account.mapped(publish.subject);
    const { headerBytes, body } = decision.kind === "silenced" ? decision : publish;
    const trace = decision.kind === "traced" ? decision.trace : undefined;
    if (subject !== publish.subject) trace?.mapped(subject);
    this.#enter(subject, publish.reply, headerBytes, body, trace);
    if (trace !== undefined) this.#report(trace);
  }

  /** A message of `size` bytes is not taken, and a trace that its headers ask for says so. */
  tooLarge(subject: string, headers: Buffer, size: number): void {
    const trace = traceOversize({ subject, headers, size }, this.#owner, this.#mayPublishTo);
    if (trace === undefined) return;
    trace.refused("maximum payload exceeded");
    this.#report(trace);
  }

  #report(trace: MessageTrace): void {
    const { account } = this.#owner;
    account.surroundings.report(account, trace.destination, trace.report(), trace.acceptEncoding);
  }

  /** The message under the subject that the account's mappings give it: permissions are asked for that one. */
  #enter(
    subject: string,
    reply: string | undefined,
    headerBytes: number,
    body: Buffer,
    trace: MessageTrace | undefined,
  ): void {
    const owner = this.#owner;
    const refusal = this.#refusal(subject, reply);
    if (refusal !== undefined) {
      trace?.refused(refusal.text ?? "");
      return owner.complain(refusal);
    }
    if (owner.verbose) this.#words.ok();

    const message = this.#message.set(subject, reply, headerBytes, body, owner);
    message.trace = trace;
    const reached = owner.account.publish(message);
    if (reached === 0 && reply !== undefined) owner.nobodyListens(subject, reply);
  }

  #refusal(subject: string, reply: string | undefined): Violation | undefined {
    if (!this.#allowed(subject)) return publishDenied(subject);
    return reply !== undefined && isReservedReply(reply) ? publishReplyDenied(reply) : undefined;
  }

  resolve(subject: string): Route | undefined {
    if (this.#owner.guard?.shape.allowsSubject(subject) === false) return undefined;
    return this.mayPublish(subject) ? this.#owner.account.route(subject) : undefined;
  }

  /** Whether the subject is allowed for good: a reply granted once is not. */
  mayPublish(subject: string): boolean {
    const permissions = this.#owner.permissions;
    return !this.#reserved(subject) && (permissions === undefined || permissions.canPublish(subject));
  }

  #allowed(subject: string): boolean {
    if (this.mayPublish(subject)) return true;
    const grants = this.#owner.replyGrants;
    return grants !== undefined && !this.#reserved(subject) && grants.spend(subject);
  }

  #reserved(subject: string): boolean {
    if (subject.charCodeAt(0) !== 0x5f && subject.charCodeAt(0) !== 0x24) return false;
    if (goesOn(subject, gatewayReplies) || goesOn(subject, oldGatewayReplies)) return true;
    return subject.startsWith(replicationGroups) && !this.#owner.inSystemAccount;
  }
}

function endsLine(text: string): boolean {
  return text.indexOf("\n") >= 0 || text.indexOf("\r") >= 0;
}

function isReservedReply(reply: string): boolean {
  const first = reply.charCodeAt(0);
  if (first !== 0x5f && first !== 0x24) return false;
  return reply.startsWith(serviceReplies) || reservedReplies.some((prefix) => goesOn(reply, prefix));
}

function goesOn(text: string, prefix: string): boolean {
  return text.length > prefix.length && text.startsWith(prefix);
}
