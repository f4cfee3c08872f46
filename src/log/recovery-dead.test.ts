// What is dead in a segment counts at a start as it did while the segment was written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killed, lose, names, segmentsOf } from "../../test/log/files.ts";
import { addMark, addNote, notesIn, recordsIn } from "../../test/log/records.ts";
import { aLogWith, appendTo, close, opened, reopened, settle, stopped } from "../../test/log/scene.ts";
import { range, repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { kindCommitted, removedLength } from "./record.ts";

const never = { compactBytesMin: 1024 * 1024 };

test("a segment that is half dead when it is found is written anew at once, one that is not stays", async () => {
  for (const isRewritten of [false, true]) {
    const first = await aLogWith(repeated(72), {}, never);
    appendTo(first.log, repeated(10)); // the notes go to the next segment
    await settle(first.disk);
    const [path] = segmentsOf(first.disk) as [string];
    const half = first.disk.contents(path).length / 2;
    const records = recordsIn(first.disk, path);
    let removed = 0;
    for (let dead = 0; dead < half; removed++) dead += records[removed]!.length;
    if (!isRewritten) removed--;
    first.log.removeRange(1, removed);
    await settle(first.disk);
    const disk = killed(first.disk);
    lose(disk, ".idx", ".journal");

    const again = opened(disk);
    await settle(disk);

    assert.equal(names(again)[0], isRewritten ? "00000001.0001.seg" : "00000001.0000.seg");
    assert.deepEqual(sequencesOf(again.log), upTo(82, removed + 1));
  }
});

test("notes count as dead when a segment is found", async () => {
  for (const [notes, isRewritten] of [
    [66, false],
    [68, true],
  ] as const) {
    const disk = await stopped(repeated(20));
    const [path] = segmentsOf(disk);
    for (let half = 0; half < 2; half++)
      addNote(
        disk,
        path!,
        upTo(notes / 2).map((i) => range(100 + 2 * i + 200 * half)),
      );
    const bytes = disk.contents(path!).length;
    assert.equal(2 * removedLength(notes / 2) * 2 >= bytes, isRewritten, "the table is wrong");

    const again = opened(disk);
    await settle(disk);

    assert.equal(names(again)[0], isRewritten ? "00000001.0001.seg" : "00000001.0000.seg");
    assert.deepEqual(sequencesOf(again.log), upTo(20));
    const third = await reopened(again);
    assert.equal(third.log.losses.count, 0);
    assert.equal(third.log.last, 100 + notes + 200);
  }
});

test("notes count as dead when a segment is found by its index, too", async () => {
  const first = await aLogWith(repeated(73), {}, never);
  appendTo(first.log, repeated(5));
  for (let s = 2; s <= 72; s += 2) first.log.remove(s);
  await settle(first.disk);
  await close(first.store, first.disk);
  assert.ok(notesIn(first.disk, segmentsOf(first.disk)[1]!).length > 30);

  const again = opened(first.disk);
  await settle(again.disk);

  assert.ok(names(again).includes("00000002.0001.seg"), names(again).join(" "));
  const third = await reopened(again);
  assert.equal(third.log.losses.count, 0);
  assert.equal(third.log.state.messages, 73 - 36 + 5);
});

test("marks of what was committed count as dead too", async () => {
  const disk = await stopped(repeated(5));
  const [path] = segmentsOf(disk);
  for (let i = 0; i < 20; i++) addMark(disk, path!, 5);

  const again = opened(disk);
  await settle(disk);

  assert.equal(names(again)[0], "00000001.0001.seg");
  assert.equal(recordsIn(disk, segmentsOf(disk)[0]!).filter(({ kind }) => kind === kindCommitted).length, 0);
});
