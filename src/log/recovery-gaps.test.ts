// A start misses what no segment holds and no note tells of, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { edit, lose, segmentsOf } from "../../test/log/files.ts";
import { addNote, recordsIn } from "../../test/log/records.ts";
import { aLogWith, appendTo, close, opened, settle } from "../../test/log/scene.ts";
import { range, repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { type Range, recordHeaderBytes } from "./record.ts";
import { segmentHeaderBytes } from "./segment.ts";

test("a segment that is gone is a loss of what it held, at the beginning, between others, and at the end", async () => {
  for (const at of [0, 1, 2]) {
    const whole = await aLogWith(repeated(200));
    await close(whole.store, whole.disk);
    const held = whole.disk.copy(1);
    lose(held, segmentsOf(held)[at]!, ".journal", ".idx");

    const again = opened(held);

    const there = sequencesOf(again.log);
    const missing = upTo(200).filter((s) => !there.includes(s));
    assert.ok(missing.length > 30);
    assert.deepEqual(again.log.losses.ranges, [range(missing[0]!, missing.at(-1)!)], `segment ${at}`);
    assert.equal(again.log.last, 200);
    assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 201);
  }
});

test("what lies below the floor is not missed", async () => {
  const scene = await aLogWith(repeated(200));
  scene.log.removeRange(1, 150);
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  lose(scene.disk, ".journal", ".idx");

  const again = opened(scene.disk);

  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(sequencesOf(again.log), upTo(200, 151));
  assert.equal(again.log.first, 151);
});

test("a gap between segments is told but for what was removed in it", async () => {
  const scene = await aLogWith(repeated(200));
  await close(scene.store, scene.disk);
  lose(scene.disk, segmentsOf(scene.disk)[1]!, ".journal", ".idx");
  const paths = segmentsOf(scene.disk);
  const from = recordsIn(scene.disk, paths[0]!).length + 1;
  const to = recordsIn(scene.disk, paths[1]!)[0]!.sequence - 1;
  const table: [Range[], Range[]][] = [
    [[], [range(from, to)]],
    [
      [range(2), range(from, from + 1), range(from + 10, from + 12), range(to - 1, to + 1), range(to + 10)],
      [range(from + 2, from + 9), range(from + 13, to - 2)],
    ],
    [
      [range(from - 3, from), range(from + 2), range(to), range(to + 2)],
      [range(from + 1), range(from + 3, to - 1)],
    ],
    [[range(from - 1), range(to + 1)], [range(from, to)]],
    [[range(1, 199)], []],
  ];
  for (const [noted, lost] of table) {
    const disk = scene.disk.copy(1);
    addNote(disk, paths[1]!, noted);

    assert.deepEqual(opened(disk).log.losses.ranges, lost);
  }
});

test("what lies below the floor is not missed, though no note tells of it", async () => {
  const scene = await aLogWith(repeated(72));
  appendTo(scene.log, repeated(5));
  scene.log.removeRange(1, 20);
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  lose(scene.disk, ".journal", ".idx");
  for (const path of segmentsOf(scene.disk)) {
    for (const { at, kind } of recordsIn(scene.disk, path))
      if (kind === 2)
        edit(scene.disk, path, (bytes) => {
          bytes[at + recordHeaderBytes]! ^= 1;
          return bytes;
        });
  }
  edit(scene.disk, segmentsOf(scene.disk)[0]!, (bytes) => bytes.fill(0, segmentHeaderBytes, 1000));

  const again = opened(scene.disk);

  assert.deepEqual(again.log.losses.ranges, []);
  assert.equal(again.log.first, 21);
});
