// However many messages were removed, no turn of the program goes through more of them than a slice.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { lose, segmentsOf } from "../../test/log/files.ts";
import { notesIn, recordsIn } from "../../test/log/records.ts";
import { aLogWith, appendTo, close, opened, type Scene, settle } from "../../test/log/scene.ts";
import { range, repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { mergedRanges, type Range, recordHeaderBytes, removedLength } from "./record.ts";
import { mergedInSlices } from "./slices.ts";
import { Tail } from "./tail.ts";

/** Everything comes to its end, turn by turn; answers how many there were. */
async function turns({ disk, clock }: Scene): Promise<number> {
  const waited = mock.method(clock, "after");
  for (let i = 0; i < 100; i++) {
    await settle(disk);
    clock.advance(1);
  }
  waited.mock.restore();
  return waited.mock.calls.filter(({ arguments: [delayMs] }) => delayMs === 0).length;
}

test("ranges are merged in slices as they are at once, and no slice goes through more than it may", () => {
  const chance = chanceOf(1);
  for (let count = 0; count < 70; count++) {
    let looks = 0;
    const ranges = upTo(count).map((): Range => {
      const first = 1 + chance.below(200);
      const last = first + chance.below(3);
      return {
        last,
        get first() {
          looks++;
          return first;
        },
      };
    });
    const work = mergedInSlices(ranges, 8);
    let most = 0;
    let step = work.next();
    for (; step.done !== true; step = work.next()) {
      most = Math.max(most, looks);
      looks = 0;
    }

    assert.deepEqual(
      step.value.map(({ first, last }) => range(first, last)),
      mergedRanges(ranges).map(({ first, last }) => range(first, last)),
    );
    assert.ok(most <= 8 * 8, `${most} looks in one slice`);
  }
});

test("many removals are noted a slice at a time, and who waits for them waits for all", async () => {
  const limits = {
    rangesAtOnce: 8,
    segmentBytes: 64 * 1024,
    journalBytes: 128 * 1024,
    compactBytesMin: 2 ** 30,
  };
  const { log, disk } = await aLogWith(repeated(200), {}, limits);
  const takes = mock.method(Tail.prototype, "take");
  for (let s = 1; s <= 200; s += 2) log.remove(s, true);
  let heard = 0;
  log.whenDurable((error) => {
    assert.equal(error, undefined);
    heard++;
  });
  while (heard === 0) {
    await Promise.resolve();
    disk.step();
  }
  takes.mock.restore();

  const most = Math.max(...takes.mock.calls.map(({ result }) => result?.bytes ?? 0));
  assert.ok(most > 0 && most <= removedLength(8) + recordHeaderBytes, `${most} bytes of notes in one turn`);
  assert.equal(heard, 1);
  const even = upTo(100).map((n) => 2 * n);
  assert.deepEqual(sequencesOf(opened(disk.reborn("power", 1)).log), even);
});

test("a segment is given back in slices: what it does not hold is gone through, and what it noted", async () => {
  const scene = await aLogWith(repeated(150), {}, { rangesAtOnce: 8 });
  const { log, disk } = scene;
  const slots = recordsIn(disk, segmentsOf(disk)[0]!).length;

  for (let s = 2; s <= 50; s += 2) log.remove(s);
  for (let s = 3; s <= 50; s += 2) log.remove(s);
  const rewriting = await turns(scene);

  assert.ok(segmentsOf(disk)[0]!.endsWith("1.0001.seg") && rewriting >= slots / 8 - 1, `${rewriting} turns`);
  const noting = segmentsOf(disk).at(-1)!;
  const noted = notesIn(disk, noting).length;
  appendTo(log, repeated(80));
  await turns(scene);
  const last = recordsIn(disk, noting).at(-1)!.sequence;
  log.removeRange(recordsIn(disk, noting)[0]!.sequence, last);
  const dropping = await turns(scene);

  assert.ok(
    !segmentsOf(disk).includes(noting) && noted > 32 && dropping >= noted / 8,
    `${noted} in ${dropping} turns`,
  );
  await close(scene.store, disk);
  lose(disk, ".idx", ".journal");
  assert.equal(opened(disk).log.losses.count, 0);
});

/** Of a segment that is being rewritten the next turn tells what it does not hold: messages 3 to 52 at the least. */
async function rewriting(): Promise<Scene> {
  const scene = await aLogWith(repeated(150), {}, { rangesAtOnce: 16 });
  scene.log.removeRange(3, 52);
  await settle(scene.disk);
  assert.ok(scene.disk.files().some((path) => path.endsWith(".seg.new")));
  return scene;
}

test("a message removed between a rewritten segment's note and its copies is missed by nobody when the power goes", async () => {
  const scene = await rewriting();
  scene.log.remove(2, true); // committed 250 ms from now
  await turns(scene);

  const [first] = segmentsOf(scene.disk) as [string];
  assert.ok(first.endsWith("1.0001.seg"));
  assert.deepEqual(notesIn(scene.disk, first), [range(3, 52), range(2)]);
  const end = Math.max(...recordsIn(scene.disk, first).map(({ sequence }) => sequence));
  const { log } = opened(scene.disk.reborn("power", 1));
  assert.equal(log.losses.count, 0);
  assert.deepEqual(sequencesOf(log), [1, ...upTo(150, 53)]);
  assert.equal(
    scene.log.remove(end),
    scene.log.remove(end - 1),
    "the note behind it is not counted with the last",
  );
});

test("a message removed between a rewritten segment's note and its copies is missed by nobody when other notes leave", async () => {
  const scene = await rewriting();
  const { log, disk } = scene;
  log.remove(2);
  await turns(scene);
  const noting = segmentsOf(disk).at(-1)!;
  appendTo(log, repeated(80));
  await turns(scene);
  const sequences = recordsIn(disk, noting)
    .map(({ sequence }) => sequence)
    .filter((s) => s > 0);
  log.removeRange(Math.min(...sequences), Math.max(...sequences));
  await turns(scene);
  assert.ok(!segmentsOf(disk).includes(noting), "the segment whose note tells of it is there");
  await close(scene.store, disk);
  lose(disk, ".idx", ".journal");

  assert.equal(opened(disk).log.losses.count, 0);
});

test("a segment whose last messages are removed while it is rewritten leaves", async () => {
  const scene = await rewriting();
  const [old] = segmentsOf(scene.disk) as [string];
  const end = recordsIn(scene.disk, old).at(-1)!.sequence;
  scene.log.removeRange(1, end);
  await turns(scene);

  assert.ok(segmentsOf(scene.disk).every((path) => !path.includes("00000001.")));
  const { log } = opened(scene.disk.reborn("power", 1));
  assert.equal(log.losses.count, 0);
  assert.deepEqual(sequencesOf(log), upTo(150, end + 1));
});

test("a store that closes while a segment's notes are gone through does not wait for its space", async () => {
  const scene = await aLogWith(repeated(150), {}, { rangesAtOnce: 8 });
  const { log, disk, store } = scene;
  for (let s = 2; s <= 50; s += 2) log.remove(s);
  await turns(scene);
  const noting = segmentsOf(disk).at(-1)!;
  appendTo(log, repeated(80));
  await turns(scene);
  const end = Math.max(...recordsIn(disk, noting).map(({ sequence }) => sequence));
  log.removeRange(recordsIn(disk, noting).find(({ sequence }) => sequence > 0)!.sequence, end);
  await settle(disk);
  let closed: unknown = "not yet";
  store.close((error) => void (closed = error));
  await turns(scene);

  assert.equal(closed, undefined);
  assert.ok(segmentsOf(disk).includes(noting));
  assert.equal(opened(disk).log.losses.count, 0);
});
