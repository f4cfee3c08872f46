// A segment that is written no more gets an index beside it, unless it cannot have one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nextOf } from "../../test/log/asking.ts";
import { damage, edit, indexOf, killed, lose, refuseOnce, segmentsOf } from "../../test/log/files.ts";
import { recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  opened,
  openStore,
  owner,
  readsRecords,
  reopened,
  Said,
  settle,
} from "../../test/log/scene.ts";
import { repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { Filter } from "./filter.ts";
import { MemoryDisk } from "./memory.ts";

const limits = { segmentBytes: 1024 * 1024, journalBytes: 32 * 1024 * 1024, compactBytesMin: 2 ** 30 };

test("a segment of many slices, its subjects coming and going while they are written, is found by its checkpoint", async () => {
  const disk = new MemoryDisk(2 ** 28);
  const store = openStore(disk, { limits });
  const log = store.create("s", { tenant: "t" }, owner);
  const held = new Map<number, string>();
  const append = (count: number): void => {
    for (; count > 0; count--) {
      const subject = `s.${log.last + 1}`;
      held.set(log.append(subject, undefined, Buffer.alloc(1), 1n), subject);
    }
  };
  append(25_000); // closes the first segment; its checkpoint begins with the commit that is on its way
  const chance = chanceOf(3);
  for (let turn = 0; turn < 60; turn++) {
    await Promise.resolve();
    for (let i = 0; i < 20; i++) {
      const sequence = 1 + chance.below(20_000);
      if (held.delete(sequence)) log.remove(sequence);
    }
    append(20);
  }

  await close(store, disk);
  const streams = disk.listSync("/s/streams").map((id) => disk.listSync(`/s/streams/${id}`));
  assert.ok(streams[0]!.includes("00000001.0000.idx"), streams[0]!.join(" "));
  const again = openStore(disk, { limits }).open("s", owner);

  assert.equal(again.state.messages, held.size);
  assert.equal(again.state.lost, 0);
  for (const [sequence, subject] of held) {
    assert.equal(again.lastOf(subject), sequence);
    assert.equal(nextOf(again, 1, new Filter([subject])), sequence);
  }
});

test("a checkpoint of many slices is given up when its segment goes, or the disk has no room for it", async () => {
  for (const isFull of [true, false]) {
    const disk = new SimDisk(3);
    const said = new Said();
    const store = openStore(disk, { limits: { ...limits, segmentBytes: 512 * 1024 }, trace: said });
    const log = store.create("s", { tenant: "t" }, owner);
    let isBegun = false;
    disk.plan = (_, what, path) => {
      if (what !== "write" || !path.endsWith("00000001.0000.idx.new")) return undefined;
      isBegun = true;
      return isFull ? "ENOSPC" : undefined;
    };
    for (let i = 0; i < 13_000; i++) log.append("a", undefined, Buffer.alloc(1), 1n);
    for (let i = 0; i < 500 && !isBegun; i++) {
      await Promise.resolve();
      disk.step();
    }
    assert.ok(isBegun);
    if (!isFull) log.removeAll();
    await settle(disk);

    assert.equal(said.has(/checkpoint not written: ENOSPC/), isFull);
    const left = disk.files().filter((path) => path.includes("00000001.0000."));
    assert.deepEqual(
      left.filter((path) => !path.endsWith(".seg")).filter((path) => !path.endsWith(".new")),
      [],
    );
    if (!isFull) assert.deepEqual(left, []);
  }
});

test("an index that cannot be written costs a slower start, and nothing is left over", async () => {
  for (const [what, ending] of [
    ["open", ".idx.new"],
    ["write", ".idx.new"],
    ["sync", ".idx.new"],
    ["rename", ".idx.new"],
  ] as const) {
    const scene = await aLogWith(repeated(60));
    scene.disk.plan = (_, call, path) => (call === what && path.endsWith(ending) ? "EIO" : undefined);
    await close(scene.store, scene.disk);
    scene.disk.plan = () => undefined;

    assert.ok(scene.said.has(/checkpoint not written: EIO/), what);
    const again = opened(scene.disk);
    assert.deepEqual(sequencesOf(again.log), upTo(60));
    assert.ok(!scene.disk.files().some((path) => path.endsWith(".new")), what);
    await close(again.store, scene.disk);
  }
});

test("half an index from before is no obstacle to the next one", async () => {
  const scene = await aLogWith(repeated(60));
  const temporary = segmentsOf(scene.disk)[0]!.replace(/seg$/, "idx.new");
  scene.disk.openSync(temporary, "create").closeSync();
  scene.disk.replace(temporary, Buffer.alloc(9000, 1));

  await close(scene.store, scene.disk);

  assert.ok(!scene.disk.existsSync(temporary));
  assert.ok(!readsRecords(scene.disk).isRead);
});

test("no index is written over a record that cannot be read", async () => {
  const key = Buffer.alloc(32, 7);
  const scene = await aLogWith(repeated(47), { key });
  const [path] = segmentsOf(scene.disk) as [string];
  const { at } = recordsIn(scene.disk, path)[20]!;
  edit(scene.disk, path, (bytes) => bytes.fill(0, at, at + 8));

  await close(scene.store, scene.disk);

  assert.ok(scene.said.has(/checkpoint not written: checkpoint a segment with a damaged record/));
  assert.equal(indexOf(scene.disk), undefined);
});

test("an index is begun anew over half of one, and given up when its segment goes", async () => {
  const scene = await aLogWith(repeated(60));
  const temporary = segmentsOf(scene.disk)[0]!.replace(/seg$/, "idx.new");
  scene.disk.openSync(temporary, "create").closeSync();
  appendTo(scene.log, repeated(20));
  for (let i = 0; i < 30; i++) {
    await Promise.resolve();
    if (i % 3 === 0) scene.disk.step();
    if (scene.disk.existsSync(temporary) && scene.disk.contents(temporary).length > 0) break;
  }
  assert.ok(scene.disk.contents(temporary).length > 0, "no index was begun");
  scene.log.removeRange(1, 75);
  await settle(scene.disk);

  assert.ok(!scene.disk.files().some((path) => path.endsWith(".new")));
  assert.ok(!scene.disk.files().some((path) => path.endsWith("00000001.0000.idx")));
  assert.deepEqual(sequencesOf((await reopened(scene)).log), upTo(80, 76));
});

test("a segment that has its index, or is damaged, is given none", async () => {
  for (const isDamaged of [false, true]) {
    const scene = await aLogWith(repeated(150));
    await close(scene.store, scene.disk);
    const [path] = segmentsOf(scene.disk) as [string];
    if (isDamaged) {
      lose(scene.disk, ".idx", ".journal");
      damage(scene.disk, path, "payload 40");
    }
    const made: string[] = [];
    scene.disk.plan = (_, what, each) => {
      if (what === "open" && each.endsWith(".idx.new")) made.push(each.slice(each.lastIndexOf("/") + 1));
      return undefined;
    };

    opened(scene.disk);
    await settle(scene.disk);

    const expected = isDamaged ? ["00000002.0000.idx.new", "00000003.0000.idx.new"] : [];
    assert.deepEqual(made, expected);
  }
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
  assert.equal(read.filter((path) => path === segment).length, 2, "the header alone, for its version first");
});

test("an index of which any write fails is none, and the next start does without", async () => {
  for (let nth = 1; ; nth++) {
    const scene = await aLogWith(repeated(5));
    const counted = refuseOnce(scene, "write", ".idx.new", nth);
    await close(scene.store, scene.disk);
    scene.disk.plan = () => undefined;

    const isRefused = counted.met >= nth;
    assert.equal(scene.said.has(/checkpoint not written: EIO/), isRefused, `write ${nth}`);
    assert.equal(indexOf(scene.disk) !== undefined && !indexOf(scene.disk).endsWith(".new"), !isRefused);
    assert.deepEqual(sequencesOf(opened(scene.disk).log), upTo(5));
    if (isRefused) continue;
    assert.ok(nth > 2, "its body and its head are written apart");
    break;
  }
});
