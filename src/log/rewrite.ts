// Writing a segment anew with only its messages: the next generation of the same file. It begins with a note of every
// sequence it does not hold, is synced, takes its name, and only then does the old one go.

import { Fault } from "../base/assert.ts";
import { type StreamContext, segmentOf } from "./context.ts";
import {
  extendRanges,
  headOf,
  putHead,
  type Range,
  recordHeaderBytes,
  removedLength,
  removedPieces,
  seal,
  soundLength,
} from "./record.ts";
import { type Segment, segmentHeader, segmentHeaderBytes } from "./segment.ts";
import { inSlices, mergedInSlices, type Sliced } from "./slices.ts";
import { writeWhole, writeWholeSync } from "./transfer.ts";

/** Read, checked and written in one go; the rest of the program runs between two of them. */
const sliceBytes = 256 * 1024;

type Lose = (sequence: number, byte: number, length: number) => void;
type Done = (error: Error | undefined, made?: Segment) => void;

/**
 * Makes the next generation of a segment. The caller puts it in place, counts what was removed meanwhile (the places
 * are shared) and unlinks the old one. `notes`: what else its notes told and nothing else tells. Messages that turn out damaged stay out, and the old bytes are set aside.
 */
export function rewrite(
  context: StreamContext,
  old: Segment,
  notes: readonly Range[],
  lose: Lose,
  done: Done,
): void {
  new Rewriting(context, old, lose, done).start(notes);
}

class Rewriting {
  readonly #context: StreamContext;
  readonly #old: Segment;
  readonly #made: Segment;
  readonly #temporary: string;
  readonly #lose: Lose;
  readonly #done: Done;
  /** Slot and new byte of each message copied. */
  readonly #copied: { at: number; byte: number; unsure: boolean; length: number }[] = [];
  #isRenamed = false;
  /** Messages removed since the roster was taken and before they were copied; a note behind the others tells of them. */
  readonly #untold: Range[] = [];
  #rangeAt = 0;
  #slot = 0;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkAt = 0;

  constructor(context: StreamContext, old: Segment, lose: Lose, done: Done) {
    this.#context = context;
    this.#old = old;
    this.#made = segmentOf(context, old.number, old.generation + 1, old.places.firstSequence);
    this.#temporary = `${this.#made.path}.new`;
    this.#lose = lose;
    this.#done = done;
  }

  start(notes: readonly Range[]): void {
    const { disk, handles, id, name, clock } = this.#context;
    this.#orFail(() => {
      if (disk.existsSync(this.#temporary)) disk.unlinkSync(this.#temporary);
      const made = this.#made;
      const header = segmentHeader(id, made.number, made.generation, this.#old.places.firstSequence, name);
      writeWholeSync(handles.create(this.#temporary), header, 0);
      inSlices(clock, this.#ranges(notes), (ranges) => {
        made.noteBytes = removedLength(ranges.length);
        made.tail = segmentHeaderBytes + made.noteBytes;
        made.removed = ranges;
        this.#writeNote(segmentHeaderBytes, ranges, () => this.#copySlice());
      });
    });
  }

  *#ranges(notes: readonly Range[]): Sliced<Range[]> {
    const roster = yield* this.#roster();
    if (notes.length === 0) return roster;
    return yield* mergedInSlices([...roster, ...notes], this.#context.limits.rangesAtOnce);
  }

  /** Every sequence of the segment that is no message and was not lost: what is missing beside these is a loss. */
  *#roster(): Sliced<Range[]> {
    const { places } = this.#old;
    const { rangesAtOnce } = this.#context.limits;
    const ranges: Range[] = [];
    for (let at = 0; at < places.length; at++) {
      if (at > 0 && at % rangesAtOnce === 0) yield;
      if (!this.#isRemoved(at)) continue;
      extendRanges(ranges, places.firstSequence + at, places.firstSequence + at);
    }
    return ranges;
  }

  #isRemoved(at: number): boolean {
    const { places, lostSequences } = this.#old;
    return places.isGone(at) && !lostSequences.has(places.firstSequence + at);
  }

  #writeNote(at: number, ranges: readonly Range[], then: () => void): void {
    const pieces = removedPieces(at, this.#made.mark, ranges, this.#context.limits.rangesAtOnce);
    const step = (): void => {
      const { value: piece } = pieces.next();
      if (piece === undefined) then();
      else this.#write(piece.bytes, at + piece.at, step);
    };
    step();
  }

  /** A message that is not copied is told of: before its removal is on the disk it would be missed. */
  #tell(sequence: number): void {
    const { removed } = this.#made;
    while (removed[this.#rangeAt] !== undefined && removed[this.#rangeAt]!.last < sequence) this.#rangeAt++;
    const range = removed[this.#rangeAt];
    if (range === undefined || range.first > sequence) extendRanges(this.#untold, sequence, sequence);
  }

  #tellRest(): void {
    const made = this.#made;
    if (this.#untold.length === 0) return this.#finish();
    const at = made.tail;
    made.tail += removedLength(this.#untold.length);
    made.noteBytes += removedLength(this.#untold.length);
    made.removed = [...made.removed, ...this.#untold];
    const last = this.#copied[this.#copied.length - 1];
    if (last !== undefined) last.unsure = true; // the tail is not its end
    this.#writeNote(at, this.#untold, () => this.#finish());
  }

  #copySlice(): void {
    const { places } = this.#old;
    const parts: Buffer[] = [];
    let bytes = 0;
    const from = this.#made.tail;
    for (; this.#slot < places.length && bytes < sliceBytes; this.#slot++) {
      if (places.isGone(this.#slot)) {
        if (this.#isRemoved(this.#slot)) this.#tell(places.firstSequence + this.#slot);
        continue;
      }
      const record = this.#copy(this.#slot, from + bytes);
      if (record === undefined) continue;
      parts.push(record);
      bytes += record.length;
    }
    if (parts.length === 0) return this.#tellRest();
    this.#write(Buffer.concat(parts, bytes), from, () => {
      this.#made.tail += bytes;
      this.#copySlice();
    });
  }

  #write(bytes: Buffer, at: number, then: () => void): void {
    const { handles } = this.#context;
    this.#orFail(() => {
      writeWhole(handles.pin(this.#temporary), bytes, at, (error) => {
        handles.unpin(this.#temporary);
        if (error !== undefined) this.#fail(error);
        else this.#orFail(then);
      });
    });
  }

  #orFail(act: () => void): void {
    try {
      act();
    } catch (cause) {
      this.#fail(cause as Error);
    }
  }

  /** The message of a slot as a record of the new generation; undefined when it is not whole any more. */
  #copy(slot: number, byte: number): Buffer | undefined {
    const { places } = this.#old;
    const oldByte = places.byte(slot);
    const length = places.recordLength(slot, this.#old.tail) || this.#toldLength(oldByte);
    const record = this.#read(oldByte, length);
    const sequence = places.firstSequence + slot;
    const sound =
      length >= recordHeaderBytes && soundLength(record, 0, record.length, this.#old.mark, oldByte) > 0;
    const head = sound ? headOf(record, 0) : undefined;
    if (head === undefined || head.sequence !== sequence) {
      this.#lose(sequence, oldByte, length);
      return undefined;
    }
    let body: Uint8Array = record.subarray(recordHeaderBytes, head.length);
    let { flags } = head;
    if (flags !== 0) {
      const covered = this.#made.cover.put(
        this.#old.cover.take(Buffer.from(body), flags, oldByte, head.bodyBytes),
        byte,
      );
      ({ body, flags } = covered);
    }
    const made = Buffer.alloc(recordHeaderBytes + body.length);
    const view = new DataView(made.buffer, made.byteOffset, made.length);
    putHead(
      view,
      0,
      this.#made.mark,
      head.kind,
      sequence,
      head.timestampNs,
      head.subjectBytes,
      head.headersBytes,
      head.bodyBytes,
    );
    made.set(body, recordHeaderBytes);
    seal(made, view, 0, byte, made.length, flags);
    this.#copied.push({ at: slot, byte, unsure: flags !== 0, length: made.length });
    return made;
  }

  /** A call for each small record would take longer than all the rest. */
  #read(byte: number, length: number): Buffer {
    let at = byte - this.#chunkAt;
    if (at < 0 || at + length > this.#chunk.length) {
      this.#chunk = this.#old.readAround(
        byte,
        Math.min(Math.max(length, sliceBytes), this.#old.tail - byte),
      ).bytes;
      this.#chunkAt = byte;
      at = 0;
    }
    return this.#chunk.subarray(at, at + length);
  }

  #toldLength(byte: number): number {
    const head = this.#read(byte, recordHeaderBytes);
    return head.length < recordHeaderBytes ? 0 : Math.min(head.readUInt32LE(8), this.#old.tail - byte);
  }

  #finish(): void {
    const { handles, disk, directory } = this.#context;
    handles.pin(this.#temporary).sync((error) => {
      handles.unpin(this.#temporary);
      if (error !== undefined) return this.#fail(error);
      try {
        this.#setAside(directory);
        handles.close(this.#temporary);
        disk.renameSync(this.#temporary, this.#made.path);
        this.#isRenamed = true;
        disk.syncDirectory(directory, (failure) =>
          failure === undefined ? this.#swap() : this.#fail(failure),
        );
      } catch (cause) {
        this.#fail(cause as Error);
      }
    });
  }

  #swap(): void {
    const [old, made] = [this.#old, this.#made];
    made.places = old.places;
    made.written = made.tail;
    made.committed = made.tail;
    made.synced = made.tail;
    made.rostered = true;
    made.live = old.live;
    made.lostSequences = old.lostSequences;
    let last = 0;
    for (const { at, byte, unsure, length } of this.#copied) {
      made.places.fillMoved(last, at, byte);
      last = at + 1;
      made.places.move(at, byte, unsure);
      if (!made.places.isGone(at)) continue;
      made.dead++; // removed while it was copied
      made.deadBytes += length;
    }
    made.places.fillMoved(last, made.places.length, made.tail);
    made.places.trim();
    this.#done(undefined, made);
  }

  /** Copies damaged stretches to files of their own before the segment that holds them goes. */
  #setAside(directory: string): void {
    const { disk, limits } = this.#context;
    const aside = `${directory}/damaged`;
    for (const { from, to } of this.#old.damaged) {
      if (to - from > limits.quarantineBytesMax) continue;
      if (!disk.existsSync(aside)) {
        disk.makeDirectorySync(aside);
        disk.syncDirectorySync(directory);
      }
      const path = `${aside}/${this.#old.number}.${this.#old.generation}.${from}`;
      if (disk.existsSync(path)) continue;
      const file = disk.openSync(path, "create");
      try {
        writeWholeSync(file, this.#old.readAround(from, to - from).bytes, 0);
        file.syncSync();
      } finally {
        file.closeSync();
      }
      disk.syncDirectorySync(aside);
    }
  }

  #fail(error: Error): void {
    const { disk, handles } = this.#context;
    handles.close(this.#temporary);
    try {
      // Whatever its name: what is removed from now on would be whole in it at the next start.
      const path = this.#isRenamed ? this.#made.path : this.#temporary;
      if (disk.existsSync(path)) disk.unlinkSync(path);
    } catch (cause) {
      this.#context.trace.log("warn", `temporary file left behind: ${(cause as Error).message}`);
    }
    this.#done(new Fault("rewrite a segment", { path: this.#old.path, cause: error }));
  }
}
