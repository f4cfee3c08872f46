// The way out to one peer: hands bytes to its socket and notices when it does not keep up.

import { Outbox, type Peer } from "../forward/outbox.ts";
import type { Alarm, Clock } from "../ports/clock.ts";
import type { Socket } from "../ports/network.ts";
import type { ClosedReason } from "../wire/violation.ts";
import type { Backlog, Share } from "./share.ts";
import type { SessionSurroundings } from "./surroundings.ts";

/** What an outflow tells its session. */
export interface OutflowOwner {
  /** The peer reads too slowly and must go. */
  tooSlow(reason: ClosedReason): void;
}

export class Outflow implements Peer, Backlog {
  readonly outbox: Outbox;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #surroundings: SessionSurroundings;
  readonly #owner: OutflowOwner;
  #deadline: Alarm | undefined;
  #closed = false;
  /** Where what waits for the peer is counted; undefined where it is not. */
  #share: Share | undefined;

  constructor(socket: Socket, surroundings: SessionSurroundings, owner: OutflowOwner) {
    this.#socket = socket;
    this.#clock = surroundings.clock;
    this.#surroundings = surroundings;
    this.#owner = owner;
    this.outbox = new Outbox(this, surroundings.turn, surroundings.pool);
  }

  /** Bytes that wait for the peer, gathered ones included. */
  get pendingBytes(): number {
    return this.outbox.length + this.#socket.pendingBytes;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed) return true;
    const taken = this.#socket.write(bytes);
    if (taken) return true;
    const pending = this.#socket.pendingBytes;
    const { maxPending } = this.#surroundings.settings;
    this.#surroundings.pressure.note(this, pending, maxPending);
    if (pending > maxPending) {
      this.#owner.tooSlow("Slow Consumer (Pending Bytes)");
    } else if (this.#deadline === undefined && pending > 0) {
      this.#watch(pending);
    }
    this.#share?.waiting(this, pending);
    return false;
  }

  /** What waits for the peer counts for this account from the next write on. */
  join(share: Share | undefined): void {
    if (share === this.#share) return;
    this.#share?.forget(this);
    this.#share = share;
  }

  get waitingBytes(): number {
    return this.#socket.pendingBytes;
  }

  cut(): void {
    this.#owner.tooSlow("Slow Consumer (Pending Bytes)");
  }

  /** Sends what is gathered, then takes nothing more. */
  finish(): void {
    this.outbox.flush();
    this.drop();
  }

  drop(): void {
    this.#closed = true;
    this.join(undefined);
    this.#deadline?.cancel();
    this.outbox.close();
  }

  /** What waits now must be gone within the write deadline, though more may have come to wait by then. */
  #watch(pending: number): void {
    const leftBehind = this.#socket.takenBytes + pending;
    const { writeDeadlineMs, closesAtWriteDeadline } = this.#surroundings.settings;
    this.#deadline = this.#clock.after(writeDeadlineMs, () => {
      this.#deadline = undefined;
      const late = this.#socket.takenBytes < leftBehind;
      if (late && closesAtWriteDeadline) return this.#owner.tooSlow("Slow Consumer (Write Deadline)");
      const rest = this.#socket.pendingBytes;
      if (rest > 0) this.#watch(rest);
    });
  }
}
