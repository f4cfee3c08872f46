// Damage that a rewrite meets is lost, told, and set aside.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, edit, folderOf, lose, names, refuseOnce, segmentsOf } from "../../test/log/files.ts";
import { addMessage, recordsIn } from "../../test/log/records.ts";
import { aLogWith, close, opened, reopened, rewriteFirst, settle, stopped } from "../../test/log/scene.ts";
import { assertWhole, range, repeated, upTo } from "../../test/log/told.ts";
import { recordHeaderBytes } from "./record.ts";
import { segmentHeaderBytes } from "./segment.ts";

test("a message found damaged while its segment is rewritten is lost, told, and its bytes set aside", async () => {
  for (const [key, removed] of [
    [undefined, 50],
    [Buffer.alloc(32, 7), 38],
  ] as const) {
    const hit = removed + 5;
    const first = await aLogWith(repeated(150), { key });
    await close(first.store, first.disk);
    lose(first.disk, ".journal");
    const scene = opened(first.disk, key);
    const [path] = segmentsOf(scene.disk) as [string];
    const { at, length } = recordsIn(scene.disk, path)[hit - 1]!;
    edit(scene.disk, path, (bytes) => {
      bytes[at + length - 2]! ^= 1;
      return bytes;
    });
    const bytes = Buffer.from(scene.disk.contents(path).subarray(at, at + length));
    scene.log.removeRange(1, removed);
    await settle(scene.disk);

    assert.equal(names(scene)[0], "00000001.0001.seg");
    assert.deepEqual(scene.log.losses.ranges, [range(hit)]);
    assertWhole(
      scene,
      upTo(150, removed + 1).filter((s) => s !== hit),
    );
    assert.ok(scene.disk.contents(`${folderOf(scene)}/damaged/1.0.${at}`).equals(bytes));
    const again = await reopened(scene, key);
    assert.deepEqual(again.log.losses.ranges, [range(hit)], "and at every start");
    again.store.delete("orders");
    await settle(again.disk);
    assert.ok(!again.disk.files().some((each) => each.includes("damaged")), "it goes with its stream");
  }
});

test("damage is set aside once, however often the rewrite is tried, and not beyond its limit", async () => {
  for (const [quarantineBytesMax, isSetAside] of [
    [55, true],
    [54, false],
  ] as const) {
    const first = await aLogWith(repeated(150));
    await close(first.store, first.disk);
    lose(first.disk, ".journal");
    const scene = opened(first.disk, undefined, { quarantineBytesMax });
    const [path] = segmentsOf(scene.disk) as [string];
    assert.equal(recordsIn(scene.disk, path)[59]!.length, 55);
    damage(scene.disk, path, "payload 60");
    refuseOnce(scene, "rename", ".seg.new");
    scene.log.removeRange(1, 50);
    await settle(scene.disk);
    scene.disk.plan = () => undefined;
    scene.log.remove(51);
    await settle(scene.disk);

    assert.equal(names(scene)[0], "00000001.0001.seg");
    const aside = scene.disk.files().filter((each) => each.includes("/damaged/"));
    assert.equal(aside.length, isSetAside ? 1 : 0);
    assert.deepEqual(scene.log.losses.ranges, [range(60)]);
  }
});

test("a copy of damaged bytes that the disk has no room for leaves no file open", async () => {
  for (const call of ["write", "sync"]) {
    const first = await aLogWith(repeated(150));
    await close(first.store, first.disk);
    lose(first.disk, ".journal");
    const scene = opened(first.disk);
    damage(scene.disk, segmentsOf(scene.disk)[0]!, "payload 60");
    let refused = 0;
    scene.disk.plan = (_, what, path) => {
      const isHit = what === call && path.includes("/damaged/");
      if (isHit) refused++;
      return isHit ? "ENOSPC" : undefined;
    };
    scene.log.removeRange(1, 50);
    await settle(scene.disk);
    assert.ok(refused > 0, "nothing was set aside: the test shows nothing");
    scene.disk.plan = () => undefined;

    await close(scene.store, scene.disk);

    assert.equal(scene.disk.openFiles, 0);
  }
});

test("a covered message whose file ends before it is lost when its segment is rewritten", async () => {
  const key = Buffer.alloc(32, 7);
  const first = await aLogWith(repeated(150), { key });
  await close(first.store, first.disk);
  lose(first.disk, ".journal");
  const scene = opened(first.disk, key);
  const [path] = segmentsOf(scene.disk) as [string];
  const records = recordsIn(scene.disk, path);
  const cut = records[records.length - 2]!;
  edit(scene.disk, path, (bytes) => bytes.subarray(0, cut.at + 60));

  scene.log.removeRange(1, 40);
  await settle(scene.disk);

  assert.equal(names(scene)[0], "00000001.0001.seg");
  assert.deepEqual(scene.log.losses.ranges, [range(cut.sequence, cut.sequence + 1)]);
});

test("a record that is another message than the index says is no message", async () => {
  const scene = await reopened(await aLogWith(repeated(150)));
  const [path] = segmentsOf(scene.disk) as [string];
  const bytes = Buffer.from(scene.disk.contents(path));
  const { at } = recordsIn(scene.disk, path)[59]!;
  scene.disk.replace(path, bytes.subarray(0, at));
  addMessage(scene.disk, path, 7);
  scene.disk.replace(
    path,
    Buffer.concat([scene.disk.contents(path), bytes.subarray(scene.disk.contents(path).length)]),
  );

  assert.equal(scene.log.read(60), undefined);
  assert.deepEqual(scene.log.losses.ranges, [range(60)]);
  assert.equal(scene.log.read(61)!.payload.toString(), "payload 61");

  const other = await reopened(await aLogWith(repeated(150)));
  const [second] = segmentsOf(other.disk) as [string];
  other.disk.replace(second, bytes.subarray(0, at));
  addMessage(other.disk, second, 7);
  other.disk.replace(
    second,
    Buffer.concat([other.disk.contents(second), bytes.subarray(other.disk.contents(second).length)]),
  );
  other.log.removeRange(1, 50);
  await settle(other.disk);
  assert.deepEqual(other.log.losses.ranges, [range(60)], "nor when its segment is rewritten");
});

test("damaged bytes found at a start are set aside before their segment is written anew", async () => {
  const disk = await stopped(repeated(150));
  const [path] = segmentsOf(disk) as [string];
  damage(disk, path, "payload 40");
  const at = disk.contents(path).indexOf("payload") - recordHeaderBytes - 5;
  assert.equal(at, segmentHeaderBytes);
  const again = opened(disk);
  const [{ from, to } = { from: 0, to: 0 }] = again.log.losses.damage;
  const bytes = Buffer.from(disk.contents(path).subarray(from, to));

  await rewriteFirst(again, 1, 39);

  const folder = path.slice(0, path.lastIndexOf("/"));
  assert.ok(disk.contents(`${folder}/damaged/1.0.${from}`).equals(bytes));
});
