// The journal's epochs, whatever is stored and whatever is damaged.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { edit } from "../../test/log/files.ts";
import { aLogWith, close, lazy, opened, openStore, settle } from "../../test/log/scene.ts";
import { sequencesOf } from "../../test/log/told.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { epochOf, itemState, JournalFile, JournalGroup } from "./journal.ts";

const journal = "/s/journal/00.journal";

test("a payload that looks like a journal's item stops no start", async () => {
  const scene = await aLogWith(["a"]);
  const forged = Buffer.alloc(48, "CHJI");
  forged.writeUInt32LE(0xffffffff, 4);
  forged.writeUInt32LE(crc32(forged.subarray(0, 44)), 44);
  scene.log.append("a", undefined, forged, 1n);
  await settle(scene.disk);
  await close(scene.store, scene.disk);

  const again = opened(scene.disk);

  assert.deepEqual(again.log.read(2)?.payload, forged);
});

test("where the epochs come near their end, they begin anew in new files, and nothing is lost", async () => {
  const scene = await aLogWith(["a", "b"]);
  const disk = scene.disk.reborn("kill", 1);
  const storeId = disk.contents(journal).toString("hex", 8, 16);
  const file = new JournalFile(journal, disk.openSync(journal, "write"), storeId, 64 * 1024, 0);
  const group = new JournalGroup(storeId, 64);
  group.put(2 ** 32 - 1, 0, "00112233445566aa", itemState, 1, 1, 0, Buffer.from("x"));
  file.begin(2 ** 32 - 1);
  file.writeSync(group.bytes);

  const store = openStore(disk);

  assert.deepEqual(
    disk.files().filter((path) => path.endsWith(".journal")),
    [],
  );
  const log = store.open("orders", { committed: () => undefined, failed: () => undefined });
  assert.deepEqual(sequencesOf(log), [1, 2]);
  log.append("c", undefined, Buffer.from("new"), 1n);
  await settle(disk);
  assert.equal(epochOf(disk.contents(journal), storeId), 1);
});

test("items of a journal whose header is damaged are replayed", async () => {
  const limits = lazy;
  const scene = await aLogWith(["a", "b"], {}, limits);
  const disk = scene.disk.reborn("kill", 1);
  edit(disk, journal, (bytes) => bytes.fill(0, 0, 24));

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2]);
});

test("a store that lost both copies of its identity finds it in its journal, and what the journal holds", async () => {
  const scene = await aLogWith(["a", "b"], {}, lazy);
  const disk = scene.disk.reborn("kill", 1);
  disk.lose("/s/00000000.a.state");
  disk.lose("/s/00000000.b.state");

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2]);
  assert.ok(again.said.has(/identity is lost/));
});

test("a store's identity that a start finds outlives a power cut, though the start that made it was cut", async () => {
  const first = new SimDisk(3);
  let syncs = 0;
  // The third: the store's directories, their parent, and then the names of the two copies.
  first.plan = (_, what) => (what === "syncdir" && ++syncs === 3 ? "crash" : undefined);
  assert.throws(() => openStore(first));
  for (let seed = 1; seed < 20; seed++) {
    const disk = first.reborn("kill", seed);
    const names = disk.files().filter((path) => path.endsWith(".state"));
    const before = names.map((path) => disk.contents(path).toString("hex"));
    assert.equal(names.length, 2);
    openStore(disk);

    const after = disk.reborn("power", seed);

    assert.deepEqual(
      names.map((path) => after.contents(path).toString("hex")),
      before,
    );
  }
});
