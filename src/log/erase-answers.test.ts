// An erasure is answered once: that the message is gone, or why it may not be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, edit, killed, refuse, segmentsOf } from "../../test/log/files.ts";
import { recordsIn } from "../../test/log/records.ts";
import { aLogWith, erasing, lazy, opened, reopened, type Scene, settle } from "../../test/log/scene.ts";
import { range, repeated, sequencesOf, upTo } from "../../test/log/told.ts";

/** What an erasure asks of the disk. */
const calls = [
  ["write", ".seg"],
  ["sync", ".seg"],
  ["write", ".journal"],
  ["sync", ".journal"],
] as const;

/** Read from the file: what is kept in memory of the segment is let go of before. */
async function reread({ log, disk }: Scene, sequence: number): Promise<ReturnType<typeof log.read>> {
  for (let i = 0; i < 3; i++) {
    log.append("other", undefined, Buffer.alloc(5000), 1n);
    await settle(disk);
    log.remove(log.last);
    await settle(disk);
  }
  return log.read(sequence);
}

test("erasing what is not there is done when all before it is on the disk; on a stopped stream it fails", async () => {
  const scene = await aLogWith(["a", "b"]);
  assert.equal(await erasing(scene, 1), undefined);
  assert.equal(await erasing(scene, 1), undefined);
  assert.equal(await erasing(scene, 77), undefined);
  refuse(scene.disk, "sync", /\.journal$/);
  scene.log.append("c", undefined, Buffer.from("x"), 1n);
  await settle(scene.disk);

  assert.match(String(await erasing(scene, 2)), /stopped/);
  assert.match(String(await erasing(scene, 1)), /stopped/, "nor does what is gone already go any further");
  assert.equal(scene.log.read(2)!.payload.toString(), "payload 2");
});

test("a message whose bytes are gone already counts as erased", async () => {
  for (const cut of [20, 45]) {
    const scene = await reopened(await aLogWith(repeated(30)));
    const [path] = segmentsOf(scene.disk) as [string];
    const { at } = recordsIn(scene.disk, path)[29]!;
    if (cut < 40) edit(scene.disk, path, (bytes) => bytes.subarray(0, at + cut));
    else
      edit(scene.disk, path, (bytes) => {
        bytes.writeUInt32LE(1_000_000, at + 8);
        return bytes;
      });

    assert.equal(await erasing(scene, 30), undefined);

    assert.deepEqual(sequencesOf(scene.log), upTo(29));
  }
});

test("a message taken out by somebody else while its erasure waits is no error", async () => {
  const scene = await aLogWith(["a", "b"]);
  const heard: unknown[] = [];

  scene.log.erase(1, (error) => void heard.push(error));
  scene.log.remove(1);
  await settle(scene.disk);

  assert.deepEqual(heard, [undefined]);
});

test("an erasure that the disk refuses is told; the message is removed all the same", async () => {
  for (const [what, ending] of calls) {
    const scene = await aLogWith(["a", "b"]);
    let isNoted = false;
    scene.disk.plan = (_, call, path) => {
      if (call === "read" && path.endsWith(".seg")) isNoted = true; // the overwriting begins with reading the head
      return isNoted && call === what && path.endsWith(ending) ? "EIO" : undefined;
    };

    const answer = await erasing(scene, 1);

    assert.match(String(answer), /EIO/, `${what} ${ending}`);
    assert.equal(scene.log.read(1), undefined);
    scene.disk.plan = () => undefined;
    const again = opened(killed(scene.disk));
    assert.equal(again.log.losses.count, 0);
    assert.deepEqual(sequencesOf(again.log), [2]);
  }
});

test("the erasure of what damage took is told when a segment or a journal refuses it", async () => {
  for (const [what, ending] of calls) {
    const scene = await aLogWith(repeated(20));
    const [path] = segmentsOf(scene.disk) as [string];
    damage(scene.disk, path, "payload 7");
    scene.log.append("last", undefined, Buffer.alloc(0), 1n);
    await settle(scene.disk);
    assert.equal((await reread(scene, 7))?.payload, undefined);
    assert.deepEqual(scene.log.losses.ranges, [range(7)]);
    let isDurable = false;
    scene.log.whenDurable(() => void (isDurable = true));
    scene.disk.plan = (_, call, each) =>
      isDurable && call === what && each.endsWith(ending) ? "EIO" : undefined;

    const answer = await erasing(scene, 7);

    assert.match(String(answer), /EIO/, `${what} ${ending}`);
    scene.disk.plan = () => undefined;
    assert.deepEqual(
      sequencesOf(scene.log),
      upTo(21).filter((s) => s !== 7),
    );
  }
});

test("an erasure whose removal cannot be noted, or whose segment cannot be written before, is told", async () => {
  const { disk, log } = await aLogWith(["a", "b"], {}, lazy);
  refuse(disk, "write", /\.seg$/, "ENOSPC");
  assert.match(String(await erasing({ log, disk }, 1)), /ENOSPC/);
  assert.equal(log.read(1)!.payload.toString(), "payload 1", "nothing happened to it");

  const other = await aLogWith(["a", "b"]);
  let isDurable = false;
  other.log.whenDurable(() => void (isDurable = true));
  other.disk.plan = (_, what, path) =>
    isDurable && what === "sync" && path.endsWith(".journal") ? "EIO" : undefined;
  assert.match(String(await erasing(other, 1)), /EIO/);
});
