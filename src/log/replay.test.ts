// A replay gives files what they lack, down to the last zeros, and takes nothing that came after it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { itemForgotten, itemRecords, type JournalItem } from "./journal.ts";
import { MemoryDisk } from "./memory.ts";
import { putRemoved, removedLength } from "./record.ts";
import { Replay } from "./replay.ts";
import { markOf, segmentHeader, segmentHeaderBytes, segmentName } from "./segment.ts";
import { encodeState, readState, stateName } from "./small-state.ts";
import { readWholeSync, writeWholeSync } from "./transfer.ts";

const streamId = "00000000000000aa";

const path = `/streams/${streamId}/${segmentName(0, 0)}`;

const silent = { enabled: () => false, log: () => undefined };

test("a file that lacks only the zeros at a record's end is given them", () => {
  const note = Buffer.alloc(removedLength(1));
  const view = new DataView(note.buffer, note.byteOffset, note.length);
  putRemoved(note, view, 0, segmentHeaderBytes, markOf(streamId, 0, 0), [{ first: 23, last: 36 }]);
  const disk = new MemoryDisk(2 ** 20);
  for (const directory of ["/streams", `/streams/${streamId}`]) disk.makeDirectorySync(directory);
  const file = disk.openSync(path, "create");
  writeWholeSync(file, segmentHeader(streamId, 0, 0, 1), 0);
  writeWholeSync(file, note.subarray(0, -3), segmentHeaderBytes); // as a power cut may leave it
  const place = { number: 0, generation: 0, place: segmentHeaderBytes };
  const item: JournalItem = { streamId, kind: itemRecords, ...place, bytes: note, whole: true, at: 0 };

  new Replay(disk, "/streams", silent).run([item]);

  assert.deepEqual(readWholeSync(file, segmentHeaderBytes, 1024), note);
});

test("state that was kept after it had been forgotten stays, though only the forgetting is found in a journal", () => {
  const disk = new MemoryDisk(2 ** 20);
  const directory = `/streams/${streamId}`;
  for (const each of ["/streams", directory]) disk.makeDirectorySync(each);
  const forgotten = (generation: number): JournalItem => {
    const place = { number: 7, generation, place: 0 };
    return { streamId, kind: itemForgotten, ...place, bytes: Buffer.alloc(0), whole: true, at: 0 };
  };
  for (const copy of ["a", "b"] as const) {
    const file = disk.openSync(`${directory}/${stateName(7, copy)}`, "create");
    writeWholeSync(file, encodeState(streamId, 7, 3, Buffer.from("kept")), 0);
  }

  new Replay(disk, "/streams", silent).run([forgotten(2)]);
  assert.equal(readState(disk, directory, streamId, 7).newest?.contents.toString(), "kept");

  new Replay(disk, "/streams", silent).run([forgotten(4)]);
  assert.deepEqual(disk.listSync(directory), []);
});
