// What a start shows after a crash is made to last first.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killed, lose, segmentsOf } from "../../test/log/files.ts";
import { aLogWith, cutOff, opened, settle } from "../../test/log/scene.ts";
import { repeated } from "../../test/log/told.ts";

test("what a reader is shown after a crash is synced first", async () => {
  const disk = await cutOff(repeated(5));
  const synced: string[] = [];
  disk.plan = (_, what, path) => {
    if (what === "sync" || what === "syncdir") synced.push(path);
    return undefined;
  };

  opened(disk);

  const [segment] = segmentsOf(disk);
  const at = synced.indexOf(segment!);
  assert.ok(at >= 0);
  assert.ok(
    synced.includes(segment!.slice(0, segment!.lastIndexOf("/")), at),
    "and its name with its directory",
  );
});

test("after a crash even a segment that an index covers is synced", async () => {
  const { disk: first } = await aLogWith(repeated(100));
  const disk = killed(first);
  lose(disk, ".journal");
  assert.ok(disk.files().some((path) => path.endsWith(".idx")));
  const synced = new Set<string>();
  disk.plan = (_, what, path) => {
    if (what === "sync") synced.add(path);
    return undefined;
  };

  opened(disk);

  assert.deepEqual(
    segmentsOf(disk).filter((path) => !synced.has(path)),
    [],
  );
});

test("what cannot be read of a segment is not written over by a start, however far in it lies", async () => {
  const limits = { segmentBytes: 2 ** 21, journalBytes: 2 ** 22, markEveryBytes: 2 ** 30 };
  const page = 4096 * 300;
  const { disk: first, log } = await aLogWith([], {}, limits);
  for (let i = 0; i < 15; i++) {
    log.append("a", undefined, Buffer.alloc(100_000, i), 1n);
    await settle(first);
  }
  const disk = killed(first);
  lose(disk, ".journal", ".idx");
  const [path] = segmentsOf(disk) as [string];
  const before = Buffer.from(disk.contents(path));
  disk.spoil(path, page);

  const again = opened(disk, undefined, limits);

  const file = disk.openSync(path, "read");
  assert.throws(() => file.readSync(Buffer.alloc(4096), 0, 4096, page), /EIO/);
  file.closeSync();
  assert.ok(disk.contents(path).equals(before), "and what can be read is as it was");
  assert.equal(again.log.state.messages, 14);
});
