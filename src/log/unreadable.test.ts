// A stream whose header is lost in both copies is told, its files stay, and nobody gets its name unawares.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, lose, refuse, segmentsOf } from "../../test/log/files.ts";
import { statesOf } from "../../test/log/headers.ts";
import {
  aLogWith,
  appendTo,
  close,
  openStore,
  owner,
  rewriteFirst,
  Said,
  settle,
} from "../../test/log/scene.ts";
import { repeated, sequencesOf } from "../../test/log/told.ts";
import type { SimDisk } from "../../test/world/disk.ts";
import { audit } from "../app/audit.ts";
import { realClock } from "../node/clock.ts";
import { encodeState } from "./small-state.ts";
import { remainsOf } from "./unreadable.ts";

async function aStoppedStore(subjects: readonly string[] = repeated(70)): Promise<SimDisk> {
  const { store, disk } = await aLogWith(subjects);
  await close(store, disk);
  return disk;
}

const streamFiles = (disk: SimDisk): Map<string, string> =>
  new Map(
    disk
      .files()
      .filter((path) => path.startsWith("/s/streams/"))
      .map((path) => [path, disk.contents(path).toString("hex")]),
  );

const flip = (disk: SimDisk, path: string): void => damage(disk, path, "CHAPSTA");

const injuries: readonly (readonly [
  what: string,
  injure: (disk: SimDisk, a: string, b: string) => void,
  name?: string,
])[] = [
  [
    "flipped",
    (disk, a, b) => {
      flip(disk, a);
      flip(disk, b);
    },
    "orders",
  ],
  [
    "deleted",
    (disk, a, b) => {
      disk.lose(a);
      disk.lose(b);
    },
  ],
  [
    "deleted and flipped",
    (disk, a, b) => {
      disk.lose(a);
      flip(disk, b);
    },
    "orders",
  ],
  [
    "flipped and deleted",
    (disk, a, b) => {
      flip(disk, a);
      disk.lose(b);
    },
    "orders",
  ],
  [
    "unreadable",
    (disk, a, b) => {
      disk.spoil(a, 0);
      disk.spoil(b, 0);
    },
  ],
  [
    "flipped in the name, so that both say another one",
    (disk, a, b) => {
      damage(disk, a, "rders");
      damage(disk, b, "rders");
    },
  ],
];

for (const [what, injure, name] of injuries) {
  test(`where both copies of a header are ${what}, nobody gets the stream's name, or touches its files, until it is deleted`, async () => {
    const disk = await aStoppedStore();
    const [a, b] = statesOf(disk) as [string, string];
    injure(disk, a, b);
    const before = streamFiles(disk);

    for (const said of [new Said(), new Said()]) {
      const store = openStore(disk, { trace: said });

      assert.deepEqual(store.entries(), []);
      assert.ok(said.has(/header is lost, both copies/));
      const [found] = store.unreadable;
      assert.equal(found!.name, name);
      assert.equal(found!.segments.length, 1);
      assert.deepEqual(remainsOf(disk, found!), { messages: 70, first: 1, last: 70 });
      assert.throws(
        () => store.create("orders", { tenant: "t" }, owner),
        /damaged files are still there, in \/s\/streams\//,
      );
      store.create("invoices", { tenant: "t" }, owner);
      store.delete("invoices");
      assert.deepEqual(streamFiles(disk), before);
      await close(store, disk);
    }

    const store = openStore(disk);
    store.delete("orders");
    await settle(disk);
    assert.deepEqual(
      [store.unreadable, disk.listSync("/s/streams"), disk.listSync("/s/trash")],
      [[], [], []],
    );
    const log = store.create("orders", { tenant: "t" }, owner);
    assert.equal(log.append("a", undefined, Buffer.alloc(0), 1n), 1);
    await settle(disk);
    await close(store, disk);
    assert.deepEqual(sequencesOf(openStore(disk).open("orders", owner)), [1]);
  });
}

test("what is left of a stream that lost its header is counted whole, whatever notes and marks lie between", async () => {
  const scene = await aLogWith(repeated(5), {}, { markEveryBytes: 1 });
  scene.log.remove(2);
  appendTo(scene.log, ["b"]);
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  for (const path of statesOf(scene.disk)) flip(scene.disk, path);

  const store = openStore(scene.disk);

  assert.deepEqual(remainsOf(scene.disk, store.unreadable[0]!), { messages: 6, first: 1, last: 6 });
});

test("a segment tells the name of a stream that lost its header also once it was rewritten", async () => {
  const scene = await aLogWith(repeated(200));
  await rewriteFirst(scene, 2, 50);
  await close(scene.store, scene.disk);
  lose(scene.disk, "00000000.a.state", "00000000.b.state", ".0000.seg");

  const store = openStore(scene.disk);

  assert.throws(() => store.create("orders", { tenant: "t" }, owner), /damaged files/);
});

test("where no file tells the name, the files stay all the same", async () => {
  const disk = await aStoppedStore(["a"]);
  for (const path of segmentsOf(disk)) damage(disk, path, "CHAPSEG");
  for (const path of statesOf(disk)) disk.lose(path);
  const before = streamFiles(disk);

  const store = openStore(disk);

  assert.deepEqual([store.unreadable.length, store.unreadable[0]!.name], [1, undefined]);
  assert.deepEqual(remainsOf(disk, store.unreadable[0]!), { messages: 1, first: 1, last: 1 });
  assert.deepEqual(streamFiles(disk), before);
  store.create("orders", { tenant: "t" }, owner);
  for (const [path, bytes] of before) assert.equal(disk.contents(path).toString("hex"), bytes);
});

test("a damaged copy tells the name where the segments do not", async () => {
  const disk = await aStoppedStore(["a"]);
  for (const path of segmentsOf(disk)) damage(disk, path, "CHAPSEG");
  for (const path of statesOf(disk)) flip(disk, path);

  const store = openStore(disk);

  assert.equal(store.unreadable[0]!.name, "orders");
  assert.throws(() => store.create("orders", { tenant: "t" }, owner), /damaged files/);
});

test("an unreadable stream that the disk does not let go is still there, and can be deleted later", async () => {
  const disk = await aStoppedStore(["a"]);
  for (const path of statesOf(disk)) flip(disk, path);
  const store = openStore(disk);
  disk.plan = (_, what) => (what === "rename" ? "EIO" : undefined);

  assert.throws(() => store.delete("orders"), /delete a stream/);

  disk.plan = () => undefined;
  assert.equal(store.unreadable.length, 1);
  assert.throws(() => store.create("orders", { tenant: "t" }, owner), /damaged files/);
  store.delete("orders");
  assert.deepEqual(disk.listSync("/s/streams"), []);
});

test("a deletion of an unreadable stream that failed, asked for again and answered, is for good", async () => {
  const stopped = await aStoppedStore(["a"]);
  for (let seed = 1; seed <= 40; seed++) {
    const disk = stopped.copy(seed);
    for (const path of statesOf(disk)) flip(disk, path);
    const store = openStore(disk);
    refuse(disk, "syncdir", /\/trash$/);
    assert.throws(() => store.delete("orders"), /delete a stream: EIO/);
    disk.plan = () => undefined;

    store.delete("orders");

    assert.deepEqual(openStore(disk.reborn("power", seed)).unreadable, [], `seed ${seed}`);
  }
});

const id = "00112233445566aa";
const state = (generation: number): Buffer => encodeState(id, 0, generation, Buffer.from("no header"));
const torn = (generation: number): Buffer => state(generation).fill(0, 40);

/** What of a stream's directory without a whole header is there, and whether it stays. */
const begun: readonly (readonly [what: string, files: Readonly<Record<string, Buffer>>, stays: boolean])[] = [
  ["nothing", {}, false],
  ["an empty copy", { "00000000.a.state": Buffer.alloc(0) }, false],
  [
    "copies never written",
    { "00000000.a.state": Buffer.alloc(99), "00000000.b.state": Buffer.alloc(99) },
    false,
  ],
  ["the first copy, torn", { "00000000.a.state": torn(1), "00000000.b.state": Buffer.alloc(0) }, false],
  ["a later copy, torn", { "00000000.a.state": torn(2) }, true],
  ["a copy cut short", { "00000000.a.state": state(1).subarray(0, 30) }, true],
  ["an owner's state", { "00000000.a.state": Buffer.alloc(0), "00000001.a.state": Buffer.alloc(0) }, true],
  ["an index", { "00000001.0000.idx": Buffer.alloc(0) }, true],
];

for (const [what, files, stays] of begun) {
  test(`a directory with no header but ${what} is ${stays ? "a stream's, and stays" : "left of a making that was cut, and goes"}`, () => {
    return aStoppedStore([]).then((disk) => {
      disk.makeDirectorySync(`/s/streams/${id}`);
      for (const [name, bytes] of Object.entries(files)) {
        disk.openSync(`/s/streams/${id}/${name}`, "create").closeSync();
        disk.replace(`/s/streams/${id}/${name}`, bytes);
      }

      const store = openStore(disk);

      assert.deepEqual(
        store.unreadable.map((stream) => stream.id),
        stays ? [id] : [],
      );
      assert.equal(disk.existsSync(`/s/streams/${id}`), stays);
      if (stays) assert.deepEqual(remainsOf(disk, store.unreadable[0]!), { messages: 0, first: 0, last: 0 });
    });
  });
}

test("an audit tells what is left of a stream whose header is lost", async () => {
  const disk = await aStoppedStore(repeated(3));
  for (const path of statesOf(disk)) flip(disk, path);
  const before = streamFiles(disk);
  const random = { bytes: (count: number) => Buffer.alloc(count, 1), below: () => 0 };

  const report = audit(disk, realClock, random, "/s");

  const { path } = report.unreadable[0]!;
  assert.deepEqual(report.unreadable, [{ path, name: "orders", messages: 3, first: 1, last: 3 }]);
  assert.equal(report.sound, false);
  assert.deepEqual(streamFiles(disk), before);
});
