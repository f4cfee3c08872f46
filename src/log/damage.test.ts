// Damage met while the program runs, and indexes beside segments that are not to be believed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  damage,
  edit,
  lose,
  opened,
  range,
  reopened,
  repeated,
  type Scene,
  segmentsOf,
  sequencesOf,
  settle,
  upTo,
} from "../../test/log/scene.ts";
import type { SimDisk } from "../../test/world/disk.ts";
import { recordHeaderBytes } from "./record.ts";

const indexOf = (disk: SimDisk): string => disk.files().find((path) => path.endsWith(".idx"))!;

/** Changes a checkpoint's head, and makes its checksum agree. */
function forge(disk: SimDisk, path: string, change: (bytes: Buffer) => void): void {
  edit(disk, path, (bytes) => {
    change(bytes);
    bytes.writeUInt32LE(crc32(bytes.subarray(84)), 60);
    bytes.writeUInt32LE(crc32(bytes.subarray(68, 84), crc32(bytes.subarray(0, 64))), 64);
    return bytes;
  });
}

/** Whether a start reads more of the segments than their headers. */
function readsRecords(disk: SimDisk, key?: Uint8Array): { scene: Scene; isRead: boolean } {
  let reads = 0;
  disk.plan = (_, what, path) => {
    if (what === "read" && path.endsWith(".seg")) reads++;
    return undefined;
  };
  const scene = opened(disk, key);
  disk.plan = () => undefined;
  return { scene, isRead: reads > segmentsOf(disk).length };
}

test("an index that is damaged, of another segment, or says the impossible is left aside", async () => {
  const forgeries: [string, (bytes: Buffer) => void][] = [
    ["magic", (bytes) => bytes.write("CHAPIDX2", 0, "latin1")],
    ["stream", (bytes) => void (bytes[8]! ^= 1)],
    ["number", (bytes) => bytes.writeUInt32LE(2, 16)],
    ["generation", (bytes) => bytes.writeUInt32LE(1, 20)],
    ["covers less than a header", (bytes) => bytes.writeUInt32LE(63, 24)],
    ["covers more than the file", (bytes) => bytes.writeUInt32LE(bytes.readUInt32LE(24) + 1, 24)],
    ["covers less than the file", (bytes) => bytes.writeUInt32LE(bytes.readUInt32LE(24) - 1, 24)],
    ["more slots than there is room for", (bytes) => bytes.writeUInt32LE(100_000, 28)],
    ["more subjects than there are", (bytes) => bytes.writeUInt32LE(100, 40)],
    ["more ranges than there is room for", (bytes) => bytes.writeUInt32LE(100_000, 44)],
    ["more lengths than there is room for", (bytes) => bytes.writeUInt32LE(100_000, 48)],
    ["encrypted", (bytes) => bytes.writeUInt32LE(2, 52)],
  ];
  const stopped = await aLogWith(repeated(60));
  await close(stopped.store, stopped.disk);
  const sound = readsRecords(stopped.disk.copy(1));
  assert.ok(!sound.isRead);
  for (const [what, change] of forgeries) {
    const disk = stopped.disk.copy(1);
    forge(disk, indexOf(disk), change);

    const { scene, isRead } = readsRecords(disk);

    assert.ok(isRead, what);
    assert.deepEqual(scene.log.state, sound.scene.log.state);
    assert.deepEqual(scene.log.losses.damage, []);
  }
  for (const at of [0, 3, 20, 62, 66, 70, 84, 300]) {
    const disk = stopped.disk.copy(1);
    edit(disk, indexOf(disk), (bytes) => {
      bytes[at]! ^= 8;
      return bytes;
    });
    assert.ok(readsRecords(disk).isRead, `byte ${at}`);
  }
  for (const length of [0, 83, 84, 200]) {
    const disk = stopped.disk.copy(1);
    edit(disk, indexOf(disk), (bytes) => bytes.subarray(0, length));
    assert.ok(readsRecords(disk).isRead, `cut at ${length}`);
  }
  const unread = stopped.disk.copy(1);
  unread.plan = (_, what, path) => (what === "read" && path.endsWith(".idx") ? "EIO" : undefined);
  assert.deepEqual(opened(unread).log.state, sound.scene.log.state);
});

test("an index keeps all that its segment tells: headers, gaps, lengths, encrypted or not", async () => {
  for (const key of [undefined, Buffer.alloc(32, 7)]) {
    const first = await aLogWith(repeated(20), { key });
    first.log.append("long", Buffer.from("h"), Buffer.alloc(6000, "z"), 5n);
    first.log.removeRange(3, 5);
    first.log.skipTo(30);
    appendTo(first.log, ["x.y"]);
    await settle(first.disk);
    await close(first.store, first.disk);
    const scanned = first.disk.copy(1);
    lose(scanned, ".idx");

    const { scene, isRead } = readsRecords(first.disk, key);

    assert.ok(!isRead);
    const other = opened(scanned, key);
    assert.deepEqual(scene.log.state, other.log.state);
    for (const s of [...sequencesOf(scene.log)]) {
      assert.deepEqual(scene.log.read(s), other.log.read(s));
      assert.equal(scene.log.remove(s), other.log.remove(s));
    }
    assert.deepEqual([scene.log.state.messages, scene.log.state.bytes], [0, 0]);
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

test("a message is read whatever its length, in order or not, from memory or from the file", async () => {
  const key = Buffer.alloc(32, 7);
  const lengths = [0, 1, 4000, 4096, 5000, 100_000, 200_000, 3];
  for (const under of [undefined, key]) {
    const first = await aLogWith([], { key: under }, { segmentBytes: 1024 * 1024 });
    for (const length of lengths) first.log.append("a", undefined, Buffer.alloc(length, length & 255), 1n);
    first.log.remove(1);
    for (const length of lengths) first.log.append("b", undefined, Buffer.alloc(length, length & 255), 1n);
    await settle(first.disk);
    const sequences = upTo(16, 2);
    const assertRead = (scene: Scene): void => {
      for (const order of [sequences, [...sequences].reverse(), [...sequences, ...sequences]])
        for (const s of order) {
          const length = lengths[(s - 1) % lengths.length]!;
          const { payload } = scene.log.read(s)!;
          assert.ok(payload.equals(Buffer.alloc(length, length & 255)), `message ${s} of ${length}`);
        }
    };
    assertRead(first);
    const again = await reopened(first, under, { segmentBytes: 1024 * 1024 });
    assertRead(again);
  }
});

test("a record whose length is damaged is lost, whatever length it says", async () => {
  const key = Buffer.alloc(32, 7);
  for (const length of [0, 39, 100_000, 100 * 1024 * 1024]) {
    const scene = await reopened(await aLogWith(repeated(50), { key }), key);
    const [path] = segmentsOf(scene.disk) as [string];
    const { at } = recordsIn(scene.disk, path)[9]!;
    edit(scene.disk, path, (bytes) => {
      bytes.writeUInt32LE(length, at + 8);
      return bytes;
    });

    assert.equal(scene.log.read(10), undefined);
    assert.deepEqual(scene.log.losses.ranges, [range(10)]);
    assert.equal(scene.log.read(11)!.payload.toString(), "payload 11");
  }
});

test("a file that ends before a message has lost it, and so much of it as is there is no message", async () => {
  for (const kept of [0, 10, recordHeaderBytes, recordHeaderBytes + 5]) {
    const scene = await reopened(await aLogWith(repeated(50)));
    const [path] = segmentsOf(scene.disk) as [string];
    const { at } = recordsIn(scene.disk, path)[49]!;
    edit(scene.disk, path, (bytes) => bytes.subarray(0, at + kept));

    assert.equal(scene.log.read(50), undefined);
    assert.deepEqual(scene.log.losses.ranges, [range(50)]);
  }
});

test("a sound record whose parts are longer than the whole is no message", async () => {
  const scene = await reopened(await aLogWith(repeated(50)));
  const [path] = segmentsOf(scene.disk) as [string];
  const { at, length } = recordsIn(scene.disk, path)[9]!;
  edit(scene.disk, path, (bytes) => {
    bytes.writeUInt32LE(1000, at + 32);
    bytes.writeUInt32LE(crc32(bytes.subarray(at + 8, at + length), at), at + 4);
    return bytes;
  });

  assert.equal(scene.log.read(10), undefined);
  assert.deepEqual(scene.log.losses.ranges, [range(10)]);
});

test("a disk that fails a read costs no message, and is told", async () => {
  const scene = await reopened(await aLogWith(repeated(50)));
  scene.disk.plan = (_, what, path) => (what === "read" && path.endsWith(".seg") ? "EIO" : undefined);
  assert.equal(scene.log.read(10), undefined);
  scene.disk.plan = () => undefined;

  assert.match(scene.log.losses.damage[0]!.what, /unreadable/);
  assert.equal(scene.log.losses.count, 0);
  assert.equal(scene.log.read(10)!.payload.toString(), "payload 10");
});

test("a message whose size cannot be read is removed all the same, and that is told", async () => {
  const key = Buffer.alloc(32, 7);
  for (const isUnreadable of [true, false]) {
    const scene = await reopened(await aLogWith(repeated(50), { key }), key);
    if (isUnreadable)
      scene.disk.plan = (_, what, path) => (what === "read" && path.endsWith(".seg") ? "EIO" : undefined);
    else {
      const [path] = segmentsOf(scene.disk) as [string];
      const { at } = recordsIn(scene.disk, path)[9]!;
      edit(scene.disk, path, (bytes) => bytes.fill(0, at, at + 4));
    }

    assert.equal(scene.log.remove(10), 30, "counted as empty");
    scene.disk.plan = () => undefined;
    assert.equal(scene.log.losses.damage.length, isUnreadable ? 1 : 0);
    assert.equal(scene.log.read(10), undefined);
    assert.equal(scene.log.state.messages, 49);
  }
});

test("a search by time goes past messages whose time cannot be read", async () => {
  const scene = await reopened(await aLogWith(repeated(50)));
  const [path] = segmentsOf(scene.disk) as [string];
  const { at } = recordsIn(scene.disk, path)[25]!; // where the search begins
  edit(scene.disk, path, (bytes) => bytes.fill(0, at, at + 4));

  assert.equal(scene.log.atTime(300n), 30);
  assert.equal(scene.log.atTime(500n), 50);
});

test("what is asked of a damaged journal at an erasure harms nobody", async () => {
  const scene = await aLogWith(["a", "b", "c"]);
  damage(scene.disk, scene.disk.files().find((path) => path.endsWith(".journal"))!, "payload 2");
  const heard: unknown[] = [];

  scene.log.erase(1, (error) => void heard.push(error));
  await settle(scene.disk);

  assert.deepEqual(heard, [undefined]);
  assert.deepEqual(sequencesOf(scene.log), [2, 3]);
  assert.ok(!scene.disk.files().some((path) => scene.disk.contents(path).includes("payload 1")));
});
