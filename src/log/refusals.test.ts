// What is refused before a byte of it is stored, and what a disk without room refuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { aLogWith, opened, openStore, owner, sequencesOf, settle } from "../../test/log/scene.ts";
import { SimDisk } from "../../test/world/disk.ts";
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

test("a quota that is used up is a full disk: appends are taken again when there is room", async () => {
  const scene = await aLogWith(["a"]);
  scene.disk.plan = (_, what, path) => (what === "write" && path.endsWith(".journal") ? "EDQUOT" : undefined);
  scene.log.append("a", undefined, Buffer.from("refused"), 1n);
  await settle(scene.disk);
  assert.equal(scene.log.phase, "full");
  assert.ok(scene.store.full);

  scene.disk.plan = () => undefined;
  scene.clock.advance(300);
  await settle(scene.disk);

  assert.equal(scene.log.phase, "open");
  assert.equal(scene.store.full, false);
  assert.ok(scene.log.append("a", undefined, Buffer.from("taken"), 1n) > 0);
});

test("a disk that does not say how much room it has stops nobody", async () => {
  const disk = new SimDisk(3);
  const store = openStore(disk, { limits: { segmentBytes: 64 * 1024 * 1024, freeBytesMin: 1 } });
  let acknowledged = 0;
  const log = store.create(
    "orders",
    { tenant: "t" },
    { ...owner, committed: (upTo) => void (acknowledged = upTo) },
  );
  let asked = 0;
  disk.plan = (_, what) => (what === "statfs" && ++asked > 0 ? "EIO" : undefined);

  for (let i = 1; i <= 5; i++) {
    log.append("a", undefined, Buffer.alloc(1024 * 1024), 1n);
    await settle(disk);
  }

  assert.ok(asked > 0, "the room was not looked at");
  assert.equal(acknowledged, 5);
  assert.equal(log.phase, "open");
});
