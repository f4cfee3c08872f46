// What one peer has subscribed to, by the names it chose.

import type { Account } from "../account/account.ts";
import { type Subscriber, Subscription } from "../account/subscription.ts";
import type { Permissions } from "../identity/permissions.ts";
import { countTokens, isValidPattern } from "../subject/subject.ts";
import {
  invalidSubject,
  subscriptionDenied,
  subscriptionsExceeded,
  subscriptionWithdrawn,
  tooManyTokens,
  type Violation,
} from "../wire/violation.ts";
import type { Guard } from "./guard.ts";
import type { Identity } from "./identity.ts";
import type { SessionSurroundings } from "./surroundings.ts";
import type { Transcript } from "./transcript.ts";

/** The server's own queue group. */
const systemQueue = "_sys_";

export interface SubscriptionsOwner extends Subscriber {
  readonly account: Account;
  readonly identity: Identity | undefined;
  readonly permissions: Permissions | undefined;
  readonly guard: Guard | undefined;
}

export class Subscriptions {
  readonly #owner: SubscriptionsOwner;
  readonly #surroundings: SessionSurroundings;
  readonly #transcript: Transcript;
  readonly #bySid = new Map<string, Subscription>();

  constructor(owner: SubscriptionsOwner, surroundings: SessionSurroundings, transcript: Transcript) {
    this.#owner = owner;
    this.#surroundings = surroundings;
    this.#transcript = transcript;
  }

  get size(): number {
    return this.#bySid.size;
  }

  all(): Iterable<Subscription> {
    return this.#bySid.values();
  }

  /** Subscribes, or answers why not. A sid in use stays with its subscription. [nats-server client.go processSubEx] */
  add(subject: string, queue: string | undefined, sid: string): Violation | undefined {
    const refusal = this.#refusal(subject, queue, sid);
    if (refusal !== undefined) return refusal;
    if (this.#bySid.has(sid)) return undefined;
    if (!isValidPattern(subject)) return invalidSubject;
    const subscription = new Subscription(subject, queue, sid, this.#owner);
    this.#bySid.set(sid, subscription);
    this.#owner.account.subscribe(subscription);
    this.#owner.account.peerSubscriptions++;
    return undefined;
  }

  /** Ends a subscription, now or after `max` messages in all (0: now). [nats-server client.go processUnsub] */
  end(sid: string, max: number): void {
    const subscription = this.#bySid.get(sid);
    if (subscription === undefined) return;
    // What forwarding has delivered so far counts towards the maximum.
    if (subscription.forwarded) this.#surroundings.forwarder.settle();
    if (max > subscription.messages) {
      subscription.max = max;
      this.#owner.account.subscriptionChanged(subscription);
    } else {
      this.drop(subscription);
    }
  }

  drop(subscription: Subscription): void {
    this.#bySid.delete(subscription.sid);
    this.#unsubscribe(subscription);
  }

  endAll(): void {
    for (const subscription of this.#bySid.values()) this.#unsubscribe(subscription);
    this.#bySid.clear();
  }

  #unsubscribe(subscription: Subscription): void {
    this.#owner.account.unsubscribe(subscription);
    this.#owner.account.peerSubscriptions--;
    this.#transcript.forgotten(subscription.sid);
  }

  /** Ends what the permissions in force no longer allow; answers the complaints to send. */
  withdrawForbidden(): Violation[] {
    const complaints: Violation[] = [];
    for (const subscription of [...this.#bySid.values()]) {
      const { subject, queue, sid } = subscription;
      if (this.#permitted(subject, queue)) continue;
      complaints.push(subscriptionWithdrawn(subject, queue, sid));
      this.drop(subscription);
    }
    return complaints;
  }

  #refusal(subject: string, queue: string | undefined, sid: string): Violation | undefined {
    if (!this.#permitted(subject, queue) || queue === systemQueue)
      return subscriptionDenied(subject, queue, sid);
    const { maxSubscriptionTokens } = this.#surroundings.settings;
    if (maxSubscriptionTokens > 0 && countTokens(subject) > maxSubscriptionTokens)
      return tooManyTokens(subject, sid);
    const { guard, account } = this.#owner;
    if (guard !== undefined && !guard.allowsPattern(subject)) return tooManyTokens(subject, sid);
    if (guard !== undefined && !guard.hasRoomIn(account)) return this.#tooMany();
    const max = this.#limit();
    return max >= 0 && this.size >= max ? this.#tooMany() : undefined;
  }

  #tooMany(): Violation {
    const tells = this.#owner.account.tellsOfLimit(this.#surroundings.clock.monotonicMs());
    return tells ? subscriptionsExceeded : { ...subscriptionsExceeded, detail: "" };
  }

  #permitted(subject: string, queue: string | undefined): boolean {
    const permissions = this.#owner.permissions;
    return permissions === undefined || permissions.canSubscribe(subject, queue);
  }

  /** Subscriptions allowed; -1 for any number. */
  #limit(): number {
    const identity = this.#owner.identity!;
    const server = this.#surroundings.settings.maxSubscriptions;
    const limits = [identity.subscriptionsMax, identity.account.limits.subscriptions].filter(
      (each) => each >= 0,
    );
    if (server > 0) limits.push(server);
    return limits.length === 0 ? -1 : Math.min(...limits);
  }
}
