// One call that fails, wherever it is made: whoever asked hears of it, and what was acknowledged stays.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { killed, refuse, segmentsOf } from "../../test/log/files.ts";
import {
  aLogWith,
  appendTo,
  closing,
  lazy,
  opened,
  openStore,
  owner,
  Said,
  settle,
} from "../../test/log/scene.ts";
import { repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { SequenceIndex } from "./index.ts";

test("a segment that cannot be made stops its stream, and the message is refused", async () => {
  const { disk, log } = await aLogWith([]);
  refuse(disk, "open", /\.seg$/);

  assert.equal(log.append("a", undefined, Buffer.from("x"), 1n), 0);

  assert.deepEqual([log.phase, log.refusal], ["failed", "failed"]);
  disk.plan = () => undefined;
  const heard: unknown[] = [];
  log.reopen((error) => void heard.push(error));
  await settle(disk);
  assert.deepEqual(heard, [undefined]);
  assert.equal(log.append("a", undefined, Buffer.from("payload 1"), 1n), 1);
});

test("a segment that a journal's file still needs and that cannot be written stops its stream", async () => {
  for (const code of ["EIO", "ENOSPC"] as const) {
    const { disk, log, store } = await aLogWith([], {}, { ...lazy, journalBytes: 8192, journalFilesMax: 2 });
    log.append("a", undefined, Buffer.from("payload 1"), 1n);
    await settle(disk);
    const [path] = segmentsOf(disk);
    disk.plan = (_, what, each) => (what === "write" && each === path ? code : undefined);
    const other = store.create("other", { tenant: "t" }, owner);
    for (let i = 0; i < 6; i++) {
      other.append("b", undefined, Buffer.alloc(1500), 1n);
      await settle(disk);
    }

    assert.equal(log.phase, code === "EIO" ? "failed" : "full");
    assert.equal(log.read(1)!.payload.toString(), "payload 1");
    assert.equal(opened(killed(disk)).log.read(1)!.payload.toString(), "payload 1");
  }
});

test("a large share behind bytes that the file cannot be given fails with them", async () => {
  const { disk, log } = await aLogWith([], {}, lazy);
  log.append("a", undefined, Buffer.from("payload 1"), 1n);
  await settle(disk);
  refuse(disk, "write", /\.seg$/);

  log.append("a", undefined, Buffer.alloc(70_000), 1n);
  await settle(disk);

  assert.equal(log.phase, "failed");
  assert.equal(log.committed, 1);
  assert.equal(opened(killed(disk)).log.read(1)!.payload.toString(), "payload 1");
});

test("a reservation that does not reach the header stops the stream before anything rests on it", async () => {
  const { disk, log } = await aLogWith([], {}, { reserveMin: 2, reserveMax: 2 });
  refuse(disk, "write", /0\.a\.state$/);

  appendTo(log, repeated(10));
  await settle(disk);

  assert.equal(log.phase, "failed");
  assert.equal(log.committed, 0);
  assert.equal(opened(killed(disk)).log.losses.count, 0);
});

test("a stream that stopped gives nothing more to the commit that was coming", async () => {
  const { disk, log } = await aLogWith(["a"]);
  refuse(disk, "open", /\.seg$/);
  log.append("a", undefined, Buffer.from("waits"), 1n);

  assert.equal(log.append("a", undefined, Buffer.alloc(5000), 1n), 0);
  await settle(disk);

  assert.deepEqual([log.phase, log.committed], ["failed", 1]);
  disk.plan = () => undefined;
  assert.deepEqual(sequencesOf(opened(killed(disk)).log), [1]);
});

test("a commit that lands after its stream stopped counts for nothing", async () => {
  for (const isFailing of [false, true]) {
    const { disk, log } = await aLogWith(["a"]);
    log.append("a", undefined, Buffer.from("under way"), 1n);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    disk.plan = (_, what, path) => {
      if (what === "sync") return isFailing ? "EIO" : undefined;
      return what === "open" && path.endsWith(".seg") ? "EIO" : undefined;
    };
    assert.equal(log.append("a", undefined, Buffer.alloc(5000), 1n), 0);
    assert.equal(log.phase, "failed");
    await settle(disk);

    assert.equal(log.committed, 1);
    assert.deepEqual(sequencesOf(log), [1]);
  }
});

test("a start whose journal cannot be brought to its place says so, and the next one does it", async () => {
  const { disk: first } = await aLogWith(repeated(5), {}, lazy);
  const disk = killed(first);
  refuse(disk, "write", /\.seg$/);
  assert.throws(() => openStore(disk), /^Fault: replay the journal: EIO/);
  disk.plan = () => undefined;

  assert.deepEqual(sequencesOf(opened(disk).log), upTo(5));
});

test("a journal file whose segments do not fit the disk is kept, and settled when there is room", async () => {
  const scene = await aLogWith([], {}, { ...lazy, journalFilesMax: 2 });
  scene.log.append("a", undefined, Buffer.alloc(1500), 1n);
  await settle(scene.disk);
  refuse(scene.disk, "write", /\.seg$/, "ENOSPC");

  const error = await closing(scene.store, scene.disk);

  assert.match(error!.message, /ENOSPC/);
  assert.ok(scene.said.has(/journal file kept/));
  const again = opened(killed(scene.disk));
  assert.equal(again.log.read(1)!.payload.length, 1500);
});

test("a store whose disk cannot sync one segment closes with an error, and tells which it was; another stream has all", async () => {
  const disk = new SimDisk(3);
  const said = new Said();
  const store = openStore(disk, { trace: said });
  const broken = store.create("broken", { tenant: "t" }, owner);
  broken.append("a", undefined, Buffer.from("first"), 1n);
  await settle(disk);
  const [segment] = disk.files().filter((path) => path.endsWith(".seg"));
  broken.append("a", undefined, Buffer.from("second"), 1n);
  await settle(disk);
  const sound = store.create("sound", { tenant: "t" }, owner);
  disk.plan = (_, what, path) => (what === "sync" && path === segment ? "EIO" : undefined);
  for (let i = 0; i < 100; i++) {
    sound.append("b", undefined, Buffer.alloc(1000), 1n);
    await settle(disk); // the journal's files fill, one after the other; the first cannot be used again
  }

  assert.match(String(await closing(store, disk)), /a stream that stopped/);
  assert.ok(said.has(/stream broken: stopped: EIO/));
  assert.equal(sound.committed, 100);
  assert.deepEqual(sequencesOf(openStore(killed(disk)).open("sound", owner)), upTo(100));
});

test("a commit that fails takes nothing back of what went before it, and forgets no removal", async () => {
  const disk = new SimDisk(3);
  const limits = { shareBytesMax: 1000, takeBytesMax: 4000, segmentBytes: 1 << 20, directAtOnce: 1 };
  const store = openStore(disk, { limits });
  const heard: string[] = [];
  const log = store.create(
    "a",
    { tenant: "A" },
    {
      committed: (upTo) => void heard.push(`up to ${upTo}`),
      failed: (_, first, last) => void heard.push(`not ${first} to ${last}`),
    },
  );
  log.append("first", undefined, Buffer.alloc(10), 1n);
  await settle(disk);
  let writes = 0;
  disk.plan = (_, what, path) =>
    what === "write" && path.endsWith(".seg") && ++writes > 2 ? "EIO" : undefined;
  for (let i = 0; i < 40; i++) log.append("s", undefined, Buffer.alloc(900), 1n);
  log.remove(1);
  await settle(disk);
  const committed = log.committed;
  assert.ok(committed > 1 && committed < 41);
  assert.equal(heard.at(-1), `not ${committed + 1} to 41`);

  disk.plan = () => undefined;
  let reopened: Error | undefined | "no" = "no";
  log.reopen((error) => void (reopened = error));
  await settle(disk);
  assert.equal(reopened, undefined);
  await settle(disk);
  const again = openStore(disk.reborn("power", 5), { limits }).open("a", owner);

  assert.deepEqual([again.first, again.state.messages, again.losses.count], [2, committed - 1, 0]);
});

test("a stream that stops takes out the messages it burns, not each sequence that was skipped", async () => {
  const disk = new SimDisk(3);
  const log = openStore(disk).create("a", { tenant: "A" }, owner);
  log.skipTo(20_000);
  log.append("s", undefined, Buffer.from("x"), 1n);
  refuse(disk, "sync", /\.journal$/);
  const removals = mock.method(SequenceIndex.prototype, "remove");
  await settle(disk);
  removals.mock.restore();

  assert.equal(log.phase, "failed");
  assert.equal(removals.mock.callCount(), 1);
});
