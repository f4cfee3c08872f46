// Waiting in a test for what others do: looks again whenever something has happened, and never waits for ever.

export class Patience {
  readonly #patienceMs: number;
  #next = Promise.withResolvers<void>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Something has happened. */
  wake(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers<void>();
    resolve();
  }

  /** @throws Error with what `complaint` says when it does not come true in time. */
  async until(holds: () => boolean, complaint: () => string): Promise<void> {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      this.wake();
    }, this.#patienceMs);
    try {
      while (!holds()) {
        if (late) throw new Error(complaint());
        await this.#next.promise;
      }
    } finally {
      clearTimeout(deadline);
    }
  }
}
