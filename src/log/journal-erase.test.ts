// An erasure goes through the journals a slice at a time, however they are written meanwhile.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { aLogWith, holding, lazy, owner, type Scene, settle } from "../../test/log/scene.ts";
import { JournalFile } from "./journal.ts";

const journalsOf = ({ disk }: Scene): string[] => disk.files().filter((path) => path.endsWith(".journal"));

/** Journal files of 40 KB, with "secret" in the first, and slices of 8 KB. */
async function aScene(bytes = 1500): Promise<Scene> {
  const limits = {
    journalBytes: 65_536,
    journalFilesMax: 4,
    eraseBytesAtOnce: 8192,
    segmentBytes: 2 ** 20,
    ...lazy,
  };
  const scene = await aLogWith([], {}, limits);
  scene.log.append("a", undefined, Buffer.from("secret"), 1n);
  for (let i = 0; i < 40; i++) {
    scene.log.append("b", undefined, Buffer.alloc(bytes, "x"), 1n);
    await settle(scene.disk);
  }
  return scene;
}

/** Erases the first message, `turn` called before each turn of that but the first; answers how it ended. */
async function erased(scene: Scene, turn: () => void = () => undefined): Promise<(Error | undefined)[]> {
  const after = scene.clock.after.bind(scene.clock);
  const alarms = mock.method(scene.clock, "after", (delayMs: number, ring: () => void) =>
    after(delayMs, () => {
      turn();
      ring();
    }),
  );
  const heard: (Error | undefined)[] = [];
  scene.log.erase(1, (error) => void heard.push(error));
  for (let i = 0; i < 50 && heard.length === 0; i++) {
    await settle(scene.disk);
    scene.clock.advance(1);
  }
  await settle(scene.disk);
  alarms.mock.restore();
  return heard;
}

test("no turn of an erasure reads more of the journals than a slice, and it is answered when all of it is gone", async () => {
  const scene = await aScene();
  assert.ok(
    journalsOf(scene).length > 1 && holding(scene, "secret").some((path) => path.endsWith(".journal")),
  );
  const { readSync } = JournalFile.prototype;
  let [most, now, turns] = [0, 0, 0];
  const counted = mock.method(
    JournalFile.prototype,
    "readSync",
    function (this: JournalFile, ...args: number[]) {
      const bytes = readSync.apply(this, args as [number, number]);
      now += bytes.length;
      most = Math.max(most, now);
      return bytes;
    },
  );

  const heard = await erased(scene, () => {
    now = 0;
    turns++;
  });

  counted.mock.restore();
  assert.deepEqual(heard, [undefined]);
  assert.deepEqual(holding(scene, "secret"), []);
  assert.ok(most <= 2 * 8192, `${most} bytes in one turn`);
  assert.ok(turns > 5, `${turns} turns`);
});

test("what is written into the journals while an erasure goes through them stays", async () => {
  const scene = await aScene();
  let count = 0;

  const heard = await erased(scene, () => {
    if (count < 60) scene.log.append("c", undefined, Buffer.alloc(2500, "y"), BigInt(++count));
  });

  assert.deepEqual(heard, [undefined]);
  assert.deepEqual(holding(scene, "secret"), []);
  assert.ok(count > 5);
  for (let s = 42; s < 42 + count; s++) assert.equal(scene.log.read(s)!.payload.toString(), "y".repeat(2500));
});

test("an item longer than a slice is gone through as a whole, another stream's is passed", async () => {
  const scene = await aScene(100);
  const other = scene.store.create("other", { tenant: "t" }, owner);
  other.append("o", undefined, Buffer.alloc(20_000, "o"), 1n);
  for (let i = 0; i < 30; i++) scene.log.append("b", undefined, Buffer.alloc(900, i), 1n);
  await settle(scene.disk);

  assert.deepEqual(await erased(scene), [undefined]);

  assert.deepEqual(holding(scene, "secret"), []);
  assert.equal(other.read(1)!.payload.length, 20_000);
});

test("where a head in the journal is damaged, the whole file is gone through", async () => {
  for (const damaged of ["the second", "the last", "what the last tells of its length"]) {
    const scene = await aScene(100); // all of it in one file
    const [path] = journalsOf(scene) as [string];
    const bytes = Buffer.from(scene.disk.contents(path));
    const heads: number[] = [];
    for (let at = bytes.indexOf("CHJI"); at >= 0; at = bytes.indexOf("CHJI", at + 1)) heads.push(at);
    const head = damaged === "the second" ? heads[1]! : heads.at(-1)!;
    bytes[head + (damaged.startsWith("what") ? 32 : 0)]! ^= 1;
    scene.disk.replace(path, bytes);
    assert.ok(bytes.includes("secret"));

    assert.deepEqual(await erased(scene), [undefined]);

    assert.deepEqual(holding(scene, "secret"), [], damaged);
  }
});

test("a store that closes waits for an erasure under way; one whose stream is deleted ends at once", async () => {
  for (const isDeleted of [false, true]) {
    const scene = await aScene();
    const heard: unknown[] = [];
    scene.log.erase(1, (error) => void heard.push(error));
    await settle(scene.disk);
    assert.deepEqual(heard, []);
    if (isDeleted) scene.store.delete("orders");
    let closed = 0;

    scene.store.close(() => closed++);
    await settle(scene.disk);
    assert.equal(closed, isDeleted ? 1 : 0);
    assert.equal(heard.length, isDeleted ? 1 : 0);
    scene.clock.advance(1);
    await settle(scene.disk);

    assert.equal(closed, 1);
    assert.equal(heard.length, 1);
    assert.deepEqual(holding(scene, "secret"), []);
    if (!isDeleted) assert.deepEqual(heard, [undefined]);
  }
});
