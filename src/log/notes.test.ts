// A note of a removal lasts as long as the message it tells of could come back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lose, names, segmentsOf } from "../../test/log/files.ts";
import { addMessage, addNote, notesIn, recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  opened,
  reopened,
  rewriteFirst,
  settle,
  stopped,
} from "../../test/log/scene.ts";
import { range, recordBytes, repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { recordHeaderBytes } from "./record.ts";

test("a note makes messages before and behind it removed", async () => {
  const disk = await stopped(repeated(6));
  const [path] = segmentsOf(disk);
  addNote(disk, path!, [range(2, 3), range(7)]);
  addMessage(disk, path!, 7);
  addMessage(disk, path!, 8);

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 4, 5, 6, 8]);
  assert.equal(again.log.losses.count, 0);
  assert.equal(again.log.state.first, 1);
  assert.equal(again.log.remove(6), recordBytes - recordHeaderBytes + 30);
});

test("a note of what was never there moves the sequence on", async () => {
  const disk = await stopped(repeated(3));
  addNote(disk, segmentsOf(disk)[0]!, [range(4, 70)]);

  const again = opened(disk);

  assert.equal(again.log.last, 70);
  assert.equal(again.log.losses.count, 0);
  assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 71);
});

test("what a rewritten segment tells itself is not noted again when another one leaves", async () => {
  for (const isIndexed of [true, false]) {
    const scene = await aLogWith(repeated(72));
    appendTo(scene.log, repeated(75)); // the second segment will hold the notes of the first
    await settle(scene.disk);
    await rewriteFirst(scene, 5, 60);
    const noted = segmentsOf(scene.disk)
      .slice(1)
      .flatMap((path) => notesIn(scene.disk, path));
    assert.deepEqual(noted, [range(5, 60)]);
    const again = await reopened(scene);
    if (!isIndexed) {
      await close(again.store, again.disk);
      lose(again.disk, ".idx");
    }
    const third = isIndexed ? again : opened(again.disk);
    const { last } = third.log;
    const kept = recordsIn(third.disk, segmentsOf(third.disk)[0]!).at(-1)!.sequence;
    appendTo(third.log, ["b"]);
    third.log.removeRange(kept + 1, last);
    await settle(third.disk);

    const rest = segmentsOf(third.disk)
      .slice(1)
      .flatMap((path) => notesIn(third.disk, path));
    assert.ok(rest.length > 0);
    assert.ok(
      rest.every(({ first }) => first > kept),
      `${isIndexed} ${JSON.stringify(rest)} tells what the first segment tells`,
    );
    const fourth = await reopened(third);
    assert.equal(fourth.log.losses.count, 0);
    assert.deepEqual(sequencesOf(fourth.log), [1, 2, 3, 4, ...upTo(kept, 61), last + 1]);
  }
});

test("notes of a segment that leaves after a start are kept as long as they are needed", async () => {
  for (const ending of [".idx", ".none"]) {
    const scene = await aLogWith(repeated(150));
    const { log } = scene;
    appendTo(log, repeated(20));
    log.remove(5);
    await settle(scene.disk);
    await close(scene.store, scene.disk);
    lose(scene.disk, ending);
    const again = opened(scene.disk);
    assert.deepEqual(
      segmentsOf(scene.disk).flatMap((path) => notesIn(scene.disk, path)),
      [range(5)],
    );
    appendTo(again.log, ["b"]);
    again.log.removeRange(recordsIn(scene.disk, segmentsOf(scene.disk)[2]!)[0]!.sequence, 170);
    await settle(scene.disk);
    assert.equal(
      names(again).filter((name) => name.startsWith("00000003")).length,
      0,
      "the note's segment is there",
    );

    await close(again.store, scene.disk);
    lose(scene.disk, ".idx", ".journal");
    const third = opened(scene.disk);

    assert.equal(third.log.read(5), undefined, "message 5 came back");
    assert.equal(third.log.losses.count, 0);
  }
});

test("notes are kept for what lies before and behind a segment that tells its own", async () => {
  const scene = await aLogWith(repeated(220));
  const { log, disk } = scene;
  log.removeRange(80, 140); // the second segment is rewritten, and tells this itself
  await settle(disk);
  const again = await reopened(scene);
  log.removeRange(1, 1);
  const [, second] = segmentsOf(disk) as [string, string];
  assert.ok(second.endsWith("00000002.0001.seg"));
  addNote(disk, segmentsOf(disk).at(-1)!, [range(70, 150)]);
  lose(disk, ".idx");
  await close(again.store, disk);
  lose(disk, ".idx", ".journal");
  const third = opened(disk);
  appendTo(third.log, ["b"]);
  await settle(disk);
  third.log.removeRange(sequencesOf(third.log).find((s) => s > 180)!, 220);
  await settle(disk);
  await close(third.store, disk);
  lose(disk, ".idx", ".journal");

  const fourth = opened(disk);

  assert.equal(fourth.log.losses.count, 0);
  for (let s = 70; s <= 150; s++) assert.equal(fourth.log.read(s), undefined, `message ${s} came back`);
});
