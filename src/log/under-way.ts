// What is under way, counted; and who waits until nothing is.

type Done = (error: Error | undefined) => void;

export class UnderWay {
  #count = 0;
  #waiting: (() => void)[] = [];

  get isNone(): boolean {
    return this.#count === 0;
  }

  /** One thing more is under way: until what this answers was called, in the place of `done`. */
  until(done: Done): Done {
    this.#count++;
    return (error) => {
      this.#count--;
      done(error); // who hears may begin anew
      if (this.#count === 0) for (const each of this.#waiting.splice(0)) each();
    };
  }

  /** Calls back when nothing is under way; at once when nothing is now. */
  whenNone(done: () => void): void {
    if (this.#count === 0) done();
    else this.#waiting.push(done);
  }
}
