// Opening a stream again that a failed write or sync stopped: whatever the disk may not have is written anew and synced,
// from what can be read.

import { Fault } from "../base/assert.ts";
import type { StreamContext } from "./context.ts";
import type { SequenceIndex } from "./index.ts";
import type { Removal } from "./removal.ts";
import { rewrite } from "./rewrite.ts";
import type { Segment } from "./segment.ts";
import type { Tail } from "./tail.ts";
import { UnderWay } from "./under-way.ts";

type Done = (error: Error | undefined) => void;

export class Reopening {
  readonly #context: StreamContext;
  readonly #index: SequenceIndex;
  readonly #tail: Tail;
  readonly #removal: Removal;
  readonly #under = new UnderWay();

  constructor(context: StreamContext, index: SequenceIndex, tail: Tail, removal: Removal) {
    this.#context = context;
    this.#index = index;
    this.#tail = tail;
    this.#removal = removal;
  }

  /** Calls back when the stream takes messages again, or why it does not. */
  begin(done: Done): void {
    if (this.#tail.phase !== "failed") return done(undefined);
    if (!this.#under.isNone) return done(this.#fault("reopen a stream that is being reopened"));
    const over = this.#under.until(done);
    // A rewrite under way when the stream stopped ends first: two would write the same file.
    this.#removal.whenIdle(() => {
      const suspects = this.#index.segments.filter(
        (segment) => segment.suspect || segment.synced < segment.committed,
      );
      this.#step(suspects, over);
    });
  }

  /** Calls back when the stream is not being reopened any more. */
  whenOver(done: () => void): void {
    this.#under.whenNone(done);
  }

  /** The stream is being deleted. */
  abandon(): void {
    this.#under.giveUp(this.#fault("reopen a stream that was deleted meanwhile"));
  }

  /** The next of the segments that the disk may not have whole. */
  #step(suspects: Segment[], over: Done): void {
    if (this.#tail.phase !== "failed") return over(this.#fault("reopen a stream that was deleted meanwhile"));
    const segment = suspects.shift();
    if (segment === undefined) {
      this.#tail.reopened();
      return over(undefined);
    }
    const failure = this.#tail.writeBehind();
    if (failure !== undefined) return over(failure);
    const lose = (sequence: number, byte: number, length: number): void =>
      this.#removal.lose(segment, sequence, byte, length);
    rewrite(this.#context, segment, segment.removed, lose, (error, made) => {
      if (error !== undefined || made === undefined) return over(error);
      this.#removal.adopt(segment, made, () => this.#step(suspects, over));
    });
  }

  #fault(what: string): Fault {
    return new Fault(what, { name: this.#context.name });
  }
}
