// What is left over goes as soon as it can be unlinked, and is in nobody's way until then.

import assert from "node:assert/strict";
import { test } from "node:test";
import { folderOf, names, refuseOnce, segmentsOf } from "../../test/log/files.ts";
import { addMessage } from "../../test/log/records.ts";
import { aLogWith, opened, reopened, settle, stopped } from "../../test/log/scene.ts";
import { assertWhole, repeated, textsOf, upTo } from "../../test/log/told.ts";
import type { SimDisk } from "../../test/world/disk.ts";
import { segmentHeader } from "./segment.ts";

test("what a cut rewrite left over is no obstacle, and a leftover that cannot be unlinked is told", async () => {
  const scene = await aLogWith(repeated(150));
  const temporary = `${folderOf(scene)}/00000001.0001.seg.new`;
  scene.disk.openSync(temporary, "create").closeSync();
  scene.disk.replace(temporary, Buffer.alloc(9000, 1));
  scene.log.append("x", undefined, Buffer.from("payload 151"), 1n);
  let unlinked = 0;
  scene.disk.plan = (_, what, path) => {
    if (path !== temporary) return undefined;
    if (what === "unlink" && ++unlinked > 1) return "EIO";
    return what === "sync" ? "EIO" : undefined;
  };
  scene.log.removeRange(1, 50);
  await settle(scene.disk);

  assert.equal(unlinked, 2);
  assert.ok(scene.said.has(/temporary file left behind: EIO/));
  scene.disk.plan = () => undefined;
  scene.log.remove(51);
  await settle(scene.disk);
  assert.equal(names(scene)[0], "00000001.0001.seg");
  assertWhole(await reopened(scene), upTo(151, 52));
});

test("a segment whose name cannot be taken away stays, and the stream goes on", async () => {
  const scene = await aLogWith(repeated(150));
  refuseOnce(scene, "rename", "1.0000.seg");
  scene.log.removeRange(1, 100);
  await settle(scene.disk);

  assert.ok(scene.said.has(/space not given back: EIO/));
  assert.ok(names(scene).includes("00000001.0000.seg"));
  assertWhole(scene, upTo(150, 101));
  const again = await reopened(scene);
  assertWhole(again, upTo(150, 101));
  await settle(again.disk);
  assert.ok(!names(again).includes("00000001.0000.seg"), "the next start gives the space back");
});

test("an old generation whose name cannot be taken away is left to the next start", async () => {
  const scene = await aLogWith(repeated(150));
  refuseOnce(scene, "rename", "1.0000.seg");
  scene.log.removeRange(1, 50);
  await settle(scene.disk);

  assert.ok(scene.said.has(/old generation left behind: EIO/));
  assert.deepEqual(names(scene).slice(0, 2), ["00000001.0000.seg", "00000001.0001.seg"]);
  assertWhole(scene, upTo(150, 51));
  const again = await reopened(scene);
  assert.equal(names(again)[0], "00000001.0001.seg");
  assertWhole(again, upTo(150, 51));
});

for (const [what, last] of [
  ["segment of which nothing is left", 100],
  ["segment's old generation", 50],
] as const) {
  test(`the file of a ${what} that cannot be unlinked is told, and left to the next start`, async () => {
    const scene = await aLogWith(repeated(150));
    refuseOnce(scene, "unlink", "1.0000.seg.new");
    scene.log.removeRange(1, last);
    await settle(scene.disk);

    assert.ok(scene.said.has(/file left behind: EIO/));
    const isLeft = (disk: SimDisk): boolean => disk.files().some((path) => path.endsWith("1.0000.seg.new"));
    assert.ok(isLeft(scene.disk));
    assertWhole(scene, upTo(150, last + 1));
    const again = await reopened(scene);
    assertWhole(again, upTo(150, last + 1));
    assert.ok(!isLeft(again.disk));
  });
}

test("an index that cannot be unlinked with its segment is left to the next start", async () => {
  const scene = await aLogWith(repeated(150));
  refuseOnce(scene, "unlink", "1.0000.idx");
  scene.log.removeRange(1, 100);
  await settle(scene.disk);

  assert.ok(scene.said.has(/checkpoint left behind: EIO/));
  const again = await reopened(scene);
  assert.ok(!again.disk.files().some((path) => path.endsWith("00000001.0000.idx")));
});

test("what a cut operation left over is unlinked, and nothing else", async () => {
  const disk = await stopped(repeated(5));
  const [path] = segmentsOf(disk) as [string];
  const folder = path.slice(0, path.lastIndexOf("/"));
  const id = folder.slice(folder.lastIndexOf("/") + 1);
  const newer = `${folder}/00000001.0001.seg`;
  disk.openSync(newer, "create").closeSync();
  disk.replace(newer, segmentHeader(id, 1, 1, 1));
  for (let s = 1; s <= 5; s++) addMessage(disk, newer, s);
  for (const name of [
    "00000001.0002.seg.new",
    "00000009.0000.idx",
    "00000001.0000.idx",
    "notes.txt",
    "00000001.0000.segs",
  ])
    disk.openSync(`${folder}/${name}`, "create").closeSync();

  const again = opened(disk);

  const left = disk.files().filter((each) => each.startsWith(folder) && !each.endsWith(".state"));
  assert.deepEqual(
    left.map((each) => each.slice(folder.length + 1)),
    ["00000001.0000.segs", "00000001.0001.seg", "notes.txt"],
  );
  assert.deepEqual(textsOf(again.log), Array(5).fill("new"), "of two generations the newer one counts");
});

test("a next generation whose name may not last goes again: an erased message is in no file", async () => {
  const { disk, log, said } = await aLogWith(repeated(150));
  let isRenamed = false;
  disk.plan = (_, what, path) => {
    if (what === "rename" && path.endsWith("00000001.0001.seg.new")) isRenamed = true;
    return isRenamed && what === "syncdir" ? "EIO" : undefined;
  };
  log.removeRange(1, 50);
  await settle(disk);
  assert.ok(said.has(/space not given back: rewrite a segment: EIO/));
  disk.plan = () => undefined;
  const holding: string[][] = [];

  log.erase(60, (error) => {
    assert.equal(error, undefined);
    holding.push(disk.files().filter((path) => disk.contents(path).includes("payload 60")));
  });
  await settle(disk);

  assert.deepEqual(holding, [[]]);
});
