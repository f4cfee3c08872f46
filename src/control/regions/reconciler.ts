// The loop that brings cells back to what the database says: at the start, every half minute, and when asked.

import { Fault } from "../../base/assert.ts";
import type { Alarm, Clock } from "../../ports/clock.ts";
import type { Trace } from "../../ports/trace.ts";

const intervalMs = 30_000;

export class Reconciler {
  readonly #clock: Clock;
  readonly #trace: Trace;
  readonly #converge: (signal: AbortSignal) => Promise<unknown>;
  readonly #over = new AbortController();
  #alarm: Alarm | undefined;
  #round: Promise<void> | undefined;

  /** `converge` goes once over everything; it stops early when the signal is given. */
  constructor(clock: Clock, trace: Trace, converge: (signal: AbortSignal) => Promise<unknown>) {
    this.#clock = clock;
    this.#trace = trace;
    this.#converge = converge;
  }

  /** Does a round now, or joins the one under way; the next follows by itself. Never rejects: what failed is tried again. */
  round(): Promise<void> {
    if (this.#over.signal.aborted) return Promise.resolve();
    this.#alarm?.cancel();
    this.#round ??= this.#once().finally(() => {
      this.#round = undefined;
      if (!this.#over.signal.aborted) this.#alarm = this.#clock.after(intervalMs, () => void this.round());
    });
    return this.#round;
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#over.abort();
    this.#alarm?.cancel();
    await this.#round;
  }

  async #once(): Promise<void> {
    try {
      await this.#converge(this.#over.signal);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#trace.log("error", `reconciling failed and is tried again: ${error.message}`);
    }
  }
}
