// A clock that stands still until it is told to go on; alarms ring in order while it does.
import type { Alarm, Clock } from "../../src/ports/clock.ts";

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly ring: () => void;
}

export class ManualClock implements Clock {
  /** Milliseconds since the epoch at which the world begins. */
  static readonly begin = 1_800_000_000_000;
  #elapsedMs = 0;
  #order = 0;
  #pending: Pending[] = [];

  now(): number {
    return ManualClock.begin + this.#elapsedMs;
  }

  nowNs(): bigint {
    return BigInt(Math.round(this.now())) * 1_000_000n;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, ring: () => void): Alarm {
    const pending = { at: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, ring };
    this.#pending.push(pending);
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((each) => each !== pending);
      },
    };
  }

  /** Lets time pass: every alarm due on the way rings at its time. */
  advance(ms: number): void {
    const until = this.#elapsedMs + ms;
    for (;;) {
      const next = this.#pending
        .filter(({ at }) => at <= until)
        .reduce<Pending | undefined>(
          (first, each) => (first === undefined || earlier(each, first) ? each : first),
          undefined,
        );
      if (next === undefined) break;
      this.#pending = this.#pending.filter((each) => each !== next);
      this.#elapsedMs = next.at;
      next.ring();
    }
    this.#elapsedMs = until;
  }

  /** Alarms that are set. */
  get alarms(): number {
    return this.#pending.length;
  }
}

function earlier(a: Pending, b: Pending): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
