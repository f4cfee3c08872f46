// What a stream lost to damage, and what was found damaged: counted, listed up to a limit, and told to the trace.

import type { Trace } from "../ports/trace.ts";
import { mergedRanges, type Range } from "./record.ts";

const listedMax = 1000;

export interface Damage {
  readonly path: string;
  readonly what: string;
  /** Bytes of the file; absent when the file as a whole is meant. */
  readonly from?: number;
  readonly to?: number;
}

export class Losses {
  readonly #trace: Trace;
  readonly #name: string;
  #count = 0;
  #ranges: Range[] = [];
  #damage: Damage[] = [];
  #uncertain: Range[] = [];
  /** A loss was found while running. */
  onLost: (first: number, last: number) => void = () => undefined;

  constructor(trace: Trace, name: string) {
    this.#trace = trace;
    this.#name = name;
  }

  /** Messages that were stored and cannot be had back. */
  get count(): number {
    return this.#count;
  }

  /** Their sequences; the first thousand ranges. */
  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** Sequences of which a crash left no trace but a gap. */
  get uncertainRanges(): readonly Range[] {
    return this.#uncertain;
  }

  /** Damaged places found since the start; the first thousand. */
  get damage(): readonly Damage[] {
    return this.#damage;
  }

  lost(first: number, last: number): void {
    this.#count += last - first + 1;
    this.#trace.log("error", `stream ${this.#name}: messages ${first} to ${last} are lost to damage`);
    if (this.#ranges.length < listedMax) this.#ranges = mergedRanges([...this.#ranges, { first, last }]);
    this.onLost(first, last);
  }

  /** Not there after a crash, and never known to have been acknowledged. */
  uncertain(first: number, last: number): void {
    this.#trace.log(
      "warn",
      `stream ${this.#name}: messages ${first} to ${last} were never acknowledged, or are lost`,
    );
    if (this.#uncertain.length < listedMax) this.#uncertain.push({ first, last });
  }

  /** As `uncertain`, of what may have stood behind the last message that was found: after every crash there is some. */
  cutOff(first: number, last: number): void {
    this.#trace.log(
      "info",
      `stream ${this.#name}: behind message ${first - 1}, any up to ${last} were never acknowledged, or are lost`,
    );
    if (this.#uncertain.length < listedMax) this.#uncertain.push({ first, last });
  }

  damaged(damage: Damage): void {
    this.#trace.log("error", `stream ${this.#name}: ${damage.what}`, { ...damage });
    if (this.#damage.length < listedMax) this.#damage.push(damage);
  }

  torn(path: string, from: number, to: number): void {
    this.#trace.log(
      "info",
      `stream ${this.#name}: bytes behind the last record, never acknowledged or damaged`,
      { path, from, to },
    );
    if (this.#damage.length < listedMax)
      this.#damage.push({ path, what: "bytes behind the last record", from, to });
  }
}
