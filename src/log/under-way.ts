// What is under way, counted; and who waits until nothing is.

import { assert } from "../base/assert.ts";

type Done = (error: Error | undefined) => void;

export class UnderWay {
  readonly #under = new Set<{ readonly done: Done }>();
  #waiting: (() => void)[] = [];

  get isNone(): boolean {
    return this.#under.size === 0;
  }

  /** One thing more is under way: until what this answers was called, in the place of `done`. */
  until(done: Done): Done {
    const one = { done };
    this.#under.add(one);
    return (error) => {
      if (!this.#under.delete(one)) return; // given up
      done(error); // who hears may begin anew
      if (this.isNone) for (const each of this.#waiting.splice(0)) each();
    };
  }

  /** Calls back when nothing is under way; at once when nothing is now. */
  whenNone(done: () => void): void {
    if (this.isNone) done();
    else this.#waiting.push(done);
  }

  /** Those who asked hear of this error now, and not of how it ends. Nobody may be waiting until nothing is under way. */
  giveUp(error: Error): void {
    assert(this.#waiting.length === 0, "what is deleted is not being closed");
    for (const one of [...this.#under]) {
      this.#under.delete(one);
      one.done(error);
    }
  }
}
