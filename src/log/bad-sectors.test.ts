// Sectors that answer EIO cost what lies in them, and no more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killed, lose, segmentsOf } from "../../test/log/files.ts";
import { recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  close,
  closing,
  lazy,
  opened,
  reopened,
  type Scene,
  settle,
} from "../../test/log/scene.ts";
import { range, repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { readAroundSync, readWholeSync, writeOverSync } from "./transfer.ts";

const page = 4096;

const large = { segmentBytes: 64 * 1024 };

/** The sequences of a segment whose records touch a page. */
function inPage(disk: SimDisk, path: string, at: number): number[] {
  return recordsIn(disk, path)
    .filter((record) => record.at < at + page && record.at + record.length > at)
    .map(({ sequence }) => sequence);
}

/** Three hundred messages in one segment, stopped, and its second page unreadable. */
async function spoiled(
  stop: "kill" | "in order",
  ...without: readonly string[]
): Promise<{ disk: SimDisk; hit: number[]; rest: number[] }> {
  const scene = await aLogWith(repeated(300), {}, large);
  if (stop === "in order") await close(scene.store, scene.disk);
  const disk = stop === "kill" ? killed(scene.disk) : scene.disk;
  lose(disk, ...without);
  const [path] = segmentsOf(disk) as [string];
  const hit = inPage(disk, path, page);
  disk.spoil(path, page + 17);
  return { disk, hit, rest: upTo(300).filter((s) => !hit.includes(s)) };
}

const readable = ({ log }: Scene, sequences: readonly number[]): number[] =>
  sequences.filter((s) => log.read(s)?.payload.toString() === `payload ${s}`);

test("what can be read around sectors that cannot is read", () => {
  for (const [bad, position, length, holes] of [
    [[], 0, 3 * page, []],
    [[0], 0, 3 * page, [[0, page]]],
    [[1], 10, 100, []],
    [[1], page - 10, 20, [[page, page + 10]]],
    [[1, 2], 100, 3 * page, [[page, 3 * page]]],
    [
      [0, 2],
      0,
      4 * page,
      [
        [0, page],
        [2 * page, 3 * page],
      ],
    ],
    [[3], 0, 9 * page, [[3 * page, 3 * page + 500]]],
    [[0], 10, 20, [[10, 30]]],
  ] as const) {
    const disk = new SimDisk(1);
    const file = disk.openSync("/f", "create");
    const contents = Buffer.alloc(3 * page + 500, "abcdefg");
    file.writeSync(contents, 0, contents.length, 0);
    for (const each of bad) disk.spoil("/f", each * page);

    const found = readAroundSync(file, position, length);

    const expected = Buffer.from(contents);
    for (const [from, to] of holes) expected.fill(0, from, to);
    assert.deepEqual(
      found.holes,
      holes.map(([from, to]) => ({ from, to })),
    );
    assert.ok(
      found.bytes.equals(expected.subarray(position, position + length)),
      `${bad} ${position} ${length}`,
    );
  }
});

test("a file of which no page can be read, and a disk that fails otherwise, stop the one who reads", () => {
  const disk = new SimDisk(1);
  const file = disk.openSync("/f", "create");
  const contents = Buffer.alloc(300 * page, "x");
  file.writeSync(contents, 0, contents.length, 0);
  for (const at of [0, page]) disk.spoil("/f", at);
  assert.throws(() => readAroundSync(file, 0, 2 * page), /EIO/);
  for (let at = 2; at < 299; at++) disk.spoil("/f", at * page);
  assert.throws(() => readAroundSync(file, 0, 300 * page), /EIO/, "more than a megabyte");
  disk.plan = () => "ENOSPC";
  assert.throws(() => readAroundSync(file, 0, 10), /ENOSPC/);
  assert.throws(() => writeOverSync(file, Buffer.alloc(10), 0), /ENOSPC/);
});

test("a page that cannot be read is written as a whole, with zeros where nothing is known", () => {
  const disk = new SimDisk(1);
  const file = disk.openSync("/f", "create");
  const contents = Buffer.alloc(2 * page, "x");
  file.writeSync(contents, 0, contents.length, 0);
  disk.spoil("/f", page);

  writeOverSync(file, Buffer.from("new"), page - 1);

  const expected = Buffer.from(contents).fill(0, page);
  expected.write("new", page - 1);
  assert.ok(readWholeSync(file, 0, 3 * page).equals(expected));
});

test("a start without an index steps over an unreadable sector, and tells what lay there", async () => {
  for (const stop of ["kill", "in order"] as const) {
    const { disk, hit, rest } = await spoiled(stop, ".journal", ".idx");
    const [path] = segmentsOf(disk);

    const again = opened(disk, undefined, large);

    const file = disk.openSync(path!, "read");
    assert.throws(
      () => file.readSync(Buffer.alloc(page), 0, page, page),
      /EIO/,
      "nothing is written over it",
    );
    file.closeSync();
    assert.deepEqual(sequencesOf(again.log), rest);
    assert.deepEqual(readable(again, upTo(300)), rest);
    const told = [...again.log.losses.ranges, ...again.log.losses.uncertainRanges];
    assert.deepEqual(told[0], range(hit[0]!, hit.at(-1)));
    const unreadable = again.log.losses.damage.filter(({ what }) => what === "unreadable");
    assert.deepEqual(unreadable, [{ path, what: "unreadable", from: page, to: 2 * page }]);
    assert.ok(again.log.append("x", undefined, Buffer.from("goes on"), 1n) > 300);
    await settle(disk);
    assert.equal(await closing(again.store, disk), undefined);
  }
});

test("by its index a segment with an unreadable sector is read all around it, in any order", async () => {
  const { disk, hit, rest } = await spoiled("in order", ".journal");

  const again = opened(disk, undefined, large);

  assert.deepEqual(readable(again, upTo(300)), rest);
  assert.deepEqual(readable(again, upTo(300).reverse()), [...rest].reverse());
  assert.equal(again.log.losses.count, 0, "it may be read again some day");
  assert.ok(again.log.losses.damage.some(({ what }) => what.startsWith(`message ${hit[0]} is unreadable`)));
});

test("what the journal still has of an unreadable sector is put into it", async () => {
  const scene = await aLogWith(repeated(40), {}, large);
  const disk = killed(scene.disk);
  const [path] = segmentsOf(disk) as [string];
  disk.spoil(path, 0);

  const again = opened(disk, undefined, large);

  assert.deepEqual(readable(again, upTo(40)), upTo(40));
  assert.equal(again.log.losses.count, 0);
});

test("a journal with an unreadable sector is used as far as it goes, and then another one", async () => {
  const scene = await aLogWith(repeated(10), {}, lazy);
  const disk = killed(scene.disk);
  const journal = disk.files().find((name) => name.endsWith(".journal"))!;
  disk.spoil(journal, 0);

  const again = opened(disk);

  assert.deepEqual(readable(again, upTo(10)), upTo(10));
  assert.ok(again.said.has(/cannot be read as a whole/));
  assert.ok(!disk.files().includes(journal), "nothing is trusted to it any more");
  again.log.append("x", undefined, Buffer.from("payload 11"), 1n);
  await settle(disk);
  assert.equal(opened(killed(disk)).log.state.messages, 11);
});

test("a segment with an unreadable sector is written anew without what lay there", async () => {
  const { disk, hit, rest } = await spoiled("in order", ".journal");
  const again = opened(disk, undefined, large);

  again.log.removeRange(200, 295);
  again.log.removeRange(1, 60);
  await settle(disk);

  assert.ok(segmentsOf(disk)[0]!.endsWith(".0001.seg"), "not written anew");
  const left = rest.filter((s) => s > 60 && (s < 200 || s > 295));
  assert.deepEqual(sequencesOf(again.log), left);
  assert.deepEqual(readable(again, left), left);
  assert.deepEqual(again.log.losses.ranges, [range(Math.max(61, hit[0]!), hit.at(-1))]);
});

test("copies of small state that cannot be read are written over by the other", async () => {
  const scene = await aLogWith(["a"]);
  scene.log.states.save("k", Buffer.from("v"), () => undefined);
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  for (const copy of ["a", "b"]) {
    const states = scene.disk.files().filter((path) => path.endsWith(`.${copy}.state`));
    assert.equal(states.length, 3);
    for (const path of states) scene.disk.spoil(path, 0);

    const again = opened(scene.disk);

    assert.equal(again.log.states.load("k")?.toString(), "v");
    await close(again.store, scene.disk);
  }
  for (const path of scene.disk.files().filter((each) => each.endsWith(".state"))) {
    const file = scene.disk.openSync(path, "read");
    assert.ok(readWholeSync(file, 0, page).length > 0, "it can be read as any file");
    file.closeSync();
  }
});

test("while a disk answers nothing, a message longer than a page is not served, and is there once it answers", async () => {
  const scene = await aLogWith(["a"], {}, large);
  const payload = Buffer.alloc(3 * page, "x");
  scene.log.append("b", undefined, payload, 1n);
  await settle(scene.disk);
  const again = await reopened(scene, undefined, large);
  again.disk.plan = (_, what, path) => (what === "read" && path.endsWith(".seg") ? "EIO" : undefined);

  assert.equal(again.log.read(2), undefined);

  again.disk.plan = () => undefined;
  assert.match(again.log.losses.damage[0]!.what, /message 2 is unreadable.*EIO/);
  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(again.log.read(2)?.payload, payload);
});
