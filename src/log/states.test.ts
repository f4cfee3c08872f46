// Small state under a key is the last one saved, through every start.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, killed, lose, refuse } from "../../test/log/files.ts";
import {
  aLogWith,
  close,
  closing,
  directory,
  opened,
  owner,
  reopened,
  Said,
  settle,
  small,
} from "../../test/log/scene.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { encodeState } from "./small-state.ts";
import { Store } from "./store.ts";

/** How many entries of maps are gone through meanwhile. */
function looksAtEntries(act: () => void): number {
  let looks = 0;
  const walks = ([Symbol.iterator, "values"] as const).map((name) => ({ name, walk: Map.prototype[name] }));
  for (const { name, walk } of walks)
    Reflect.set(Map.prototype, name, function* (this: Map<unknown, unknown>) {
      for (const entry of (walk as () => IterableIterator<unknown>).call(this)) {
        looks++;
        yield entry;
      }
    });
  act();
  for (const { name, walk } of walks) Reflect.set(Map.prototype, name, walk);
  return looks;
}

test("state under a key is the last one saved, or none when it was forgotten", async () => {
  const { store, log, disk } = await aLogWith([]);
  log.states.save("a", Buffer.from("1"), () => undefined);
  log.states.save("a", Buffer.from("2"), () => undefined);
  log.states.save("b", Buffer.from("3"), () => undefined);
  log.states.forget("b", () => undefined);
  log.states.forget("c", () => undefined);
  let refused: Error | undefined;
  log.states.save("big", Buffer.alloc(9 * 1024 * 1024), (error) => void (refused = error));
  assert.match(refused!.message, /limit/);

  const again = (await reopened({ store, disk })).log;

  assert.deepEqual(again.states.keys, ["a"]);
  assert.equal(again.states.load("a")!.toString(), "2");
});

test("state saved again under a forgotten key is the new one, at every start", async () => {
  const scene = await aLogWith([]);
  const { states } = scene.log;
  states.save("a", Buffer.from("1"), () => undefined);
  await settle(scene.disk);
  states.forget("a", () => undefined);
  states.save("a", Buffer.from("2"), () => undefined);
  states.save("b", Buffer.from("3"), () => undefined);
  await settle(scene.disk);
  states.forget("b", () => undefined);
  await settle(scene.disk);
  states.forget("b", () => undefined);

  const again = await reopened(scene);

  assert.deepEqual(again.log.states.keys, ["a"]);
  assert.equal(again.log.states.load("a")!.toString(), "2");
  again.log.states.forget("a", () => undefined);
  await settle(again.disk);
  assert.deepEqual(opened(killed(again.disk)).log.states.keys, []);
});

test("small state that tells no key is left aside", async () => {
  const { store, disk, log } = await aLogWith(["a"]);
  log.states.save("key", Buffer.from("value"), () => undefined);
  await settle(disk);
  await close(store, disk);
  const id = disk.listSync("/s/streams")[0]!;
  for (const [number, contents] of [
    [0x11, Buffer.from([0])],
    [0x12, Buffer.from([0, 1])],
    [0x13, Buffer.from([0, 9, 0, 1])],
    [0x14, Buffer.from([0, 1, 0, 0x6b, 5])],
  ] as const)
    for (const copy of ["a", "b"]) {
      const path = `/s/streams/${id}/000000${number.toString(16)}.${copy}.state`;
      disk.openSync(path, "create").closeSync();
      disk.replace(path, encodeState(id, number, 1, contents));
    }

  const again = opened(disk);

  assert.deepEqual(again.log.states.keys.sort(), ["k", "key"]);
  assert.deepEqual([...again.log.states.load("k")!], [5]);
  assert.equal(again.log.states.load("none"), undefined);
});

test("a copy of small state that is damaged is told, and mended from the other", async () => {
  const { store, disk, log } = await aLogWith([]);
  log.states.save("key", Buffer.from("value"), () => undefined);
  await settle(disk);
  await close(store, disk);
  lose(disk, ".journal");
  const [path, other] = disk
    .files()
    .filter((each) => each.includes("/streams/") && !each.includes("00000000.")) as [string, string];
  damage(disk, path, "value");

  const again = opened(disk);

  assert.deepEqual(again.log.losses.damage, [{ path, what: "a copy of small state" }]);
  assert.equal(again.log.states.load("key")!.toString(), "value");
  assert.ok(disk.contents(path).includes("value"));
  await close(again.store, disk);
  for (const each of [path, other]) damage(disk, each, "value");
  lose(disk, ".journal");
  assert.deepEqual(opened(disk).log.states.keys, [], "without a whole copy there is none");
});

test("what a deleted stream had saved troubles nobody", async () => {
  const { store, disk, log } = await aLogWith([]);
  for (const key of ["a", "b"]) log.states.save(key, Buffer.from("1"), () => undefined);
  await settle(disk);
  log.states.forget("b", () => undefined);
  await settle(disk);
  store.delete("orders");

  await close(store, disk);
});

test("a key that is forgotten and at rest is forgotten for good", async () => {
  const { disk, log, store } = await aLogWith([], {}, { journalBytes: 8192, journalFilesMax: 2 });
  for (const key of ["a", "b"]) log.states.save(key, Buffer.from("1"), () => undefined);
  await settle(disk);
  log.states.forget("a", () => undefined);
  await settle(disk);
  log.states.save("c", Buffer.from("1"), () => undefined); // takes a number of its own beside the forgotten one
  for (let i = 0; i < 20; i++) {
    log.append("x", undefined, Buffer.alloc(1000), 1n);
    await settle(disk); // the journal's files are used again: what they held is in its place
  }
  log.states.forget("b", () => undefined);
  log.states.save("a", Buffer.from("2"), () => undefined);
  await settle(disk);

  assert.deepEqual(log.states.keys.sort(), ["a", "c"]);
  await close(store, disk);
  const again = opened(disk);
  assert.deepEqual(again.log.states.keys.sort(), ["a", "c"]);
  assert.equal(again.log.states.load("a")!.toString(), "2");
});

test("saving a key and forgetting it looks at none of the others", async () => {
  const { disk, log, store } = await aLogWith([]);
  const keys = Array.from({ length: 100 }, (_, i) => `consumer ${i}`);

  const saving = looksAtEntries(() => {
    for (const key of keys) log.states.save(key, Buffer.from("1"), () => undefined);
  });
  await settle(disk);
  const forgetting = looksAtEntries(() => {
    for (const key of keys) log.states.forget(key, () => undefined);
  });

  assert.ok(saving < 10 && forgetting < 10, `${saving} and ${forgetting} looks`);
  await close(store, disk);
  assert.deepEqual(opened(disk).log.states.keys, []);
});

test("a number that a key has is not given out again, forgotten or left aside though it be", async () => {
  const [disk, drawn] = [new SimDisk(3), [7, 7, 0, 8, 7, 8, 9, 9, 10]];
  const chance = chanceOf(5);
  const random = {
    ...chance,
    below: (limit: number) => (limit < 2 ** 32 ? chance.below(limit) : drawn.shift()!),
  };
  const store = new Store({
    disk,
    clock: new ManualClock(),
    random,
    trace: new Said(),
    directory,
    limits: small,
  });
  const log = store.create("orders", { tenant: "t" }, owner);
  log.states.save("a", Buffer.from("1"), () => undefined);
  log.states.save("b", Buffer.from("2"), () => undefined);
  await settle(disk);
  log.states.forget("a", () => undefined);
  log.states.save("c", Buffer.from("3"), () => undefined);
  log.states.save("d", Buffer.from("4"), () => undefined);
  await settle(disk);

  assert.deepEqual(drawn, []);
  await close(store, disk);
  assert.deepEqual(opened(disk).log.states.keys.sort(), ["b", "c", "d"]);
});

test("small state whose copies cannot be opened is owed on, and there at the next start", async () => {
  const { disk, log, store, said } = await aLogWith([]);
  refuse(disk, "open", /[1-9a-f]\.b\.state$/);
  const heard: unknown[] = [];
  log.states.save("key", Buffer.from("value"), (error) => void heard.push(error));
  await settle(disk);
  assert.deepEqual(heard, [undefined], "the journal has it");

  assert.match(String(await closing(store, disk)), /EIO/);

  assert.ok(said.has(/journal file kept/));
  disk.plan = () => undefined;
  assert.equal(opened(killed(disk)).log.states.load("key")!.toString(), "value");
});
