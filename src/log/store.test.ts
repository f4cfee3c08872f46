import assert from "node:assert/strict";
import { test } from "node:test";
import {
  aLogWith,
  appendTo,
  close,
  closing,
  damage,
  edit,
  killed,
  lose,
  opened,
  openStore,
  owner,
  reopened,
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
import { audit } from "../app/audit.ts";
import { decodeHeader, encodeHeader } from "./header.ts";
import { Scrub } from "./scrub.ts";
import { decodeState, encodeState } from "./small-state.ts";

const statesOf = (disk: SimDisk): string[] =>
  disk.files().filter((path) => /\/streams\/.*00000000\.[ab]\.state$/.test(path));

/** The stream's files once more under another id, its header changed. */
function duplicate(disk: SimDisk, id: string, change: { order: number }): void {
  const [from] = disk.listSync("/s/streams") as [string];
  disk.makeDirectorySync(`/s/streams/${id}`);
  for (const path of statesOf(disk).filter((each) => each.includes(from))) {
    const { generation, contents } = decodeState(disk.contents(path), from, 0)!;
    const to = path.replace(from, id);
    disk.openSync(to, "create").closeSync();
    disk.replace(to, encodeState(id, 0, generation, encodeHeader({ ...decodeHeader(contents)!, ...change })));
  }
}

test("of two streams with one name the later one counts, and the other is taken away", async () => {
  for (const [id, order, isKept] of [
    ["0000000000000000", 5, true],
    ["ffffffffffffffff", 5, true],
    ["0000000000000000", 0, false],
    ["ffffffffffffffff", 0, false],
  ] as const) {
    const { store, disk } = await aLogWith(["a"]);
    await close(store, disk);
    const [original] = disk.listSync("/s/streams");
    duplicate(disk, id, { order });

    const again = opened(disk);

    assert.deepEqual(disk.listSync("/s/streams"), [isKept ? id : original]);
    assert.deepEqual(disk.listSync("/s/trash"), []);
    assert.equal(again.store.entries().length, 1);
    again.store.create("next", { tenant: "t" }, owner);
    const orders = statesOf(disk).map((path) => {
      const of = path.split("/")[3]!;
      return decodeHeader(decodeState(disk.contents(path), of, 0)!.contents)!.order;
    });
    assert.equal(Math.max(...orders), (isKept ? order : 1) + 1, "and the next one is later than both");
  }
});

test("a stream whose header is lost in both copies is left alone, and told", async () => {
  const { store, disk } = await aLogWith(["a"]);
  await close(store, disk);
  for (const path of statesOf(disk)) edit(disk, path, (bytes) => bytes.fill(0, 0, 20));
  const before = disk.files().filter((path) => path.startsWith("/s/streams"));

  const said = new Said();
  const next = openStore(disk, { trace: said });

  assert.deepEqual(next.entries(), []);
  assert.equal(next.unreadable.length, 1);
  assert.ok(said.has(/header is lost, both copies/));
  assert.deepEqual(
    disk.files().filter((path) => path.startsWith("/s/streams")),
    before,
  );
});

test("a stream's journal restores nothing for a stream whose header is lost, and a missing file only what it can", async () => {
  for (const isHeaderLost of [true, false]) {
    const { disk: first } = await aLogWith(["a", "b", "c"]);
    const disk = killed(first);
    lose(disk, ".seg");
    const journal = disk.files().find((path) => path.endsWith(".journal"))!;
    damage(disk, journal, "payload 2");
    if (isHeaderLost) {
      for (const path of statesOf(disk)) disk.lose(path);
      while (disk.contents(journal).includes('"tenant"')) damage(disk, journal, '"tenant"');
    }

    const said = new Said();
    const next = openStore(disk, { trace: said });

    assert.equal(segmentsOf(disk).length, isHeaderLost ? 0 : 1);
    if (isHeaderLost) continue;
    assert.ok(said.has(/segment file is missing/));
    const log = next.open("orders", owner);
    assert.deepEqual(sequencesOf(log), [1, 3]);
  }
});

test("one damaged copy of a header is mended from the other, and told", async () => {
  for (const at of [0, 1]) {
    const { store, disk } = await aLogWith(["a"]);
    await close(store, disk);
    const path = statesOf(disk)[at]!;
    edit(disk, path, (bytes) => bytes.fill(9, 20));

    const again = opened(disk);

    assert.ok(again.said.has(/copy of a stream's header is damaged/));
    assert.deepEqual(sequencesOf(again.log), [1]);
    const id = path.split("/")[3]!;
    assert.ok(decodeState(disk.contents(path), id, 0) !== undefined, "it is whole again");
  }
});

test("strangers among the store's files are left alone", async () => {
  const { store, disk } = await aLogWith(["a"]);
  await close(store, disk);
  disk.makeDirectorySync("/s/streams/lost+found");
  disk.openSync("/s/journal/notes.txt", "create").closeSync();

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1]);
  assert.ok(disk.existsSync("/s/streams/lost+found"));
  assert.ok(disk.existsSync("/s/journal/notes.txt"));
});

test("a stream whose deletion fails is there as before", async () => {
  const { store, disk, log } = await aLogWith(["a"]);
  disk.plan = (_, what) => (what === "rename" ? "EIO" : undefined);
  assert.throws(() => store.delete("orders"), /delete a stream: EIO/);
  disk.plan = () => undefined;

  appendTo(log, ["b"]);
  await settle(disk);
  assert.equal(log.committed, 2);
  assert.equal(store.entries().length, 1);
  store.delete("orders");
  assert.deepEqual(store.entries(), []);
});

test("a stream whose files cannot be taken away at once is gone all the same, and the next start does it", async () => {
  const { store, disk } = await aLogWith(["a"]);
  disk.plan = (_, what) => (what === "unlink" ? "EIO" : undefined);
  assert.throws(() => store.delete("orders"), /delete a stream/);
  disk.plan = () => undefined;
  assert.deepEqual(store.entries(), []);
  assert.equal(disk.listSync("/s/trash").length, 1);

  openStore(killed(disk));
  assert.deepEqual(openStore(disk.copy(1)).entries(), []);
});

test("a stream that cannot be made leaves nothing, or what the next start takes away", async () => {
  for (const isUndone of [true, false]) {
    const disk = new SimDisk(3);
    const said = new Said();
    const store = openStore(disk, { trace: said });
    disk.plan = (_, what, path) => {
      if (what === "sync" && path.endsWith(".state")) return "EIO";
      return what === "rename" && !isUndone ? "EIO" : undefined;
    };
    assert.throws(() => store.create("orders", { tenant: "t" }, owner), /make a stream: EIO/);
    disk.plan = () => undefined;

    assert.equal(disk.listSync("/s/streams").length, isUndone ? 0 : 1);
    assert.equal(said.has(/left of a stream/), !isUndone);
    assert.ok(store.create("orders", { tenant: "t" }, owner));
    await settle(disk);
    assert.equal(openStore(killed(disk)).entries().length, 1);
  }
});

test("a store that cannot be opened says why", () => {
  const disk = new SimDisk(3);
  disk.plan = (_, what) => (what === "mkdir" ? "EIO" : undefined);

  assert.throws(() => openStore(disk), /open the store: EIO/);
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
  disk.plan = (_, what, path) => (what === "write" && path.endsWith(".journal") ? "ENOSPC" : undefined);
  log.append("a", undefined, Buffer.from("x"), 1n);
  await settle(disk);
  assert.ok(store.full);
  disk.plan = () => undefined;
  await closing(store, disk);
  disk.plan = (_, what) => assert.fail(`${what} after the store was closed`);

  clock.advance(1000);
});

test("room found again wakes no stream that failed for another reason", async () => {
  const { disk, store, log, clock } = await aLogWith(["a"]);
  disk.plan = (_, what, path) => (what === "sync" && path.endsWith(".journal") ? "EIO" : undefined);
  log.append("a", undefined, Buffer.from("x"), 1n);
  await settle(disk);
  assert.equal(log.phase, "failed");
  const other = store.create("other", { tenant: "t" }, owner);
  disk.plan = (_, what, path) => (what === "write" && path.endsWith(".journal") ? "ENOSPC" : undefined);
  other.append("a", undefined, Buffer.from("x"), 1n);
  await settle(disk);
  assert.ok(store.full);
  disk.plan = () => undefined;
  clock.advance(300);

  assert.deepEqual([store.full, log.phase, other.phase], [false, "failed", "open"]);
});

test("a stream tells its name and its tenant, a store its streams", async () => {
  const { log, store } = await aLogWith([], { key: Buffer.alloc(32) });

  assert.deepEqual([log.name, log.tenant], ["orders", "t"]);
  assert.deepEqual(store.entries(), [{ name: "orders", tenant: "t", encrypted: true }]);
});

test("a stream is opened once, and none in a store that is closed", async () => {
  const { store, disk } = await aLogWith(["a"]);
  assert.throws(() => store.open("orders", owner), /open a stream/);
  await close(store, disk);

  assert.throws(() => store.open("orders", owner), /open a stream/);
  assert.throws(() => store.create("new", { tenant: "t" }, owner), /make a stream/);
});

test("a store with streams that were not opened closes, and a header that cannot be written is told", async () => {
  const { store, disk } = await aLogWith(["a"]);
  await close(store, disk);
  const unopened = openStore(disk);
  await close(unopened, disk);

  const again = opened(disk);
  disk.plan = (_, what, path) =>
    what === "sync" && path.includes("streams") && path.endsWith("0.a.state") ? "EIO" : undefined;
  assert.match((await closing(again.store, disk))!.message, /EIO/);
  assert.deepEqual(sequencesOf(opened(killed(disk)).log), [1]);
});

test("small state that tells no key is left aside", async () => {
  const { store, disk, log } = await aLogWith(["a"]);
  log.states.save("key", Buffer.from("value"), () => undefined);
  await settle(disk);
  await close(store, disk);
  const id = disk.listSync("/s/streams")[0]!;
  for (const [number, contents] of [
    [0x11, Buffer.from([0])],
    [0x12, Buffer.from([0, 1])],
    [0x13, Buffer.from([0, 9, 0, 1])],
    [0x14, Buffer.from([0, 1, 0, 0x6b, 5])],
  ] as const)
    for (const copy of ["a", "b"]) {
      const path = `/s/streams/${id}/000000${number.toString(16)}.${copy}.state`;
      disk.openSync(path, "create").closeSync();
      disk.replace(path, encodeState(id, number, 1, contents));
    }

  const again = opened(disk);

  assert.deepEqual(again.log.states.keys.sort(), ["k", "key"]);
  assert.deepEqual([...again.log.states.load("k")!], [5]);
  assert.equal(again.log.states.load("none"), undefined);
});

test("state saved again under a forgotten key is the new one, at every start", async () => {
  const scene = await aLogWith([]);
  const { states } = scene.log;
  states.save("a", Buffer.from("1"), () => undefined);
  await settle(scene.disk);
  states.forget("a", () => undefined);
  states.save("a", Buffer.from("2"), () => undefined);
  states.save("b", Buffer.from("3"), () => undefined);
  await settle(scene.disk);
  states.forget("b", () => undefined);
  await settle(scene.disk);
  states.forget("b", () => undefined);

  const again = await reopened(scene);

  assert.deepEqual(again.log.states.keys, ["a"]);
  assert.equal(again.log.states.load("a")!.toString(), "2");
  again.log.states.forget("a", () => undefined);
  await settle(again.disk);
  assert.deepEqual(opened(killed(again.disk)).log.states.keys, []);
});

test("a copy of small state that is damaged is told, and mended from the other", async () => {
  const { store, disk, log } = await aLogWith([]);
  log.states.save("key", Buffer.from("value"), () => undefined);
  await settle(disk);
  await close(store, disk);
  lose(disk, ".journal");
  const [path, other] = disk
    .files()
    .filter((each) => each.includes("/streams/") && !each.includes("00000000.")) as [string, string];
  damage(disk, path, "value");

  const again = opened(disk);

  assert.deepEqual(again.log.losses.damage, [{ path, what: "a copy of small state" }]);
  assert.equal(again.log.states.load("key")!.toString(), "value");
  assert.ok(disk.contents(path).includes("value"));
  await close(again.store, disk);
  for (const each of [path, other]) damage(disk, each, "value");
  lose(disk, ".journal");
  assert.deepEqual(opened(disk).log.states.keys, [], "without a whole copy there is none");
});

test("what a deleted stream had saved troubles nobody", async () => {
  const { store, disk, log } = await aLogWith([]);
  for (const key of ["a", "b"]) log.states.save(key, Buffer.from("1"), () => undefined);
  await settle(disk);
  log.states.forget("b", () => undefined);
  await settle(disk);
  store.delete("orders");

  await close(store, disk);
});

test("a scrub goes through streams in slices, round after round, until it is stopped", async () => {
  const { log, store, disk } = await aLogWith(repeated(600));
  const other = store.create("other", { tenant: "t" }, owner);
  appendTo(other, repeated(3));
  await settle(disk);
  const clock = new ManualClock();
  const scrub = new Scrub(clock, () => [log, other], 10);
  scrub.stop();
  scrub.start();
  const seen: [number, number][] = [];

  for (let slice = 0; slice < 6; slice++) {
    clock.advance(10);
    seen.push([scrub.checked, scrub.rounds]);
  }

  assert.deepEqual(seen, [
    [256, 0],
    [512, 0],
    [600, 0],
    [603, 0],
    [603, 1],
    [859, 1],
  ]);
  scrub.stop();
  clock.advance(100);
  assert.equal(scrub.checked, 859);
  assert.equal(clock.alarms, 0);
  const idle = new Scrub(clock, () => [], 10);
  idle.step();
  assert.equal(idle.rounds, 0);
});

test("an audit of a store after a kill changes nothing of it, whatever a start would do", async () => {
  const scene = await aLogWith(repeated(150));
  scene.log.removeRange(1, 50);
  scene.log.states.save("key", Buffer.from("value"), () => undefined);
  await settle(scene.disk);
  const disk = killed(scene.disk);
  duplicate(disk, "0000000000000000", { order: 0 });
  const before = disk.files().map((path) => `${path} ${disk.contents(path).toString("hex")}`);

  const report = audit(disk, new ManualClock(), chanceOf(1), "/s");

  assert.deepEqual(
    report.streams.map(({ messages, first, last, lost }) => [messages, first, last >= 150, lost]),
    [[100, 51, true, []]],
  );
  assert.deepEqual(
    disk.files().map((path) => `${path} ${disk.contents(path).toString("hex")}`),
    before,
  );
  assert.deepEqual(sequencesOf(opened(disk).log), upTo(150, 51));
});

test("what is left of a stream that could not be made is gone with the deletion of the one made later", async () => {
  const disk = new SimDisk(1);
  disk.makeDirectorySync("/s");
  const store = openStore(disk);
  let isBroken = true;
  disk.plan = (_call, what, path) => {
    const isMaking = path.startsWith("/s/streams/") && ["syncdir", "rename", "unlink"].includes(what);
    return isBroken && isMaking ? "EIO" : undefined;
  };
  assert.throws(() => store.create("a", { tenant: "t" }, owner), /make a stream/);
  isBroken = false;

  store.create("a", { tenant: "t" }, owner);
  store.delete("a");

  assert.deepEqual(openStore(killed(disk)).entries(), []);
});
