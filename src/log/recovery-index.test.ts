// An index beside a segment spares a start reading it, wherever it can be believed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { damage, edit, indexOf, lose, refuse, segmentsOf } from "../../test/log/files.ts";
import { addMessage, notesIn, recordsIn } from "../../test/log/records.ts";
import { aLogWith, appendTo, close, opened, readsRecords, settle } from "../../test/log/scene.ts";
import { range, repeated, sequencesOf, textsOf, upTo } from "../../test/log/told.ts";
import type { SimDisk } from "../../test/world/disk.ts";

/** Changes a checkpoint's head, and makes its checksum agree. */
function forge(disk: SimDisk, path: string, change: (bytes: Buffer) => void): void {
  edit(disk, path, (bytes) => {
    change(bytes);
    bytes.writeUInt32LE(crc32(bytes.subarray(84)), 60);
    bytes.writeUInt32LE(crc32(bytes.subarray(68, 84), crc32(bytes.subarray(0, 64))), 64);
    return bytes;
  });
}

test("an index beside the segment is used, and no record is read", async () => {
  const { store, disk } = await aLogWith(repeated(200));
  await close(store, disk);
  const read = new Map<string, number>();
  const synced: string[] = [];
  disk.plan = (_, what, path) => {
    if (what === "sync" && path.endsWith(".seg")) synced.push(path);
    if (what === "read" && path.endsWith(".seg")) read.set(path, (read.get(path) ?? 0) + 1);
    return undefined;
  };

  const { log } = opened(disk);

  assert.deepEqual([...read.values()], [2, 2, 2], "the headers alone, for their versions first");
  assert.deepEqual(synced, [], "what is in place already is not synced again");
  assert.equal(log.state.messages, 200);
});

test("an index that covers less than its segment is left aside", async () => {
  const { store, disk } = await aLogWith(repeated(3));
  await close(store, disk);
  addMessage(disk, segmentsOf(disk)[0]!, 4);

  const again = opened(disk);

  assert.deepEqual(textsOf(again.log), ["payload 1", "payload 2", "payload 3", "new"]);
});

test("an index that leaves out what no note tells is not believed", async () => {
  const scene = await aLogWith(repeated(70));
  scene.log.remove(5);
  appendTo(scene.log, repeated(20)); // over the segment's end: the note goes to the next one
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  // The note of the removal is lost; the segment of the message itself and its index are whole.
  const [first] = segmentsOf(scene.disk) as [string];
  const index = first.replace(/seg$/, "idx");
  assert.ok(scene.disk.files().includes(index));
  for (const path of segmentsOf(scene.disk)) if (path !== first) lose(scene.disk, path);
  lose(scene.disk, ".journal");

  const again = opened(scene.disk);

  const there = upTo(recordsIn(scene.disk, first).at(-1)!.sequence);
  assert.deepEqual(sequencesOf(again.log), there);
  assert.equal(
    again.log.read(5)!.payload.toString(),
    "payload 5",
    "that it was removed nobody knows any more",
  );
  assert.deepEqual(again.log.losses.ranges, [range(there.length + 1, 90)]);
});

test("an index whose gaps are all told is believed", async () => {
  const scene = await aLogWith(repeated(60));
  scene.log.removeRange(5, 9);
  scene.log.remove(20);
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  let reads = 0;
  scene.disk.plan = (_, what, path) => {
    if (what === "read" && path.endsWith(".seg")) reads++;
    return undefined;
  };

  const { log } = opened(scene.disk);

  assert.equal(reads, 2, "the header alone, for its version first");
  assert.deepEqual(
    sequencesOf(log),
    upTo(60).filter((s) => s !== 20 && (s < 5 || s > 9)),
  );
});

test("an index that leaves out what no note tells is not believed: the segment is read again", async () => {
  const scene = await aLogWith(repeated(70));
  scene.log.remove(5);
  appendTo(scene.log, repeated(20)); // over the segment's end: the note of the removal goes to the next one
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  const [first, ...others] = segmentsOf(scene.disk) as [string, ...string[]];
  assert.deepEqual(notesIn(scene.disk, first), []);
  assert.ok(scene.disk.files().includes(first.replace(/seg$/, "idx")));
  lose(scene.disk, ".journal", ...others);
  damage(scene.disk, first, "payload 2\0".slice(0, 9));
  const { length } = scene.disk.contents(first);

  const again = opened(scene.disk);

  assert.equal(again.log.read(5)!.payload.toString(), "payload 5", "its removal was lost");
  const there = sequencesOf(again.log);
  assert.ok(!there.includes(2), "and damage is found on the way");
  assert.deepEqual(again.log.losses.ranges, [range(2), range(there.at(-1)! + 1, 90)]);
  assert.equal(length, again.disk.contents(first).length);
});

test("damage behind the last record of a segment that is read again is told once", async () => {
  const scene = await aLogWith(repeated(70));
  scene.log.remove(5);
  appendTo(scene.log, repeated(20));
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  const [first, ...others] = segmentsOf(scene.disk) as [string, ...string[]];
  lose(scene.disk, ".journal", ...others);
  edit(scene.disk, first, (bytes) => {
    bytes[bytes.length - 1]! ^= 1;
    return bytes;
  });

  const again = opened(scene.disk);

  assert.deepEqual(
    again.log.losses.damage.map(({ what }) => what),
    ["bytes behind the last record"],
  );
  assert.ok(again.said.lines.some(({ level, text }) => level === "error" && text.includes("bytes behind")));
});

test("an index that is damaged, of another segment, or says the impossible is left aside", async () => {
  const forgeries: [string, (bytes: Buffer) => void][] = [
    ["magic", (bytes) => bytes.write("CHAPIDS1", 0, "latin1")],
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
  refuse(unread, "read", /\.idx$/);
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
