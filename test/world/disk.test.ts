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
