// A removed message stays removed, and its sequence is not given out again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nextOf, purgeOf } from "../../test/log/asking.ts";
import { killed, refuse, segmentsOf } from "../../test/log/files.ts";
import { notesIn } from "../../test/log/records.ts";
import { aLogWith, close, opened, reopened, settle } from "../../test/log/scene.ts";
import { range, repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { Filter } from "./filter.ts";

test("removed messages stay removed, and what is missing is not called lost", async () => {
  const { store, log, disk, clock } = await aLogWith(repeated(60));
  assert.equal(log.removeRange(10, 20).count, 11);
  assert.equal(purgeOf(log, new Filter(["a.0.x"]), 40, 2), 8);
  assert.equal(log.remove(59, true), 45);
  assert.equal(log.remove(59), -1);
  clock.advance(300);
  const before = sequencesOf(log);

  const again = (await reopened({ store, disk })).log;

  assert.deepEqual(sequencesOf(again), before);
  assert.equal(again.losses.count, 0);
  assert.equal(again.state.bytes, log.state.bytes);
});

test("everything can be removed, the sequence goes on", async () => {
  const { store, log, disk } = await aLogWith(repeated(200));

  assert.equal(log.removeAll(), 200);
  assert.equal(log.removeAll(), 0);
  await settle(disk);

  assert.deepEqual([log.first, log.last, log.state.messages], [201, 200, 0]);
  const again = (await reopened({ store, disk })).log;
  assert.equal(again.append("x", undefined, Buffer.from(""), 1n), 201);
});

test("a skipped sequence is not given out", async () => {
  const { store, log, disk } = await aLogWith(["a"]);

  log.skipTo(10_000_000_000);
  log.skipTo(5);

  assert.equal(log.append("a", undefined, Buffer.from(""), 1n), 10_000_000_001);
  assert.equal(nextOf(log, 2, new Filter(["a"])), 10_000_000_001);
  log.remove(10_000_000_001);
  assert.deepEqual(log.subject("a"), { subject: "a", messages: 1, first: 1, last: 1 });
  const again = (await reopened({ store, disk })).log;
  assert.equal(again.last, 10_000_000_001);
  assert.equal(again.losses.count, 0);
});

test("what is not there is neither read nor removed", async () => {
  const { log } = await aLogWith(["a"]);

  for (const sequence of [0, 2, 99]) {
    assert.equal(log.read(sequence), undefined);
    assert.equal(log.remove(sequence), -1);
  }
});

test("lazy removals share one commit, and none comes after the stream is closed", async () => {
  const { disk, log, store, clock } = await aLogWith(repeated(9));
  const { syncs } = disk;
  for (const s of [1, 2, 3]) log.remove(s, true);
  await settle(disk);
  assert.equal(disk.syncs, syncs, "nothing yet");
  assert.equal(clock.alarms, 1);
  clock.advance(250);
  await settle(disk);
  assert.deepEqual(
    segmentsOf(disk).flatMap((path) => notesIn(disk, path)),
    [range(1, 3)],
  );

  log.remove(4, true);
  await close(store, disk);
  log.remove(5, true);
  clock.advance(1000);
  await settle(disk);
  assert.deepEqual(sequencesOf(opened(disk).log), upTo(9, 5));
});

test("without a floor that lasts no segment is dropped", async () => {
  const { disk, log, said } = await aLogWith(repeated(150));
  refuse(disk, "write", /0\.a\.state$/);

  log.removeRange(1, 100);
  await settle(disk);

  assert.ok(said.has(/space not given back/));
  assert.ok(segmentsOf(disk)[0]!.endsWith("00000001.0000.seg"));
  disk.plan = () => undefined;
  const again = opened(killed(disk));
  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(sequencesOf(again.log), upTo(150, 101));
});

test("a removal that finds no room for its note is told, and noted when there is room", async () => {
  const { disk, log, store, clock } = await aLogWith(repeated(72));
  disk.plan = (_, what, path) => (what === "open" && !path.includes("00000001.") ? "ENOSPC" : undefined);
  log.removeRange(1, 5);
  const heard: (Error | undefined)[] = [];
  for (let s = 7; s <= 72; s += 2) log.remove(s); // so many that the note needs a new segment
  log.whenDurable((error) => void heard.push(error));
  await settle(disk);
  log.whenDurable((error) => void heard.push(error));
  await settle(disk);

  assert.ok(store.full);
  assert.equal(heard.length, 2);
  assert.match(String(heard[0]), /ENOSPC/);
  assert.match(String(heard[1]), /ENOSPC/);
  disk.plan = () => undefined;
  clock.advance(300);
  await settle(disk);
  const left = sequencesOf(log);
  const again = opened(killed(disk));
  assert.deepEqual(sequencesOf(again.log), left);
  assert.equal(again.log.losses.count, 0);
});

test("a segment that was dropped is not made again by a journal that still has its records", async () => {
  const scene = await aLogWith(repeated(150));
  scene.log.removeRange(1, 100);
  await settle(scene.disk);
  const disk = killed(scene.disk);
  const before = segmentsOf(disk);
  assert.ok(before[0]!.endsWith("00000002.0000.seg") || before[0]!.endsWith("00000002.0001.seg"));

  const { said, log } = opened(disk);

  assert.ok(!said.has(/segment file is missing/));
  assert.deepEqual(segmentsOf(disk), before);
  assert.deepEqual(sequencesOf(log), upTo(150, 101));
  assert.equal(log.losses.count, 0);
});
