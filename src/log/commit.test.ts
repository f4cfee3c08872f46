// What streams append in one turn is committed together, and told when it lasts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { storeId, World } from "../../test/log/committing.ts";
import { itemRecords } from "./journal.ts";
import { segmentHeaderBytes } from "./segment.ts";

test("what many streams append in one turn is committed with one write and one sync of the journal", async () => {
  const world = new World();
  const streams = ["a", "b", "c"].map((name) => world.stream(name).gather(100));
  for (const stream of streams) stream.segment.fresh = false;
  let looks = 0;
  const { commit } = world;
  const kick = commit.kick.bind(commit);
  commit.kick = () => {
    looks++;
    kick();
  };
  streams[0]!.gather(50);
  commit.enqueue(streams[1]!);

  assert.deepEqual(world.heard, [], "nothing begins before the turn is over");
  await world.turn();
  assert.deepEqual(world.heard, ["a gives 2", "b gives 1", "c gives 1"]);
  assert.equal(looks, 1);
  world.synced.length = 0;
  await world.settle();

  assert.deepEqual(world.heard.slice(3), ["a has 2", "b has 1", "c has 1"]);
  assert.deepEqual(world.synced, ["/s/journal/00.journal"]);
  assert.deepEqual(
    world.items.map(({ streamId, kind, number, generation, place, bytes, whole }) => [
      streamId.slice(-1),
      kind,
      number,
      generation,
      place,
      bytes.length,
      whole,
    ]),
    [
      ["1", itemRecords, 1, 0, segmentHeaderBytes, 100, true],
      ["1", itemRecords, 1, 0, segmentHeaderBytes + 100, 50, true],
      ["2", itemRecords, 1, 0, segmentHeaderBytes, 100, true],
      ["3", itemRecords, 1, 0, segmentHeaderBytes, 100, true],
    ],
  );
});

test("nothing is committed before the journal's sync came back", async () => {
  const world = new World();
  const stream = world.stream("a").gather(100);
  stream.segment.fresh = false;

  await world.turn();
  assert.deepEqual(world.heard, ["a gives 1"]);
  assert.equal(world.disk.waiting, 1);
  await world.settle();

  assert.deepEqual(world.heard, ["a gives 1", "a has 1"]);
});

test("a new segment's header and name are on the disk before what lies in it is acknowledged, once", async () => {
  for (const path of ["sync …journal", "sync …seg", "syncdir …1"]) {
    const world = new World();
    const stream = world.stream("a").gather(100);
    let { segment } = stream;
    segment.written = segmentHeaderBytes;
    await world.turn();
    assert.equal(world.disk.waiting, 3, "journal, segment and directory");
    world.broken.add(path);
    world.synced.length = 0;
    await world.settle();

    assert.deepEqual(world.heard, ["a gives 1", "a lost 1: EIO"], path);
    for (const synced of [segment.path, stream.directory, "/s/journal/00.journal"])
      assert.ok(world.synced.includes(synced), `${synced} is not synced`);
    assert.ok(segment.fresh);
    world.broken.clear();
    world.heard.length = 0;
    if (segment.suspect) segment = stream.begin(2); // what that file has is not known any more
    segment.written = segmentHeaderBytes;
    stream.gather(10);
    await world.settle();
    assert.deepEqual(world.heard, ["a gives 1", "a has 2"], path);
    assert.ok(!segment.fresh);
    assert.equal(segment.synced, segmentHeaderBytes);
    world.synced.length = 0;
    stream.gather(10);
    await world.settle();
    assert.deepEqual(
      world.synced.filter((each) => !each.endsWith("journal")),
      [],
    );
  }
});

test("a segment counts as synced up to what its file had when the sync began", async () => {
  const world = new World();
  const stream = world.stream("a").gather(100);
  const { segment } = stream;
  segment.written = 64;
  segment.synced = 40;
  await world.turn();
  segment.written = 500;
  await world.settle();
  assert.equal(segment.synced, 64);

  segment.fresh = true;
  segment.written = 30;
  stream.gather(1);
  await world.settle();
  assert.equal(segment.synced, 64, "an older sync takes nothing back");
});

test("a failed sync is no sync, whatever a later one says, and its journal file is not written on", async () => {
  const world = new World();
  const stream = world.stream("a").gather(100);
  const saved: (Error | undefined)[] = [];
  const state = world.state(7);
  world.commit.save(state, storeId, Buffer.from("x"), (error) => void saved.push(error), "t");
  world.broken.add("sync …journal");
  await world.settle();

  assert.deepEqual(world.heard, ["a gives 1", "a lost 1: EIO"]);
  assert.match(saved[0]!.message, /EIO/);
  assert.ok(state.settled, "state that is not committed is owed nothing");
  world.broken.clear();
  stream.segment.fresh = false;
  stream.gather(100);
  await world.settle();
  assert.equal(world.heard.at(-1), "a has 2");
  assert.deepEqual(
    world.items.map(({ kind, place }) => [kind, place]),
    [[itemRecords, segmentHeaderBytes + 100]],
    "what came before is void",
  );
});

test("what a stream gets while its commit is under way waits for the next one, in line once", async () => {
  const world = new World();
  const stream = world.stream("a").gather(100);
  stream.segment.fresh = false;
  await world.turn();

  stream.gather(10);
  stream.gather(20);
  world.stream("b").gather(5);
  await world.turn();
  assert.deepEqual(world.heard, ["a gives 1"]);
  await world.settle();

  assert.deepEqual(
    world.heard.filter((line) => line.includes("gives")),
    ["a gives 1", "b gives 1", "a gives 2"],
  );
  assert.equal(world.items.length, 4);
});

test("what the owner appends in answer to a commit is committed next, once", async () => {
  const world = new World();
  const stream = world.stream("a").gather(100);
  let left = 2;
  stream.onCommitted = () => void (left-- > 0 && stream.gather(7));

  await world.settle();

  assert.deepEqual(
    world.heard.filter((line) => line.includes("has")),
    ["a has 1", "a has 2", "a has 3"],
  );
  assert.equal(world.heard.filter((line) => line.includes("gives")).length, 3);
});

test("a stream that has nothing to give holds up nobody, and is asked again when it asks", async () => {
  const world = new World();
  const stream = world.stream("a");
  stream.isSilent = true;
  stream.gather(10);
  let idle = false;
  world.commit.whenIdle(() => void (idle = true));
  await world.turn();
  assert.deepEqual(world.heard, ["a gives 1"]);
  assert.ok(idle);
  assert.deepEqual(world.items, []);

  stream.isSilent = false;
  stream.gather(10);
  await world.settle();
  assert.equal(world.heard.at(-1), "a has 2");
});

test("what a stream asks for while it gives nothing comes with its next turn", async () => {
  const world = new World();
  const stream = world.stream("a");
  stream.onTake = () => {
    stream.onTake = () => undefined;
    stream.isSilent = true;
    stream.gather(10);
    world.commit.enqueue(stream);
    queueMicrotask(() => void (stream.isSilent = false));
  };
  world.commit.enqueue(stream);

  await world.settle();

  assert.deepEqual(world.heard, ["a gives 1", "a gives 1", "a has 1"]);
});

test("what a journal has is not written to its segments by the commit", async () => {
  const world = new World();
  world.stream("a").gather(10);
  await world.settle();

  assert.ok(world.heard.includes("a has 1"));
  assert.ok(!world.heard.includes("a behind"));
});

test("records are owed to their segment: the journal's file is not used again before it is settled", async () => {
  const world = new World();
  const stream = world.stream("a").gather(100);
  const settled: string[] = [];
  stream.segment.onSettle = (segment, done) => {
    settled.push(segment.path);
    done(undefined);
  };
  await world.settle();
  world.journals.settleAll(() => undefined);
  await world.settle();

  assert.deepEqual(settled, [stream.segment.path]);
});

test("a journal file that cannot be made fails the commit with its error", async () => {
  const world = new World();
  world.broken.add("open …journal");
  const stream = world.stream("a").gather(100);
  await world.settle();
  assert.deepEqual(world.heard, ["a gives 1", "a lost 1: EIO"]);

  world.broken.clear();
  stream.gather(100);
  await world.settle();
  assert.equal(world.heard.at(-1), "a has 2");
});

test("whoever waits for silence hears when nothing is waiting or under way, once", async () => {
  const world = new World();
  let idle = 0;
  world.commit.whenIdle(() => void idle++);
  assert.equal(idle, 0);
  await world.turn();
  assert.equal(idle, 1);

  world.stream("a").gather(100);
  world.commit.save(world.state(1), storeId, Buffer.from("x"), () => undefined, "t");
  world.commit.whenIdle(() => void idle++);
  await world.turn();
  assert.equal(idle, 1);
  await world.settle();
  assert.equal(idle, 2);
  world.stream("b").gather(100);
  await world.settle();
  assert.equal(idle, 2);
});

test("of a commit that failed its owners hear before the next one begins", async () => {
  const world = new World();
  world.stream("a").gather(10).segment.fresh = false;
  await world.turn();
  world.stream("b").gather(10).segment.fresh = false;
  await world.turn();
  world.broken.add("sync …journal");
  world.disk.step();

  assert.deepEqual(world.heard, ["a gives 1", "a lost 1: EIO"]);
  world.broken.clear();
  await world.settle();
  assert.ok(world.heard.includes("b has 1"));
});

test("bytes that the last commit wrote are not kept in memory once they are wiped", async () => {
  const world = new World();
  const written: Uint8Array[] = [];
  const open = world.disk.openSync.bind(world.disk);
  world.disk.openSync = (path, mode) => {
    const file = open(path, mode);
    const write = file.writeSync.bind(file);
    file.writeSync = (from, offset, length, position) => {
      written.push(from);
      return write(from, offset, length, position);
    };
    return file;
  };
  world.stream("secret").gather(100).segment.fresh = false;
  await world.settle();
  const group = written.find((bytes) => Buffer.from(bytes).includes("secret"))!;

  world.commit.wipe();

  assert.ok(!Buffer.from(group).includes("secret"));
});
