// What is too large, or too much at once, is refused before a byte of it is stored.

import assert from "node:assert/strict";
import { test } from "node:test";
import { aLogWith, opened, settle } from "../../test/log/scene.ts";
import { sequencesOf } from "../../test/log/told.ts";
import { recordBytesMax, recordHeaderBytes, subjectBytesMax } from "./record.ts";

test("a subject longer than a record can tell is refused, the longest is stored as it is", async () => {
  for (const key of [undefined, Buffer.alloc(32, 7)]) {
    const scene = await aLogWith([], { key }, { segmentBytes: 1024 * 1024 });
    const longest = "s".repeat(subjectBytesMax);

    assert.equal(scene.log.append(`${longest}s`, undefined, Buffer.from("p"), 1n), 0);
    assert.equal(scene.log.refusal, "too large");
    assert.equal(scene.log.append(longest, undefined, Buffer.from("p"), 1n), 1);
    await settle(scene.disk);

    const again = opened(scene.disk.reborn("kill", 1), key);
    assert.deepEqual(sequencesOf(again.log), [1]);
    const found = again.log.read(1)!;
    assert.deepEqual([found.subject === longest, found.payload.toString()], [true, "p"]);
  }
});

test("a message that its encryption makes too long is refused as too large", async () => {
  const scene = await aLogWith([], { key: Buffer.alloc(32, 7) });

  const answer = scene.log.append("a", undefined, Buffer.alloc(recordBytesMax - recordHeaderBytes - 1), 1n);

  assert.equal(answer, 0);
  assert.equal(scene.log.refusal, "too large");
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
