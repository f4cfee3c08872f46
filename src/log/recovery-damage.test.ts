// Damage that a start finds costs what it hit, and is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, edit, segmentsOf } from "../../test/log/files.ts";
import { addMessage, recordsIn } from "../../test/log/records.ts";
import { cutOff, opened, reopened, settle, stopped } from "../../test/log/scene.ts";
import { damageOf, range, recordBytes, repeated, sequencesOf, textsOf, upTo } from "../../test/log/told.ts";
import { recordHeaderBytes } from "./record.ts";
import { segmentHeaderBytes } from "./segment.ts";

test("a message that damage hit is lost, and told; its neighbours are whole", async () => {
  const disk = await stopped(repeated(9));
  damage(disk, segmentsOf(disk)[0]!, "payload 5");

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(5)]);
  assert.deepEqual(again.log.losses.uncertainRanges, []);
  assert.deepEqual(again.log.losses.damage, [
    {
      path: segmentsOf(disk)[0],
      what: "damaged bytes",
      from: segmentHeaderBytes + 4 * recordBytes,
      to: segmentHeaderBytes + 5 * recordBytes,
    },
  ]);
  assert.deepEqual(sequencesOf(again.log), [1, 2, 3, 4, 6, 7, 8, 9]);
  assert.equal(again.log.state.bytes, 8 * (recordBytes - recordHeaderBytes + 30));
  assert.equal(
    again.log.remove(4),
    recordBytes - recordHeaderBytes + 30,
    "the damage is no part of the one before",
  );
  assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 10);
});

test("damage before the first message and behind the last costs what it hit", async () => {
  const disk = await stopped(repeated(9));
  const [path] = segmentsOf(disk);
  damage(disk, path!, "payload 1");
  damage(disk, path!, "payload 9");

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(1), range(9)]);
  assert.deepEqual(sequencesOf(again.log), upTo(8, 2));
  assert.deepEqual(damageOf(again), ["damaged bytes", "bytes behind the last record"]);
});

test("a segment cut short after a stop in order has lost its end, and its bytes are told", async () => {
  const disk = await stopped(repeated(9));
  const [path] = segmentsOf(disk);
  edit(disk, path!, (bytes) => bytes.subarray(0, segmentHeaderBytes + 6 * recordBytes + 20));

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(7, 9)]);
  assert.deepEqual(sequencesOf(again.log), upTo(6));
  assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 10);
});

test("a record torn by a crash is no damage, and its sequence is not given out again", async () => {
  const disk = await cutOff(repeated(9));
  const [path] = segmentsOf(disk);
  edit(disk, path!, (bytes) => bytes.subarray(0, bytes.length - 3));

  const again = opened(disk);

  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(damageOf(again), ["bytes behind the last record"]);
  assert.deepEqual(sequencesOf(again.log), upTo(8));
  const next = again.log.append("x", undefined, Buffer.from(""), 1n);
  assert.ok(next > 9, `${next} was given out before`);
  await settle(disk);
  assert.deepEqual(sequencesOf((await reopened(again)).log), [...upTo(8), next]);
});

test("bytes behind the last record of an older segment are damage, where there was no crash", async () => {
  for (const [make, expected] of [
    [stopped, ["bytes behind the last record"]],
    [cutOff, []],
  ] as const) {
    const disk = await make(repeated(150));
    edit(disk, segmentsOf(disk)[0]!, (bytes) => Buffer.concat([bytes, Buffer.from("garbage")]));

    const again = opened(disk);

    assert.equal(again.log.losses.count, 0);
    assert.deepEqual(damageOf(again), expected);
    assert.equal(sequencesOf(again.log).length, 150);
  }
});

test("a record out of order is damage, and costs nobody else", async () => {
  for (const sequence of [2, 3, 4 + 2 ** 20]) {
    const disk = await stopped(repeated(3));
    const [path] = segmentsOf(disk);
    const end = disk.contents(path!).length;
    addMessage(disk, path!, sequence);
    addMessage(disk, path!, 4);

    const again = opened(disk);

    assert.deepEqual(textsOf(again.log), ["payload 1", "payload 2", "payload 3", "new"], `${sequence}`);
    assert.deepEqual(again.log.losses.damage, [
      { path, what: "record out of order", from: end, to: end + recordHeaderBytes + 4 },
    ]);
    const each = recordBytes - recordHeaderBytes + 30;
    assert.equal(again.log.state.bytes, 3 * each + 4 + 30, "the one before it keeps its size");
    assert.equal(again.log.remove(3), each);
    assert.equal(again.log.losses.count, 0);
  }
});

test("a damaged header of a segment costs nothing and is told; a blank one is a crash's", async () => {
  for (const [fill, expected] of [
    [0xff, ["segment header"]],
    [0, []],
  ] as const) {
    const disk = await cutOff(repeated(5));
    edit(disk, segmentsOf(disk)[0]!, (bytes) => bytes.fill(fill, 0, segmentHeaderBytes));

    const again = opened(disk);

    assert.deepEqual(damageOf(again), expected);
    assert.deepEqual(sequencesOf(again.log), upTo(5));
  }
});

test("a file of another stream is set aside under another name, and told", async () => {
  for (const at of [1, 2]) {
    const disk = await stopped(repeated(150));
    const paths = segmentsOf(disk);
    assert.equal(paths.length, 3);
    const foreign = paths[at]!;
    const held = recordsIn(disk, foreign).map(({ sequence }) => sequence);
    disk.replace(foreign, disk.contents(paths[0]!));

    const again = opened(disk);

    assert.equal(damageOf(again)[0], "file of another stream or segment");
    assert.ok(disk.contents(`${foreign}.foreign`).equals(disk.contents(paths[0]!)));
    assert.ok(!disk.files().includes(foreign));
    assert.deepEqual(again.log.losses.ranges, [range(held[0]!, held.at(-1)!)]);
    assert.deepEqual(
      sequencesOf(again.log),
      upTo(150).filter((s) => !held.includes(s)),
    );
    const next = again.log.append("x", undefined, Buffer.from("after"), 1n);
    await settle(disk);
    assert.equal((await reopened(again)).log.read(next)!.payload.toString(), "after");
  }
});
