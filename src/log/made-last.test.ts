// What a start shows after a crash is made to last first.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killed, lose, segmentsOf } from "../../test/log/files.ts";
import { aLogWith, cutOff, opened } from "../../test/log/scene.ts";
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
