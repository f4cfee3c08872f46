// A sync that fails takes with it what it should have made last: the system shows it, and every later sync goes well.

import assert from "node:assert/strict";
import { test } from "node:test";
import { refuse } from "../../test/log/files.ts";
import { recordsIn } from "../../test/log/records.ts";
import {
  closing,
  erasing,
  openStore,
  owner,
  reopening,
  Said,
  type Scene,
  settle,
} from "../../test/log/scene.ts";
import { textsOf } from "../../test/log/told.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { kindCommitted } from "./record.ts";
import type { Store, StoreLimits } from "./store.ts";

const limits = { journalBytes: 16 * 1024, behindBytesMax: 0 };

function open(disk: SimDisk, extra: Partial<StoreLimits> = {}, clock = new ManualClock()): Store {
  disk.failedSyncs = ["clean"];
  return openStore(disk, { limits: { ...limits, ...extra }, clock });
}

async function aStoreWith(payloads: readonly string[], extra: Partial<StoreLimits> = {}): Promise<Scene> {
  const [disk, clock, said] = [new SimDisk(3), new ManualClock(), new Said()];
  const store = open(disk, extra, clock);
  const log = store.create("orders", { tenant: "t" }, owner);
  for (const payload of payloads) {
    log.append("a", undefined, Buffer.from(payload), 1n);
    await settle(disk);
  }
  return { disk, store, log, clock, said };
}

async function pass(ms: number, { clock, disk }: Scene): Promise<void> {
  clock.advance(ms);
  await settle(disk);
}

/** Killed, started, and then the power is cut: what was only shown is gone now. */
async function afterKillAndCut(disk: SimDisk): Promise<string[]> {
  const killed = disk.reborn("kill", 1);
  open(killed).open("orders", owner);
  await settle(killed);
  return textsOf(open(killed.reborn("power", 2)).open("orders", owner));
}

test("what the journal had outlives a failed sync of its segment, a kill and a power cut", async () => {
  const { disk, store, log } = await aStoreWith(["one", "two", "three"]);
  refuse(disk, "sync", /\.seg$/);
  await closing(store, disk);
  assert.equal(log.committed, 3);

  assert.deepEqual(await afterKillAndCut(disk), ["one", "two", "three"]);
});

test("what a start shows though its sync had failed before is not forgotten by a power cut", async () => {
  const { disk, log } = await aStoreWith(["one"], { shareBytesMax: 0, directAtOnce: 1 });
  refuse(disk, "sync", /\.seg$/);
  log.append("a", undefined, Buffer.from("two"), 1n);
  await settle(disk);
  assert.equal(log.committed, 1);
  const killed = disk.reborn("kill", 1);
  const shown = textsOf(open(killed).open("orders", owner));

  const left = textsOf(open(killed.reborn("power", 2)).open("orders", owner));

  assert.deepEqual(left, shown);
});

test("all of a segment that a start shows is made to last, from its first message on", async () => {
  for (const before of [0, 6]) {
    const payloads = Array.from({ length: before }, (_, i) => `${i} ${"x".repeat(900)}`);
    const { disk, log } = await aStoreWith(payloads, { shareBytesMax: 0, segmentBytes: 4096 });
    disk.failedSyncs = ["clean"];
    refuse(disk, "sync", /\.seg$/);
    for (let i = 0; i < 3; i++) log.append("a", undefined, Buffer.from(`late ${i} ${"y".repeat(900)}`), 1n);
    await settle(disk);
    assert.equal(log.committed, before);
    const killed = disk.reborn("kill", 1);
    const shown = textsOf(open(killed).open("orders", owner));
    assert.ok(shown.length > before, "nothing is shown that was not committed: this shows little");

    assert.deepEqual(textsOf(open(killed.reborn("power", 2)).open("orders", owner)), shown);
  }
});

test("a stream whose segment cannot be synced is told so, and a journal keeps what it owes until it is reopened", async () => {
  const scene = await aStoreWith(["one"]);
  const { disk, store, log } = scene;
  const other = store.create("other", { tenant: "t" }, owner);
  other.append("b", undefined, Buffer.alloc(1000), 1n);
  await settle(disk); // their segments are new no more: what fails is not the commit
  refuse(disk, "sync", /00000001\.0000\.seg$/);
  disk.plan = ((plan) => (call: number, what: string, path: string) => {
    const mishap = plan(call, what, path);
    if (mishap !== undefined) disk.plan = () => undefined; // once; from then on every sync seems to go well
    return mishap;
  })(disk.plan);
  for (let i = 0; i < 40 && log.phase === "open"; i++) {
    other.append("b", undefined, Buffer.alloc(1000), 1n);
    await settle(disk); // the journal's file fills, and what it holds of the first stream is to be synced
    await pass(300, scene);
  }
  const failed = log.phase === "failed" ? log : other;
  assert.equal(failed.phase, "failed");

  const answer = await reopening({ log: failed, disk });
  store.retryJournals();
  await settle(disk);

  assert.equal(answer, undefined);
  assert.equal(await closing(store, disk), undefined);
  const after = open(disk.reborn("power", 2));
  assert.deepEqual(textsOf(after.open("orders", owner)), ["one"]);
  assert.equal(after.open("other", owner).state.messages, other.committed);
});

test("a copy of small state that once could not be synced is written again, and the journal goes on", async () => {
  const scene = await aStoreWith(["one"], { journalFilesMax: 2 });
  const { disk, store, log } = scene;
  log.states.save("k", Buffer.from("kept"), () => undefined);
  let failures = 0;
  disk.plan = (_, what, path) =>
    what === "sync" && path.endsWith(".b.state") && failures++ < 2 ? "EIO" : undefined;

  for (let i = 0; i < 100; i++) {
    log.append("b", undefined, Buffer.alloc(1000), 1n);
    await pass(50, scene);
  }

  assert.ok(failures > 2, "no sync of a copy failed: the test shows nothing");
  assert.equal(log.committed, 101);
  assert.equal(await closing(store, disk), undefined);
  const after = open(disk.reborn("power", 2)).open("orders", owner);
  assert.equal(after.states.load("k")?.toString(), "kept");
});

test("a store closes, with the error, while a group waits for room in a journal that cannot be had", async () => {
  const { disk, store, log } = await aStoreWith(["one"], { journalFilesMax: 2 });
  disk.plan = (_, what, path) =>
    (what === "sync" && path.endsWith(".b.state")) || (what === "open" && path.endsWith("02.journal"))
      ? "EIO"
      : undefined;
  for (let i = 0; i < 40; i++) {
    log.append("b", undefined, Buffer.alloc(1000), 1n);
    await settle(disk);
  }
  assert.ok(log.committed < 41, "everything was committed: the test shows nothing");

  assert.ok((await closing(store, disk)) instanceof Error);
});

test("a disk that does not say how full it is stops nothing", async () => {
  const scene = await aStoreWith(["one"]);
  const { disk, log } = scene;
  disk.capacity = disk.used;
  log.append("a", undefined, Buffer.alloc(2000), 1n);
  await settle(disk);
  assert.equal(log.phase, "full");
  disk.capacity = Number.POSITIVE_INFINITY;
  disk.plan = (_, what) => (what === "statfs" ? "EIO" : undefined);
  await pass(300, scene);
  assert.equal(log.phase, "full");

  disk.plan = () => undefined;
  await pass(300, scene);

  assert.equal(log.phase, "open");
});

test("a mark of what was committed says nothing of sequences that are burnt in the same commit", async () => {
  const { disk } = await aStoreWith(["one"]);
  const killed = disk.reborn("kill", 1);
  const store = open(killed, { markEveryBytes: 100 });
  const log = store.open("orders", owner); // what was reserved and not given out is burnt
  const burntFrom = 2;
  assert.ok(log.last > burntFrom);

  log.append("a", undefined, Buffer.alloc(200), 1n);
  await settle(killed);
  log.append("a", undefined, Buffer.alloc(200), 1n);
  await settle(killed);
  await closing(store, killed);

  const path = killed.files().filter((name) => name.endsWith(".seg"))[1]!;
  const marks = recordsIn(killed, path).filter(({ kind }) => kind === kindCommitted);
  assert.deepEqual(
    marks.map(({ sequence }) => sequence),
    [burntFrom, log.last],
  );
  assert.deepEqual(open(killed).open("orders", owner).losses.damage, []);
});

test("what the system lets go of after a failed sync is read from the journal, and written anew from there", async () => {
  const { disk, store, log } = await aStoreWith(["one", "two", "three"]);
  store.create("other", { tenant: "t" }, owner);
  disk.failedSyncs = ["reverted"];
  refuse(disk, "sync", /\.seg$/);
  assert.match(String(await erasing({ log, disk }, 2)), /EIO/, "it syncs the segment");
  assert.equal(log.phase, "failed");

  assert.deepEqual(textsOf(log), ["one", "three"]);
  disk.plan = () => undefined;
  assert.equal(await reopening({ log, disk }), undefined);
  store.retryJournals();
  await settle(disk);

  assert.equal(log.phase, "open");
  assert.equal(log.losses.count, 0);
  assert.equal(await closing(store, disk), undefined);
  assert.deepEqual(textsOf(open(disk.reborn("power", 2)).open("orders", owner)), ["one", "three"]);
});

test("a journal that cannot be read when a sync of a segment fails is told, and loses nothing", async () => {
  const { disk, store } = await aStoreWith(["one"]);
  const plan = (what: string, path: string): boolean =>
    (what === "sync" && path.endsWith(".seg")) || (what === "read" && path.endsWith(".journal"));
  disk.plan = (_, what, path) => (plan(what, path) ? "EIO" : undefined);

  assert.ok((await closing(store, disk)) instanceof Error);

  assert.deepEqual(await afterKillAndCut(disk), ["one"]);
});
