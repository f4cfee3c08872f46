// A segment is written anew whole or not at all: until the new one lasts, the old one serves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { folderOf, killed, names, refuseOnce, segmentsOf } from "../../test/log/files.ts";
import { aLogWith, appendTo, lazy, opened, reopened, settle } from "../../test/log/scene.ts";
import { assertWhole, repeated, sequencesOf, upTo } from "../../test/log/told.ts";

test("whichever call of a rewrite fails, the old segment serves on, and the next rewrite goes well", async () => {
  const failures: [string, string, number][] = [
    ["open", ".seg.new", 1],
    ["write", ".seg.new", 1],
    ["write", ".seg.new", 2],
    ["write", ".seg.new", 3],
    ["write", ".seg.new", 4],
    ["sync", ".seg.new", 1],
    ["rename", ".seg.new", 1],
  ];
  for (const [what, ending, nth] of failures) {
    const first = await reopened(await aLogWith(repeated(150)));
    const scene = { ...first, failed: refuseOnce(first, what, ending, nth) };
    scene.log.removeRange(1, 50);
    await settle(scene.disk);

    assert.ok(scene.failed.met >= nth, `${what} ${ending} was not called`);
    assert.ok(scene.said.has(/space not given back/), `${what} ${ending}`);
    assert.equal(names(scene)[0], "00000001.0000.seg");
    assert.ok(!scene.disk.files().some((path) => path.endsWith(".new")), "half a rewrite is left over");
    scene.disk.plan = () => undefined;
    assertWhole(scene, upTo(150, 51));
    scene.log.remove(51);
    await settle(scene.disk);
    assert.equal(names(scene)[0], "00000001.0001.seg");
    assertWhole(scene, upTo(150, 52));
    assertWhole(await reopened(scene), upTo(150, 52));
  }
});

test("a rewrite whose name is not known to last leaves the old segment, and a start takes either", async () => {
  for (const isKilled of [true, false]) {
    const scene = await aLogWith(repeated(150));
    const folder = folderOf(scene);
    let isRenamed = false;
    scene.disk.plan = (_, what, path) => {
      if (what === "rename" && path.endsWith(".seg.new")) isRenamed = true;
      return isRenamed && what === "syncdir" && path === folder ? "EIO" : undefined;
    };
    scene.log.removeRange(1, 50);
    await settle(scene.disk);
    assert.ok(isRenamed && scene.said.has(/space not given back/));
    scene.disk.plan = () => undefined;
    assertWhole(scene, upTo(150, 51));
    scene.log.remove(60, true);
    scene.log.whenDurable(() => undefined);
    await settle(scene.disk);

    const again = isKilled ? opened(killed(scene.disk)) : await reopened(scene);

    assertWhole(
      again,
      upTo(150, 51).filter((s) => s !== 60),
    );
    assert.equal(again.log.losses.count, 0);
  }
});

test("a disk too full for a segment's own bytes puts its rewrite off", async () => {
  const scene = await aLogWith(repeated(60), {}, lazy);
  refuseOnce(scene, "write", "1.0000.seg", 1, "ENOSPC");
  appendTo(scene.log, repeated(20)); // closes the first segment, of which only the journal has the bytes
  await settle(scene.disk);
  scene.log.removeRange(1, 40);
  await settle(scene.disk);

  assert.ok(!names(scene).some((name) => name.includes(".0001.")));
  assert.ok(scene.store.full);
  scene.clock.advance(300);
  assert.ok(!scene.store.full);
  scene.log.remove(41);
  await settle(scene.disk);
  assert.equal(names(scene)[0], "00000001.0001.seg");
  const again = await reopened(scene);
  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(sequencesOf(again.log), upTo(80, 42));
});

test("a segment longer than one slice is rewritten slice by slice, and a read that fails on the way ends it", async () => {
  for (const isFailing of [false, true]) {
    const scene = await aLogWith([], {}, { segmentBytes: 4 * 1024 * 1024 });
    for (let i = 0; i < 23; i++) {
      scene.log.append("a", undefined, Buffer.alloc(200_000, i), 1n);
      await settle(scene.disk);
    }
    assert.equal(names(scene).length, 2);
    let writes = 0;
    scene.disk.plan = (_, what, path) => {
      if (what === "write" && path.endsWith(".seg.new")) writes++;
      return isFailing && writes === 4 && what === "read" && path.endsWith("1.0000.seg") ? "EIO" : undefined;
    };
    scene.log.removeRange(1, 11);
    await settle(scene.disk);
    scene.disk.plan = () => undefined;

    assert.equal(names(scene)[0], isFailing ? "00000001.0000.seg" : "00000001.0001.seg");
    if (isFailing) assert.equal(writes, 4, "what comes first, in three, and a slice");
    else assert.ok(writes > 4, "all in one slice: this shows little");
    for (const s of upTo(23, 12)) assert.ok(scene.log.read(s)!.payload.equals(Buffer.alloc(200_000, s - 1)));
    assert.ok(!scene.disk.files().some((path) => path.endsWith(".new")));
  }
});

test("a message removed while its segment is rewritten is not there afterwards", async () => {
  const { disk, log, store } = await aLogWith(repeated(150));
  const temporary = `${segmentsOf(disk)[0]!.slice(0, -9)}.0001.seg.new`.replace("..", ".");
  log.removeRange(1, 50);
  for (let i = 0; i < 200 && !disk.existsSync(temporary); i++) {
    await Promise.resolve();
    disk.step();
  }
  assert.ok(disk.existsSync(temporary));
  assert.ok(log.remove(60) > 0);
  await settle(disk);

  assert.equal(log.read(60), undefined);
  assert.equal(log.read(61)!.payload.toString(), "payload 61");
  const again = await reopened({ store, disk });
  assert.deepEqual(
    sequencesOf(again.log),
    upTo(150, 51).filter((s) => s !== 60),
  );
  assert.equal(again.log.losses.count, 0);
});
