// A large share goes to its own segments, not through the journal, and is committed when all of them are synced.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openFilesMax, type Stream, World } from "../../test/log/committing.ts";
import { type Segment, segmentHeaderBytes } from "./segment.ts";

/** A large share over two segments whose names are on the disk already. */
async function overTwoSegments(seed: number): Promise<{ world: World; stream: Stream; segments: Segment[] }> {
  const world = new World({}, undefined, undefined, seed);
  const stream = world.stream("a").gather(1500);
  const segments = [stream.segment, stream.begin(2)];
  for (const segment of segments) segment.fresh = false;
  stream.gather(1500);
  await world.turn();
  for (let writes = 0; writes < 2; writes++) {
    world.disk.step();
    await world.turn();
  }
  assert.equal(world.disk.waiting, 2, "both syncs are under way");
  return { world, stream, segments };
}

test("a large share goes to its own segment and is synced there, beside the journal", async () => {
  const world = new World();
  const [large, small] = [world.stream("l"), world.stream("s")];
  for (const { segment } of [large, small]) segment.fresh = false;
  large.gather(1500).gather(501);
  small.gather(2000);
  await world.settle();

  assert.deepEqual(
    world.heard.filter((line) => line.startsWith("l")),
    ["l gives 2", "l behind", "l has 2 in place"],
  );
  assert.ok(world.heard.includes("s has 1"), "a share of just the limit goes to the journal");
  assert.deepEqual(
    world.items.map(({ bytes }) => bytes.length),
    [2000],
  );
  const { segment } = large;
  assert.equal(segment.written, segmentHeaderBytes + 2001);
  assert.equal(segment.synced, segmentHeaderBytes + 2001);
  const file = world.disk.contents(segment.path);
  assert.equal(file.length, segmentHeaderBytes + 2001);
  assert.ok(file.subarray(segmentHeaderBytes).every((byte) => byte === 0x6c));
});

test("only so many large shares are under way at once", async () => {
  const world = new World();
  const streams = ["a", "b", "c"].map((name) => world.stream(name));
  for (const stream of streams) stream.gather(3000);
  await world.turn();
  world.commit.enqueue(streams[2]!);
  assert.deepEqual(world.heard, ["a gives 1", "a behind", "b gives 1", "b behind"]);
  let idle = false;
  world.commit.whenIdle(() => void (idle = true));
  await world.turn();
  assert.ok(!idle);

  await world.settle();

  assert.deepEqual([...world.heard].filter((line) => line.includes("place")).sort(), [
    "a has 1 in place",
    "b has 1 in place",
    "c has 1 in place",
  ]);
  assert.equal(world.heard.filter((line) => line.startsWith("c gives")).length, 1);
  assert.ok(idle);
});

test("a large share is refused whichever of its calls fails, and the next one goes well", async () => {
  for (const failing of ["write …seg", "sync …seg", "syncdir …1", "open …seg"]) {
    const world = new World();
    const stream = world.stream("a").gather(3000);
    if (failing.startsWith("open")) world.handles.close(stream.segment.path);
    world.broken.add(failing);
    await world.settle();

    assert.deepEqual(world.heard, ["a gives 1", "a behind", "a lost 1: EIO"], failing);
    assert.ok(stream.segment.fresh);
    if (failing.startsWith("write")) assert.equal(stream.segment.written, 0);
    world.broken.clear();
    if (failing.startsWith("sync")) stream.begin(2); // what that file has is not known any more
    stream.gather(3000);
    await world.settle();
    assert.equal(world.heard.at(-1), "a has 2 in place");
    assert.ok(!stream.segment.fresh);
  }
});

test("a large share over two segments is written to both, and both are synced", async () => {
  const world = new World();
  const stream = world.stream("a").gather(1500);
  const first = stream.segment;
  stream.begin(2);
  stream.gather(1500);
  await world.settle();

  for (const segment of [first, stream.segment]) {
    assert.equal(segment.synced, segmentHeaderBytes + 1500);
    assert.ok(!segment.fresh);
    assert.equal(world.disk.contents(segment.path).length, segmentHeaderBytes + 1500);
  }
  assert.equal(world.heard.at(-1), "a has 2 in place");
});

test("a large share over two segments is committed when both are synced, whichever is first", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const { world } = await overTwoSegments(seed);

    world.disk.step();
    assert.deepEqual(world.heard, ["a gives 2", "a behind"]);
    world.disk.step();

    assert.deepEqual(world.heard, ["a gives 2", "a behind", "a has 2 in place"]);
  }
});

test("one segment of a large share that cannot be synced fails all of it", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    for (const failing of [0, 1]) {
      const { world, segments } = await overTwoSegments(seed);
      world.broken.add(`sync ${segments[failing]!.path}…`);
      await world.settle();

      assert.deepEqual(world.heard, ["a gives 2", "a behind", "a lost 2: EIO"]);
    }
  }
});

test("files of what was committed are not kept open", async () => {
  const world = new World();
  ["a", "b", "c", "d"].map((name, i) => world.stream(name).gather(i % 2 === 0 ? 100 : 3000));
  await world.settle();
  assert.equal(world.heard.filter((line) => line.includes("has")).length, 4);

  world.stream("e");

  assert.ok(world.handles.size <= openFilesMax, `${world.handles.size} files are open`);
});

test("a segment that cannot be opened for its sync fails the share", async () => {
  const world = new World();
  const stream = world.stream("a").gather(3000);
  const { plan } = world.disk;
  world.disk.plan = (call, what, path) => {
    if (what === "write") {
      world.handles.close(stream.segment.path); // as another stream's file may push it out
      world.broken.add("open …seg");
    }
    return plan(call, what, path);
  };
  await world.settle();

  assert.deepEqual(world.heard, ["a gives 1", "a behind", "a lost 1: EIO"]);
});

test("a large share of a stream that gives nothing is no share", async () => {
  const world = new World();
  const stream = world.stream("a").gather(3000);
  stream.isSilent = true;
  let isIdle = false;
  world.commit.whenIdle(() => void (isIdle = true));
  await world.settle();

  assert.deepEqual(world.heard, ["a gives 1"]);
  assert.ok(isIdle);
});

test("a stream deleted while its share waits fails nobody, and nothing of it is written", async () => {
  const world = new World();
  const [large, small, other] = [world.stream("l"), world.stream("s"), world.stream("o")];
  for (const stream of [large, small, other]) stream.gather(100);
  await world.settle();
  for (const [stream, bytes] of [
    [large, 3000],
    [small, 100],
  ] as const) {
    stream.gather(bytes);
    stream.segment.gone = true;
    stream.segment.fresh = true;
    world.handles.close(stream.segment.path);
    for (const call of ["open", "write", "sync"]) world.broken.add(`${call} ${stream.segment.path}…`);
  }
  other.gather(50);
  await world.settle();

  assert.deepEqual(
    world.heard.filter((line) => line.includes("lost")),
    [],
  );
  assert.ok(world.heard.includes("o has 2"));
  assert.deepEqual(
    world.items.map(({ streamId, bytes }) => [streamId.slice(-1), bytes.length]),
    [
      ["1", 100],
      ["2", 100],
      ["3", 100],
      ["3", 50],
    ],
  );
});

test("a large share of which one segment is gone is committed with the other", async () => {
  const world = new World();
  const stream = world.stream("a").gather(1500);
  stream.segment.gone = true;
  const { segment } = stream;
  stream.begin(2);
  stream.gather(1500);
  await world.settle();

  assert.equal(world.disk.contents(segment.path).length, 0);
  assert.equal(world.disk.contents(stream.segment.path).length, segmentHeaderBytes + 1500);
  assert.equal(world.heard.at(-1), "a has 2 in place");
});

test("a large share behind bytes that its file was not given is refused before it is written", async () => {
  const world = new World();
  const stream = world.stream("a");
  stream.writeBehind = () => new Error("EIO");
  stream.gather(3000);
  await world.settle();

  assert.deepEqual(world.heard, ["a gives 1", "a lost 1: EIO"]);
  assert.equal(world.disk.contents(stream.segment.path).length, 0);
});

test("a disk that throws what it should call back with fails the share, or the group", async () => {
  for (const bytes of [100, 3000]) {
    const world = new World();
    world.disk.syncDirectory = () => {
      throw new Error("EIO");
    };
    world.stream("a").gather(bytes);
    await world.settle();

    assert.ok(world.heard.includes("a lost 1: EIO"));
    let isIdle = false;
    world.commit.whenIdle(() => void (isIdle = true));
    await world.settle();
    assert.ok(isIdle);
  }
});

test("it is not silent while a large share is on its way, is waiting for its turn, or its stream has more", async () => {
  for (const act of [
    (world: World) => world.stream("a").gather(3000),
    (world: World) => ["a", "b", "c"].forEach((name) => void world.stream(name).gather(3000)),
    (world: World) => {
      const stream = world.stream("a").gather(3000);
      stream.onTake = () => {
        stream.onTake = () => undefined;
        queueMicrotask(() => void stream.gather(10));
      };
    },
  ]) {
    const world = new World();
    act(world);
    let isSilent = false;
    world.commit.whenIdle(() => void (isSilent = true));
    await world.turn();
    assert.ok(world.disk.waiting > 0, "nothing is on its way: this shows nothing");
    while (world.disk.waiting > 0) {
      assert.ok(!isSilent, `silent with ${world.disk.waiting} calls under way`);
      world.disk.step();
      await world.turn();
    }

    assert.ok(isSilent);
  }
});
