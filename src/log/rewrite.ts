// Writing a segment anew with only its messages: the next generation of the same file. It begins with a note of every
// sequence it does not hold, is synced, takes its name, and only then does the old one go.

import { Fault } from "../base/assert.ts";
import { type StreamContext, segmentOf } from "./context.ts";
import {
  extendRanges,
  headOf,
  mergedRanges,
  putHead,
  putRemoved,
  type Range,
  recordHeaderBytes,
  removedLength,
  seal,
  soundLength,
} from "./record.ts";
import { type Segment, segmentHeader, segmentHeaderBytes } from "./segment.ts";
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
    const { disk, handles, id, name } = this.#context;
    try {
      if (disk.existsSync(this.#temporary)) disk.unlinkSync(this.#temporary);
      const file = handles.create(this.#temporary);
      const made = this.#made;
      const ranges = mergedRanges([...this.#roster(), ...notes]);
      const start = Buffer.alloc(segmentHeaderBytes + removedLength(ranges.length));
      segmentHeader(id, made.number, made.generation, this.#old.places.firstSequence, name).copy(start);
      const view = new DataView(start.buffer, start.byteOffset, start.length);
      putRemoved(start, view, segmentHeaderBytes, segmentHeaderBytes, made.mark, ranges);
      writeWholeSync(file, start, 0);
      made.tail = start.length;
      made.noteBytes = start.length - segmentHeaderBytes;
      made.removed = ranges;
      this.#copySlice();
    } catch (cause) {
      this.#fail(cause as Error);
    }
  }

  /** Every sequence of the segment that is no message and was not lost: what is missing beside these is a loss. */
  #roster(): Range[] {
    const { places } = this.#old;
    const ranges: Range[] = [];
    for (let at = 0; at < places.length; at++) {
      const sequence = places.firstSequence + at;
      if (places.isGone(at) && !this.#old.lostSequences.has(sequence))
        extendRanges(ranges, sequence, sequence);
    }
    return ranges;
  }

  #copySlice(): void {
    const { places } = this.#old;
    const parts: Buffer[] = [];
    let bytes = 0;
    const from = this.#made.tail;
    for (; this.#slot < places.length && bytes < sliceBytes; this.#slot++) {
      if (places.isGone(this.#slot)) continue;
      const record = this.#copy(this.#slot, from + bytes);
      if (record === undefined) continue;
      parts.push(record);
      bytes += record.length;
    }
    if (parts.length === 0) return this.#finish();
    const file = this.#context.handles.pin(this.#temporary);
    writeWhole(file, Buffer.concat(parts, bytes), from, (error) => {
      this.#context.handles.unpin(this.#temporary);
      if (error !== undefined) return this.#fail(error);
      this.#made.tail += bytes;
      try {
        this.#copySlice();
      } catch (cause) {
        this.#fail(cause as Error);
      }
    });
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
      writeWholeSync(file, this.#old.readAround(from, to - from).bytes, 0);
      file.syncSync();
      file.closeSync();
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
