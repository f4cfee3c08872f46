// One subject space: who is interested in what, and how a message finds them.

import { latin1Bytes } from "../base/latin1.ts";
import type { Epochs } from "../forward/lane.ts";
import { Forwarder } from "../forward/reference.ts";
import { type Delivery, Route } from "../forward/route.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { Interest, type InterestCounts, type Matched } from "../subject/interest.ts";
import { Mappings } from "../subject/mapping.ts";
import { isLiteral } from "../subject/subject.ts";
import type { Message } from "./message.ts";
import type { Subscription } from "./subscription.ts";

/** What an account may use; -1 stands for no limit. */
export interface AccountLimits {
  readonly connections: number;
  readonly leafConnections: number;
  readonly subscriptions: number;
  /** Bytes of headers and payload. */
  readonly payload: number;
}

export const unlimited: AccountLimits = {
  connections: -1,
  leafConnections: -1,
  subscriptions: -1,
  payload: -1,
};

/** Traffic of connections that are gone, kept so that an account's totals never shrink. */
export interface Traffic {
  messages: number;
  bytes: number;
}

/** What every account of a server shares. */
export interface AccountSurroundings {
  readonly forwarder: Forwarder;
  readonly clock: Clock;
  /** Picks members of queue groups, destinations of mappings, samples, and names for replies. */
  readonly random: Random;
  /**
   * Who published something, as services are told [nats-server events.go ClientInfo]: by itself the account and the
   * round trip, in detail everything. Undefined for the server itself.
   */
  describe(origin: object, detailed: boolean): Record<string, unknown> | undefined;
  /** The server's name, as it is added to such a description. */
  readonly serverName: string;
  /** A time as events tell it; nanoseconds since the epoch. */
  stamp(ns: bigint): string;
  isSystem(account: Account): boolean;
  /** Tells an account something in the server's own name. `subject` is wire text. */
  tell(account: Account, subject: string, event: object): void;
  /** The same, with a description of the server in it, and compressed if that is accepted ("" for not). */
  report(account: Account, subject: string, event: object, acceptEncoding: string): void;
}

/** Told of what is subscribed in an account: whatever an account takes from others follows its own interest. */
export interface InterestWatcher {
  subscribed(subscription: Subscription): void;
  /** It is no longer part of the account's interest. */
  unsubscribed(subscription: Subscription): void;
}

/** Where messages of an account are traced to that carry a trace context. */
export interface TraceDestination {
  readonly subject: string;
  /** Percent, 1 to 100. */
  readonly sampling: number;
}

const limitToldEveryMs = 2_000;

export class Account {
  /** "$G", a configured name, or an account's public nkey. */
  readonly name: string;
  /** Small, unique in a server, never reused: routes are kept by it. */
  readonly number: number;
  readonly epochs: Epochs = Forwarder.epochs();
  /** What its owner calls it; "" where it has no other name. */
  nameTag = "";
  limits: AccountLimits = unlimited;
  readonly received: Traffic = { messages: 0, bytes: 0 };
  readonly sent: Traffic = { messages: 0, bytes: 0 };
  /** Subscriptions that peers made here, counted by their sessions; imports and the server's own are not among them. */
  peerSubscriptions = 0;
  traceDestination: TraceDestination | undefined;
  watcher: InterestWatcher | undefined;
  readonly surroundings: AccountSurroundings;
  /** When the log last said that a peer here has too many subscriptions; monotonic. */
  #limitToldMs = Number.NEGATIVE_INFINITY;
  readonly #interest = new Interest<Subscription>();
  #mappings = new Mappings();
  readonly #below = (bound: number): number => this.surroundings.random.below(bound);

  constructor(name: string, number: number, surroundings: AccountSurroundings) {
    this.name = name;
    this.number = number;
    this.surroundings = surroundings;
  }

  /** Whether the log says once more that a peer here has too many subscriptions. [nats-server accounts.go shouldLogMaxSubErr] */
  tellsOfLimit(nowMs: number): boolean {
    if (nowMs - this.#limitToldMs < limitToldEveryMs) return false;
    this.#limitToldMs = nowMs;
    return true;
  }

  get subscriptionCount(): number {
    return this.#interest.size;
  }

  /** How interest came about and is found, for monitoring. */
  get interestCounts(): InterestCounts {
    return this.#interest.counts();
  }

  subscribe(subscription: Subscription): void {
    this.#interest.insert(subscription);
    this.#interestChanged(subscription.subject);
    this.watcher?.subscribed(subscription);
  }

  /** Ends a subscription; messages already on their way to it in this very call are not delivered. */
  unsubscribe(subscription: Subscription): void {
    if (subscription.closed) return;
    subscription.closed = true;
    this.#interestChanged(subscription.subject);
    this.#interest.remove(subscription);
    this.watcher?.unsubscribed(subscription);
  }

  /** What a subject becomes by the account's mappings; "", which nobody hears, where a mapping loses it. */
  mapped(subject: string): string {
    if (this.#mappings.size === 0) return subject;
    return this.#mappings.apply(subject, this.#below) ?? "";
  }

  /** Subjects become others from now on, before anything else is asked of them. */
  map(mappings: Mappings): void {
    this.#mappings = mappings;
    this.forgetRoutes();
  }

  /** Hands a message to everyone interested; answers how many took it. */
  publish(message: Message): number {
    const interest = this.#interest.match(message.subject);
    const plain = interest.plain;
    let reached = 0;
    for (let i = 0; i < plain.length; i++) {
      if (hand(message, plain[i]!)) reached++;
    }
    const groups = interest.groups;
    for (let i = 0; i < groups.length; i++) {
      if (this.#handToOne(message, groups[i]!)) reached++;
    }
    return reached;
  }

  /** Whether anybody would be asked to take a message to this subject. */
  hasInterest(subject: string): boolean {
    return this.#interest.has(subject);
  }

  interestIn(subject: string): Matched<Subscription> {
    return this.#interest.match(subject);
  }

  forEachSubscription(visit: (subscription: Subscription) => void): void {
    this.#interest.forEach(visit);
  }

  /** The routing decision for a literal subject, in a form that forwarding can repeat. */
  route(subject: string): Route {
    const interest = this.#interest.match(subject);
    let slow = this.#mappings.size > 0 && this.#mappings.find(subject) !== undefined;
    let slowWithReply = false;
    const deliveries = (subscriptions: readonly Subscription[]): Delivery[] => {
      const found: Delivery[] = [];
      for (const subscription of subscriptions) {
        const standing =
          subscription.max > 0 ? "each" : subscription.subscriber.standing(subscription, subject);
        if (standing === "each") slow = true;
        else if (standing !== "never") found.push(standing);
        subscription.forwarded = true;
        slowWithReply ||= subscription.subscriber.remembersReplies;
      }
      return found;
    };
    const plain = deliveries(interest.plain);
    const groups = interest.groups.map(deliveries).filter((members) => members.length > 0);
    return new Route(this.number, latin1Bytes(subject), plain, groups, { slow, slowWithReply });
  }

  /** Permissions, limits or connections changed: every routing decision of this account is taken anew. */
  forgetRoutes(): void {
    this.surroundings.forwarder.forgetAll(this.epochs);
  }

  /** A subscription was given a maximum: its deliveries must be counted one by one from now on. */
  subscriptionChanged(subscription: Subscription): void {
    this.#interestChanged(subscription.subject);
  }

  #interestChanged(pattern: string): void {
    const forwarder = this.surroundings.forwarder;
    if (isLiteral(pattern)) forwarder.forget(this.number, pattern);
    else forwarder.forgetPattern(this.epochs, pattern);
  }

  /** One member, picked at random; the next ones when it does not take the message. */
  #handToOne(message: Message, members: readonly Subscription[]): boolean {
    const count = members.length;
    const first = count === 1 ? 0 : this.surroundings.random.below(count);
    for (let i = 0; i < count; i++) {
      if (hand(message, members[(first + i) % count]!)) return true;
    }
    return false;
  }
}

function hand(message: Message, subscription: Subscription): boolean {
  return !subscription.closed && subscription.subscriber.deliver(message, subscription);
}
