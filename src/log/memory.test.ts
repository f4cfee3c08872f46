// A disk in memory lets the rest of the program run while much is written to it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore, owner } from "../../test/log/scene.ts";
import { upTo } from "../../test/log/told.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { MemoryDisk } from "./memory.ts";

const page = Buffer.alloc(16 * 1024);

/** Writes so many pages, each when the one before is written; answers how many are, once nothing more happens. */
function writing(disk: MemoryDisk, path: string, count: number): { readonly written: number } {
  const state = { written: 0 };
  const file = disk.openSync(path, "create");
  const step = (): void => {
    if (state.written === count) return;
    file.write(page, 0, page.length, state.written * page.length, () => {
      state.written++;
      step();
    });
  };
  step();
  return state;
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test("a long work in memory takes many turns, its calls in their order, and others have theirs in between", async () => {
  const clock = new ManualClock();
  const disk = new MemoryDisk(2 ** 24, clock);
  const [one, other] = [writing(disk, "/a", 20), writing(disk, "/b", 20)];
  const order: string[] = [];
  let turns = 0;
  for (let before = 0; one.written + other.written < 40; turns++) {
    await turn();
    const now = one.written + other.written;
    assert.ok(now - before <= 8, `${now - before} writes in one turn`);
    assert.ok(Math.abs(one.written - other.written) <= 4, `${one.written} and ${other.written}`);
    before = now;
    if (turns === 3) for (const name of ["c", "d"]) disk.syncDirectory("/", () => void order.push(name));
    clock.advance(0);
  }

  assert.ok(turns >= 8, `${turns} turns`);
  assert.deepEqual(order, ["c", "d"]);
});

test("a disk in memory that nobody shares is ready within the turn", async () => {
  const state = writing(new MemoryDisk(2 ** 24), "/a", 100);

  await turn();

  assert.equal(state.written, 100);
});

test("of a stream in memory a segment's index and its next generation are written in many turns", async () => {
  const clock = new ManualClock();
  const disk = new MemoryDisk(2 ** 26, clock);
  const limits = { segmentBytes: 2 ** 20, journalBytes: 2 ** 20 };
  const log = openStore(disk, { limits, clock }).create("s", { tenant: "t" }, owner);
  const turnsUntil = async (isOver: () => boolean): Promise<number> => {
    let turns = 0;
    for (; !isOver() && turns < 1000; turns++) {
      await turn();
      clock.advance(0);
    }
    return turns;
  };
  const [id] = disk.listSync("/s/streams") as [string];
  const has = (name: string): boolean => disk.existsSync(`/s/streams/${id}/${name}`);

  for (const i of upTo(20_000)) log.append(`s.${i}`, undefined, Buffer.alloc(8), 1n);
  const indexing = await turnsUntil(() => has("00000001.0000.idx"));
  log.removeRange(1, 12_000, 2 ** 30);
  const rewriting = await turnsUntil(() => has("00000001.0001.seg"));

  assert.ok(indexing > 4 && indexing < 1000, `${indexing} turns for the index`);
  assert.ok(rewriting > 2 && rewriting < 1000, `${rewriting} turns for the rewrite`);
});

test("a directory in memory moves with all it holds, and names go with what they name", () => {
  const disk = new MemoryDisk(2 ** 24);
  for (const path of ["/a", "/a/b", "/a/b/c"]) disk.makeDirectorySync(path);
  disk.openSync("/a/b/c/file", "create").writeSync(page, 0, 3, 0);

  disk.renameSync("/a/b", "/d");

  assert.deepEqual(
    [disk.listSync("/"), disk.listSync("/a"), disk.listSync("/d/c")],
    [["a", "d"], [], ["file"]],
  );
  assert.equal(disk.openSync("/d/c/file", "read").sizeSync(), 3);
  assert.throws(() => disk.renameSync("/d", "/none/e"), /ENOENT: .none.e/);
  assert.throws(() => disk.openSync("/d/c", "create"), /EEXIST/);
  disk.unlinkSync("/d/c/file");
  disk.removeDirectorySync("/d/c");
  assert.deepEqual([disk.listSync("/d"), disk.bytes], [[], 0]);
});
