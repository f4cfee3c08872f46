// What one account takes of the server: the messages it publishes, and the bytes that wait for its peers.

import type { Clock } from "../ports/clock.ts";
import { Bucket } from "./bucket.ts";
import type { GuardLimits } from "./guard-limits.ts";

/** A peer for which bytes wait. */
export interface Backlog {
  /** Bytes that wait for it now. */
  readonly waitingBytes: number;
  /** It has the most, and must go. */
  cut(): void;
}

export class Share {
  readonly #clock: Clock;
  readonly #messages: Bucket;
  readonly #bytes: Bucket;
  readonly #pendingMax: number;
  /** Peers for which bytes waited when they were last written to; what drained since is still counted. */
  readonly #backlogs = new Map<Backlog, number>();
  #pending = 0;

  constructor(clock: Clock, limits: GuardLimits) {
    const nowMs = clock.monotonicMs();
    this.#clock = clock;
    this.#messages = new Bucket(limits.accountMessagesPerSecond, nowMs);
    this.#bytes = new Bucket(limits.accountBytesPerSecond, nowMs);
    this.#pendingMax = limits.accountPendingBytes;
  }

  /** The account has published so much. */
  published(messages: number, bytes: number): void {
    this.#messages.spend(messages);
    this.#bytes.spend(bytes);
  }

  /** Milliseconds that whoever publishes now must wait. */
  owedMs(): number {
    const nowMs = this.#clock.monotonicMs();
    return Math.max(this.#messages.owedMs(nowMs), this.#bytes.owedMs(nowMs));
  }

  /** So many bytes wait for a peer. Cuts the peer with the most where all together have too many. */
  waiting(backlog: Backlog, bytes: number): void {
    if (this.#pendingMax === 0) return;
    this.#pending += bytes - (this.#backlogs.get(backlog) ?? 0);
    this.#backlogs.set(backlog, bytes);
    if (this.#pending <= this.#pendingMax) return;
    this.#recount();
    while (this.#pending > this.#pendingMax) {
      const largest = this.#largest();
      if (largest === undefined) return;
      this.forget(largest);
      largest.cut();
    }
  }

  /** Nothing waits for the peer any more, or it is gone. */
  forget(backlog: Backlog): void {
    this.#pending -= this.#backlogs.get(backlog) ?? 0;
    this.#backlogs.delete(backlog);
  }

  #recount(): void {
    this.#pending = 0;
    for (const backlog of this.#backlogs.keys()) {
      const bytes = backlog.waitingBytes;
      this.#pending += bytes;
      if (bytes === 0) this.#backlogs.delete(backlog);
      else this.#backlogs.set(backlog, bytes);
    }
  }

  #largest(): Backlog | undefined {
    let found: Backlog | undefined;
    let most = 0;
    for (const [backlog, bytes] of this.#backlogs) {
      if (bytes <= most) continue;
      found = backlog;
      most = bytes;
    }
    return found;
  }
}
