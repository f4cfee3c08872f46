// Writing segments' indexes beside the running program: once nothing more is appended to a segment, and again where an
// index went.

import { Fault } from "../base/assert.ts";
import { hasCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { StreamContext } from "./context.ts";
import type { SequenceIndex } from "./index.ts";
import type { Reader } from "./reader.ts";
import type { Segment } from "./segment.ts";
import type { Tail } from "./tail.ts";
import { UnderWay } from "./under-way.ts";

type Done = (error: Error | undefined) => void;

export class Indexing {
  readonly #context: StreamContext;
  readonly #index: SequenceIndex;
  readonly #tail: Tail;
  readonly #reader: Reader;
  readonly #under = new UnderWay();

  constructor(context: StreamContext, index: SequenceIndex, tail: Tail, reader: Reader) {
    this.#context = context;
    this.#index = index;
    this.#tail = tail;
    this.#reader = reader;
  }

  /** Nothing more is appended to the segment. */
  closed(segment: Segment): void {
    segment.places.trim();
    if (segment.live === 0) return;
    this.#tail.whenDurable((error) => {
      // One whose space is being given back has an index when it has its next generation.
      if (error === undefined && !segment.gone && !segment.leaving) this.write(segment, () => undefined);
    });
  }

  /** An erasure took the index of a segment, if a subject that only the message had was in it. */
  erased(segment: Segment): void {
    const isStill = !segment.leaving && segment.erasing === 0 && segment !== this.#tail.active;
    if (isStill && !hasCheckpoint(this.#context, segment)) this.closed(segment);
  }

  /** Calls back when the index is written, or why it is not, which is told to the trace. */
  write(segment: Segment, done: Done): void {
    const bodyBytesOf = (byte: number): number => {
      const head = this.#reader.head(segment, byte, true);
      if (head === undefined) throw new Fault("checkpoint a segment with a damaged record", { byte });
      return head.bodyBytes;
    };
    const over = this.#under.until(done);
    writeCheckpoint(this.#context, segment, this.#index.subjects, bodyBytesOf, (error) => {
      if (error !== undefined)
        this.#context.trace.log("warn", `checkpoint not written: ${error.message}`, { path: segment.path });
      over(error);
    });
  }

  get isIdle(): boolean {
    return this.#under.isNone;
  }

  /** Calls back when no index is being written: until then files are open. */
  whenIdle(done: () => void): void {
    this.#under.whenNone(done);
  }
}
