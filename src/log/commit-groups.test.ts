// A group of a commit takes its streams in turns, and ends where it is full.

import assert from "node:assert/strict";
import { test } from "node:test";
import { storeId, World } from "../../test/log/committing.ts";
import { itemOverhead, journalHeaderBytes } from "./journal.ts";

test("tenants take turns, and a group ends where it is full", async () => {
  const world = new World({ groupBytesMax: 4 * (400 + itemOverhead) });
  for (const [name, tenant] of [
    ["a1", "a"],
    ["a2", "a"],
    ["a3", "a"],
    ["b1", "b"],
    ["a4", "a"],
    ["c1", "c"],
    ["b2", "b"],
  ] as const)
    world.stream(name, tenant).gather(400).segment.fresh = false;

  await world.turn();
  const first = world.heard.splice(0);
  await world.settle();

  assert.deepEqual(first, ["a1 gives 1", "b1 gives 1", "c1 gives 1", "a2 gives 1"]);
  assert.deepEqual(
    world.heard.filter((line) => line.includes("gives")),
    ["b2 gives 1", "a3 gives 1", "a4 gives 1"],
  );
});

test("a group of one byte less than full takes one more stream", async () => {
  const world = new World({ groupBytesMax: 2 * (400 + itemOverhead) + 1 });
  for (const name of ["a", "b", "c", "d"]) world.stream(name, name).gather(400).segment.fresh = false;

  await world.turn();

  assert.deepEqual(world.heard, ["a gives 1", "b gives 1", "c gives 1"]);
});

test("a small share of which one segment is gone is committed with the other", async () => {
  const world = new World();
  const stream = world.stream("a").gather(100);
  stream.segment.gone = true;
  stream.begin(2);
  stream.gather(50);
  await world.settle();

  assert.deepEqual(
    world.items.map(({ number, bytes }) => [number, bytes.length]),
    [[2, 50]],
  );
});

test("a group that fits the journal's file exactly goes into it, one byte more into the next", async () => {
  const [stateBytes, recordBytes] = [1000, 500];
  const group = stateBytes + 2 * recordBytes + 3 * itemOverhead;
  for (const [fileBytes, files] of [
    [journalHeaderBytes + 2 * group, 1],
    [journalHeaderBytes + 2 * group - 1, 2],
  ] as const) {
    const world = new World({}, fileBytes);
    const stream = world.stream("a");
    const state = world.state(1);
    for (let round = 0; round < 2; round++) {
      world.commit.save(state, storeId, Buffer.alloc(stateBytes), () => undefined, "t");
      stream.gather(recordBytes).gather(recordBytes);
      await world.settle();
    }

    assert.equal(
      world.disk.files().filter((path) => path.endsWith(".journal")).length,
      files,
      `${fileBytes}`,
    );
    assert.equal(world.items.length, files === 1 ? 6 : 3);
  }
});

test("while all journal files settle a group waits, and goes on when one is free", async () => {
  const world = new World({}, journalHeaderBytes + 1000, 1);
  const stream = world.stream("a").gather(800);
  let release = (): void => undefined;
  stream.segment.onSettle = (_, done) => {
    release = () => done(undefined);
  };
  await world.settle();
  const other = world.stream("b").gather(800);
  await world.settle();
  assert.ok(!world.heard.includes("b has 1"));
  assert.ok(world.heard.includes("b gives 1"));
  world.stream("c").gather(10);
  await world.settle();
  assert.ok(!world.heard.includes("c gives 1"), "the lane waits with the group");

  other.segment.onSettle = (_, done) => done(undefined);
  release();
  await world.settle();

  assert.ok(world.heard.includes("b has 1") && world.heard.includes("c has 1"));
});
