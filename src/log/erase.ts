// Secure erasure: a message's bytes are overwritten wherever this room put them: segment, its index,
// journals, copies of damaged bytes, memory.

import type { StreamContext } from "./context.ts";
import type { SequenceIndex } from "./index.ts";
import type { JournalFile, JournalItem } from "./journal.ts";
import { JournalErasure } from "./journal-erase.ts";
import type { Journals } from "./journals.ts";
import type { Reader } from "./reader.ts";
import { flagErased, headOf, kindMessage, recordHeaderBytes, seal, soundLength } from "./record.ts";
import { dropIndex, dropLeftovers, dropSetAside } from "./remains.ts";
import { isBlank, scanRecords } from "./scan.ts";
import { markOf, type Segment } from "./segment.ts";
import type { Tail } from "./tail.ts";
import { writeOverSync } from "./transfer.ts";

type Done = (error: Error | undefined) => void;

/** Where a message was sought. */
interface Sought {
  /** The segment that accounts for it. */
  readonly own: Segment | undefined;
  readonly segments: readonly Segment[];
  /** Numbers of the segments that it may have lain in, whether they are there or not. */
  readonly from: number;
  readonly to: number;
  /** Another message of its segment has its subject. */
  isShared: boolean;
}

export class Erasure {
  readonly #context: StreamContext;
  readonly #index: SequenceIndex;
  readonly #tail: Tail;
  readonly #reader: Reader;
  readonly #journals: Journals;
  /** By sequence, who waits for its erasure. */
  readonly #under = new Map<number, Done[]>();
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
   * Takes the message out and overwrites it, or what is left of one that was taken out or lost before; `whenStill` calls
   * back when no segment and no index is being written anew, `erased` hears of the segments whose bytes are gone. Calls
   * back with an error when some copy could not be overwritten; the message is removed all the same, and who asks again
   * hears what becomes of all copies then.
   */
  erase(
    sequence: number,
    remove: () => number,
    whenStill: (then: () => void) => void,
    erased: (segment: Segment) => void,
    done: Done,
  ): void {
    if (sequence < 1 || sequence > this.#index.last) return this.#tail.whenDurable(done);
    const under = this.#under.get(sequence);
    if (under !== undefined) {
      under.push(done);
      return;
    }
    const waiting = [done];
    this.#under.set(sequence, waiting);
    const over = (error: Error | undefined): void => {
      this.#under.delete(sequence);
      for (const each of waiting) each(error);
    };
    // First everything up to it is committed and in its file, and the removal noted; then the bytes are replaced.
    this.#tail.whenDurable((error) => {
      if (error !== undefined) return over(error);
      whenStill(() => this.#begin(sequence, remove, erased, over));
    });
  }

  #begin(sequence: number, remove: () => number, erased: (segment: Segment) => void, done: Done): void {
    const { phase } = this.#tail;
    if (phase === "failed" || phase === "closed") return this.#tail.whenDurable(done); // which tells why
    const unwritten = this.#tail.writeBehind();
    if (unwritten !== undefined) return done(unwritten);
    const sought = this.#seek(sequence);
    const { segments } = sought;
    for (const segment of segments) segment.erasing++; // neither rewritten nor unlinked until the bytes are gone
    sought.isShared = remove() >= 0 && isSubjectShared(sought.own!, sequence);
    const over = (failure: Error | undefined): void => {
      for (const segment of segments) segment.erasing--;
      done(failure);
      for (const segment of segments) erased(segment);
    };
    try {
      dropLeftovers(this.#context, this.#index.segments);
    } catch (cause) {
      return over(cause as Error);
    }
    // The removal first: whoever finds random bytes in a message's place must know that it is none.
    this.#tail.whenDurable((failure) => {
      if (failure === undefined) return this.#overwrite(sequence, sought, over);
      over(failure);
    });
  }

  /** Where the sequence may lie: in the segment that accounts for it; where none does, on either side of the gap. */
  #seek(sequence: number): Sought {
    const own = this.#index.segmentOf(sequence);
    if (own !== undefined) return { own, segments: [own], from: own.number, to: own.number, isShared: false };
    const { segments } = this.#index;
    const behind = segments.findIndex(({ places }) => places.firstSequence > sequence);
    const after = segments[behind];
    const before = behind < 0 ? segments.at(-1) : segments[behind - 1];
    return {
      own,
      segments: [before, after].filter((segment) => segment !== undefined),
      from: before?.number ?? 0,
      to: after?.number ?? Number.POSITIVE_INFINITY,
      isShared: false,
    };
  }

  #overwrite(sequence: number, { own, segments, from, to, isShared }: Sought, done: Done): void {
    const { pool, commit, disk, directory } = this.#context;
    try {
      this.#reader.forget();
      if (own === undefined || !this.#overwriteRecord(own, sequence)) {
        for (const segment of segments)
          for (const stretch of segment.damaged) this.#blank(segment, stretch.from, stretch.to);
        dropSetAside(this.#context, from, to);
      }
      pool.wipe();
      commit.wipe();
      if (!isShared) for (const segment of segments) dropIndex(this.#context, segment);
      this.#overwriteJournals(sequence, (error) => {
        if (error !== undefined) return done(error);
        syncAll(segments, (failure) => {
          if (failure !== undefined) return done(failure);
          // A name that went before (an older generation's, an index's) must not come back with what it held.
          disk.syncDirectory(directory, done);
        });
      });
    } catch (cause) {
      done(cause as Error);
    }
  }

  /** In its own place; answers whether its record was there as a whole, erased before or not. */
  #overwriteRecord(segment: Segment, sequence: number): boolean {
    const { places } = segment;
    const at = sequence - places.firstSequence;
    const byte = places.byte(at);
    const end = at + 1 < places.length ? places.byte(at + 1) : segment.tail;
    const { bytes } = segment.readAround(byte, Math.max(0, end - byte)); // what a stop cut off lies behind the tail
    const length = soundLength(bytes, 0, bytes.length, segment.mark, byte);
    const isIt = length > 0 && headOf(bytes, 0).sequence === sequence;
    if (isIt) this.#replace(segment, byte, this.#randomized(bytes.subarray(0, length), byte));
    else this.#blank(segment, byte, byte + bytes.length); // damaged, and whatever its length says is no guide
    return isIt;
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
    const { bytes } = segment.readAround(from, Math.max(segment.tail, to) - from);
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

  /** In the journals the message may lie as of any generation of its segment, and in what older epochs left. */
  #overwriteJournals(sequence: number, done: Done): void {
    const { clock, limits, id } = this.#context;
    const overwrite = (file: JournalFile, item: JournalItem): boolean =>
      this.#overwriteItem(file, item, sequence);
    const erasure = new JournalErasure(this.#journals, id, overwrite);
    let isEnded = false;
    const step = (bytes: number): void => {
      try {
        const state = erasure.step(bytes);
        if (state === "over" || isEnded) return erasure.sync(done);
        this.#goingOn.add(finish);
        if (state === "held") erasure.whenBegun(next);
        else clock.after(0, () => next(undefined));
      } catch (cause) {
        done(cause as Error);
      }
    };
    const next = (error: Error | undefined): void => {
      this.#goingOn.delete(finish);
      if (isEnded) return;
      if (error === undefined) step(limits.eraseBytesAtOnce);
      else done(error);
    };
    const finish = (): void => {
      isEnded = true;
      step(Number.POSITIVE_INFINITY);
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
    let isThere = false;
    const mark = markOf(item.streamId, item.number, item.generation);
    const blank = (from: number, to: number): void => {
      if (from === to) return;
      if (!isBlank(bytes, from, to)) file.overwriteSync(itemAt + from, Buffer.alloc(to - from));
      isThere = true;
    };
    const end = scanRecords(bytes, 0, bytes.length, mark, place, {
      record: (at, length) => {
        const head = headOf(bytes, at);
        if (head.kind !== kindMessage || head.sequence !== sequence) return;
        file.overwriteSync(itemAt + at, this.#randomized(bytes.subarray(at, at + length), place + at));
        isThere = true;
      },
      damaged: blank, // one of them may be it
    });
    blank(end, bytes.length);
    return isThere;
  }
}

/** Whether a message of the segment is left with the subject of one just taken out. */
function isSubjectShared({ places }: Segment, sequence: number): boolean {
  const node = places.subject(sequence - places.firstSequence);
  return places.findSubject(node, 0, places.length) < places.length;
}

function syncAll(segments: readonly Segment[], done: Done): void {
  let left = segments.length + 1;
  let failure: Error | undefined;
  const arrived = (error: Error | undefined): void => {
    failure ??= error;
    if (--left === 0) done(failure);
  };
  for (const segment of segments) segment.sync(arrived);
  arrived(undefined);
}
