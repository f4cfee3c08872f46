// The records of a segment on a simulated disk: read where they lie, and put at its end as a writer would.

import {
  headOf,
  kindMessage,
  kindRemoved,
  putCommitted,
  putHead,
  putRemoved,
  type Range,
  recordHeaderBytes,
  removedLength,
  removedRanges,
  seal,
} from "../../src/log/record.ts";
import { scanRecords } from "../../src/log/scan.ts";
import { markOf, parseSegmentName, segmentHeaderBytes } from "../../src/log/segment.ts";
import type { SimDisk } from "../world/disk.ts";

/** Where the whole records of a segment lie, and what they are. */
export function recordsIn(
  disk: SimDisk,
  path: string,
): { at: number; length: number; kind: number; sequence: number }[] {
  const { bytes, mark } = readSegment(disk, path);
  const found: { at: number; length: number; kind: number; sequence: number }[] = [];
  scanRecords(bytes, segmentHeaderBytes, bytes.length, mark, 0, {
    record: (at, length) => {
      const { kind, sequence } = headOf(bytes, at);
      found.push({ at, length, kind, sequence });
    },
    damaged: () => undefined,
  });
  return found;
}

/** What a segment's notes tell, in order. */
export function notesIn(disk: SimDisk, path: string): Range[] {
  const { bytes } = readSegment(disk, path);
  return recordsIn(disk, path)
    .filter(({ kind }) => kind === kindRemoved)
    .flatMap(({ at, length }) => removedRanges(bytes, at, length));
}

function readSegment(disk: SimDisk, path: string): { bytes: Buffer; mark: number } {
  const [name, id] = path.split("/").reverse() as [string, string];
  const { number, generation } = parseSegmentName(name)!;
  return { bytes: disk.contents(path), mark: markOf(id, number, generation) };
}

/** Puts a whole, sealed record of the segment's own at its end. */
export function addRecord(
  disk: SimDisk,
  path: string,
  length: number,
  put: (buffer: Buffer, view: DataView, place: number, mark: number) => void,
): void {
  const { bytes, mark } = readSegment(disk, path);
  const made = Buffer.alloc(length);
  put(made, new DataView(made.buffer, made.byteOffset, length), bytes.length, mark);
  disk.replace(path, Buffer.concat([bytes, made]));
}

export function addMessage(disk: SimDisk, path: string, sequence: number, flags = 0): void {
  addRecord(disk, path, recordHeaderBytes + 4, (buffer, view, place, mark) => {
    putHead(view, 0, mark, kindMessage, sequence, 5n, 1, 0, 4);
    buffer.write("bnew", recordHeaderBytes, "latin1");
    seal(buffer, view, 0, place, buffer.length, flags);
  });
}

export function addNote(disk: SimDisk, path: string, ranges: readonly Range[]): void {
  addRecord(disk, path, removedLength(ranges.length), (buffer, view, place, mark) => {
    putRemoved(buffer, view, 0, place, mark, ranges);
  });
}

/** Puts a mark at a segment's end: everything below this sequence was committed. */
export function addMark(disk: SimDisk, path: string, sequence: number): void {
  addRecord(disk, path, recordHeaderBytes, (buffer, view, place, mark) => {
    putCommitted(buffer, view, 0, place, mark, sequence);
  });
}
