// A server that is about to go: its clients are told, and then closed a few at a time, so that the servers they move to
// are not overrun. [nats-server server.go lameDuckMode]

import type { Alarm, Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import type { Session } from "../session/session.ts";
import type { LameDuckOptions } from "./config/options.ts";

/** Clients are closed at most this far apart. */
const intervalMaxMs = 1_000;

export interface LameDuckParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  /** Those who were in when nobody came in any more. */
  readonly sessions: readonly Session[];
  readonly options: LameDuckOptions;
}

export class LameDuck {
  readonly #parts: LameDuckParts;
  readonly #left: Session[];
  readonly #intervalMs: number;
  readonly #together: number;
  #alarm: Alarm | undefined;
  #done: () => void = () => undefined;

  constructor(parts: LameDuckParts) {
    this.#parts = parts;
    this.#left = [...parts.sessions];
    const { durationMs, gracePeriodMs } = parts.options;
    const spreadMs = durationMs > gracePeriodMs ? durationMs - gracePeriodMs : intervalMaxMs;
    const apartMs = spreadMs / Math.max(1, this.#left.length);
    this.#intervalMs = Math.min(Math.max(1, apartMs), intervalMaxMs);
    // Where there are more clients than milliseconds, several go at once.
    this.#together = Math.max(1, Math.ceil(1 / apartMs));
  }

  /** Resolves when the last client is closed. */
  begin(): Promise<void> {
    if (this.#left.length === 0) return Promise.resolve();
    for (const session of this.#left) session.sendInfoAgain({ ldm: true });
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#alarm = this.#parts.clock.after(this.#parts.options.gracePeriodMs, () => {
        this.#parts.trace.log("info", "Closing existing clients");
        this.#closeSome();
      });
    });
  }

  /** The server stops now: there is nothing left to do slowly. */
  cancel(): void {
    this.#alarm?.cancel();
    this.#done();
  }

  #closeSome(): void {
    for (const session of this.#left.splice(0, this.#together)) session.end("Server Shutdown");
    if (this.#left.length === 0) return this.#done();
    const half = Math.floor(this.#intervalMs / 2);
    const pauseMs = Math.max(half, this.#parts.random.below(Math.ceil(this.#intervalMs)));
    this.#alarm = this.#parts.clock.after(pauseMs, () => this.#closeSome());
  }
}
