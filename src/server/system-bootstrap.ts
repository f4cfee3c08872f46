// A system account whose claims nobody has yet is let in all the same, so that somebody can bring them: its own key signs
// users until its claims come. [nats-server server.go NewServer, Start]

import type { OperatorAccounts } from "../account/operator-accounts.ts";
import type { Alarm, Clock } from "../ports/clock.ts";
import type { Trace } from "../ports/trace.ts";

const retryMs = 1_000;

export class SystemBootstrap {
  readonly #accounts: OperatorAccounts;
  readonly #id: string;
  readonly #clock: Clock;
  readonly #trace: Trace;
  #retry: Alarm | undefined;

  constructor(accounts: OperatorAccounts, id: string, clock: Clock, trace: Trace) {
    this.#accounts = accounts;
    this.#id = id;
    this.#clock = clock;
    this.#trace = trace;
  }

  /** Resolves when the system account may be used. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#accounts.lookup(this.#id, (found) => {
        if (typeof found === "string") this.#begin();
        resolve();
      });
    });
  }

  stop(): void {
    this.#retry?.cancel();
  }

  #begin(): void {
    // A strict operator's own key vouches for no account: the wait is all there is.
    if (!this.#accounts.trust.strict) this.#accounts.bootstrap(this.#id);
    this.#trace.log("info", "Using bootstrapping system account");
    this.#wait();
  }

  #wait(): void {
    this.#retry = this.#clock.after(retryMs, () => {
      if (this.#isKnown()) return;
      this.#accounts.refresh(this.#id, () => {
        if (this.#isKnown()) this.#trace.log("info", "System account fetched and updated");
        else this.#wait();
      });
    });
  }

  #isKnown(): boolean {
    const loaded = this.#accounts.loaded(this.#id);
    return loaded !== undefined && loaded.jwt !== "";
  }
}
