import assert from "node:assert/strict";
import { test } from "node:test";
import { chanceOf } from "../../test/world/chance.ts";
import { ManualClock } from "../../test/world/clock.ts";
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
