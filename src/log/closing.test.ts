// While a store closes its messages are read as ever; once it is closed no read is answered. Neither counts as a loss.

import assert from "node:assert/strict";
import { test } from "node:test";
import { aLogWith, close, opened, openStore, owner, settle } from "../../test/log/scene.ts";
import { sequencesOf } from "../../test/log/told.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { Filter } from "./filter.ts";
import type { Log } from "./log.ts";
import { Purge } from "./purge.ts";

const large = Buffer.alloc(500, "A");

/** Messages 6 to 9, in a segment that is being rewritten for the space of 1 to 5. */
async function aLogBeingRewritten(seed: number) {
  const disk = new SimDisk(seed);
  const store = openStore(disk);
  const log = store.create("orders", { tenant: "t" }, owner);
  for (let i = 0; i < 9; i++) log.append("a", undefined, large, 1n);
  await settle(disk);
  log.removeRange(1, 5);
  while (!disk.files().some((path) => path.endsWith(".seg.new"))) await one(disk);
  return { disk, store, log };
}

/** Lets one call of the disk come back. */
async function one(disk: SimDisk): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  disk.step();
}

function readAll(log: Log): (number | undefined)[] {
  return [6, 7, 8, 9].map((sequence) => log.read(sequence)?.payload.length);
}

test("a message read while its store closes in the middle of a rewrite is read whole, and there at the next start", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { disk, store, log } = await aLogBeingRewritten(seed);
    const closed: unknown[] = [];
    const read: unknown[] = [];

    store.close((error) => void closed.push(error));
    for (let i = 0; i < 200 && closed.length === 0; i++) {
      if (log.phase !== "closed") read.push(readAll(log));
      else assert.deepEqual(readAll(log), Array(4).fill(undefined));
      await one(disk);
    }

    assert.deepEqual(closed, [undefined]);
    for (const found of read) assert.deepEqual(found, [500, 500, 500, 500]);
    assert.deepEqual([log.losses.count, log.losses.damage, log.first], [0, [], 6]);
    const again = opened(disk.reborn("power", seed)).log;
    assert.deepEqual(sequencesOf(again), [6, 7, 8, 9]);
    assert.deepEqual(readAll(again), [500, 500, 500, 500]);
    assert.equal(again.losses.count, 0);
  }
});

test("a stream deleted in the middle of a rewrite answers no read and says nothing", async () => {
  for (let calls = 0; calls < 20; calls++) {
    const scene = await aLogWith([]);
    const { disk, store, log, said } = scene;
    for (let i = 0; i < 9; i++) log.append("a", undefined, large, 1n);
    await settle(disk);
    log.removeRange(1, 5);
    while (!disk.files().some((path) => path.endsWith(".seg.new"))) await one(disk);
    for (let i = 0; i < calls; i++) await one(disk);

    store.delete("orders");
    const found = readAll(log);
    await settle(disk);

    assert.deepEqual([...found, ...readAll(log)], Array(8).fill(undefined));
    assert.deepEqual([log.losses.count, log.losses.damage], [0, []]);
    assert.deepEqual(said.lines, []);
  }
});

test("a stream deleted while a rewrite waits for its new name to last keeps nothing of it, though the name does last", async () => {
  const { disk, store, log } = await aLogBeingRewritten(1);
  const held: (() => void)[] = [];
  disk.syncDirectory = (_path, done) => void held.push(() => done(undefined)); // opened before the deletion
  while (held.length === 0) await one(disk);

  store.delete("orders");
  for (const lasts of held) lasts();
  await settle(disk);

  assert.deepEqual(readAll(log), Array(4).fill(undefined));
  assert.deepEqual([disk.listSync("/s/streams"), disk.listSync("/s/trash")], [[], []]);
  await close(store, disk);
  assert.equal(disk.openFiles, 0);
});

test("a closed stream answers no read, opens no file for one, and its messages are there at the next start", async () => {
  const scene = await aLogWith(["a", "b"], { compression: "zstd" });
  await close(scene.store, scene.disk);

  assert.equal(scene.log.read(1), undefined);
  assert.equal(scene.log.atTime(5n), 0);
  assert.equal(scene.log.phase, "closed");
  assert.deepEqual([scene.log.losses.count, scene.log.losses.damage, scene.log.first], [0, [], 1]);
  assert.equal(scene.disk.openFiles, 0);
  assert.deepEqual(sequencesOf(opened(scene.disk).log), [1, 2]);
});

test("a stream whose store is closing takes nothing more, and is at the next start as it was", async () => {
  for (let calls = 0; calls < 12; calls++) {
    const { disk, store, log } = await aLogWith(["a", "b", "c", "d"]);
    log.append("e", undefined, Buffer.from("payload 5"), 50n);
    const heard: (string | undefined)[] = [];
    const closed: unknown[] = [];
    store.close((error) => void closed.push(error));
    for (let i = 0; i < calls; i++) await one(disk);

    const taken = [
      log.append("f", undefined, Buffer.from("payload 6"), 60n),
      log.remove(2),
      log.removeRange(1, 2).count,
      log.removeMatching(new Filter(["b"])).count,
      log.purge(new Purge(new Filter(["b"]), 5)),
      log.removeAll(),
    ];
    log.skipTo(100);
    log.erase(3, (error) => void heard.push(error?.message));
    log.states.save("k", Buffer.from("v"), (error) => void heard.push(error?.message));
    log.states.forget("k", (error) => void heard.push(error?.message));

    assert.deepEqual(taken, [0, -1, 0, 0, true, 0]);
    assert.equal(log.refusal, "closed");
    assert.deepEqual(heard, [
      "erase in a stream that is closed",
      "keep state of a stream that is closed",
      "forget state of a stream that is closed",
    ]);
    assert.deepEqual(sequencesOf(log), [1, 2, 3, 4, 5]);
    await settle(disk);
    assert.deepEqual(closed, [undefined]);
    const again = opened(disk).log;
    assert.deepEqual(sequencesOf(again), [1, 2, 3, 4, 5]);
    assert.deepEqual([again.last, again.losses.count, again.states.keys], [5, 0, []]);
  }
});

test("what is being erased when a store closes is erased before it has closed", async () => {
  for (let seed = 0; seed < 200; seed++) {
    const calls = seed % 8;
    const disk = new SimDisk(seed);
    const store = openStore(disk);
    const log = store.create("orders", { tenant: "t" }, owner);
    log.append("a", undefined, Buffer.from("payload 1"), 1n);
    await settle(disk);
    const heard: string[] = [];
    log.erase(1, (error) => void heard.push(`erased: ${error?.message}`));
    for (let i = 0; i < calls; i++) await one(disk);

    store.close((error) => void heard.push(`closed: ${error?.message}`));
    await settle(disk);

    assert.deepEqual(heard, ["erased: undefined", "closed: undefined"], `seed ${seed}`);
    assert.equal(disk.openFiles, 0);
  }
});
