// A deleted stream is gone, at once or with the next start, and its name can be used again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killed } from "../../test/log/files.ts";
import { aLogWith, appendTo, openStore, owner, reopened, Said, settle } from "../../test/log/scene.ts";
import { SimDisk } from "../../test/world/disk.ts";

test("a deleted stream is gone, and its name can be used again", async () => {
  const { store, disk } = await aLogWith(["a"]);
  store.delete("orders");
  store.delete("orders");

  const log = store.create("orders", { tenant: "t" }, owner);

  assert.equal(log.append("b", undefined, Buffer.from("new"), 1n), 1);
  assert.throws(() => store.create("orders", { tenant: "t" }, owner), /there/);
  assert.throws(() => store.open("other", owner), /open a stream/);
  await settle(disk);
  const again = (await reopened({ store, disk })).log;
  assert.equal(again.read(1)!.payload.toString(), "new");
});

test("a stream whose deletion fails is there as before", async () => {
  const { store, disk, log } = await aLogWith(["a"]);
  disk.plan = (_, what) => (what === "rename" ? "EIO" : undefined);
  assert.throws(() => store.delete("orders"), /delete a stream: EIO/);
  disk.plan = () => undefined;

  appendTo(log, ["b"]);
  await settle(disk);
  assert.equal(log.committed, 2);
  assert.equal(store.entries().length, 1);
  store.delete("orders");
  assert.deepEqual(store.entries(), []);
});

test("a stream whose files cannot be taken away at once is gone all the same, and the next start does it", async () => {
  const { store, disk } = await aLogWith(["a"]);
  disk.plan = (_, what) => (what === "unlink" ? "EIO" : undefined);
  assert.throws(() => store.delete("orders"), /delete a stream/);
  disk.plan = () => undefined;
  assert.deepEqual(store.entries(), []);
  assert.equal(disk.listSync("/s/trash").length, 1);

  const after = killed(disk);
  assert.deepEqual(openStore(after).entries(), []);
  assert.deepEqual(after.listSync("/s/trash"), []);
});

test("a stream that cannot be made leaves nothing, or what the next start takes away", async () => {
  for (const isUndone of [true, false]) {
    const disk = new SimDisk(3);
    const said = new Said();
    const store = openStore(disk, { trace: said });
    disk.plan = (_, what, path) => {
      if (what === "sync" && path.endsWith(".state")) return "EIO";
      return what === "rename" && !isUndone ? "EIO" : undefined;
    };
    assert.throws(() => store.create("orders", { tenant: "t" }, owner), /make a stream: EIO/);
    disk.plan = () => undefined;

    assert.equal(disk.listSync("/s/streams").length, isUndone ? 0 : 1);
    assert.equal(said.has(/left of a stream/), !isUndone);
    assert.ok(store.create("orders", { tenant: "t" }, owner));
    await settle(disk);
    assert.equal(openStore(killed(disk)).entries().length, 1);
  }
});

test("what is left of a stream that could not be made is gone with the deletion of the one made later", async () => {
  const disk = new SimDisk(1);
  disk.makeDirectorySync("/s");
  const store = openStore(disk);
  let isBroken = true;
  disk.plan = (_call, what, path) => {
    const isMaking = path.startsWith("/s/streams/") && ["syncdir", "rename", "unlink"].includes(what);
    return isBroken && isMaking ? "EIO" : undefined;
  };
  assert.throws(() => store.create("a", { tenant: "t" }, owner), /make a stream/);
  isBroken = false;

  store.create("a", { tenant: "t" }, owner);
  store.delete("a");

  assert.deepEqual(openStore(killed(disk)).entries(), []);
});

test("a deleted stream does not come back when the power is cut, and its place is free", async () => {
  const { store, disk } = await aLogWith(["a"]);
  await settle(disk);
  store.delete("orders");

  for (let seed = 1; seed <= 20; seed++) {
    const after = disk.reborn("power", seed);

    assert.deepEqual(openStore(after).entries(), [], `seed ${seed}`);
    assert.deepEqual(after.listSync("/s/streams"), []);
    assert.deepEqual(after.listSync("/s/trash"), []);
  }
});

test("of a stream whose directory could not be made nothing is left, and nobody asks for it again", async () => {
  const { store, disk, said } = await aLogWith([]);
  const syncsOf = (name: string): number => {
    const { syncs } = disk;
    store.create(name, { tenant: "t" }, owner);
    return disk.syncs - syncs;
  };
  const usual = syncsOf("first");
  let unmade = "";
  disk.plan = (_, what, path) => {
    if (what !== "mkdir") return undefined;
    unmade = path.slice(path.lastIndexOf("/") + 1);
    return "EIO";
  };
  assert.throws(() => store.create("next", { tenant: "t" }, owner), /make a stream: EIO/);
  const asked: string[] = [];
  disk.plan = (_, what, path) => {
    if (path.includes(unmade)) asked.push(`${what} ${path}`);
    return undefined;
  };

  const syncs = syncsOf("next");
  store.delete("orders");

  assert.match(unmade, /^[0-9a-f]{16}$/);
  assert.ok(!said.has(/left of a stream/));
  assert.deepEqual(asked, []);
  assert.equal(syncs, usual);
  assert.equal(openStore(killed(disk)).entries().length, 2);
});
