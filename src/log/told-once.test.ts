// An append is answered for once: committed, or failed; never both, and never twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { refuse } from "../../test/log/files.ts";
import { openStore, reopening, settle } from "../../test/log/scene.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { SimDisk } from "../../test/world/disk.ts";
import type { Log } from "./log.ts";

const limits = { segmentBytes: 1024 * 1024, shareBytesMax: 1000 };

interface Held {
  readonly disk: SimDisk;
  readonly clock: ManualClock;
  readonly log: Log;
  readonly heard: string[];
  /** Lets the journals' syncs through that were asked for so far, and all later ones. */
  readonly release: () => Promise<void>;
}

/** A stream whose first message, a large one, is on the disk; the reservation above it waits for the journal's sync. */
async function aMessageWithoutReservation(): Promise<Held> {
  const [disk, clock] = [new SimDisk(3), new ManualClock()];
  const heard: string[] = [];
  const store = openStore(disk, { limits, clock });
  const log = store.create(
    "orders",
    { tenant: "t" },
    {
      committed: (last) => void heard.push(`committed ${last}`),
      failed: (reason, first, last) => void heard.push(`${reason} ${first} to ${last}`),
    },
  );
  const held: (() => void)[] = [];
  let isHeld = true;
  const open = disk.openSync.bind(disk);
  disk.openSync = (path, mode) => {
    const file = open(path, mode);
    if (!path.endsWith(".journal")) return file;
    const sync: typeof file.sync = (done) =>
      isHeld ? void held.push(() => file.sync(done)) : file.sync(done);
    return { ...file, sync };
  };
  log.append("a", undefined, Buffer.alloc(5000), 1n);
  await settle(disk);
  assert.deepEqual([heard, held.length], [[], 1]);
  const release = async (): Promise<void> => {
    isHeld = false;
    for (const sync of held) sync();
    await settle(disk);
  };
  return { disk, clock, log, heard, release };
}

for (const code of ["ENOSPC", "EIO"] as const) {
  test(`what was reported as failed for ${code} is not reported as committed once its reservation is there`, async () => {
    const { disk, clock, log, heard, release } = await aMessageWithoutReservation();
    refuse(disk, "open", /2\.0000\.seg$/, code);
    log.append("a", undefined, Buffer.alloc(1024 * 1024), 2n);
    disk.plan = () => undefined;
    await settle(disk);

    await release();

    const reason = code === "EIO" ? "failed" : "full";
    assert.deepEqual(heard, [`${reason} 1 to 1`]);
    assert.equal(log.read(1), undefined);
    assert.equal(log.committed, 0);
    clock.advance(300);
    assert.equal(await reopening({ log, disk }), undefined);
    assert.equal(log.append("a", undefined, Buffer.from("2"), 2n), 2);
    await settle(disk);
    assert.deepEqual(heard.slice(1), ["committed 2"]);
  });
}

test("what was reported as failed is not reported so again when the disk is full a second time", async () => {
  const [disk, clock] = [new SimDisk(3), new ManualClock()];
  const heard: string[] = [];
  const store = openStore(disk, { clock });
  const log = store.create(
    "orders",
    { tenant: "t" },
    { committed: () => undefined, failed: (_, first, last) => void heard.push(`${first} to ${last}`) },
  );
  for (const _ of ["full", "and full again"]) {
    refuse(disk, "write", /\.journal$/, "ENOSPC");
    log.append("a", undefined, Buffer.from("1"), 1n);
    await settle(disk);
    disk.plan = () => undefined;
    assert.equal(log.phase, "full");
    clock.advance(300);
    await settle(disk);
  }

  assert.deepEqual(heard, ["1 to 1", "2 to 2"]);
});
