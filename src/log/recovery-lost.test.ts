// What is missing is lost where it is known to have been committed; where a crash may have taken it, it is uncertain.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, edit, killed, lose, segmentsOf } from "../../test/log/files.ts";
import { addMark, addMessage, notesIn, recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  cutOff,
  opened,
  reopened,
  rewriteFirst,
  settle,
} from "../../test/log/scene.ts";
import { range, recordBytes, repeated, sequencesOf } from "../../test/log/told.ts";
import { segmentHeaderBytes } from "./segment.ts";

test("a gap that a crash left is uncertain; below a mark of what was committed it is a loss", async () => {
  for (const [at, isMarked, lost, uncertain] of [
    [4, false, [], [range(4)]],
    [4, true, [range(4)], []],
    [1, false, [], [range(1)]],
    [5, true, [], [range(5)]],
  ] as const) {
    const disk = await cutOff(repeated(9));
    const [path] = segmentsOf(disk);
    damage(disk, path!, `payload ${at}`);
    if (isMarked) addMark(disk, path!, 5);

    const again = opened(disk);

    assert.deepEqual(again.log.losses.ranges, lost);
    assert.deepEqual(again.log.losses.uncertainRanges, [...uncertain, range(10, 257)]);
  }
});

test("of a gap across the mark the lower part is lost and the upper uncertain", async () => {
  const disk = await cutOff(repeated(9));
  const [path] = segmentsOf(disk);
  for (const s of [4, 5, 6]) damage(disk, path!, `payload ${s}`);
  addMark(disk, path!, 6);

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(4, 5)]);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(6), range(10, 257)]);
  await settle(disk);
  const third = await reopened(again);
  assert.deepEqual(third.log.losses.uncertainRanges, [], "what is uncertain is told once");
  assert.deepEqual(third.log.losses.ranges, [range(4, 5)], "what is lost, at every start");
});

test("a start tells once what is missing, whatever stopped it before", async () => {
  const disk = await cutOff(repeated(9));
  damage(disk, segmentsOf(disk)[0]!, "payload 4");
  const again = opened(disk);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(4), range(10, 257)]);
  again.log.append("x", undefined, Buffer.from(""), 1n);
  await settle(disk);

  const third = opened(killed(disk));

  assert.deepEqual(
    third.log.losses.uncertainRanges,
    [range(259, third.log.last)],
    "but for what this kill cut",
  );
  assert.equal(third.log.losses.count, 0);
});

test("sequences that a killed process may have given out are skipped, and never called lost", async () => {
  for (const stop of ["kill", "in order"]) {
    const scene = await aLogWith(repeated(3), {}, { reserveMin: 10 });
    const again = opened(killed(scene.disk));
    const next = again.log.append("x", undefined, Buffer.from(""), 1n);
    assert.equal(next, 12, "the first append reserved ten more");
    await settle(again.disk);

    const third = stop === "kill" ? opened(killed(again.disk)) : await reopened(again);

    assert.deepEqual(sequencesOf(third.log), [1, 2, 3, 12]);
    assert.equal(third.log.losses.count, 0);
    assert.deepEqual(third.log.losses.uncertainRanges, stop === "kill" ? [range(13, third.log.last)] : []);
  }
});

test("where the last messages are cut off after a kill, it is told which they may have been", async () => {
  const disk = await cutOff(repeated(9));
  edit(disk, segmentsOf(disk)[0]!, (bytes) => bytes.subarray(0, segmentHeaderBytes + 6 * recordBytes));

  const again = opened(disk);

  assert.deepEqual(again.log.losses.uncertainRanges, [range(7, 257)]);
  assert.ok(again.said.has(/behind message 6, any up to 257/));
});

test("what a stop in order, or a mark, knows to be committed is lost where the end is cut off, kill or not", async () => {
  for (const know of ["stop", "mark"]) {
    let scene = await aLogWith(repeated(9));
    if (know === "stop") scene = await reopened(scene);
    scene.log.append("x", undefined, Buffer.from(""), 1n);
    await settle(scene.disk);
    const disk = killed(scene.disk);
    lose(disk, ".journal", ".idx");
    for (const path of segmentsOf(disk))
      for (const { at, sequence } of recordsIn(disk, path).reverse())
        if (sequence > 6) edit(disk, path, (bytes) => bytes.subarray(0, at));
    if (know === "mark") addMark(disk, segmentsOf(disk)[0]!, 10);

    const again = opened(disk);

    assert.deepEqual(again.log.losses.ranges, [range(7, 9)], know);
    assert.deepEqual(again.log.losses.uncertainRanges, [range(10, again.log.last)], know);
  }
});

test("below a segment that was closed everything had been committed: its loss is certain", async () => {
  const { disk: first } = await aLogWith(repeated(150));
  const disk = killed(first);
  lose(disk, ".journal", segmentsOf(disk)[0]!);
  assert.ok(disk.files().some((path) => path.endsWith("00000002.0000.idx")));
  const held = recordsIn(disk, segmentsOf(disk)[0]!)[0]!.sequence;

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(1, held - 1)]);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(151, again.log.last)]);
});

test("what was lost is told at every start until something notes it, even when its segment was written anew", async () => {
  for (const isMarked of [true, false]) {
    const disk = await cutOff(repeated(150));
    const [path] = segmentsOf(disk);
    for (const s of [40, 41, 42]) damage(disk, path!, `payload ${s}`);
    const certain = isMarked ? 42 : 1;
    if (isMarked) addMark(disk, path!, certain);
    const again = opened(disk);
    await rewriteFirst(again, 1, 38);

    const roster = notesIn(disk, segmentsOf(disk)[0]!);
    const third = await reopened(again);
    await close(third.store, disk);
    lose(disk, ".idx", ".journal");
    const fourth = opened(disk);

    assert.deepEqual(roster, isMarked ? [range(1, 38), range(42)] : [range(1, 38), range(40, 42)]);
    for (const { log } of [third, fourth]) {
      assert.deepEqual(log.losses.ranges, isMarked ? [range(40, 41)] : []);
      assert.deepEqual(log.losses.uncertainRanges, []);
    }
  }
});

test("behind an empty segment losses are found as anywhere", async () => {
  const disk = await cutOff(repeated(3));
  const folder = segmentsOf(disk)[0]!.slice(0, -17);
  disk.openSync(`${folder}00000002.0000.seg`, "create").closeSync();
  disk.openSync(`${folder}00000003.0000.seg`, "create").closeSync();
  disk.replace(`${folder}00000003.0000.seg`, Buffer.alloc(segmentHeaderBytes));
  addMessage(disk, `${folder}00000003.0000.seg`, 4);
  addMessage(disk, `${folder}00000003.0000.seg`, 7);

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2, 3, 4, 7]);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(5, 6), range(8, 257)]);
});

test("an empty segment's header tells up to where sequences were given out, whatever the stream's header says", async () => {
  const first = await aLogWith(["a"], {}, { reserveMin: 2 });
  const states = first.disk.files().filter((path) => /streams.*00000000\..\.state$/.test(path));
  const early = states.map((path) => Buffer.from(first.disk.contents(path)));
  appendTo(first.log, repeated(160));
  await settle(first.disk);
  const disk = killed(first.disk);
  lose(disk, ".journal", ".idx");
  for (const [i, path] of states.entries()) disk.replace(path, early[i]!);
  const paths = segmentsOf(disk);
  assert.equal(paths.length, 3);
  const held = recordsIn(disk, paths[2]!).map(({ sequence }) => sequence);
  const last = recordsIn(disk, paths[0]!).at(-1)!.sequence;
  for (const path of paths.slice(1)) edit(disk, path, (bytes) => bytes.subarray(0, segmentHeaderBytes));

  const again = opened(disk);

  assert.equal(again.log.last, held[0]! - 1);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(last + 1, held[0]! - 1)], "and that is told");
  assert.equal(again.log.losses.count, 0);
});

test("an empty segment far above the last message costs no message", async () => {
  const scene = await aLogWith(["a", "a"]);
  scene.log.skipTo(100_000);
  scene.log.append("a", undefined, Buffer.from("far"), 1n);
  await settle(scene.disk);
  const disk = killed(scene.disk);
  lose(disk, ".journal", ".idx");
  const [first, second] = segmentsOf(disk) as [string, string];
  for (const path of [first, second]) {
    const [message] = recordsIn(disk, path).filter(({ sequence }) => sequence > 2);
    const note = recordsIn(disk, path).filter(({ kind }) => kind === 2);
    for (const { at } of [...(message === undefined ? [] : [message]), ...note])
      edit(disk, path, (bytes) => bytes.subarray(0, Math.min(bytes.length, at)));
  }

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2]);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(3, again.log.last)]);
  assert.ok(again.log.last >= 100_000);
});
