import assert from "node:assert/strict";
import { test } from "node:test";
import { storeId, World } from "../../test/log/committing.ts";
import { itemForgotten, itemOverhead, itemRecords, itemState, journalHeaderBytes } from "./journal.ts";
import { segmentHeaderBytes } from "./segment.ts";
import { readState } from "./small-state.ts";

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

  assert.deepEqual(world.heard.slice(3), [
    "a has 2",
    "b has 1",
    "c has 1",
    "a behind",
    "b behind",
    "c behind",
  ]);
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

  assert.deepEqual(world.heard, ["a gives 1", "a has 1", "a behind"]);
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
    assert.deepEqual(world.heard, ["a gives 1", "a has 2", "a behind"], path);
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
  assert.equal(world.heard.at(-2), "a has 2");
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
  assert.equal(world.heard.at(-2), "a has 2");
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

  assert.deepEqual(world.heard, ["a gives 1", "a gives 1", "a has 1", "a behind"]);
});

test("tenants take turns, and a group ends where it is full", async () => {
  const world = new World({ groupBytesMax: 4 * (400 + itemOverhead) });
  for (const [name, tenant] of [
    ["a1", "a"],
    ["a2", "a"],
    ["a3", "a"],
    ["b1", "b"],
    ["a4", "a"],
    ["c1", "c"],
    ["b2", "b"],
  ] as const)
    world.stream(name, tenant).gather(400).segment.fresh = false;

  await world.turn();
  const first = world.heard.splice(0);
  await world.settle();

  assert.deepEqual(first, ["a1 gives 1", "b1 gives 1", "c1 gives 1", "a2 gives 1"]);
  assert.deepEqual(
    world.heard.filter((line) => line.includes("gives")),
    ["b2 gives 1", "a3 gives 1", "a4 gives 1"],
  );
});

test("a group of one byte less than full takes one more stream", async () => {
  const world = new World({ groupBytesMax: 2 * (400 + itemOverhead) + 1 });
  for (const name of ["a", "b", "c", "d"]) world.stream(name, name).gather(400).segment.fresh = false;

  await world.turn();

  assert.deepEqual(world.heard, ["a gives 1", "b gives 1", "c gives 1"]);
});

test("a small share of which one segment is gone is committed with the other", async () => {
  const world = new World();
  const stream = world.stream("a").gather(100);
  stream.segment.gone = true;
  stream.begin(2);
  stream.gather(50);
  await world.settle();

  assert.deepEqual(
    world.items.map(({ number, bytes }) => [number, bytes.length]),
    [[2, 50]],
  );
});

test("many streams of one commit are not written to their segments at once, few are", async () => {
  for (const [count, isBehind] of [
    [4, true],
    [5, false],
  ] as const) {
    const world = new World();
    for (let i = 0; i < count; i++) world.stream(`s${i}`).gather(10);
    await world.settle();

    assert.equal(world.heard.filter((line) => line.includes("behind")).length, isBehind ? count : 0);
    assert.equal(world.heard.filter((line) => line.includes("has")).length, count);
  }
});

test("small state is kept once the journal has it, and its copies are what it owes", async () => {
  const world = new World();
  const state = world.state(7);
  const done: (Error | undefined)[] = [];
  world.commit.save(state, storeId, Buffer.from("first"), (error) => void done.push(error), "t");
  world.commit.save(state, storeId, Buffer.from("second"), (error) => void done.push(error), "t");
  assert.deepEqual([state.generation, state.contents.toString()], [2, "second"]);
  await world.turn();
  assert.equal(done.length, 0);
  assert.ok(state.settled, "nothing is owed yet");
  await world.settle();

  assert.equal(done.length, 2);
  assert.equal(
    done.find((error) => error !== undefined),
    undefined,
  );
  assert.ok(!state.settled);
  assert.deepEqual(
    world.items.map(({ kind, number, generation, bytes, place }) => [
      kind,
      number,
      generation,
      bytes.toString(),
      place,
    ]),
    [[itemState, 7, 2, "second", 0]],
  );
  const settled: (Error | undefined)[] = [];
  world.journals.settleAll((error) => void settled.push(error));
  await world.settle();
  assert.deepEqual(settled, [undefined]);
  assert.equal(readState(world.disk, "/s", storeId, 7).newest!.contents.toString(), "second");

  world.commit.save(state, storeId, undefined, (error) => void done.push(error), "t");
  assert.equal(state.contents.length, 0);
  await world.settle();
  assert.deepEqual(
    world.items.map(({ kind, generation, bytes }) => [kind, generation, bytes.length]),
    [[itemForgotten, 3, 0]],
  );
  world.journals.settleAll(() => undefined);
  await world.settle();
  assert.equal(readState(world.disk, "/s", storeId, 7).newest, undefined);
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

test("more small state than a group holds is kept in several commits", async () => {
  const each = 1000 + itemOverhead;
  for (const [groupBytesMax, expected] of [
    [2 * each, 3],
    [2 * each + 1, 2],
    [1, 5],
  ] as const) {
    const world = new World({ groupBytesMax });
    let done = 0;
    for (let number = 1; number <= 5; number++)
      world.commit.save(world.state(number), storeId, Buffer.alloc(1000), () => void done++, "t");
    let syncs = 0;
    await world.turn();
    while (world.disk.step()) {
      syncs++;
      await world.turn();
    }

    assert.equal(done, 5);
    assert.equal(syncs, expected, `${groupBytesMax} bytes a group`);
    assert.equal(world.items.length, 5);
  }
});

test("a group that fits the journal's file exactly goes into it, one byte more into the next", async () => {
  const [stateBytes, recordBytes] = [1000, 500];
  const group = stateBytes + 2 * recordBytes + 3 * itemOverhead;
  for (const [fileBytes, files] of [
    [journalHeaderBytes + 2 * group, 1],
    [journalHeaderBytes + 2 * group - 1, 2],
  ] as const) {
    const world = new World({}, fileBytes);
    const stream = world.stream("a");
    const state = world.state(1);
    for (let round = 0; round < 2; round++) {
      world.commit.save(state, storeId, Buffer.alloc(stateBytes), () => undefined, "t");
      stream.gather(recordBytes).gather(recordBytes);
      await world.settle();
    }

    assert.equal(
      world.disk.files().filter((path) => path.endsWith(".journal")).length,
      files,
      `${fileBytes}`,
    );
    assert.equal(world.items.length, files === 1 ? 6 : 3);
  }
});

test("while all journal files settle a group waits, and goes on when one is free", async () => {
  const world = new World({}, journalHeaderBytes + 1000, 1);
  const stream = world.stream("a").gather(800);
  let release = (): void => undefined;
  stream.segment.onSettle = (_, done) => {
    release = () => done(undefined);
  };
  await world.settle();
  const other = world.stream("b").gather(800);
  await world.settle();
  assert.ok(!world.heard.includes("b has 1"));
  assert.ok(world.heard.includes("b gives 1"));
  world.stream("c").gather(10);
  await world.settle();
  assert.ok(!world.heard.includes("c gives 1"), "the lane waits with the group");

  other.segment.onSettle = (_, done) => done(undefined);
  release();
  await world.settle();

  assert.ok(world.heard.includes("b has 1") && world.heard.includes("c has 1"));
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
  assert.equal(world.heard.at(-2), "a has 2");
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
