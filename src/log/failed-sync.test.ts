// A sync that fails takes with it what it should have made last: the system shows it, and every later sync goes well.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { chanceOf } from "../../test/world/chance.ts";
import { SimDisk } from "../../test/world/disk.ts";
import type { Log } from "./log.ts";
import { headOf, kindCommitted } from "./record.ts";
import { scanRecords } from "./scan.ts";
import { markOf, parseSegmentName, segmentHeaderBytes } from "./segment.ts";
import { Store, type StoreLimits } from "./store.ts";

let alarms: { at: number; ring: () => void }[] = [];
let time = 0;
const clock = {
  now: () => time,
  nowNs: () => BigInt(time) * 1_000_000n,
  monotonicMs: () => time,
  after: (delayMs: number, ring: () => void) => {
    const alarm = { at: time + delayMs, ring };
    alarms.push(alarm);
    return { cancel: () => void (alarms = alarms.filter((other) => other !== alarm)) };
  },
};
const trace = { enabled: () => false, log: () => undefined };
const owner = { committed: () => undefined, failed: () => undefined };
const limits = { segmentBytes: 4096, journalBytes: 16 * 1024, freeBytesMin: 0, behindBytesMax: 0 };

beforeEach(() => {
  alarms = [];
  time = 0;
});

function open(disk: SimDisk, extra: Partial<StoreLimits> = {}): Store {
  disk.failedSyncs = ["clean"];
  return new Store({
    disk,
    clock,
    random: chanceOf(5),
    trace,
    directory: "/s",
    limits: { ...limits, ...extra },
  });
}

async function settle(disk: SimDisk): Promise<void> {
  for (let idle = 0; idle < 20; idle++) {
    await Promise.resolve();
    if (disk.step()) idle = 0;
  }
}

async function pass(ms: number, disk: SimDisk): Promise<void> {
  time += ms;
  const due = alarms.filter((alarm) => alarm.at <= time);
  alarms = alarms.filter((alarm) => alarm.at > time);
  for (const alarm of due) alarm.ring();
  await settle(disk);
}

async function closed(store: Store, disk: SimDisk): Promise<Error | undefined | "never"> {
  let answer: Error | undefined | "never" = "never";
  store.close((error) => void (answer = error));
  for (let i = 0; i < 200 && answer === "never"; i++) await settle(disk);
  return answer;
}

const texts = (log: Log): string[] => {
  const found: string[] = [];
  for (let s = log.next(1); s !== 0; s = log.next(s + 1)) found.push(log.read(s)!.payload.toString());
  return found;
};

/** Syncs of such files fail from now on. */
function failSyncs(disk: SimDisk, of: RegExp): void {
  disk.plan = (_, what, path) => (what === "sync" && of.test(path) ? "EIO" : undefined);
}

async function aStoreWith(payloads: readonly string[], extra: Partial<StoreLimits> = {}) {
  const disk = new SimDisk(3);
  const store = open(disk, extra);
  const log = store.create("orders", { tenant: "t" }, owner);
  for (const payload of payloads) {
    log.append("a", undefined, Buffer.from(payload), 1n);
    await settle(disk);
  }
  return { disk, store, log };
}

/** Killed, started, and then the power is cut: what was only shown is gone now. */
async function afterKillAndCut(disk: SimDisk): Promise<string[]> {
  const killed = disk.reborn("kill", 1);
  open(killed).open("orders", owner);
  await settle(killed);
  return texts(open(killed.reborn("power", 2)).open("orders", owner));
}

test("what the journal had outlives a failed sync of its segment, a kill and a power cut", async () => {
  const { disk, store, log } = await aStoreWith(["one", "two", "three"]);
  failSyncs(disk, /\.seg$/);
  await closed(store, disk);
  assert.equal(log.committed, 3);

  assert.deepEqual(await afterKillAndCut(disk), ["one", "two", "three"]);
});

test("what a start shows though its sync had failed before is not forgotten by a power cut", async () => {
  const { disk, log } = await aStoreWith(["one"], { shareBytesMax: 0, directAtOnce: 1 });
  failSyncs(disk, /\.seg$/);
  log.append("a", undefined, Buffer.from("two"), 1n);
  await settle(disk);
  assert.equal(log.committed, 1);
  const killed = disk.reborn("kill", 1);
  const shown = texts(open(killed).open("orders", owner));

  const left = texts(open(killed.reborn("power", 2)).open("orders", owner));

  assert.deepEqual(left, shown);
});

test("all of a segment that a start shows is made to last, from its first message on", async () => {
  for (const before of [0, 6]) {
    const payloads = Array.from({ length: before }, (_, i) => `${i} ${"x".repeat(900)}`);
    const { disk, log } = await aStoreWith(payloads, { shareBytesMax: 0, segmentBytes: 4096 });
    disk.failedSyncs = ["clean"];
    failSyncs(disk, /\.seg$/);
    for (let i = 0; i < 3; i++) log.append("a", undefined, Buffer.from(`late ${i} ${"y".repeat(900)}`), 1n);
    await settle(disk);
    assert.equal(log.committed, before);
    const killed = disk.reborn("kill", 1);
    const shown = texts(open(killed).open("orders", owner));
    assert.ok(shown.length > before, "nothing is shown that was not committed: this shows little");

    assert.deepEqual(texts(open(killed.reborn("power", 2)).open("orders", owner)), shown);
  }
});

test("a stream whose segment cannot be synced is told so, and a journal keeps what it owes until it is reopened", async () => {
  const { disk, store, log } = await aStoreWith(["one"]);
  const other = store.create("other", { tenant: "t" }, owner);
  other.append("b", undefined, Buffer.alloc(1000), 1n);
  await settle(disk); // their segments are new no more: what fails is not the commit
  failSyncs(disk, /00000001\.0000\.seg$/);
  disk.plan = ((plan) => (call: number, what: string, path: string) => {
    const mishap = plan(call, what, path);
    if (mishap !== undefined) disk.plan = () => undefined; // once; from then on every sync seems to go well
    return mishap;
  })(disk.plan);
  for (let i = 0; i < 40 && log.phase === "open"; i++) {
    other.append("b", undefined, Buffer.alloc(1000), 1n);
    await settle(disk); // the journal's file fills, and what it holds of the first stream is to be synced
    await pass(300, disk);
  }
  const failed = log.phase === "failed" ? log : other;
  assert.equal(failed.phase, "failed");

  let reopened: Error | undefined | "never" = "never";
  failed.reopen((error) => void (reopened = error));
  await settle(disk);
  store.retryJournals();
  await settle(disk);

  assert.equal(reopened, undefined);
  assert.equal(await closed(store, disk), undefined);
  const after = open(disk.reborn("power", 2));
  assert.deepEqual(texts(after.open("orders", owner)), ["one"]);
  assert.equal(after.open("other", owner).state.messages, other.committed);
});

test("a copy of small state that once could not be synced is written again, and the journal goes on", async () => {
  const { disk, store, log } = await aStoreWith(["one"], { journalFilesMax: 2 });
  log.states.save("k", Buffer.from("kept"), () => undefined);
  let failures = 0;
  disk.plan = (_, what, path) =>
    what === "sync" && path.endsWith(".b.state") && failures++ < 2 ? "EIO" : undefined;

  for (let i = 0; i < 100; i++) {
    log.append("b", undefined, Buffer.alloc(1000), 1n);
    await pass(50, disk);
  }

  assert.ok(failures > 2, "no sync of a copy failed: the test shows nothing");
  assert.equal(log.committed, 101);
  assert.equal(await closed(store, disk), undefined);
  const after = open(disk.reborn("power", 2)).open("orders", owner);
  assert.equal(after.states.load("k")?.toString(), "kept");
});

test("a store closes, with the error, while a group waits for room in a journal that cannot be had", async () => {
  const { disk, store, log } = await aStoreWith(["one"], { journalFilesMax: 2 });
  failSyncs(disk, /\.b\.state$/);
  for (let i = 0; i < 40; i++) {
    log.append("b", undefined, Buffer.alloc(1000), 1n);
    await settle(disk);
  }
  assert.ok(log.committed < 41, "everything was committed: the test shows nothing");

  assert.ok((await closed(store, disk)) instanceof Error);
});

test("a disk that does not say how full it is stops nothing", async () => {
  const { disk, log } = await aStoreWith(["one"]);
  disk.capacity = disk.used;
  log.append("a", undefined, Buffer.alloc(2000), 1n);
  await settle(disk);
  assert.equal(log.phase, "full");
  disk.capacity = Number.POSITIVE_INFINITY;
  disk.plan = (_, what) => (what === "statfs" ? "EIO" : undefined);
  await pass(300, disk);
  assert.equal(log.phase, "full");

  disk.plan = () => undefined;
  await pass(300, disk);

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
  await closed(store, killed);

  const path = killed.files().filter((name) => name.endsWith(".seg"))[1]!;
  const [name, id] = path.split("/").reverse() as [string, string];
  const { number, generation } = parseSegmentName(name)!;
  const marks: number[] = [];
  const bytes = killed.contents(path);
  scanRecords(bytes, segmentHeaderBytes, bytes.length, markOf(id, number, generation), 0, {
    record: (at) => void (bytes[at + 12] === kindCommitted && marks.push(headOf(bytes, at).sequence)),
    damaged: () => assert.fail("damaged"),
  });
  assert.deepEqual(marks, [burntFrom, log.last]);
});

test("what the system lets go of after a failed sync is read from the journal, and written anew from there", async () => {
  const { disk, store, log } = await aStoreWith(["one", "two", "three"]);
  store.create("other", { tenant: "t" }, owner);
  disk.failedSyncs = ["reverted"];
  let erased: Error | undefined;
  failSyncs(disk, /\.seg$/);
  log.erase(2, (error) => void (erased = error)); // it syncs the segment
  await settle(disk);
  assert.match(erased!.message, /EIO/);
  assert.equal(log.phase, "failed");

  assert.deepEqual(texts(log), ["one", "three"]);
  disk.plan = () => undefined;
  log.reopen(() => undefined);
  await settle(disk);
  store.retryJournals();
  await settle(disk);

  assert.equal(log.phase, "open");
  assert.equal(log.losses.count, 0);
  assert.equal(await closed(store, disk), undefined);
  assert.deepEqual(texts(open(disk.reborn("power", 2)).open("orders", owner)), ["one", "three"]);
});

test("a journal that cannot be read when a sync of a segment fails is told, and loses nothing", async () => {
  const { disk, store } = await aStoreWith(["one"]);
  const plan = (what: string, path: string): boolean =>
    (what === "sync" && path.endsWith(".seg")) || (what === "read" && path.endsWith(".journal"));
  disk.plan = (_, what, path) => (plan(what, path) ? "EIO" : undefined);

  assert.ok((await closed(store, disk)) instanceof Error);

  assert.deepEqual(await afterKillAndCut(disk), ["one"]);
});
