// How long responses are waited for: those of one exported service, the oldest first, with one alarm for all.
// [nats-server accounts.go checkExpiredResponses]

import type { Alarm, Clock } from "../ports/clock.ts";

/** Something that is waited for. */
export interface Awaited {
  /** Milliseconds on the monotonic clock; since then nothing was heard. */
  sinceMs: number;
  /** Nothing came in time. */
  expire(): void;
}

export class Patience {
  readonly #clock: Clock;
  readonly #thresholdMs: number;
  /** Set order is the order of waiting: whoever is heard of goes to the end. */
  readonly #waiting = new Set<Awaited>();
  #alarm: Alarm | undefined;

  constructor(clock: Clock, thresholdMs: number) {
    this.#clock = clock;
    this.#thresholdMs = thresholdMs;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Starts waiting, or starts anew. */
  await(awaited: Awaited): void {
    this.#waiting.delete(awaited);
    awaited.sinceMs = this.#clock.monotonicMs();
    this.#waiting.add(awaited);
    if (this.#alarm === undefined) this.#ringIn(this.#thresholdMs);
  }

  forget(awaited: Awaited): void {
    if (!this.#waiting.delete(awaited) || this.#waiting.size > 0) return;
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  #ringIn(delayMs: number): void {
    this.#alarm = this.#clock.after(delayMs, () => {
      this.#alarm = undefined;
      const dueMs = this.#clock.monotonicMs() - this.#thresholdMs;
      for (const awaited of this.#waiting) {
        if (awaited.sinceMs > dueMs) return this.#ringIn(awaited.sinceMs - dueMs);
        this.#waiting.delete(awaited);
        awaited.expire();
      }
    });
  }
}
