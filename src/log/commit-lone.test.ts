// A disk is told which commit is a lone one, and the next group is on its way before the owners hear of the last.

import assert from "node:assert/strict";
import { test } from "node:test";
import { storeId, World } from "../../test/log/committing.ts";
import { loneBytesMax } from "./commit.ts";
import { itemOverhead } from "./journal.ts";

/** What each sync of a journal was said to be. */
function syncsOf(world: World): ("lone" | "one of many")[] {
  const syncs: ("lone" | "one of many")[] = [];
  const open = world.disk.openSync.bind(world.disk);
  world.disk.openSync = (path, mode) => {
    const file = open(path, mode);
    const sync = file.sync.bind(file);
    if (path.endsWith(".journal")) {
      file.sync = (done, isLone) => {
        syncs.push(isLone === true ? "lone" : "one of many");
        sync(done);
      };
    }
    return file;
  };
  return syncs;
}

/** A world whose journal takes no new space any more. */
async function aWorld(): Promise<{ world: World; syncs: ("lone" | "one of many")[] }> {
  const world = new World({ shareBytesMax: 40_000, groupBytesMax: 100_000 });
  const syncs = syncsOf(world);
  const first = world.stream("z").gather(10);
  first.segment.fresh = false;
  await world.settle();
  syncs.length = 0;
  return { world, syncs };
}

test("a small commit of one stream, or of one state, with nothing else under way is a lone one", async () => {
  const { world, syncs } = await aWorld();
  const stream = world.stream("a");
  stream.segment.fresh = false;

  for (let i = 0; i < 3; i++) {
    stream.gather(100);
    await world.settle();
  }
  world.commit.save(world.state(7), storeId, Buffer.from("x"), () => undefined, "t");
  await world.settle();

  assert.deepEqual(syncs, ["lone", "lone", "lone", "lone"]);
});

test("a commit may be so large and is still a lone one", async () => {
  const { world, syncs } = await aWorld();
  const stream = world.stream("a");
  stream.segment.fresh = false;

  stream.gather(loneBytesMax - itemOverhead);
  await world.settle();

  assert.deepEqual(syncs, ["lone"]);
});

test("a commit into new space of the journal is none: it takes longer", async () => {
  const world = new World();
  const syncs = syncsOf(world);
  world.stream("a").gather(10).segment.fresh = false;

  await world.settle();

  assert.deepEqual(syncs, ["one of many"]);
});

for (const [what, also] of [
  [
    "one byte too large",
    (world: World) => {
      world.stream("a").gather(loneBytesMax - itemOverhead + 1);
    },
  ],
  [
    "a large one",
    (world: World) => {
      world.stream("a").gather(33_000);
    },
  ],
  [
    "one of two streams",
    (world: World) => {
      world.stream("a").gather(10);
      world.stream("b").gather(10);
    },
  ],
  [
    "one beside state",
    (world: World) => {
      world.stream("a").gather(10);
      world.commit.save(world.state(7), storeId, Buffer.from("x"), () => undefined, "t");
    },
  ],
  [
    "one beside a large share",
    (world: World) => {
      world.stream("a").gather(10);
      world.stream("b").gather(50_000);
    },
  ],
] as const) {
  test(`a commit is no lone one when it is ${what}`, async () => {
    const { world, syncs } = await aWorld();

    also(world);
    await world.turn();

    assert.deepEqual(syncs, ["one of many"]);
  });
}

test("the next group is on its way to the disk before the owners hear of the last", async () => {
  const world = new World();
  const [first, second] = [world.stream("a"), world.stream("b")];
  first.segment.fresh = false;
  second.segment.fresh = false;
  first.gather(10);
  await world.turn();
  second.gather(10);
  await world.turn();

  world.disk.step();

  assert.deepEqual(world.heard, ["a gives 1", "b gives 1", "a has 1"]);
  assert.equal(world.disk.waiting, 1);
});

test("a group for which no journal file can be made free fails, and a later one is written when it can", async () => {
  const world = new World({}, 4096 + 300, 1);
  const stream = world.stream("a");
  stream.segment.fresh = false;
  stream.segment.onSettle = (_, done) => done(isStuck ? new Error("EIO: it stays") : undefined);
  let isStuck = true;
  stream.gather(150);
  await world.settle();
  world.broken.add("open ….journal");
  stream.gather(150);
  await world.settle();
  assert.deepEqual(
    world.heard.filter((line) => !line.includes("gives")),
    ["a has 1", "a lost 2: EIO"],
  );

  isStuck = false;
  world.broken.clear();
  stream.gather(150);
  await world.settle();

  assert.equal(world.heard.at(-1), "a has 3");
});
