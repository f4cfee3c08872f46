// What one connection may take of the server before it is the others' turn: bytes that are parsed, and the time that
// they take.

import type { GuardLimits } from "./guard-limits.ts";

/** Bytes that come later than this after the last ones begin another turn: the others have had theirs. */
const pauseMs = 1;
/** As few bytes as this are parsed at a time where each costs much. */
const portionMin = 64;
/** A connection that nobody knows yet begins with this many. */
const portionFirst = 512;
const portionMax = 1_048_576;
/** Portions grow while they take less of the time than this. */
const growBelow = 0.25;

export class TurnLimit {
  readonly #bytesMax: number;
  readonly #msMax: number;
  #bytes = 0;
  #ms = 0;
  #beganMs: number;
  #endedMs = 0;
  #portion: number;

  private constructor({ turnBytes, turnMs }: GuardLimits, nowMs: number) {
    this.#beganMs = nowMs;
    this.#bytesMax = turnBytes > 0 ? turnBytes : Number.POSITIVE_INFINITY;
    this.#msMax = turnMs > 0 ? turnMs : Number.POSITIVE_INFINITY;
    this.#portion = Math.min(portionFirst, this.#bytesMax);
  }

  /** Undefined where turns have no limit; else one that begins now. */
  static of(limits: GuardLimits | undefined, nowMs: number): TurnLimit | undefined {
    if (limits === undefined || limits.turnBytes + limits.turnMs === 0) return undefined;
    return new TurnLimit(limits, nowMs);
  }

  /** Bytes arrive; answers how many may be parsed before the turn is looked at again. */
  begin(nowMs: number): number {
    if (nowMs - this.#endedMs > pauseMs) this.anew();
    this.#beganMs = nowMs;
    return this.#portion;
  }

  /** So many bytes were parsed since `begin`. Whether the turn is over. */
  end(nowMs: number, bytes: number): boolean {
    const tookMs = nowMs - this.#beganMs;
    this.#endedMs = nowMs;
    this.#bytes += bytes;
    this.#ms += tookMs;
    this.#learn(tookMs, bytes);
    return this.#bytes >= this.#bytesMax || this.#ms >= this.#msMax;
  }

  /** The others have had their turn. */
  anew(): void {
    this.#bytes = 0;
    this.#ms = 0;
  }

  /** The next portion is to take about as long as a turn may. */
  #learn(tookMs: number, bytes: number): void {
    if (tookMs > this.#msMax) {
      this.#portion = Math.max(portionMin, Math.floor((bytes * this.#msMax) / tookMs));
    } else if (bytes >= this.#portion && !(tookMs > this.#msMax * growBelow)) {
      this.#portion = Math.min(portionMax, this.#bytesMax, this.#portion * 2);
    }
  }
}
