// Secure erasure: a message's bytes are overwritten wherever this room put them: segment, journals, memory.

import type { StreamContext } from "./context.ts";
import type { SequenceIndex } from "./index.ts";
import { itemRecords } from "./journal.ts";
import { readJournal } from "./journal-scan.ts";
import type { Journals } from "./journals.ts";
import type { Reader } from "./reader.ts";
import { flagErased, recordHeaderBytes, seal } from "./record.ts";
import type { Segment } from "./segment.ts";
import type { Tail } from "./tail.ts";
import { writeWholeSync } from "./transfer.ts";

type Done = (error: Error | undefined) => void;

export class Erasure {
  readonly #context: StreamContext;
  readonly #index: SequenceIndex;
  readonly #tail: Tail;
  readonly #reader: Reader;
  readonly #journals: Journals;

  constructor(context: StreamContext, index: SequenceIndex, tail: Tail, reader: Reader, journals: Journals) {
    this.#context = context;
    this.#index = index;
    this.#tail = tail;
    this.#reader = reader;
    this.#journals = journals;
  }

  /**
   * Takes the message out and overwrites it; `whenStill` calls back when no segment is being rewritten. Calls back
   * with an error when some copy could not be overwritten; the message is removed all the same.
   */
  erase(sequence: number, remove: () => number, whenStill: (then: () => void) => void, done: Done): void {
    if (!this.#index.has(sequence)) return this.#tail.whenDurable(done); // perhaps just taken out by somebody else
    // First everything up to it is committed and in its file, and the removal noted; then the bytes are replaced.
    this.#tail.whenDurable((error) => {
      if (error !== undefined) return done(error);
      whenStill(() => {
        const segment = this.#index.segmentOf(sequence);
        if (segment === undefined || !this.#index.has(sequence)) {
          return this.#tail.whenDurable(done); // taken out meanwhile by somebody else
        }
        const unwritten = this.#tail.writeBehind();
        if (unwritten !== undefined) return done(unwritten);
        const byte = segment.places.byte(sequence - segment.places.firstSequence);
        segment.leaving = true; // neither rewritten nor unlinked until the bytes are gone
        remove();
        const over = (failure: Error | undefined): void => {
          segment.leaving = false;
          done(failure);
        };
        // The removal first: whoever finds random bytes in a message's place must know that it is none.
        this.#tail.whenDurable((failure) => {
          if (failure === undefined) return this.#overwrite(segment, byte, over);
          over(failure);
        });
      });
    });
  }

  #overwrite(segment: Segment, byte: number, done: Done): void {
    const { random } = this.#context;
    try {
      const head = segment.read(byte, recordHeaderBytes);
      const length = head.length < recordHeaderBytes ? 0 : head.readUInt32LE(8);
      if (length < recordHeaderBytes || byte + length > segment.tail) return done(undefined); // damaged: nothing to read
      const erased = Buffer.concat([head, random.bytes(length - recordHeaderBytes)]);
      seal(
        erased,
        new DataView(erased.buffer, erased.byteOffset, erased.length),
        0,
        byte,
        length,
        flagErased,
      );
      this.#reader.forget();
      for (const piece of this.#tail.intake.pieces) {
        const at = byte - piece.start;
        if (piece.segment === segment && at >= 0 && at + length <= piece.length)
          erased.copy(piece.buffer, at);
      }
      writeWholeSync(segment.file, erased, byte);
      this.#overwriteJournals(segment, byte, erased, (error) => {
        if (error !== undefined) return done(error);
        segment.sync(done);
      });
    } catch (cause) {
      done(cause as Error);
    }
  }

  #overwriteJournals(segment: Segment, byte: number, erased: Buffer, done: Done): void {
    let left = 1;
    let failure: Error | undefined;
    const arrived = (error: Error | undefined): void => {
      failure ??= error;
      if (--left === 0) done(failure);
    };
    for (const file of this.#journals.files) {
      let touched = false;
      for (const item of readJournal(file.readSync(), this.#journals.storeId).items) {
        const same =
          item.kind === itemRecords &&
          item.streamId === this.#context.id &&
          item.number === segment.number &&
          item.generation === segment.generation;
        const at = byte - item.place;
        if (!same || at < 0 || at + erased.length > item.bytes.length) continue;
        file.overwriteSync(item.at + at, erased);
        touched = true;
      }
      if (!touched) continue;
      left++;
      file.sync(arrived);
    }
    arrived(undefined);
  }
}
