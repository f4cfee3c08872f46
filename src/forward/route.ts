// A routing decision already taken: who hears one literal subject in one account, and with which bytes.

import type { Outbox } from "./outbox.ts";

/** Where the counts of a delivery belong: a subscription of an upper room. */
export interface Tally {
  /** Adds messages delivered, and their bytes (headers and payload, as nats-server counts them). */
  count(messages: number, bytes: number): void;
}

/** One subscription's share of a route. */
export class Delivery {
  readonly outbox: Outbox;
  /** "HMSG subject sid ", to which a publish's own rest is appended; a message without headers begins behind the H. */
  readonly head: Uint8Array;
  /** False: the stair must strip headers for this peer. */
  readonly takesHeaders: boolean;
  readonly tally: Tally;

  constructor(outbox: Outbox, head: Uint8Array, takesHeaders: boolean, tally: Tally) {
    this.outbox = outbox;
    this.head = head;
    this.takesHeaders = takesHeaders;
    this.tally = tally;
  }
}

/** Permission classes a route remembers as allowed; a fifth takes the place of the first. */
const classesMax = 4;

export class Route {
  /** Told apart by account and subject; `subject` is the wire's bytes. */
  readonly account: number;
  readonly subject: Uint8Array;
  readonly plain: readonly Delivery[];
  readonly groups: readonly (readonly Delivery[])[];
  /** Every message goes to the stair: something about this subject must be decided message by message. */
  readonly slow: boolean;
  /** Messages with headers go to the stair: a subscriber takes none. */
  readonly slowWithHeaders: boolean;
  /** Messages with a reply go to the stair: nobody listens (no responders), or a subscriber may publish to replies it received. */
  readonly slowWithReply: boolean;
  used = true;
  hash = 0;
  epochPlace = 0;
  epochSeen = 0;
  readonly #classes: number[] = [];
  #messages = 0;
  #bytes = 0;

  constructor(
    account: number,
    subject: Uint8Array,
    plain: readonly Delivery[],
    groups: readonly (readonly Delivery[])[],
    flags: { readonly slow: boolean; readonly slowWithReply: boolean },
  ) {
    this.account = account;
    this.subject = subject;
    this.plain = plain;
    this.groups = groups;
    this.slow = flags.slow;
    this.slowWithReply = flags.slowWithReply || plain.length + groups.length === 0;
    this.slowWithHeaders = stripsHeaders(plain) || groups.some(stripsHeaders);
  }

  /** Estimated bytes of memory, for the table's bound. */
  get weight(): number {
    let deliveries = this.plain.length;
    for (const group of this.groups) deliveries += group.length;
    return 200 + 2 * this.subject.length + deliveries * (160 + 2 * this.subject.length);
  }

  admits(permissionClass: number): boolean {
    return this.#classes.includes(permissionClass);
  }

  admit(permissionClass: number): void {
    if (this.#classes.length === classesMax) this.#classes.shift();
    this.#classes.push(permissionClass);
  }

  /** One message went to every plain delivery: counted once here instead of once each. True for the first to be settled. */
  countPlain(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#messages++ === 0;
  }

  /** Hands the counts gathered here to the subscriptions they belong to. */
  settle(): void {
    if (this.#messages === 0) return;
    for (const delivery of this.plain) delivery.tally.count(this.#messages, this.#bytes);
    this.#messages = 0;
    this.#bytes = 0;
  }
}

function stripsHeaders(deliveries: readonly Delivery[]): boolean {
  return deliveries.some((delivery) => !delivery.takesHeaders);
}
