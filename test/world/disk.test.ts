// The simulated disk keeps what a real one keeps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SimDisk } from "./disk.ts";

test("a directory whose move was synced is not where it was made, though its making was never synced", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const disk = new SimDisk(seed);
    for (const path of ["/streams", "/trash", "/streams/a"]) disk.makeDirectorySync(path);
    disk.openSync("/streams/a/file", "create").closeSync();

    disk.renameSync("/streams/a", "/trash/a");
    for (const path of ["/trash", "/streams"]) disk.syncDirectorySync(path);
    disk.syncDirectorySync("/");

    const next = disk.reborn("power", seed);
    assert.deepEqual([next.existsSync("/streams/a"), next.existsSync("/trash/a")], [false, true], `${seed}`);
  }
});

test("a file that was moved and not synced with its name is there as itself or not at all, never as one that had the old name before", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const disk = new SimDisk(seed);
    const write = (text: string): void => {
      const file = disk.openSync("/new", "create");
      file.writeSync(Buffer.from(text), 0, text.length, 0);
      file.syncSync();
      file.closeSync();
    };
    write("given up");
    disk.unlinkSync("/new");
    write("whole");

    disk.renameSync("/new", "/file");

    const next = disk.reborn("power", seed);
    if (next.existsSync("/file")) assert.equal(next.contents("/file").toString(), "whole", `${seed}`);
  }
});

test("where the name of a directory was lost nothing below it is there, however far below and though it was synced", () => {
  let lost = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const disk = new SimDisk(seed);
    for (const path of ["/a", "/a/b", "/a/b/c"]) disk.makeDirectorySync(path);
    disk.openSync("/a/b/c/file", "create").closeSync();
    for (const path of ["/a", "/a/b", "/a/b/c"]) disk.syncDirectorySync(path);

    const next = disk.reborn("power", seed);
    if (next.existsSync("/a")) continue;
    lost++;
    assert.deepEqual([next.existsSync("/a/b"), next.existsSync("/a/b/c"), next.files()], [false, false, []]);
  }
  assert.ok(lost > 0);
});
