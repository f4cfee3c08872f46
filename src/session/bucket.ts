// A token bucket that may go into debt: what came is counted whole, and who brought it waits until it is paid.

const msPerSecond = 1_000;

export class Bucket {
  readonly #perSecond: number;
  readonly #debtMax: number;
  #left: number;
  #asOfMs: number;

  /**
   * @param perSecond what is paid back in a second, and what may come at once; 0 for any amount
   * @param debtMax what is owed at most; more is forgiven
   */
  constructor(perSecond: number, nowMs: number, debtMax = Number.POSITIVE_INFINITY) {
    this.#perSecond = perSecond;
    this.#debtMax = debtMax;
    this.#left = perSecond;
    this.#asOfMs = nowMs;
  }

  spend(amount: number): void {
    this.#left = Math.max(-this.#debtMax, this.#left - amount);
  }

  /** Milliseconds until nothing is owed any more; `nowMs` is monotonic. */
  owedMs(nowMs: number): number {
    if (this.#perSecond === 0) return 0;
    this.#earn(nowMs);
    return this.#left >= 0 ? 0 : (-this.#left * msPerSecond) / this.#perSecond;
  }

  /** Whether it is full again, so that nothing is lost when it is forgotten. */
  isFull(nowMs: number): boolean {
    this.#earn(nowMs);
    return this.#left >= this.#perSecond;
  }

  #earn(nowMs: number): void {
    const earned = ((nowMs - this.#asOfMs) * this.#perSecond) / msPerSecond;
    this.#left = Math.min(this.#perSecond, this.#left + earned);
    this.#asOfMs = nowMs;
  }
}
