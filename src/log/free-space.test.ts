// A disk without room stops appends, and nothing else, until there is room again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { refuse } from "../../test/log/files.ts";
import { aLogWith, closing, openStore, owner, Said, settle } from "../../test/log/scene.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { SimDisk } from "../../test/world/disk.ts";
import type { Disk } from "../ports/disk.ts";
import { FreeSpace } from "./free-space.ts";

test("a full disk refuses, still reads and removes, and takes messages again when there is room", async () => {
  const { disk, store, log, clock } = await aLogWith(["a"], {}, { freeBytesMin: 20_000 });

  disk.capacity = 90_000;
  let sequence = 1;
  for (let i = 0; i < 400 && sequence > 0; i++) {
    sequence = log.append("a", undefined, Buffer.alloc(500), 1n);
    await settle(disk);
  }

  assert.equal(sequence, 0);
  assert.equal(log.refusal, "full");
  assert.ok(store.full);
  assert.equal(log.read(1)!.payload.toString(), "payload 1");
  assert.ok(log.remove(1) > 0);
  disk.capacity = Number.POSITIVE_INFINITY;
  clock.advance(300);
  assert.ok(log.append("a", undefined, Buffer.from("again"), 1n) > 0);
});

test("the room on the disk is looked at every few megabytes, and again until there is some", async () => {
  const { disk, store, log, clock } = await aLogWith(
    [],
    {},
    { freeBytesMin: 1024 * 1024, segmentBytes: 1024 * 1024 },
  );
  let looks = 0;
  let isShort = false;
  Object.defineProperty(disk, "freeBytesSync", {
    value: () => {
      looks++;
      return isShort ? 1024 * 1024 - 1 : 1024 * 1024;
    },
  });
  const put = async (bytes: number): Promise<void> => {
    log.append("a", undefined, Buffer.alloc(bytes), 1n);
    await settle(disk);
  };
  for (let i = 0; i < 9; i++) await put(512 * 1024);
  assert.deepEqual([looks, store.full], [1, false]);
  isShort = true;
  for (let i = 0; i < 9 && !store.full; i++) await put(512 * 1024);
  assert.deepEqual([looks, store.full, log.refusal], [2, true, "full"]);

  assert.equal(log.append("a", undefined, Buffer.from("x"), 1n), 0);
  clock.advance(249);
  assert.equal(looks, 2);
  clock.advance(251);
  assert.deepEqual([looks, store.full], [4, true]);
  const late = store.create("late", { tenant: "t" }, owner);
  assert.equal(late.append("a", undefined, Buffer.from("x"), 1n), 0, "a stream made meanwhile refuses too");
  isShort = false;
  clock.advance(250);
  assert.equal(store.full, false);
  for (const each of [log, late]) assert.ok(each.append("a", undefined, Buffer.from("x"), 1n) > 0);
  await settle(disk);
  clock.advance(10_000);
  assert.equal(looks, 5, "with room nobody looks");
});

test("a full store that is closed does not look for room any more", async () => {
  const { disk, store, log, clock } = await aLogWith(["a"]);
  refuse(disk, "write", /\.journal$/, "ENOSPC");
  log.append("a", undefined, Buffer.from("x"), 1n);
  await settle(disk);
  assert.ok(store.full);
  disk.plan = () => undefined;
  await closing(store, disk);
  const calls: string[] = [];
  disk.plan = (_, what) => void calls.push(what);

  clock.advance(1000);

  assert.deepEqual(calls, []);
});

test("room found again wakes no stream that failed for another reason", async () => {
  const { disk, store, log, clock } = await aLogWith(["a"]);
  refuse(disk, "sync", /\.journal$/);
  log.append("a", undefined, Buffer.from("x"), 1n);
  await settle(disk);
  assert.equal(log.phase, "failed");
  const other = store.create("other", { tenant: "t" }, owner);
  refuse(disk, "write", /\.journal$/, "ENOSPC");
  other.append("a", undefined, Buffer.from("x"), 1n);
  await settle(disk);
  assert.ok(store.full);
  disk.plan = () => undefined;
  clock.advance(300);

  assert.deepEqual([store.full, log.phase, other.phase], [false, "failed", "open"]);
});

test("a quota that is used up is a full disk: appends are taken again when there is room", async () => {
  const scene = await aLogWith(["a"]);
  refuse(scene.disk, "write", /\.journal$/, "EDQUOT");
  scene.log.append("a", undefined, Buffer.from("refused"), 1n);
  await settle(scene.disk);
  assert.equal(scene.log.phase, "full");
  assert.ok(scene.store.full);

  scene.disk.plan = () => undefined;
  scene.clock.advance(300);
  await settle(scene.disk);

  assert.equal(scene.log.phase, "open");
  assert.equal(scene.store.full, false);
  assert.ok(scene.log.append("a", undefined, Buffer.from("taken"), 1n) > 0);
});

test("a disk that does not say how much room it has stops nobody", async () => {
  const disk = new SimDisk(3);
  const store = openStore(disk, { limits: { segmentBytes: 64 * 1024 * 1024, freeBytesMin: 1 } });
  let acknowledged = 0;
  const log = store.create(
    "orders",
    { tenant: "t" },
    { ...owner, committed: (upTo) => void (acknowledged = upTo) },
  );
  let asked = 0;
  disk.plan = (_, what) => (what === "statfs" && ++asked > 0 ? "EIO" : undefined);

  for (let i = 1; i <= 5; i++) {
    log.append("a", undefined, Buffer.alloc(1024 * 1024), 1n);
    await settle(disk);
  }

  assert.ok(asked > 0, "the room was not looked at");
  assert.equal(acknowledged, 5);
  assert.equal(log.phase, "open");
});

/** Room that is asked for of a disk of which the test says how much is free; "unknown" where it does not say. */
function someRoom(): {
  room: FreeSpace;
  disk: { free: number | "unknown"; looks: number };
  clock: ManualClock;
  said: Said;
  heard: boolean[];
} {
  const disk = { free: 1000 as number | "unknown", looks: 0 };
  const freeBytesSync = (): number => {
    disk.looks++;
    if (disk.free === "unknown") throw new Error("EIO");
    return disk.free;
  };
  const [clock, said, heard] = [new ManualClock(), new Said(), [] as boolean[]];
  const around = { disk: { freeBytesSync } as unknown as Disk, clock, trace: said, directory: "/s" };
  return { room: new FreeSpace(around, 1000, (full) => heard.push(full)), disk, clock, said, heard };
}

test("that a disk is full, and that it has room again, is told once each, whoever finds out", () => {
  const { room, disk, clock, said, heard } = someRoom();
  disk.free = 999;
  room.wrote(4 * 1024 * 1024);
  room.foundFull();
  room.wrote(4 * 1024 * 1024);
  assert.deepEqual([room.full, clock.alarms], [true, 1]);
  disk.free = 1000;

  clock.advance(1000);

  assert.equal(room.full, false);
  assert.deepEqual(heard, [true, false]);
  assert.deepEqual(
    said.lines.map(({ level, text }) => `${level}: ${text}`),
    ["error: the disk is full: appends are refused", "info: there is room on the disk again"],
  );
  assert.equal(clock.alarms, 0);
});

test("a disk is looked at when four megabytes were written since the last look, and not a byte before", () => {
  const { room, disk } = someRoom();

  room.wrote(4 * 1024 * 1024 - 1);
  assert.equal(disk.looks, 0);
  room.wrote(1);
  assert.equal(disk.looks, 1);
  room.wrote(4 * 1024 * 1024 - 1);
  assert.equal(disk.looks, 1);
});

test("what was true of a disk stays true while it does not say how much room it has", () => {
  const { room, disk, clock, said, heard } = someRoom();
  disk.free = "unknown";
  room.wrote(4 * 1024 * 1024);
  assert.equal(room.full, false);
  assert.ok(said.has(/free space not known: EIO/));
  room.foundFull();
  room.wrote(4 * 1024 * 1024);
  clock.advance(1000);

  assert.equal(room.full, true);
  assert.deepEqual(heard, [true]);
  assert.equal(disk.looks, 6, "and it is asked again and again");
});

test("once it is over nobody hears that a disk is full", () => {
  const { room, clock, heard } = someRoom();

  room.end();
  room.foundFull();

  assert.deepEqual([heard, clock.alarms], [[], 0]);
});
