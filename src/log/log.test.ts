import assert from "node:assert/strict";
import { test } from "node:test";
import {
  aLogWith,
  close,
  closing,
  damage,
  edit,
  erasing,
  killed,
  lose,
  opened,
  openStore,
  owner,
  range,
  reopened,
  reopening,
  repeated,
  Said,
  segmentsOf,
  sequencesOf,
  settle,
  upTo,
} from "../../test/log/scene.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { audit, auditText } from "../app/audit.ts";
import { silent } from "../ports/trace.ts";
import { Filter } from "./filter.ts";
import { MemoryDisk, memoryStoreLimits } from "./memory.ts";
import { Scrub } from "./scrub.ts";
import { Store } from "./store.ts";

test("a message is read as it was appended, before and after a restart", async () => {
  const { store, log, disk } = await aLogWith([]);
  const headers = Buffer.from("NATS/1.0\r\nA: b\r\n\r\n");
  const sequence = log.append("a.b", headers, Buffer.from("hello"), 1_700_000_000_123_456_789n);
  await settle(disk);

  for (const source of [log, (await reopened({ store, disk })).log]) {
    const found = source.read(sequence)!;

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
    assert.equal(log.count(filter), expected.length);
    assert.equal(log.count(filter, 3), expected.filter((s) => s >= 3).length);
    assert.equal(log.count(filter, 5), expected.filter((s) => s >= 5).length);
  }
});

test("a rare subject among many messages is found from either end", async () => {
  const { log } = await aLogWith(["rare.1", ...repeated(9000), "rare.1", ...repeated(300)]);

  assert.equal(log.next(2, new Filter(["rare.1"])), 9002);
  assert.equal(log.next(2, new Filter(["rare.*"])), 9002);
  assert.equal(log.next(9003, new Filter(["rare.*"])), 0);
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

test("removed messages stay removed, and what is missing is not called lost", async () => {
  const { store, log, disk, clock } = await aLogWith(repeated(60));
  assert.equal(log.removeRange(10, 20), 11);
  assert.equal(log.removeMatching(new Filter(["a.0.x"]), 40, 2), 8);
  assert.equal(log.remove(59, true), 45);
  assert.equal(log.remove(59), -1);
  clock.advance(300);
  const before = sequencesOf(log);

  const again = (await reopened({ store, disk })).log;

  assert.deepEqual(sequencesOf(again), before);
  assert.equal(again.losses.count, 0);
  assert.equal(again.state.bytes, log.state.bytes);
});

test("everything can be removed, the sequence goes on", async () => {
  const { store, log, disk } = await aLogWith(repeated(200));

  assert.equal(log.removeAll(), 200);
  assert.equal(log.removeAll(), 0);
  await settle(disk);

  assert.deepEqual([log.first, log.last, log.state.messages], [201, 200, 0]);
  const again = (await reopened({ store, disk })).log;
  assert.equal(again.append("x", undefined, Buffer.from(""), 1n), 201);
});

test("a skipped sequence is not given out", async () => {
  const { store, log, disk } = await aLogWith(["a"]);

  log.skipTo(10_000_000_000);
  log.skipTo(5);

  assert.equal(log.append("a", undefined, Buffer.from(""), 1n), 10_000_000_001);
  assert.equal(log.next(2, new Filter(["a"])), 10_000_000_001);
  log.remove(10_000_000_001);
  assert.deepEqual(log.subject("a"), { subject: "a", messages: 1, first: 1, last: 1 });
  const again = (await reopened({ store, disk })).log;
  assert.equal(again.last, 10_000_000_001);
  assert.equal(again.losses.count, 0);
});

test("space comes back while the stream is in use", async () => {
  const { log, disk } = await aLogWith(repeated(400));
  const before = log.storedBytes;

  for (let s = 1; s <= 400; s++) if (s % 10 !== 0) log.remove(s);
  await settle(disk);

  assert.ok(log.storedBytes < before / 2, `${log.storedBytes} of ${before} bytes are left`);
  for (const s of sequencesOf(log)) assert.equal(log.read(s)!.payload.toString(), `payload ${s}`);
  assert.ok(log.indexBytes / 400 <= 64);
});

test("an erased message's bytes are nowhere on the disk", async () => {
  const { log, disk } = await aLogWith(["a", "b"]);
  const found = (): boolean => disk.files().some((path) => disk.contents(path).includes("payload 1"));
  assert.ok(found());

  assert.equal(await erasing({ log, disk }, 1), undefined);

  assert.ok(!found());
  assert.equal(log.read(1), undefined);
  assert.equal(log.read(2)!.payload.toString(), "payload 2");
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

test("state under a key is the last one saved, or none when it was forgotten", async () => {
  const { store, log, disk } = await aLogWith([]);
  log.states.save("a", Buffer.from("1"), () => undefined);
  log.states.save("a", Buffer.from("2"), () => undefined);
  log.states.save("b", Buffer.from("3"), () => undefined);
  log.states.forget("b", () => undefined);
  log.states.forget("c", () => undefined);
  let refused: Error | undefined;
  log.states.save("big", Buffer.alloc(9 * 1024 * 1024), (error) => void (refused = error));
  assert.match(refused!.message, /limit/);

  const again = (await reopened({ store, disk })).log;

  assert.deepEqual(again.states.keys, ["a"]);
  assert.equal(again.states.load("a")!.toString(), "2");
});

test("a deleted stream is gone, and its name can be used again", async () => {
  const { store, disk } = await aLogWith(["a"]);
  store.delete("orders");
  store.delete("orders");

  const log = store.create("orders", { tenant: "t" }, owner);

  assert.equal(log.append("b", undefined, Buffer.from("new"), 1n), 1);
  assert.throws(() => store.create("orders", { tenant: "t" }, owner), /there/);
  assert.throws(() => store.open("other", owner), /open a stream/);
  await settle(disk);
  const again = (await reopened({ store, disk })).log;
  assert.equal(again.read(1)!.payload.toString(), "new");
});

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

test("too much that waits for the disk, or too large a message, is refused at once", async () => {
  const { disk, log } = await aLogWith([], {}, { pendingBytesMax: 1000 });

  while (log.append("a", undefined, Buffer.alloc(100), 1n) > 0);

  assert.equal(log.refusal, "busy");
  await settle(disk);
  assert.equal(log.append("a", undefined, { length: 2 ** 30 } as Uint8Array, 1n), 0);
  assert.equal(log.refusal, "too large");
  assert.ok(log.append("a", undefined, Buffer.alloc(1), 1n) > 0);
});

test("a damaged message is reported when it is read or scrubbed, and only it", async () => {
  const { store, disk } = await aLogWith(repeated(30));
  await close(store, disk);
  lose(disk, ".journal");
  damage(disk, segmentsOf(disk)[0]!, "payload 7");

  const { log, clock } = opened(disk);
  const scrub = new Scrub(clock, () => [log], 10);
  scrub.start();
  while (scrub.rounds === 0) clock.advance(10);
  scrub.stop();

  assert.deepEqual(log.losses.ranges, [range(7)]);
  assert.equal(log.losses.count, 1);
  assert.equal(scrub.checked, 30);
  assert.equal(sequencesOf(log).length, 29);
});

test("an audit says what it found and changes nothing", async () => {
  const { store, disk, clock } = await aLogWith(repeated(30));
  await close(store, disk);
  const sound = audit(disk, clock, chanceOf(1), "/s");
  assert.ok(sound.sound, auditText(sound));
  assert.match(auditText(sound), /30 messages.*1 to 30/);
  lose(disk, ".journal");
  edit(disk, segmentsOf(disk)[0]!, (bytes) => bytes.subarray(0, 700));
  const before = disk.files().map((name) => [name, disk.contents(name).toString("hex")]);

  const report = audit(disk, clock, chanceOf(1), "/s");

  assert.ok(!report.sound);
  assert.match(auditText(report), /lost: 1[0-9]-30/);
  assert.deepEqual(
    disk.files().map((name) => [name, disk.contents(name).toString("hex")]),
    before,
  );
  assert.throws(() => audit(disk, clock, chanceOf(1), "/nothing"), /no store/);
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

  log.removeRange(1, 4900);
  await settle(disk);

  assert.ok(disk.bytes < before / 2, `${disk.bytes} of ${before}`);
});

test("a stream that a write error stopped is reopened and loses nothing acknowledged", async () => {
  const disk = new SimDisk(3);
  const store = openStore(disk);
  let failure: [string, number, number] | undefined;
  const log = store.create(
    "orders",
    { tenant: "t" },
    { committed: () => undefined, failed: (reason, first, last) => void (failure = [reason, first, last]) },
  );
  log.append("a", undefined, Buffer.from("kept"), 1n);
  await settle(disk);
  disk.plan = (_, what, path) => (what === "sync" && path.endsWith(".journal") ? "EIO" : undefined);
  log.append("a", undefined, Buffer.from("never acknowledged"), 1n);
  await settle(disk);

  assert.deepEqual(failure, ["failed", 2, 2]);
  assert.equal(log.append("a", undefined, Buffer.from("x"), 1n), 0);
  assert.equal(log.refusal, "failed");
  assert.equal(log.read(1)!.payload.toString(), "kept");
  disk.plan = () => undefined;

  assert.equal(await reopening({ log, disk }), undefined);
  assert.equal(log.append("a", undefined, Buffer.from("after"), 1n), 3);
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

test("what a crash left without an index has one after the next start, so that it is read once", async () => {
  const first = await aLogWith(repeated(5));
  const { disk, store } = opened(killed(first.disk));
  await settle(disk);
  const [segment] = segmentsOf(disk) as [string];
  await close(store, disk);
  const read: string[] = [];
  disk.plan = (_, what, path) => void (what === "read" && read.push(path));

  const { log } = opened(disk);

  assert.deepEqual(sequencesOf(log), [1, 2, 3, 4, 5]);
  const bytes = disk.contents(segment).length;
  assert.ok(bytes > 300 && disk.files().includes(segment.replace(".seg", ".idx")));
  assert.equal(read.filter((path) => path === segment).length, 1, "the header alone");
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
