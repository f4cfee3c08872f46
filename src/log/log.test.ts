// A stream keeps messages in their order and finds them again by sequence, subject and time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, nextOf, removeRange } from "../../test/log/asking.ts";
import { aLogWith, close, openStore, owner, reopened, settle } from "../../test/log/scene.ts";
import { repeated, sequencesOf } from "../../test/log/told.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { silent } from "../ports/trace.ts";
import { Filter } from "./filter.ts";
import { MemoryDisk, memoryStoreLimits } from "./memory.ts";
import { Store } from "./store.ts";

test("a message is read as it was appended, before and after a restart", async () => {
  const { store, log, disk } = await aLogWith([]);
  const headers = Buffer.from("NATS/1.0\r\nA: b\r\n\r\n");
  const sequence = log.append("a.b", headers, Buffer.from("hello"), 1_700_000_000_123_456_789n);
  await settle(disk);

  const before = log.read(sequence)!;
  const after = (await reopened({ store, disk })).log.read(sequence)!;

  for (const found of [before, after]) {
    assert.equal(found.subject, "a.b");
    assert.ok(found.headers.equals(headers));
    assert.equal(found.payload.toString(), "hello");
    assert.equal(found.timestampNs, 1_700_000_000_123_456_789n);
  }
});

test("messages are found by pattern, from a sequence on", async () => {
  const { log } = await aLogWith(["a.b", "a.c", "b.c", "a.b.c", "a.b", "c"]);

  const table: [string[], number[]][] = [
    [["a.b"], [1, 5]],
    [["a.*"], [1, 2, 5]],
    [["a.>"], [1, 2, 4, 5]],
    [["*.c"], [2, 3]],
    [["*.b.*"], [4]],
    [[">"], [1, 2, 3, 4, 5, 6]],
    [[], [1, 2, 3, 4, 5, 6]],
    [
      ["b.c", "c"],
      [3, 6],
    ],
    [
      ["b.*", "a.b.>"],
      [3, 4],
    ],
    [["nothing"], []],
    [["a"], []],
  ];
  for (const [patterns, expected] of table) {
    const filter = new Filter(patterns);
    assert.deepEqual(sequencesOf(log, filter), expected, patterns.join(" "));
    assert.equal(countOf(log, filter), expected.length);
    assert.equal(countOf(log, filter, 3), expected.filter((s) => s >= 3).length);
    assert.equal(countOf(log, filter, 5), expected.filter((s) => s >= 5).length);
  }
});

test("a rare subject among many messages is found from either end", async () => {
  const { log } = await aLogWith(["rare.1", ...repeated(9000), "rare.1", ...repeated(300)]);

  assert.equal(nextOf(log, 2, new Filter(["rare.1"])), 9002);
  assert.equal(nextOf(log, 2, new Filter(["rare.*"])), 9002);
  assert.equal(nextOf(log, 9003, new Filter(["rare.*"])), 0);
});

test("per subject the count, the first and the last are kept through removals", async () => {
  const { log } = await aLogWith(["a", "b", "a", "a"]);

  log.remove(1);
  log.remove(4);

  assert.deepEqual(log.subject("a"), { subject: "a", messages: 1, first: 3, last: 3 });
  assert.equal(log.lastOf("a"), 3);
  assert.equal(log.lastOf("nothing"), 0);
  assert.equal(log.subject("nothing"), undefined);
  const seen: string[] = [];
  log.eachSubject(new Filter([">"]), ({ subject }) => seen.push(subject) > 0);
  assert.deepEqual(seen.sort(), ["a", "b"]);
});

test("the first message at or after a time is found among removed ones", async () => {
  const { log } = await aLogWith(repeated(100));
  log.removeRange(40, 60);

  assert.deepEqual(
    [0n, 10n, 11n, 395n, 500n, 1000n, 1001n].map((t) => log.atTime(t)),
    [1, 1, 2, 61, 61, 100, 0],
  );
});

test("an encrypted, compressed stream shows nothing of its messages and needs its key", async () => {
  const key = Buffer.alloc(32, 7);
  const { store, log, disk } = await aLogWith(repeated(50), { key, compression: "zstd" });
  log.append("long", undefined, Buffer.alloc(5000, "secret"), 1n);
  log.states.save("config", Buffer.from("secret state"), () => undefined);
  await settle(disk);
  log.remove(3);
  await close(store, disk);

  for (const text of ["payload", "a.0.x", "secret"]) {
    assert.ok(!disk.files().some((path) => disk.contents(path).includes(text)), text);
  }
  const next = openStore(disk);
  assert.throws(() => next.open("orders", owner), /without its key/);
  assert.throws(() => next.open("orders", owner, Buffer.alloc(32, 8)));
  const again = next.open("orders", owner, key);
  assert.equal(again.read(51)!.payload.length, 5000);
  assert.equal(again.states.load("config")!.toString(), "secret state");
  assert.equal(again.state.bytes, log.state.bytes);
});

test("the same room works in memory, and gives memory back", async () => {
  const disk = new MemoryDisk(64 * 1024 * 1024);
  const store = new Store({
    disk,
    clock: new ManualClock(),
    random: chanceOf(5),
    trace: silent,
    directory: "/s",
    limits: { ...memoryStoreLimits, segmentBytes: 64 * 1024 },
  });
  let acknowledged = 0;
  const log = store.create(
    "m",
    { tenant: "t" },
    { committed: (upTo) => void (acknowledged = upTo), failed: () => undefined },
  );
  for (let i = 0; i < 5000; i++) {
    log.append(`a.${i}`, undefined, Buffer.alloc(100, i), 1n);
    if (i % 100 === 0) await settle(disk);
  }
  await settle(disk);
  assert.equal(acknowledged, 5000);
  assert.equal(log.read(4999)!.payload[0], 4998 & 255);
  const before = disk.bytes;

  removeRange(log, 1, 4900);
  for (let i = 0; i < 20; i++) await settle(disk);

  assert.ok(disk.bytes < before / 2, `${disk.bytes} of ${before}`);
});
