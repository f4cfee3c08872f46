// Damage met while the program runs costs what it hit, and is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { edit, refuse, segmentsOf } from "../../test/log/files.ts";
import { recordsIn } from "../../test/log/records.ts";
import { aLogWith, reopened, type Scene, settle } from "../../test/log/scene.ts";
import { range, repeated, upTo } from "../../test/log/told.ts";
import { recordHeaderBytes } from "./record.ts";

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
  refuse(scene.disk, "read", /\.seg$/);
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
    if (isUnreadable) refuse(scene.disk, "read", /\.seg$/);
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
