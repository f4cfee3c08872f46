// Counts failed authentications per address: ten a minute are answered 401, more 429. Nothing but a failed
// authentication is ever answered 429, as Scaleway's command line repeats such a request for ever.

import type { Clock } from "../../ports/clock.ts";
import { microseconds } from "../model/moment.ts";
import { type Refused, refuse } from "../model/refusal.ts";

export const failuresMax = 10;
export const windowMs = 60_000;
const addressesMax = 10_000; // beyond it the oldest window is forgotten

interface Window {
  readonly startedMs: number;
  failures: number;
}

export class Failures {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>(); // in the order in which they started

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a failure; the refusal to give instead of the usual one when there were too many. */
  note(address: string): Refused | undefined {
    const nowMs = this.#clock.monotonicMs();
    let window = this.#windows.get(address);
    if (window === undefined || nowMs - window.startedMs >= windowMs) {
      this.#windows.delete(address);
      if (this.#windows.size >= addressesMax) this.#forgetOldest();
      window = { startedMs: nowMs, failures: 0 };
      this.#windows.set(address, window);
    }
    window.failures++;
    if (window.failures <= failuresMax) return undefined;
    const resetSeconds = Math.max(1, Math.ceil((window.startedMs + windowMs - nowMs) / 1_000));
    return refuse({
      kind: "tooMany",
      quota: failuresMax,
      windowSeconds: windowMs / 1_000,
      resetSeconds,
      resetUs: microseconds(this.#clock.nowNs()) + resetSeconds * 1_000_000,
      help: "too many failed authentications from this address",
    });
  }

  #forgetOldest(): void {
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
