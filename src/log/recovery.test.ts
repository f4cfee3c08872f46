// A start shows every message that its segments hold, as it was before.

import assert from "node:assert/strict";
import { test } from "node:test";
import { edit, killed, lose, refuse, segmentsOf } from "../../test/log/files.ts";
import { addMessage, addNote, addRecord } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  cutOff,
  opened,
  reopened,
  settle,
  stopped,
} from "../../test/log/scene.ts";
import { damageOf, range, recordBytes, repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { flagErased, putHead, recordHeaderBytes, removedLength, seal } from "./record.ts";
import { segmentHeaderBytes } from "./segment.ts";

test("segments alone tell every message, its subject, its size and its neighbours", async () => {
  const scene = await aLogWith(repeated(200));
  scene.log.append("with.headers", Buffer.from("NATS/1.0\r\n\r\n"), Buffer.from("x"), 1n);
  scene.log.removeRange(20, 30);
  await settle(scene.disk);
  const before = scene.log.state;
  const messages = sequencesOf(scene.log).map((s) => scene.log.read(s));
  await close(scene.store, scene.disk);
  lose(scene.disk, ".journal", ".idx");

  const again = opened(scene.disk);

  assert.deepEqual(again.log.state, before);
  assert.equal(again.log.indexBytes, 201 * 16);
  assert.deepEqual(again.log.losses.damage, []);
  assert.deepEqual(
    sequencesOf(again.log).map((s) => again.log.read(s)),
    messages,
  );
  assert.deepEqual(again.log.subject("a.1.x"), scene.log.subject("a.1.x"));
});

test("zeros behind the last record are nothing", async () => {
  for (const make of [stopped, cutOff]) {
    const disk = await make(repeated(9));
    edit(disk, segmentsOf(disk)[0]!, (bytes) => Buffer.concat([bytes, Buffer.alloc(1000)]));

    const again = opened(disk);

    assert.deepEqual(damageOf(again), []);
    assert.deepEqual(sequencesOf(again.log), upTo(9));
    assert.equal(again.log.remove(9), 44, "the zeros are no part of the last message");
  }
});

test("an erased record is no message, and none is missed", async () => {
  const disk = await stopped(repeated(3));
  const [path] = segmentsOf(disk);
  addMessage(disk, path!, 4, flagErased);
  addMessage(disk, path!, 5);

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2, 3, 5]);
  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(again.log.losses.uncertainRanges, []);
  assert.equal(again.log.remove(3), recordBytes - recordHeaderBytes + 30);
});

test("a stream goes on in a new segment after every start", async () => {
  let scene = await aLogWith(repeated(3));
  for (let start = 2; start <= 4; start++) {
    scene = await reopened(scene);
    appendTo(scene.log, ["b"]);
    await settle(scene.disk);

    assert.equal(segmentsOf(scene.disk).length, start);
  }
  assert.deepEqual(sequencesOf(scene.log), upTo(6));
});

test("a stream without a message starts where it stopped", async () => {
  for (const stop of ["kill", "in order"]) {
    const scene = await aLogWith([]);

    const again = stop === "kill" ? opened(killed(scene.disk)) : await reopened(scene);

    assert.deepEqual([again.log.first, again.log.last, again.log.state.messages], [1, 0, 0]);
    assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 1);
  }
});

test("an empty segment file, as a crash leaves it, is gone through", async () => {
  const disk = await cutOff(repeated(3));
  const [path] = segmentsOf(disk) as [string];
  const second = path.replace("00000001", "00000002");
  disk.openSync(second, "create").closeSync();

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2, 3]);
  assert.deepEqual(damageOf(again), []);
  const next = again.log.append("x", undefined, Buffer.from("after"), 1n);
  await settle(disk);
  assert.equal((await reopened(again)).log.read(next)!.payload.toString(), "after");
});

test("an encrypted, compressed stream's messages keep their sizes through a start without an index", async () => {
  const key = Buffer.alloc(32, 7);
  const scene = await aLogWith(repeated(50), { key, compression: "zstd" });
  scene.log.append("long", Buffer.from("h"), Buffer.alloc(3000, "z"), 1n);
  scene.log.remove(3);
  await settle(scene.disk);
  const { state } = scene.log;
  await close(scene.store, scene.disk);
  lose(scene.disk, ".journal", ".idx");

  const again = opened(scene.disk, key);

  assert.deepEqual(again.log.state, state);
  assert.equal(again.log.remove(51), 4 + 1 + 3000 + 34);
  assert.equal(again.log.remove(1), recordBytes - recordHeaderBytes + 30);
});

test("a disk that cannot be read stops the start with its error", async () => {
  const { store, disk } = await aLogWith(repeated(200), {}, { segmentBytes: 64 * 1024 });
  await close(store, disk);
  lose(disk, ".idx");
  refuse(disk, "read", /\.seg$/);

  assert.throws(() => opened(disk), /EIO/);
});

test("a record of a kind that nobody knows yet is stepped over", async () => {
  const disk = await stopped(repeated(3));
  const [path] = segmentsOf(disk);
  addRecord(disk, path!, removedLength(1), (buffer, view, place, mark) => {
    putHead(view, 0, mark, 9, 1, 0n, 0, 0, 16);
    buffer.writeBigUInt64LE(1n, recordHeaderBytes);
    buffer.writeBigUInt64LE(3n, recordHeaderBytes + 8);
    seal(buffer, view, 0, place, buffer.length, 0);
  });

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2, 3]);
  assert.deepEqual(again.log.losses.damage, []);
});

test("two segments that hold the same messages show each once", async () => {
  const disk = await stopped(repeated(4));
  const [path] = segmentsOf(disk) as [string];
  const second = path.replace("00000001", "00000002");
  disk.openSync(second, "create").closeSync();
  disk.replace(second, Buffer.alloc(segmentHeaderBytes));
  for (const s of [3, 4, 5]) addMessage(disk, second, s);
  addNote(disk, second, [range(3)]);

  const again = opened(disk);

  assert.deepEqual(
    sequencesOf(again.log).map((s) => `${s} ${again.log.read(s)!.payload}`),
    ["1 payload 1", "2 payload 2", "4 payload 4", "5 new"],
  );
  assert.equal(again.log.state.messages, 4);
  for (const s of sequencesOf(again.log)) again.log.remove(s);
  assert.deepEqual([again.log.state.messages, again.log.state.bytes], [0, 0]);
});

test("every file that a start opens is closed with the store, a foreign one too", async () => {
  const disk = await stopped(repeated(150));
  const paths = segmentsOf(disk);
  disk.replace(paths[2]!, disk.contents(paths[0]!));
  const open = new Map<unknown, string>();
  let opens = 0;
  const openSync = disk.openSync.bind(disk);
  Object.defineProperty(disk, "openSync", {
    value: (path: string, mode: "read") => {
      const file = openSync(path, mode);
      opens++;
      open.set(file, path);
      const closeSync = file.closeSync.bind(file);
      return Object.assign(file, {
        closeSync: () => {
          open.delete(file);
          closeSync();
        },
      });
    },
  });

  const scene = opened(disk);
  scene.log.append("x", undefined, Buffer.from("after"), 1n);
  await settle(disk);
  await close(scene.store, disk);

  assert.ok(opens > paths.length, `${opens} files were opened`);
  assert.deepEqual([...open.values()], []);
});
