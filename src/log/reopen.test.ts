// A stream that stopped is opened again with all that was acknowledged, or stays stopped.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, killed, names, refuse, segmentsOf } from "../../test/log/files.ts";
import {
  aLogWith,
  close,
  lazy,
  opened,
  openStore,
  reopened,
  reopening,
  type Scene,
  settle,
  stopStream,
} from "../../test/log/scene.ts";
import { assertWhole, range, repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { SimDisk } from "../../test/world/disk.ts";

/** A stream that stopped so many calls of the disk after the rewrite of its first segment began. */
async function stoppedWhileRewriting(steps: number): Promise<Scene> {
  const scene = await aLogWith(repeated(150), {}, { behindBytesMax: 0 });
  scene.log.removeRange(1, 50);
  for (let step = 0; step < steps; step++) {
    await Promise.resolve();
    scene.disk.step();
  }
  refuse(scene.disk, "sync", /\.journal$/);
  scene.log.append("x", undefined, Buffer.from("never"), 1n);
  for (let i = 0; i < 50 && scene.log.phase !== "failed"; i++) {
    await Promise.resolve();
    scene.disk.step();
  }
  scene.disk.plan = () => undefined;
  assert.equal(scene.log.phase, "failed");
  return scene;
}

test("a stream that a write error stopped is reopened and loses nothing acknowledged", async () => {
  const disk = new SimDisk(3);
  const store = openStore(disk);
  let failure: [string, number, number] | undefined;
  const log = store.create(
    "orders",
    { tenant: "t" },
    { committed: () => undefined, failed: (reason, first, last) => void (failure = [reason, first, last]) },
  );
  log.append("a", undefined, Buffer.from("kept"), 1n);
  await settle(disk);
  refuse(disk, "sync", /\.journal$/);
  log.append("a", undefined, Buffer.from("never acknowledged"), 1n);
  await settle(disk);

  assert.deepEqual(failure, ["failed", 2, 2]);
  assert.equal(log.append("a", undefined, Buffer.from("x"), 1n), 0);
  assert.equal(log.refusal, "failed");
  assert.equal(log.read(1)!.payload.toString(), "kept");
  disk.plan = () => undefined;

  assert.equal(await reopening({ log, disk }), undefined);
  assert.equal(log.append("a", undefined, Buffer.from("after"), 1n), 3);
});

test("segments found whole are not written anew when the stream stops and is reopened", async () => {
  const scene = await reopened(await aLogWith(repeated(150)));
  const before = names(scene);
  await stopStream(scene, /\.journal$/);
  assert.equal(scene.log.read(150)!.payload.toString(), "payload 150");

  assert.equal(await reopening(scene), undefined);

  assert.deepEqual(names(scene).slice(0, before.length), before);
  const again = await reopened(scene);
  assert.deepEqual(sequencesOf(again.log), upTo(150));
});

test("a stopped stream whose committed bytes its segment does not take stays stopped", async () => {
  const { disk, log } = await aLogWith([], {}, lazy);
  log.append("a", undefined, Buffer.from("payload 1"), 1n);
  await settle(disk);
  disk.plan = (_, what, path) => {
    if (what === "sync" && path.endsWith(".journal")) return "EIO";
    return what === "write" && path.endsWith(".seg") ? "EIO" : undefined;
  };
  log.append("a", undefined, Buffer.from("never"), 1n);
  await settle(disk);
  assert.match(String(await reopening({ log, disk })), /EIO/);
  assert.equal(log.phase, "failed");

  disk.plan = () => undefined;
  assert.equal(await reopening({ log, disk }), undefined);
  assert.deepEqual(sequencesOf(opened(killed(disk)).log), [1]);
});

test("a stream whose rewriting fails stays stopped, and is reopened when the disk allows", async () => {
  const scene = await aLogWith(repeated(150));
  assert.equal(await reopening(scene), undefined, "a stream that goes well is reopened by doing nothing");
  refuse(scene.disk, "sync", /(journal|seg|new)$/);
  scene.log.append("x", undefined, Buffer.from("never"), 1n);
  await settle(scene.disk);

  assert.match((await reopening(scene))!.message, /rewrite a segment: EIO/);
  assert.equal(scene.log.phase, "failed");
  assert.equal(scene.log.append("x", undefined, Buffer.from("never"), 1n), 0);
  scene.disk.plan = () => undefined;
  assert.equal(await reopening(scene), undefined);
  assert.equal(scene.log.append("x", undefined, Buffer.from("payload 152"), 1n), 152);
  await settle(scene.disk);
  assertWhole(await reopened(scene), [...upTo(150), 152]);
});

test("damage found while a stream is reopened is told, and the rest goes on", async () => {
  const first = await aLogWith(repeated(150));
  first.disk.failedSyncs = ["clean"];
  const path = segmentsOf(first.disk).at(-1)!;
  damage(first.disk, segmentsOf(first.disk)[0]!, "payload 20");
  damage(first.disk, "/s/journal/00.journal", "payload 20"); // where it would be had from otherwise
  await stopStream(first, /(journal|seg)$/);
  assert.ok(path.endsWith("00000003.0000.seg"));

  assert.equal(await reopening(first), undefined);

  assert.deepEqual(first.log.losses.ranges, [range(20)]);
  assertWhole(
    first,
    upTo(150).filter((s) => s !== 20),
  );
});

test("a stream that stops while a segment is being rewritten is reopened when that has ended", async () => {
  let rewriting = 0;
  for (let steps = 1; steps <= 8; steps++) {
    const scene = await stoppedWhileRewriting(steps);
    if (scene.disk.files().some((path) => path.endsWith(".seg.new"))) rewriting++;
    assert.equal(await reopening(scene), undefined);

    scene.log.append("x", undefined, Buffer.from("after"), 1n);
    await settle(scene.disk);
    const last = scene.log.last;
    const again = await reopened(scene);
    assert.equal(new Set(names(again).map((name) => name.slice(0, 8))).size, names(again).length);
    for (const s of upTo(150, 51)) assert.equal(again.log.read(s)?.payload.toString(), `payload ${s}`);
    assert.equal(again.log.read(last)!.payload.toString(), "after");
    assert.equal(again.log.losses.count, 0);
  }
  assert.ok(rewriting > 0, "nothing was being rewritten: this shows little");
});

test("space that is to be given back while a stream is reopened is given back of what it was written anew as", async () => {
  for (let steps = 0; steps < 12; steps++) {
    const scene = await aLogWith(repeated(220));
    await stopStream(scene, /(journal|2.0000.seg)$/);
    const heard: (Error | undefined)[] = [];
    scene.log.reopen((error) => void heard.push(error));
    for (let step = 0; step < steps; step++) {
      await Promise.resolve();
      scene.disk.step();
    }
    for (const [first, last] of [
      [1, 60],
      [80, 140],
      [150, 210],
    ] as const)
      scene.log.removeRange(first, last);
    await settle(scene.disk);

    assert.deepEqual(heard, [undefined]);
    const expected = [...upTo(79, 61), ...upTo(149, 141), ...upTo(220, 211)];
    assertWhole(scene, expected);
    const again = await reopened(scene);
    assertWhole(again, expected);
    assert.equal(again.log.losses.count, 0);
  }
});

test("what was to be rewritten when the stream was reopened is not, though its file could not be unlinked", async () => {
  for (let steps = 0; steps < 12; steps++) {
    const scene = await aLogWith(repeated(220));
    await stopStream(scene, /(journal|2.0000.seg)$/);
    scene.disk.plan = (_, what, path) => (what === "unlink" && path.endsWith(".seg") ? "EIO" : undefined);
    scene.log.reopen((error) => assert.equal(error, undefined));
    for (let step = 0; step < steps; step++) {
      await Promise.resolve();
      scene.disk.step();
    }
    scene.log.removeRange(1, 60);
    scene.log.removeRange(80, 140);
    await settle(scene.disk);

    const expected = [...upTo(79, 61), ...upTo(220, 141)];
    assertWhole(scene, expected);
    scene.disk.plan = () => undefined;
    assertWhole(await reopened(scene), expected);
  }
});

test("a store closed while a stream is being reopened closes when that has ended", async () => {
  const scene = await aLogWith(repeated(150));
  await stopStream(scene, /(journal|seg)$/);
  const heard: string[] = [];
  scene.log.reopen((error) => void heard.push(`reopened ${error}`));
  scene.log.reopen((error) => void heard.push(error!.message));
  scene.store.close((error) => void heard.push(`closed ${error}`));
  await settle(scene.disk);

  assert.deepEqual(heard, [
    "reopen a stream that is being reopened",
    "reopened undefined",
    "closed undefined",
  ]);
  assertWhole(opened(scene.disk), upTo(150));
});

test("a stream deleted while it is being reopened is gone, however far that has come", async () => {
  for (let steps = 0; steps < 16; steps++) {
    const scene = await aLogWith(repeated(150));
    await stopStream(scene, /(journal|seg)$/);
    const heard: (Error | undefined)[] = [];
    scene.log.reopen((error) => void heard.push(error));
    for (let step = 0; step < steps; step++) {
      await Promise.resolve();
      scene.disk.step();
    }
    scene.store.delete("orders");
    await settle(scene.disk);

    assert.equal(heard.length, 1);
    assert.equal(scene.log.phase, "closed");
    assert.deepEqual(segmentsOf(scene.disk), []);
    assert.ok(!scene.disk.files().some((path) => path.startsWith("/s/streams/")), "a file of it is left");
    await close(scene.store, scene.disk);
  }
});

test("a stream deleted while a reopening waits for a rewrite is not opened any more", async () => {
  let waited = 0;
  for (let steps = 1; steps <= 12; steps++) {
    const scene = await stoppedWhileRewriting(steps);
    const heard: (Error | undefined)[] = [];
    scene.log.reopen((error) => void heard.push(error));
    const isWaiting = heard.length === 0;
    scene.store.delete("orders");
    await settle(scene.disk);

    assert.equal(heard.length, 1);
    assert.equal(scene.log.phase, "closed");
    if (isWaiting) assert.ok(heard[0] !== undefined, "it cannot have been reopened");
    if (/deleted meanwhile/.test(String(heard[0]))) waited++;
    await close(scene.store, scene.disk);
  }
  assert.ok(waited > 0, "no reopening waited: this shows little");
});

test("a stream that is closed, or deleted, is not reopened", async () => {
  for (const end of ["closed", "deleted"]) {
    const scene = await aLogWith(["a"]);
    if (end === "closed") await close(scene.store, scene.disk);
    else scene.store.delete("orders");

    assert.match(String(await reopening(scene)), /reopen a stream that is closed/, end);
    assert.equal(scene.log.append("a", undefined, Buffer.from("x"), 1n), 0);
  }
});
