// What goes wrong with one stream's own files in a commit of many is that stream's affair.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Stream, World } from "../../test/log/committing.ts";

/** A group of three in the middle of its commit, and the first stream's segment is new. */
async function aGroup(): Promise<{ world: World; streams: Stream[] }> {
  const world = new World();
  const streams = ["a", "b", "c"].map((name) => world.stream(name, name).gather(100));
  for (const stream of streams.slice(1)) stream.segment.fresh = false;
  await world.turn();
  return { world, streams };
}

for (const call of ["sync …0000.seg", "syncdir …0001"]) {
  test(`a new segment of which the ${call.split(" ")[0]} fails stops its stream, and no other of the group`, async () => {
    const { world, streams } = await aGroup();
    streams[0]!.segment.written = 64;
    world.broken.add(call);
    await world.settle();

    const told = world.heard.filter((each) => / (has|lost) /.test(each));
    assert.deepEqual(told, ["a lost 1: EIO", "b has 1", "c has 1"]);
    assert.ok(streams[0]!.segment.fresh, "what could not be made last still has to be");

    world.broken.clear();
    world.heard.length = 0;
    for (const stream of streams.slice(1)) stream.gather(10);
    await world.settle();
    assert.deepEqual(world.heard.slice(2, 4), ["b has 2", "c has 2"]);
    const files = world.disk.files().filter((path) => path.endsWith(".journal"));
    assert.equal(files.length, 1, "nothing is wrong with the journal file");
  });
}

test("a journal file is owed nothing by a stream whose share failed, and by the others what they committed", async () => {
  const { world, streams } = await aGroup();
  const settled: string[] = [];
  for (const { name, segment } of streams)
    segment.onSettle = (_, done) => {
      settled.push(name);
      done(undefined);
    };
  world.broken.add("syncdir …0001");
  await world.settle();

  world.journals.settleAll(() => undefined);
  await world.settle();

  assert.deepEqual(settled.sort(), ["b", "c"]);
});

test("a stream that goes while its new segment's name is synced fails nobody", async () => {
  const { world, streams } = await aGroup();
  const [gone] = streams as [Stream];
  gone.segment.gone = true;
  world.handles.close(gone.segment.path);
  world.disk.unlinkSync(gone.segment.path);
  world.disk.removeDirectorySync(gone.directory);
  await world.settle();

  assert.deepEqual(
    world.heard.filter((each) => each.includes("lost")),
    [],
  );
  assert.ok(world.heard.includes("b has 1") && world.heard.includes("c has 1"));
});

test("a large share whose new segment's name cannot be synced fails, and what others commit beside it does not", async () => {
  const world = new World();
  const large = world.stream("large").gather(5_000);
  const small = world.stream("small").gather(10);
  small.segment.fresh = false;
  world.broken.add("syncdir …0001");
  await world.settle();

  assert.ok(world.heard.includes("large lost 1: EIO"));
  assert.ok(world.heard.includes("small has 1"));
  assert.ok(large.segment.fresh);
});

test("small state of a stream that goes while its copies are synced keeps no journal file", async () => {
  const world = new World();
  const state = world.state(3);
  world.commit.save(state, "0000000000000001", Buffer.from("x"), () => undefined, "t");
  await world.settle();
  let settled: Error | undefined | "never" = "never";
  world.journals.settleAll((error) => void (settled = error));
  state.abandon();
  world.broken.add("syncdir …/s");
  await world.settle();

  assert.equal(settled, undefined);
});
