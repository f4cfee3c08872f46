// The way out to one peer: hands bytes to its socket and notices when it does not keep up.

import { goDuration } from "../base/go-duration.ts";
import { Outbox, type Peer } from "../forward/outbox.ts";
import type { Alarm, Clock } from "../ports/clock.ts";
import type { Socket } from "../ports/network.ts";
import type { ClosedReason } from "../wire/violation.ts";
import type { SessionFacts } from "./facts.ts";
import { stallAbove } from "./pressure.ts";
import type { Backlog, Share } from "./share.ts";
import type { SessionSurroundings } from "./surroundings.ts";

/** The session, which is told what becomes of its peer. */
export interface OutflowOwner extends SessionFacts {
  /** The peer reads too slowly and must go; `how` says it in words. */
  tooSlow(reason: ClosedReason, how: string): void;
}

export class Outflow implements Peer, Backlog {
  readonly outbox: Outbox;
  /** How often somebody was held up because this peer read too slowly. */
  stalls = 0;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #surroundings: SessionSurroundings;
  readonly #owner: OutflowOwner;
  #deadline: Alarm | undefined;
  #closed = false;
  /** Where what waits for the peer is counted; undefined where it is not. */
  #share: Share | undefined;
  #isLate = false;
  #gated = false;

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
    const { maxPending, stallFastProducers } = this.#surroundings.settings;
    this.#surroundings.pressure.note(this, pending, maxPending);
    if (pending > maxPending * stallAbove && !stallFastProducers) this.#gate(true);
    if (pending > maxPending) {
      this.#owner.tooSlow("Slow Consumer (Pending Bytes)", `MaxPending of ${maxPending} Exceeded`);
    } else if (this.#deadline === undefined && pending > 0) {
      this.#watch();
    }
    this.#share?.waiting(this, pending);
    return false;
  }

  /**
   * Whether messages pass the peer by: much waits for it already, and who sends is not to be held up. Looks again each
   * time it is asked, until enough of it is gone. [nats-server client.go deliverMsg]
   */
  get isGated(): boolean {
    if (!this.#gated) return false;
    const { maxPending, stallFastProducers } = this.#surroundings.settings;
    const full = this.#socket.pendingBytes > maxPending * stallAbove;
    if (!full || stallFastProducers) this.#gate(false);
    return this.#gated;
  }

  /** Forwarding has ready-made deliveries to the peer, or must ask each time. */
  #gate(gated: boolean): void {
    if (this.#gated === gated) return;
    this.#gated = gated;
    this.#owner.identity?.account.forgetRoutes();
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
    this.#owner.tooSlow("Slow Consumer (Pending Bytes)", "account_pending Exceeded");
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
  #watch(): void {
    const { writtenBytes: due, takenBytes: before } = this.#socket;
    const { writeDeadlineMs } = this.#surroundings.settings;
    this.#deadline = this.#clock.after(writeDeadlineMs, () => {
      this.#deadline = undefined;
      const { takenBytes } = this.#socket;
      if (takenBytes < due && !this.#mayStay(takenBytes > before, due - takenBytes)) return;
      if (this.#socket.pendingBytes > 0) this.#watch();
      else this.#recover();
    });
  }

  /** A write deadline is missed: told to the owner, and whether the peer stays. [nats-server client.go handleWriteTimeout] */
  #mayStay(moves: boolean, bytes: number): boolean {
    const { writeDeadlineMs, closesAtWriteDeadline } = this.#surroundings.settings;
    const how = `WriteDeadline of ${goDuration(writeDeadlineMs)} exceeded with ${bytes} total bytes.`;
    // Who takes nothing at all is gone, whatever the policy.
    if (closesAtWriteDeadline || !moves) {
      this.#owner.tooSlow("Slow Consumer (Write Deadline)", how);
      return false;
    }
    this.#tell(`${this.#isLate ? "State" : "Detected"}: ${how}`);
    this.#surroundings.observer.late(this.#owner);
    this.#isLate = true;
    return true;
  }

  #recover(): void {
    if (this.#isLate) this.#tell("Recovered");
    this.#isLate = false;
  }

  #tell(what: string): void {
    this.#surroundings.trace.log("info", `${this.#owner.logName} - Slow Consumer ${what}`);
  }
}
