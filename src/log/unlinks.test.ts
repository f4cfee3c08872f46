// Every disk takes a file away beside the running program, and says when there is none.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { settle } from "../../test/log/scene.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { NodeDisk } from "../node/disk.ts";
import type { Disk } from "../ports/disk.ts";
import { MemoryDisk } from "./memory.ts";
import { OverlayDisk } from "./overlay.ts";

const scratch = mkdtempSync(join(tmpdir(), "chappe-unlinks-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const disks: Record<string, Disk> = {
  real: new NodeDisk(),
  simulated: new SimDisk(1),
  "in memory": new MemoryDisk(2 ** 20),
  "seen through glass": new OverlayDisk(new MemoryDisk(2 ** 20)),
};

for (const [name, disk] of Object.entries(disks)) {
  test(`the disk that is ${name} unlinks a file later, and tells of one that is not there`, async () => {
    const path = join(name === "real" ? scratch : "/", "file");
    disk.openSync(path, "create").closeSync();
    const unlinked = (): Promise<unknown> =>
      new Promise((resolve) => {
        let isCalling = true;
        disk.unlink(path, (error) => {
          assert.ok(!isCalling, "not before the call returned");
          resolve((error as { code?: string } | undefined)?.code);
        });
        isCalling = false;
        void settle(disk);
      });
    assert.equal(await unlinked(), undefined);
    assert.equal(disk.existsSync(path), false);
    assert.equal(await unlinked(), "ENOENT");
  });
}
