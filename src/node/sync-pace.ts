// Whether the program waits for a disk's sync itself, which takes no other thread's turn but holds everything else, or
// has it done beside. It waits only while syncs are quick, and while it has little else to do.

/** Syncs that take longer than this on average are done beside the program. */
const quickMs = 0.2;
/** One that takes this long ends the waiting at once. */
const slowMs = 3;
/** After slow ones nothing is waited for during this many times what the last one took: 5 % of the time is held, at most. */
const pauseFactor = 20;
/** Where round trips to the thread pool and back take longer than this, the program does not try to wait. */
const tripMs = 0.5;
const tripWeight = 1 / 4;
const weight = 1 / 16;
/** One sync that was not quick is no reason to stop. */
const meanAtFirst = quickMs / 2;
const windowMs = 10;
/** Above this share of the time spent on other work, holding it up costs more than a thread's turn. */
const busyShareMax = 0.6;

export class SyncPace {
  readonly #nowMs: () => number;
  readonly #activeMs: () => number;
  #mean = meanAtFirst;
  #pausedUntil = 0;
  /** What round trips take on average in this pause; undefined when there is no pause. */
  #trip: number | undefined = Number.POSITIVE_INFINITY;
  #heldMs = 0;
  #window = { from: 0, active: 0, held: 0 };
  #isBusy = false;

  /** `nowMs` as Clock.monotonicMs; `activeMs` is how long the program was at work so far, its waiting for syncs included. */
  constructor(nowMs: () => number, activeMs: () => number) {
    this.#nowMs = nowMs;
    this.#activeMs = activeMs;
    this.#window.from = nowMs();
  }

  /** Whether the next sync, with which nothing else is under way, is worth waiting for. */
  mayHold(): boolean {
    const now = this.#nowMs();
    if (now - this.#window.from >= windowMs) this.#look(now);
    if (this.#isBusy) return false;
    if (this.#trip === undefined) return true;
    return now >= this.#pausedUntil && this.#trip <= tripMs;
  }

  #look(now: number): void {
    const before = this.#window;
    this.#window = { from: now, active: this.#activeMs(), held: this.#heldMs };
    const others = this.#window.active - before.active - (this.#heldMs - before.held);
    this.#isBusy = others > busyShareMax * (now - before.from);
  }

  /** The program waited so long for a sync. */
  held(ms: number): void {
    this.#heldMs += ms;
    this.#mean += (ms - this.#mean) * weight;
    this.#trip = undefined;
    if (this.#mean <= quickMs && ms < slowMs) return;
    this.#mean = meanAtFirst;
    this.#pausedUntil = this.#nowMs() + pauseFactor * ms;
    this.#trip = Number.POSITIVE_INFINITY;
  }

  /** A sync that might have been waited for took so long beside the program, with the way there and back. */
  beside(ms: number): void {
    if (this.#trip === undefined) return;
    this.#trip = this.#trip === Number.POSITIVE_INFINITY ? ms : this.#trip + (ms - this.#trip) * tripWeight;
  }
}
