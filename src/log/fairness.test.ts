// No tenant waits for all that another has, and none takes up all the room there is for what waits.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore, owner, settle } from "../../test/log/scene.ts";
import { SimDisk } from "../../test/world/disk.ts";

test("a large message of one tenant waits for a few commits of another, not for all that the other has", async () => {
  const disk = new SimDisk(3);
  const limits = { shareBytesMax: 1000, takeBytesMax: 4000, segmentBytes: 1 << 20, directAtOnce: 2 };
  const store = openStore(disk, { limits });
  const many = Array.from({ length: 20 }, (_, i) => store.create(`a${i}`, { tenant: "A" }, owner));
  const others = new Set(disk.listSync("/s/streams").map((id) => `/s/streams/${id}`));
  const one = store.create("b", { tenant: "B" }, owner);
  for (const log of [...many, one]) log.append("s", undefined, Buffer.alloc(10), 1n);
  await settle(disk);
  const written: string[] = [];
  disk.plan = (_, what, path) => {
    if (what === "write" && path.endsWith(".seg")) written.push(path.slice(0, path.lastIndexOf("/")));
    return undefined;
  };
  for (const log of many) for (let i = 0; i < 60; i++) log.append("s", undefined, Buffer.alloc(900), 1n);
  for (let i = 0; i < 5; i++) await Promise.resolve();
  const before = written.length;

  one.append("s", undefined, Buffer.alloc(1500), 1n);
  await settle(disk);

  const wait = written.slice(before).findIndex((path) => !others.has(path));
  assert.ok(wait >= 0 && wait <= 8, `${wait} of ${written.length} writes go before it`);
  assert.equal(one.committed, 2);
  for (const log of many) assert.equal(log.committed, 61);
});

test("what one stream appended in one turn is committed piece by piece, in order; who waits for all of it, last", async () => {
  const disk = new SimDisk(3);
  const store = openStore(disk, {
    limits: { shareBytesMax: 1000, takeBytesMax: 4000, segmentBytes: 1 << 20 },
  });
  const heard: (number | string)[] = [];
  const log = store.create("a", { tenant: "A" }, { ...owner, committed: (upTo) => void heard.push(upTo) });
  log.append("first", undefined, Buffer.alloc(10), 1n);
  await settle(disk);
  for (let i = 0; i < 40; i++) log.append("s", undefined, Buffer.alloc(900), 1n);
  log.remove(1);
  log.whenDurable((error) => void heard.push(error === undefined ? "all" : error.message));
  await settle(disk);

  assert.ok(heard.length > 3, heard.join(" "));
  assert.deepEqual(heard.slice(-2), [41, "all"]);
  const numbers = heard.slice(0, -1) as number[];
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
});

test("one tenant's appends are refused as busy when all its streams together have too much waiting; another's are not", async () => {
  const disk = new SimDisk(3);
  const limits = { tenantPendingBytesMax: 10_000, storePendingBytesMax: 15_000, segmentBytes: 1 << 20 };
  const store = openStore(disk, { limits });
  const [a1, a2] = ["a1", "a2"].map((name) => store.create(name, { tenant: "A" }, owner));
  const b = store.create("b", { tenant: "B" }, owner);
  while (a1!.append("s", undefined, Buffer.alloc(900), 1n) > 0);

  assert.deepEqual([a1!.last, a1!.refusal], [11, "busy"]);
  assert.deepEqual([a2!.append("s", undefined, Buffer.alloc(1), 1n), a2!.refusal], [0, "busy"]);
  while (b.append("s", undefined, Buffer.alloc(900), 1n) > 0);
  assert.deepEqual([b.last, b.refusal], [5, "busy"]);
  store.delete("a1");
  assert.ok(a2!.append("s", undefined, Buffer.alloc(1), 1n) > 0);
  await settle(disk);
  assert.ok(b.append("s", undefined, Buffer.alloc(1), 1n) > 0);
});
