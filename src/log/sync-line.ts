// The syncs of one file, one at a time. When a sync fails the operating system takes what it could not write for
// written: a second sync, asked for later or under way beside it, finds nothing to do and says that all is well. So
// whoever waits behind a failed sync fails with it, and so does everybody after it, until the bytes are written anew.

type Done = (error: Error | undefined) => void;

/** A sync failed. It never means that the disk is full, whatever its cause says: what was written may be gone. */
export class SyncFault extends Error {
  override readonly name = "SyncFault";

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

export class SyncLine {
  #running = false;
  #waiting: Done[] = [];
  #failure: SyncFault | undefined;

  /** The sync that failed, until `clear`. */
  get failure(): SyncFault | undefined {
    return this.#failure;
  }

  /** What was not known to be on the medium is written anew: syncs are worth asking for again. */
  clear(): void {
    this.#failure = undefined;
  }

  /**
   * Calls back when everything written before this call is on the medium. `start` makes the call that syncs, and may
   * serve several that waited.
   */
  sync(start: (arrived: Done) => void, done: Done): void {
    if (this.#failure !== undefined) return done(this.#failure);
    if (this.#running) {
      this.#waiting.push(done);
      return;
    }
    this.#run(start, [done]);
  }

  #run(start: (arrived: Done) => void, served: readonly Done[]): void {
    this.#running = true;
    const arrived = (error: Error | undefined): void => {
      this.#running = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      if (error !== undefined) {
        const failure = error instanceof SyncFault ? error : new SyncFault(error);
        this.#failure = failure;
        for (const done of [...served, ...waiting]) done(failure);
        return;
      }
      if (waiting.length > 0) this.#run(start, waiting);
      for (const done of served) done(undefined);
    };
    try {
      start(arrived);
    } catch (cause) {
      // No call was made, so nothing is in doubt but what is asked for now.
      this.#running = false;
      for (const done of [...served, ...this.#waiting.splice(0)]) done(cause as Error);
    }
  }
}
