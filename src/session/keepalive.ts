// Pings a peer that has been silent, measures its round trip, and notices when it no longer answers.
// [nats-server client.go processPingTimer]

import type { Alarm, Clock } from "../ports/clock.ts";

/** The round trip is measured this soon after CONNECT, and then hourly. */
const firstPingMs = 2_000;
const firstPingJitterMs = 400;
const measureAgainMs = 3_600_000;

export interface KeepaliveOwner {
  readonly pingIntervalMs: number;
  readonly maxPingsOut: number;
  /** When the peer last sent messages or a ping, on the monotonic clock. */
  readonly lastHeardMs: number;
  sendPing(): void;
  stale(): void;
}

export class Keepalive {
  /** Milliseconds, at least a microsecond once measured; 0 before. */
  rttMs = 0;
  readonly #clock: Clock;
  readonly #owner: KeepaliveOwner;
  #alarm: Alarm | undefined;
  #unanswered = 0;
  #measuredFromMs: number;

  constructor(clock: Clock, owner: KeepaliveOwner) {
    this.#clock = clock;
    this.#owner = owner;
    this.#measuredFromMs = clock.monotonicMs();
    this.#schedule(owner.pingIntervalMs);
  }

  /** CONNECT came: from here the first ping is near. `below` draws its jitter. */
  connected(below: (bound: number) => number): void {
    this.rttMs = Math.max(0.001, this.#clock.monotonicMs() - this.#measuredFromMs);
    this.#schedule(Math.min(firstPingMs + below(firstPingJitterMs), this.#owner.pingIntervalMs));
    this.#measureSoon = true;
  }

  answered(): void {
    this.#unanswered = 0;
    this.rttMs = Math.max(0.001, this.#clock.monotonicMs() - this.#measuredFromMs);
  }

  stop(): void {
    this.#alarm?.cancel();
  }

  #measureSoon = false;

  #schedule(delayMs: number): void {
    this.#alarm?.cancel();
    this.#alarm = this.#clock.after(delayMs, () => this.#ring());
  }

  #ring(): void {
    const owner = this.#owner;
    const nowMs = this.#clock.monotonicMs();
    const measure = this.#measureSoon || nowMs - this.#measuredFromMs > measureAgainMs;
    if (measure || nowMs - owner.lastHeardMs >= owner.pingIntervalMs) {
      if (this.#unanswered + 1 > owner.maxPingsOut) return owner.stale();
      this.#unanswered++;
      this.#measuredFromMs = nowMs;
      this.#measureSoon = false;
      owner.sendPing();
    }
    this.#schedule(owner.pingIntervalMs);
  }
}
