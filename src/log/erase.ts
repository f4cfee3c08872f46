// Secure erasure: a message's bytes are overwritten wherever this room put them: segment, its index,
// journals, copies of damaged bytes, memory.

import { checkpointPath } from "./checkpoint.ts";
import type { StreamContext } from "./context.ts";
import type { SequenceIndex } from "./index.ts";
import type { JournalFile, JournalItem } from "./journal.ts";
import { JournalErasure } from "./journal-erase.ts";
import type { Journals } from "./journals.ts";
import type { Reader } from "./reader.ts";
import { flagErased, headOf, kindMessage, recordHeaderBytes, seal, soundLength } from "./record.ts";
import { scanRecords } from "./scan.ts";
import { markOf, type Segment } from "./segment.ts";
import type { Tail } from "./tail.ts";
import { writeOverSync } from "./transfer.ts";

type Done = (error: Error | undefined) => void;

export class Erasure {
  readonly #context: StreamContext;
  readonly #index: SequenceIndex;
  readonly #tail: Tail;
  readonly #reader: Reader;
  readonly #journals: Journals;
  /** Erasures that wait for their next turn. */
  readonly #goingOn = new Set<() => void>();

  constructor(context: StreamContext, index: SequenceIndex, tail: Tail, reader: Reader, journals: Journals) {
    this.#context = context;
    this.#index = index;
    this.#tail = tail;
    this.#reader = reader;
    this.#journals = journals;
  }

  /**
   * Takes the message out and overwrites it; `whenStill` calls back when no segment is being rewritten, `erased` hears
   * of the segment whose bytes are gone. Calls back with an error when some copy could not be overwritten; the message
   * is removed all the same.
   */
  erase(
    sequence: number,
    remove: () => number,
    whenStill: (then: () => void) => void,
    erased: (segment: Segment) => void,
    done: Done,
  ): void {
    if (!this.#index.has(sequence)) return this.#eraseGone(sequence, whenStill, erased, done);
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
        const at = sequence - segment.places.firstSequence;
        segment.erasing++; // neither rewritten nor unlinked until the bytes are gone
        remove();
        const over = (failure: Error | undefined): void => {
          segment.erasing--;
          done(failure);
          erased(segment);
        };
        // The removal first: whoever finds random bytes in a message's place must know that it is none.
        this.#tail.whenDurable((failure) => {
          if (failure === undefined) return this.#overwrite(segment, at, over);
          over(failure);
        });
      });
    });
  }

  /** No message: perhaps just taken out by somebody else, perhaps lost to damage, and then its bytes may still lie there. */
  #eraseGone(
    sequence: number,
    whenStill: (then: () => void) => void,
    erased: (segment: Segment) => void,
    done: Done,
  ): void {
    this.#tail.whenDurable((error) => {
      if (error !== undefined) return done(error);
      whenStill(() => {
        const segment = this.#index.segmentOf(sequence);
        if (segment === undefined || !segment.lostSequences.has(sequence)) return done(undefined);
        segment.erasing++;
        const over = (failure: Error | undefined): void => {
          segment.erasing--;
          done(failure);
          erased(segment);
        };
        try {
          for (const { from, to } of segment.damaged) this.#blank(segment, from, to);
          this.#dropSetAside(segment);
          this.#overwriteJournals(sequence, (failure) => {
            if (failure !== undefined) return over(failure);
            segment.sync(over);
          });
        } catch (cause) {
          over(cause as Error);
        }
      });
    });
  }

  #overwrite(segment: Segment, at: number, done: Done): void {
    const { pool, commit } = this.#context;
    const { places } = segment;
    const sequence = places.firstSequence + at;
    try {
      const byte = places.byte(at);
      const end = at + 1 < places.length ? places.byte(at + 1) : segment.tail;
      const { bytes } = segment.readAround(byte, end - byte);
      const length = soundLength(bytes, 0, bytes.length, segment.mark, byte);
      const isIt = length > 0 && headOf(bytes, 0).sequence === sequence;
      this.#reader.forget();
      if (isIt) this.#replace(segment, byte, this.#randomized(bytes.subarray(0, length), byte));
      else this.#blank(segment, byte, byte + bytes.length); // damaged, and whatever its length says is no guide
      pool.wipe();
      commit.wipe();
      this.#dropIndex(segment, at);
      this.#overwriteJournals(sequence, (error) => {
        if (error !== undefined) return done(error);
        segment.sync(done);
      });
    } catch (cause) {
      done(cause as Error);
    }
  }

  /** The same record with random bytes for a body, and marked as erased. */
  #randomized(record: Buffer, place: number): Buffer {
    const head = record.subarray(0, recordHeaderBytes);
    const made = Buffer.concat([head, this.#context.random.bytes(record.length - recordHeaderBytes)]);
    seal(made, new DataView(made.buffer, made.byteOffset, made.length), 0, place, made.length, flagErased);
    return made;
  }

  /** Puts other bytes in a place of the file, and of what is still in memory of it. */
  #replace(segment: Segment, byte: number, bytes: Uint8Array): void {
    for (const piece of this.#tail.intake.pieces) {
      const at = byte - piece.start;
      if (piece.segment === segment && at >= 0 && at + bytes.length <= piece.length)
        piece.buffer.set(bytes, at);
    }
    writeOverSync(segment.file, bytes, byte);
  }

  /** Zeros for everything from `from` to `to` that is no whole record. */
  #blank(segment: Segment, from: number, to: number): void {
    const { bytes } = segment.readAround(from, segment.tail - from);
    const blank = (start: number, end: number): void => {
      const last = Math.min(end, to - from, bytes.length);
      if (start < last) this.#replace(segment, from + start, Buffer.alloc(last - start));
    };
    const end = scanRecords(bytes, 0, bytes.length, segment.mark, from, {
      record: () => undefined,
      damaged: blank,
    });
    blank(end, bytes.length);
  }

  /** Copies of the segment's damaged bytes: one of them may be the message. */
  #dropSetAside(segment: Segment): void {
    const { disk, directory } = this.#context;
    const aside = `${directory}/damaged`;
    if (!disk.existsSync(aside)) return;
    for (const name of disk.listSync(aside))
      if (name.startsWith(`${segment.number}.`)) this.#wipeFile(`${aside}/${name}`);
    disk.syncDirectorySync(aside);
  }

  /** A subject that no other message of the segment has stands in the segment's index. */
  #dropIndex(segment: Segment, at: number): void {
    const { disk, directory } = this.#context;
    const { places } = segment;
    const path = checkpointPath(segment);
    const isShared = places.findSubject(places.subject(at), 0, places.length) < places.length;
    if (isShared || !disk.existsSync(path)) return;
    this.#wipeFile(path);
    disk.syncDirectorySync(directory);
  }

  #wipeFile(path: string): void {
    const { disk } = this.#context;
    const file = disk.openSync(path, "write");
    try {
      writeOverSync(file, Buffer.alloc(file.sizeSync()), 0);
      file.syncSync();
    } finally {
      file.closeSync();
    }
    disk.unlinkSync(path);
  }

  /** In the journals the message may lie as of any generation of its segment, and in what older epochs left. */
  #overwriteJournals(sequence: number, done: Done): void {
    const { clock, limits, id } = this.#context;
    const overwrite = (file: JournalFile, item: JournalItem): boolean =>
      this.#overwriteItem(file, item, sequence);
    const erasure = new JournalErasure(this.#journals, id, overwrite);
    const step = (bytes: number): void => {
      try {
        if (erasure.step(bytes)) return syncAll([...erasure.touched], done);
      } catch (cause) {
        return done(cause as Error);
      }
      const alarm = clock.after(0, () => {
        this.#goingOn.delete(finish);
        step(limits.eraseBytesAtOnce);
      });
      const finish = (): void => {
        alarm.cancel();
        step(Number.POSITIVE_INFINITY);
      };
      this.#goingOn.add(finish);
    };
    step(limits.eraseBytesAtOnce);
  }

  /** The stream is being deleted: what is under way in the journals is brought to its end in this turn. */
  end(): void {
    for (const finish of this.#goingOn) finish();
    this.#goingOn.clear();
  }

  #overwriteItem(
    file: JournalFile,
    { bytes, place, at: itemAt, ...item }: JournalItem,
    sequence: number,
  ): boolean {
    let touched = false;
    const mark = markOf(item.streamId, item.number, item.generation);
    scanRecords(bytes, 0, bytes.length, mark, place, {
      record: (at, length) => {
        const head = headOf(bytes, at);
        if (head.kind !== kindMessage || head.sequence !== sequence || (head.flags & flagErased) !== 0)
          return;
        file.overwriteSync(itemAt + at, this.#randomized(bytes.subarray(at, at + length), place + at));
        touched = true;
      },
      damaged: () => undefined,
    });
    return touched;
  }
}

function syncAll(files: readonly JournalFile[], done: Done): void {
  let left = files.length + 1;
  let failure: Error | undefined;
  const arrived = (error: Error | undefined): void => {
    failure ??= error;
    if (--left === 0) done(failure);
  };
  for (const file of files) file.sync(arrived);
  arrived(undefined);
}
