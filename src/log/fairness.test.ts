import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { refuse } from "../../test/log/files.ts";
import { openStore, owner, settle } from "../../test/log/scene.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { SequenceIndex } from "./index.ts";

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
