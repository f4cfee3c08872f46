// The space of removed messages is given back, on the disk and in memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { segmentsOf } from "../../test/log/files.ts";
import { aLogWith, appendTo, close, openStore, owner, settle } from "../../test/log/scene.ts";
import { assertWhole, repeated, upTo } from "../../test/log/told.ts";
import type { SimDisk } from "../../test/world/disk.ts";

const limits = { segmentBytes: 16 * 1024, compactBytesMin: 2048 };

const large = Buffer.alloc(500);

test("what was removed of a segment while it was written is given back once it is closed", async () => {
  const { log, disk } = await aLogWith([], {}, limits);
  for (let i = 0; i < 24; i++) log.append("a", undefined, large, 1n);
  await settle(disk);
  for (let s = 1; s <= 23; s++) log.remove(s);
  await settle(disk);
  const before = log.storedBytes;

  for (let i = 0; i < 12; i++) log.append("a", undefined, large, 1n);
  await settle(disk);

  assert.equal(log.state.messages, 13);
  assert.ok(before > 12_000 && log.storedBytes < 9000, `${before}, then ${log.storedBytes} bytes`);
});

test("a segment that is closed without a message in it is unlinked", async () => {
  const { log, disk } = await aLogWith([], {}, limits);
  for (let i = 0; i < 8; i++) log.append("a", undefined, large, 1n);
  await settle(disk);
  for (let s = 1; s <= 8; s++) log.remove(s);
  log.skipTo(5000);
  appendTo(log, ["b"]);
  await settle(disk);

  assert.equal(segmentsOf(disk).length, 1);
  assert.deepEqual([log.first, log.last], [5001, 5001]);
});

test("what was removed before a restart is given back after it, where the limits ask for it only then", async () => {
  for (const stop of ["in order", "kill"] as const) {
    const first = await aLogWith([], {}, { ...limits, compactBytesMin: 2 ** 30 });
    for (let i = 0; i < 60; i++) first.log.append("a", undefined, large, 1n);
    await settle(first.disk);
    for (let s = 1; s <= 60; s++) if (s % 10 !== 0) first.log.remove(s);
    await settle(first.disk);
    assert.ok(first.log.storedBytes > 30_000);
    let disk = first.disk as SimDisk;
    if (stop === "kill") disk = disk.reborn("kill", 5);
    else await close(first.store, disk);

    const log = openStore(disk, { limits }).open("orders", owner);
    await settle(disk);

    assert.ok(log.storedBytes < 15_000, `${log.storedBytes} bytes after ${stop}`);
    const left = upTo(6).map((n) => n * 10);
    assert.deepEqual(
      left.map((s) => log.read(s)?.payload.length),
      left.map(() => 500),
    );
    assert.equal(log.losses.count, 0);
  }
});

test("a rewritten segment takes memory for its messages, not for all that it once held; after a restart neither", async () => {
  const wide = { segmentBytes: 512 * 1024, compactBytesMin: 2048, journalBytes: 1 << 20 };
  const { log, disk, store } = await aLogWith([], {}, wide);
  for (let i = 1; i <= 40_000; i++) {
    const isRare = i % 10_000 === 1;
    log.append(isRare ? `rare.${i}` : "hot", undefined, Buffer.alloc(10), 1n);
    if (!isRare && i > 2 && (i - 1) % 10_000 !== 1) log.remove(i - 1, true);
    if (i % 500 === 0) await settle(disk);
  }
  await settle(disk);
  assert.ok(log.state.messages <= 12);
  const active = 16 * 16_384;

  assert.ok(log.indexBytes <= active + 100_000, `${log.indexBytes} bytes for ${log.state.messages} messages`);
  await close(store, disk);
  const again = openStore(disk, { limits: wide }).open("orders", owner);

  assert.ok(again.indexBytes <= 200_000, `${again.indexBytes} bytes after a restart`);
  assert.deepEqual([again.state.messages, again.losses.count], [log.state.messages, 0]);
});

test("space comes back while the stream is in use", async () => {
  const { log, disk } = await aLogWith(repeated(400));
  const before = log.storedBytes;

  for (let s = 1; s <= 400; s++) if (s % 10 !== 0) log.remove(s);
  await settle(disk);

  assert.ok(log.storedBytes < before / 2, `${log.storedBytes} of ${before} bytes are left`);
  assertWhole(
    { log },
    upTo(400).filter((s) => s % 10 === 0),
  );
  assert.ok(log.indexBytes / 400 <= 64);
});
