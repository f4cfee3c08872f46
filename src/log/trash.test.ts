// A deleted stream is gone, at once or with the next start, and its name can be used again.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { killed, segmentsOf } from "../../test/log/files.ts";
import { aLogWith, appendTo, openStore, owner, reopened, Said, settle } from "../../test/log/scene.ts";
import { repeated } from "../../test/log/told.ts";
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

test("a stream whose files cannot be taken away is gone all the same, and the next start does it", async () => {
  for (const failing of ["unlink", "rmdir", "list"]) {
    const { store, disk, said } = await aLogWith(["a"]);
    const failed =
      failing === "list" ? mock.method(disk, "listSync", () => assert.fail("no list")) : undefined;
    disk.plan = (_, what) => (what === failing ? "EIO" : undefined);
    store.delete("orders");
    await settle(disk);
    disk.plan = () => undefined;
    failed?.mock.restore();
    assert.deepEqual(store.entries(), []);
    assert.ok(said.has(/a deleted stream's files are left/));
    assert.equal(disk.listSync("/s/trash").length, 1);

    const after = killed(disk);
    assert.deepEqual(openStore(after).entries(), []);
    assert.deepEqual(after.listSync("/s/trash"), []);
  }
});

test("a deleted stream's files are taken away beside the running program, one at a time, until the store closes", async () => {
  const { store, disk } = await aLogWith(repeated(500));
  const unlinks = mock.method(disk, "unlinkSync");
  store.delete("orders");
  assert.equal(unlinks.mock.callCount(), 0);
  assert.ok(segmentsOf(disk).length > 2);
  const left = disk.files().filter((path) => path.startsWith("/s/trash/")).length;

  disk.step();
  store.close(() => undefined);
  await settle(disk);

  const rest = disk.files().filter((path) => path.startsWith("/s/trash/")).length;
  assert.ok(rest > 0 && rest < left, `${rest} of ${left}`);
  assert.equal(openStore(killed(disk)).entries().length, 0);
});

test("a stream whose names in the trash cannot be made last is gone, and the error is told", async () => {
  const { store, disk } = await aLogWith(["a"]);
  disk.plan = (_, what) => (what === "syncdir" ? "EIO" : undefined);

  assert.throws(() => store.delete("orders"), /delete a stream: EIO/);

  assert.deepEqual(store.entries(), []);
});

test("a deletion that failed, asked for again and answered, is for good", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const disk = new SimDisk(seed);
    const store = openStore(disk);
    appendTo(store.create("orders", { tenant: "t" }, owner), ["a"]);
    await settle(disk);
    disk.plan = (_, what, path) => (what === "syncdir" && path === "/s/trash" ? "EIO" : undefined);
    assert.throws(() => store.delete("orders"), /delete a stream: EIO/);
    assert.throws(() => store.delete("orders"), /delete a stream: EIO/);
    disk.plan = () => undefined;

    store.delete("orders");
    await settle(disk);

    assert.deepEqual(disk.listSync("/s/trash"), []);
    assert.deepEqual(openStore(disk.reborn("power", seed)).entries(), [], `seed ${seed}`);
  }
});

test("to make a stream takes four syncs: of both copies of its header, its directory, and the directory of streams", async () => {
  const { store, disk } = await aLogWith(["a"]);
  const synced: string[] = [];
  disk.plan = (_, what, path) => {
    if (what.startsWith("sync")) synced.push(path.replace(/[0-9a-f]{16}/, "ID"));
    return undefined;
  };

  store.create("next", { tenant: "t" }, owner);

  const own = "/s/streams/ID";
  assert.deepEqual(synced, [`${own}/00000000.a.state`, `${own}/00000000.b.state`, own, "/s/streams"]);
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

test("files of a stream that could not be made, and that cannot be unlinked, are told, and are in nobody's way", async () => {
  const { store, disk, said } = await aLogWith(["a"]);
  disk.plan = (_, what, path) =>
    (what === "sync" && path.endsWith(".state")) || what === "unlink" ? "EIO" : undefined;
  assert.throws(() => store.create("next", { tenant: "t" }, owner), /make a stream: EIO/);
  await settle(disk);
  disk.plan = (_, what) => (what === "unlink" ? "EIO" : undefined);

  store.create("next", { tenant: "t" }, owner);
  store.delete("orders");

  assert.ok(said.has(/a deleted stream's files are left: EIO/));
  await settle(disk);
  const again = openStore(disk.reborn("power", 1));
  assert.deepEqual(
    again.entries().map(({ name }) => name),
    ["next"],
  );
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

test("what is left of a stream that could not be made, and could not be taken away for good, goes before the next", async () => {
  const disk = new SimDisk(3);
  const said = new Said();
  const store = openStore(disk, { trace: said });
  disk.plan = (_, what, path) =>
    (what === "sync" && path.endsWith(".state")) || (what === "syncdir" && path === "/s/trash")
      ? "EIO"
      : undefined;
  assert.throws(() => store.create("orders", { tenant: "t" }, owner), /make a stream: EIO/);
  assert.ok(said.has(/left of a stream that could not be made: .*delete a stream: EIO/));
  assert.equal(disk.listSync("/s/trash").length, 1);
  disk.plan = () => undefined;

  store.create("orders", { tenant: "t" }, owner);
  await settle(disk);

  assert.deepEqual(disk.listSync("/s/trash"), []);
  assert.equal(openStore(killed(disk)).entries().length, 1);
});
