// One lock per account within this process: whoever comes second waits until the first is done. An account that
// nobody holds takes no memory.

export class AccountLocks {
  readonly #tails = new Map<string, Promise<void>>(); // as many as accounts are being worked on, bounded by requests

  /** Runs `work` when everyone who asked for this account before is done. Not re-entrant. */
  async with<T>(accountId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(accountId);
    const { promise: mine, resolve: done } = Promise.withResolvers<void>();
    this.#tails.set(accountId, mine);
    try {
      await before;
      return await work();
    } finally {
      if (this.#tails.get(accountId) === mine) this.#tails.delete(accountId);
      done();
    }
  }
}
