// A session's way past the stair: what forwarding must know of it to repeat decisions already taken.

import type { Resolver } from "../forward/lane.ts";
import { Lane } from "../forward/lane.ts";
import type { Outbox } from "../forward/outbox.ts";
import { Forwarder } from "../forward/reference.ts";
import type { Counts } from "./facts.ts";
import type { Guard } from "./guard.ts";
import type { Identity } from "./identity.ts";
import type { Meter } from "./pacing.ts";
import type { SessionSurroundings } from "./surroundings.ts";

/** How the session speaks, as far as it concerns forwarding. */
export interface Manners {
  readonly noEcho: boolean;
  readonly takesHeaders: boolean;
  /** Every publish is answered or examined: nothing is forwarded. */
  readonly scrupulous: boolean;
  /** Bytes; -1 for any number. */
  readonly maxPayload: number;
}

export interface ForwardingOwner {
  readonly received: Counts;
  readonly guard: Guard | undefined;
  readonly pacing: Meter;
}

export class Forwarding {
  readonly #lane: Lane;
  readonly #surroundings: SessionSurroundings;
  readonly #owner: ForwardingOwner;

  constructor(resolver: Resolver, outbox: Outbox, owner: ForwardingOwner, surroundings: SessionSurroundings) {
    this.#lane = new Lane(resolver, outbox, Forwarder.epochs());
    this.#surroundings = surroundings;
    this.#owner = owner;
  }

  open(identity: Identity, manners: Manners): void {
    const lane = this.#lane;
    const key = identity.permissions?.publishKey;
    lane.account = identity.account.number;
    lane.epochs = identity.account.epochs;
    lane.permissionClass = key === undefined ? 0 : this.#surroundings.permissionClass(key);
    lane.noEcho = manners.noEcho;
    lane.headers = manners.takesHeaders;
    lane.maxPayload = manners.maxPayload < 0 ? Number.MAX_SAFE_INTEGER : manners.maxPayload;
    lane.headerBytesMax = this.#owner.guard?.shape.harmlessHeaderBytes ?? Number.MAX_SAFE_INTEGER;
    lane.slow = manners.scrupulous;
  }

  close(): void {
    this.#lane.slow = true;
  }

  /** Forwards what it recognises at `position`; answers where it stopped. */
  forward(chunk: Buffer, position: number): number {
    const lane = this.#lane;
    const reached = this.#surroundings.forwarder.forward(lane, chunk, position);
    if (lane.messages === 0) return reached;
    const { received, pacing } = this.#owner;
    received.messages += lane.messages;
    received.bytes += lane.bytes;
    pacing.published(lane.messages, lane.bytes);
    lane.messages = 0;
    lane.bytes = 0;
    return reached;
  }
}
