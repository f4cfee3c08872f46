// Reading what nobody reads: cold segments are checked from time to time, so that damage is known while the other
// copies of what was lost may still exist.

import type { Alarm, Clock } from "../ports/clock.ts";
import type { Log } from "./log.ts";

/** Messages, and bytes of them, checked before the rest of the program gets its turn. */
const sliceMessages = 256;
const sliceBytes = 1024 * 1024;

export class Scrub {
  readonly #clock: Clock;
  readonly #logs: () => readonly Log[];
  readonly #pauseMs: number;
  #alarm: Alarm | undefined;
  #log = 0;
  #sequence = 0;
  #rounds = 0;
  #checked = 0;

  /** Checks one slice each `pauseMs`, stream after stream, round after round. */
  constructor(clock: Clock, logs: () => readonly Log[], pauseMs: number) {
    this.#clock = clock;
    this.#logs = logs;
    this.#pauseMs = pauseMs;
  }

  /** How often everything was gone through. */
  get rounds(): number {
    return this.#rounds;
  }

  /** Messages read and checked so far. What was found damaged, each log's losses tell. */
  get checked(): number {
    return this.#checked;
  }

  start(): void {
    this.#alarm = this.#clock.after(this.#pauseMs, () => {
      this.step();
      this.start();
    });
  }

  stop(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  /** Checks one slice. */
  step(): void {
    const logs = this.#logs();
    const log = logs[this.#log];
    if (log === undefined) {
      this.#log = 0;
      this.#sequence = 0;
      if (logs.length > 0) this.#rounds++;
      return;
    }
    let next = log.next(this.#sequence + 1);
    let bytes = 0;
    for (let i = 0; i < sliceMessages && bytes < sliceBytes && next !== 0; i++) {
      const found = log.read(next);
      if (found !== undefined) bytes += found.subject.length + found.headers.length + found.payload.length;
      this.#checked++;
      this.#sequence = next;
      next = log.next(next + 1);
    }
    if (next !== 0) return;
    this.#log++;
    this.#sequence = 0;
  }
}
