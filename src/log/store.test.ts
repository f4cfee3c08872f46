// A store makes, opens, finds and closes its streams.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killed } from "../../test/log/files.ts";
import { duplicate, statesOf } from "../../test/log/headers.ts";
import {
  aLogWith,
  appendTo,
  close,
  closing,
  opened,
  openStore,
  owner,
  settle,
} from "../../test/log/scene.ts";
import { repeated, sequencesOf } from "../../test/log/told.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { decodeHeader } from "./header.ts";
import { decodeState } from "./small-state.ts";

test("of two streams with one name the later one counts, and the other is taken away", async () => {
  for (const [id, order, isKept] of [
    ["0000000000000000", 5, true],
    ["ffffffffffffffff", 5, true],
    ["0000000000000000", 0, false],
    ["ffffffffffffffff", 0, false],
  ] as const) {
    const { store, disk } = await aLogWith(["a"]);
    await close(store, disk);
    const [original] = disk.listSync("/s/streams");
    duplicate(disk, id, { order });

    const again = opened(disk);

    assert.deepEqual(disk.listSync("/s/streams"), [isKept ? id : original]);
    assert.deepEqual(disk.listSync("/s/trash"), []);
    assert.equal(again.store.entries().length, 1);
    again.store.create("next", { tenant: "t" }, owner);
    const orders = statesOf(disk).map((path) => {
      const of = path.split("/")[3]!;
      return decodeHeader(decodeState(disk.contents(path), of, 0)!.contents)!.order;
    });
    assert.equal(Math.max(...orders), (isKept ? order : 1) + 1, "and the next one is later than both");
  }
});

test("strangers among the store's files are left alone", async () => {
  const { store, disk } = await aLogWith(["a"]);
  await close(store, disk);
  disk.makeDirectorySync("/s/streams/lost+found");
  disk.openSync("/s/journal/notes.txt", "create").closeSync();

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1]);
  assert.ok(disk.existsSync("/s/streams/lost+found"));
  assert.ok(disk.existsSync("/s/journal/notes.txt"));
});

test("a store that cannot be opened says why", () => {
  const disk = new SimDisk(3);
  disk.plan = (_, what) => (what === "mkdir" ? "EIO" : undefined);

  assert.throws(() => openStore(disk), /open the store: EIO/);
});

test("a store whose first start was cut, by a kill or an error, keeps what was acknowledged when the power goes", async () => {
  for (const how of ["crash", "EIO"] as const) {
    for (let cut = 1, isCut = true; isCut; cut++) {
      const first = new SimDisk(cut);
      first.plan = (call) => (call === cut ? how : undefined);
      isCut = isCutShort(first);
      const disk = how === "crash" ? first.reborn("kill", cut) : first;
      const store = openStore(disk);
      appendTo(store.create("orders", { tenant: "t" }, owner), ["a"]);
      await settle(disk);
      await close(store, disk);

      for (let seed = 1; seed <= 20; seed++) {
        const log = openStore(disk.reborn("power", seed)).open("orders", owner);

        assert.deepEqual(sequencesOf(log), [1], `${how} at call ${cut}, seed ${seed}`);
      }
    }
  }
});

/** Whether a start fails for a call that is cut. */
function isCutShort(disk: SimDisk): boolean {
  try {
    openStore(disk);
    return false;
  } catch (cause) {
    assert.match(String(cause), /EIO: simulated/);
    return true;
  }
}

test("a stream tells its name and its tenant, a store its streams", async () => {
  const { log, store } = await aLogWith([], { key: Buffer.alloc(32) });

  assert.deepEqual([log.name, log.tenant], ["orders", "t"]);
  assert.deepEqual(store.entries(), [{ name: "orders", tenant: "t", encrypted: true }]);
});

test("a stream is opened once, and none in a store that is closed", async () => {
  const { store, disk } = await aLogWith(["a"]);
  assert.throws(() => store.open("orders", owner), /open a stream/);
  await close(store, disk);

  assert.throws(() => store.open("orders", owner), /open a stream/);
  assert.throws(() => store.create("new", { tenant: "t" }, owner), /make a stream/);
});

test("a store with streams that were not opened closes, and a header that cannot be written is told", async () => {
  const { store, disk } = await aLogWith(["a"]);
  await close(store, disk);
  const unopened = openStore(disk);
  await close(unopened, disk);

  const again = opened(disk);
  disk.plan = (_, what, path) =>
    what === "sync" && path.includes("streams") && path.endsWith("0.a.state") ? "EIO" : undefined;
  assert.match((await closing(again.store, disk))!.message, /EIO/);
  assert.deepEqual(sequencesOf(opened(killed(disk)).log), [1]);
});

test("a new disk that fails is no store", () => {
  for (const what of ["mkdir", "open", "write", "sync", "syncdir"]) {
    const disk = new SimDisk(1);
    disk.plan = (_, call) => (call === what ? "EIO" : undefined);

    assert.throws(() => openStore(disk), /open the store|replay/, what);
    disk.plan = () => undefined;
    assert.deepEqual(openStore(disk).entries(), []);
  }
});

test("a store that is closed has no file open, whatever a start had begun to write beside it", async () => {
  const { disk } = await aLogWith(repeated(60));
  for (let seed = 1; seed <= 20; seed++) {
    const next = opened(disk.copy(1).reborn("kill", seed));
    let open = -1;

    next.store.close(() => void (open = next.disk.openFiles));
    for (let i = 0; i < 50 && open < 0; i++) await settle(next.disk);

    assert.equal(open, 0);
  }
});
