// Every point at which a control plane can be cut off: a transaction of its database, a call to a cell. A test counts
// them, and lets the n-th one fail, or everything from the n-th one on, as when a process dies.

import type { Store, Transaction } from "../../src/control/store/store.ts";

/** "before": fails without effect. "after": has its effect, and fails all the same. */
export type Cut = "before" | "after";

/** Is asked at every step, numbered from 0; what it answers happens there. */
export type Sabotage = (step: string, nth: number, about: string) => Cut | undefined;

export class Steps {
  readonly taken: string[] = [];
  #sabotage: Sabotage = () => undefined;
  #failure: (step: string) => Error = (step) => new Error(step);

  /** From now on; steps are counted anew. */
  sabotage(sabotage: Sabotage, failure: (step: string) => Error): void {
    this.taken.length = 0;
    this.#sabotage = sabotage;
    this.#failure = failure;
  }

  /** The process dies at step `nth`: that one is cut, nothing after it has any effect. */
  dieAt(nth: number, cut: Cut): void {
    const sabotage: Sabotage = (_step, at) => (at === nth ? cut : at > nth ? "before" : undefined);
    this.sabotage(sabotage, (step) => new Error(`dead at ${step}`));
  }

  heal(): void {
    this.sabotage(
      () => undefined,
      () => new Error("nothing fails"),
    );
  }

  async take<T>(step: string, about: string, effect: () => Promise<T> | T): Promise<T> {
    const cut = this.#sabotage(step, this.taken.length, about);
    const failure = this.#failure(step);
    this.taken.push(step);
    if (cut === "before") throw failure;
    const result = await effect();
    if (cut === "after") throw failure;
    return result;
  }
}

/** A store whose transactions are steps. */
export class SteppedStore implements Store {
  readonly #store: Store;
  readonly #steps: Steps;

  constructor(store: Store, steps: Steps) {
    this.#store = store;
    this.#steps = steps;
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#steps.take("transaction", "", () => this.#store.transaction(work));
  }

  withAccount<T>(accountId: string, work: () => Promise<T>): Promise<T> {
    return this.#store.withAccount(accountId, work);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
