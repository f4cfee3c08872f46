// What is over once a stream's bytes have landed up to some place.

export class Due<T> {
  /** By `at`, ascending. */
  #waiting: { readonly at: number; readonly one: T }[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** `at` is never below that of one added before. */
  add(one: T, at: number): void {
    this.#waiting.push({ at, one });
  }

  /** Takes out what waits for no more than `at`, in the order of adding. */
  landed(at: number): T[] {
    const still = this.#waiting.findIndex((each) => each.at > at);
    const over = this.#waiting.splice(0, still < 0 ? this.#waiting.length : still);
    return over.map(({ one }) => one);
  }
}
