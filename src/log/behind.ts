// Writing behind the commit: what a journal has already goes to its segment's file, and is synced there in its time.

import { isFull, type StreamContext } from "./context.ts";
import type { Intake, Piece } from "./intake.ts";
import type { Segment } from "./segment.ts";
import { writeWholeSync } from "./transfer.ts";

export class Behind {
  readonly #context: StreamContext;
  readonly #intake: Intake;
  readonly #stopped: (error: Error) => void;

  /** `stopped` is called when the stream cannot go on; a full disk is no such thing, the journal keeps what is owed. */
  constructor(context: StreamContext, intake: Intake, stopped: (error: Error) => void) {
    this.#context = context;
    this.#intake = intake;
    this.#stopped = stopped;
  }

  /** Gives the segments' files what is committed; answers why it could not. */
  write(): Error | undefined {
    let failure: Error | undefined;
    for (const piece of this.#intake.pieces) {
      const error = this.#writePiece(piece);
      if (error === undefined) continue;
      failure = error;
      if (isFull(error))
        this.#context.foundFull(); // the journal has it; tried again later
      else this.#stopped(error);
      break;
    }
    this.#intake.release();
    return failure;
  }

  #writePiece(piece: Piece): Error | undefined {
    if (piece.written >= piece.committed || piece.segment.gone) return undefined;
    try {
      writeWholeSync(
        piece.segment.file,
        piece.buffer.subarray(piece.written, piece.committed),
        piece.start + piece.written,
      );
      this.#intake.wrote(piece, piece.committed);
      return undefined;
    } catch (cause) {
      return cause as Error;
    }
  }

  /** Brings what is committed of a segment into its file and syncs it. */
  settle(segment: Segment, done: (error: Error | undefined) => void): void {
    for (const piece of this.#intake.pieces) {
      const error = piece.segment === segment ? this.#writePiece(piece) : undefined;
      if (error === undefined) continue;
      if (isFull(error)) this.#context.foundFull();
      else this.#stopped(error);
      return done(error);
    }
    this.#intake.release();
    if (segment.synced >= segment.committed && segment.synced > 0) return done(undefined);
    segment.sync((error) => {
      if (error === undefined || segment.gone) return done(undefined);
      this.#stopped(error);
      done(error);
    });
  }
}
