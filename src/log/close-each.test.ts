// Everything is closed, though the disk fails to close one of them, as a network's does for what it could not write.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { aLogWith, close, closing, lazy, opened, openStore } from "../../test/log/scene.ts";
import { sequencesOf } from "../../test/log/told.ts";
import type { SimDisk } from "../../test/world/disk.ts";
import { closeEach } from "./close-each.ts";

/** Files that are closed, once `begin` was called, with an error: those opened from now on whose path ends so. */
function failCloses(
  disk: SimDisk,
  ending: RegExp,
): { closed: string[]; begin: () => void; over: () => void } {
  const closed: string[] = [];
  let isFailing = false;
  const open = disk.openSync.bind(disk);
  const mocked = mock.method(disk, "openSync", (path: string, mode: "read" | "write" | "create") => {
    const file = open(path, mode);
    const closeSync = (): void => {
      file.closeSync();
      if (!isFailing || !ending.test(path)) return;
      closed.push(path);
      throw Object.assign(new Error(`EIO: close ${path}`), { code: "EIO" });
    };
    return { ...file, closeSync };
  });
  return {
    closed,
    begin: () => {
      isFailing = true;
    },
    over: () => mocked.mock.restore(),
  };
}

test("each is closed, and the first error is thrown", () => {
  const closed: number[] = [];
  const one = (number: number, error?: string): { closeSync(): void } => ({
    closeSync: () => {
      closed.push(number);
      if (error !== undefined) throw new Error(error);
    },
  });

  assert.throws(() => closeEach([one(1), one(2, "first"), one(3), one(4, "later")]), /first/);
  closeEach([one(5)]);

  assert.deepEqual(closed, [1, 2, 3, 4, 5]);
});

test("a store whose files fail to close closes all of them, tells the first error, and has everything at the next start", async () => {
  const { store, disk } = await aLogWith(["a"]);
  await close(store, disk);
  const { closed, begin, over } = failCloses(disk, /\.(seg|journal)$/);
  const again = opened(disk).store;
  begin();

  const error = await closing(again, disk);

  assert.match(error?.message ?? "", /EIO: close .*\.seg/);
  assert.deepEqual(
    closed.map((path) => path.slice(path.lastIndexOf("."))),
    [".seg", ".journal"],
  );
  assert.equal(disk.openFiles, 0);
  over();
  assert.deepEqual(sequencesOf(opened(disk).log), [1]);
});

test("a file that fails to close behind what was brought to it keeps no other open", async () => {
  const scene = await aLogWith(["a"], {}, lazy);
  const disk = scene.disk.reborn("kill", 1);
  const { begin } = failCloses(disk, /\/streams\/.*\.(seg|state)$/);
  disk.plan = (_, what, path) => {
    if (what === "sync" && path.endsWith(".seg")) begin();
    return undefined;
  };

  assert.throws(() => openStore(disk), /EIO: close/);

  assert.equal(disk.openFiles, 0);
});

test("a start that failed, and whose files fail to close, tells why it failed and leaves none open", async () => {
  const scene = await aLogWith(["a"]);
  const disk = scene.disk.reborn("kill", 1);
  const { closed, begin } = failCloses(disk, /\.journal$/);
  disk.plan = (_, what, path) => {
    if (what !== "list" || !path.endsWith("/trash")) return undefined;
    begin();
    return "EIO";
  };

  assert.throws(() => openStore(disk), /list \/s\/trash/);

  assert.equal(closed.length, 1);
  assert.equal(disk.openFiles, 0);
});
