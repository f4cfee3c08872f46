import assert from "node:assert/strict";
import { test } from "node:test";
import { Said, settle } from "../../test/log/scene.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { silent } from "../ports/trace.ts";
import { Filter } from "./filter.ts";
import { MemoryDisk } from "./memory.ts";
import { Store } from "./store.ts";

const limits = { segmentBytes: 1024 * 1024, freeBytesMin: 0, compactBytesMin: 2 ** 30 };
const owner = { committed: () => undefined, failed: () => undefined };

function openStore(disk: MemoryDisk): Store {
  const clock = new ManualClock();
  return new Store({ disk, clock, random: chanceOf(5), trace: silent, directory: "/s", limits });
}

async function close(store: Store): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  store.close((error) => (error === undefined ? resolve() : reject(error)));
  await promise;
}

test("a segment of many slices, its subjects coming and going while they are written, is found by its checkpoint", async () => {
  const disk = new MemoryDisk(2 ** 28);
  const store = openStore(disk);
  const log = store.create("s", { tenant: "t" }, owner);
  const held = new Map<number, string>();
  const append = (count: number): void => {
    for (; count > 0; count--) {
      const subject = `s.${log.last + 1}`;
      held.set(log.append(subject, undefined, Buffer.alloc(1), 1n), subject);
    }
  };
  append(25_000); // closes the first segment; its checkpoint begins with the commit that is on its way
  const chance = chanceOf(3);
  for (let turn = 0; turn < 60; turn++) {
    await Promise.resolve();
    for (let i = 0; i < 20; i++) {
      const sequence = 1 + chance.below(20_000);
      if (held.delete(sequence)) log.remove(sequence);
    }
    append(20);
  }

  await close(store);
  const streams = disk.listSync("/s/streams").map((id) => disk.listSync(`/s/streams/${id}`));
  assert.ok(streams[0]!.includes("00000001.0000.idx"), streams[0]!.join(" "));
  const again = openStore(disk).open("s", owner);

  assert.equal(again.state.messages, held.size);
  assert.equal(again.state.lost, 0);
  for (const [sequence, subject] of held) {
    assert.equal(again.lastOf(subject), sequence);
    assert.equal(again.next(1, new Filter([subject])), sequence);
  }
});

test("a checkpoint of many slices is given up when its segment goes, or the disk has no room for it", async () => {
  for (const isFull of [true, false]) {
    const disk = new SimDisk(3);
    const said = new Said();
    const store = new Store({
      disk,
      clock: new ManualClock(),
      random: chanceOf(5),
      trace: said,
      directory: "/s",
      limits: { ...limits, segmentBytes: 512 * 1024 },
    });
    const log = store.create("s", { tenant: "t" }, owner);
    let isBegun = false;
    disk.plan = (_, what, path) => {
      if (what !== "write" || !path.endsWith("00000001.0000.idx.new")) return undefined;
      isBegun = true;
      return isFull ? "ENOSPC" : undefined;
    };
    for (let i = 0; i < 13_000; i++) log.append("a", undefined, Buffer.alloc(1), 1n);
    for (let i = 0; i < 500 && !isBegun; i++) {
      await Promise.resolve();
      disk.step();
    }
    assert.ok(isBegun);
    if (!isFull) log.removeAll();
    await settle(disk);

    assert.equal(said.has(/checkpoint not written: ENOSPC/), isFull);
    const left = disk.files().filter((path) => path.includes("00000001.0000."));
    assert.deepEqual(
      left.filter((path) => !path.endsWith(".seg")).filter((path) => !path.endsWith(".new")),
      [],
    );
    if (!isFull) assert.deepEqual(left, []);
  }
});
