// A stream that stopped keeps what journal files hold of it, and no room from others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Stream, storeId, World } from "../../test/log/committing.ts";
import { aLogWith, close, opened, openStore, owner, settle } from "../../test/log/scene.ts";
import { sequencesOf } from "../../test/log/told.ts";
import { itemForgotten, itemRecords, itemState } from "./journal.ts";
import { readJournal } from "./journal-scan.ts";
import { type Segment, segmentHeaderBytes } from "./segment.ts";

const filesMax = 3;
const fileBytes = 12 * 1024;

/** Nothing committed of this segment can be brought to its place, until it is answered true. */
function stick(segment: Segment): { mended: boolean } {
  const state = { mended: false };
  segment.onSettle = (_, done) => done(state.mended ? undefined : new Error("EIO: stuck"));
  return state;
}

interface Stuck {
  readonly world: World;
  readonly stopped: Stream;
  readonly state: { mended: boolean };
  readonly busy: Stream;
}

/** A stream that stopped after its share was acknowledged, and one that goes on. */
async function aStoppedStream(seed = 3): Promise<Stuck> {
  const world = new World({}, fileBytes, filesMax, seed);
  const [stopped, busy] = [world.stream("stopped"), world.stream("busy")];
  stopped.gather(1000).segment.fresh = false;
  busy.segment.fresh = false;
  await world.settle();
  return { world, stopped, busy, state: stick(stopped.segment) };
}

/** Commits so many groups, one after the other; answers how many were acknowledged. */
async function commitGroups({ world, busy }: Pick<Stuck, "world" | "busy">, count: number): Promise<number> {
  world.heard.length = 0;
  for (let i = 0; i < count; i++) {
    busy.gather(1500);
    await world.settle();
  }
  return world.heard.filter((each) => each.startsWith("busy has")).length;
}

const journalFiles = (world: World): string[] =>
  world.disk.files().filter((path) => path.endsWith(".journal"));
const itemsOf = (world: World, stream: Stream) =>
  world.items.filter(({ streamId }) => streamId === stream.id);

test("others write on for ever beside a stream that stopped, and what it owes stays in a journal", async () => {
  const stuck = await aStoppedStream();
  const { world, stopped } = stuck;

  assert.equal(await commitGroups(stuck, 200), 200);

  assert.ok(journalFiles(world).length <= filesMax + 1);
  const items = itemsOf(world, stopped);
  assert.ok(items.length > 0);
  for (const { kind, place, bytes, whole } of items) {
    assert.deepEqual([kind, place, whole], [itemRecords, segmentHeaderBytes, true]);
    assert.ok(bytes.equals(Buffer.alloc(1000, "stopped")));
  }
});

test("once it can be settled nothing of it is carried any more", async () => {
  const stuck = await aStoppedStream();
  await commitGroups(stuck, 50);
  stuck.state.mended = true;

  await commitGroups(stuck, 50);

  assert.deepEqual(itemsOf(stuck.world, stuck.stopped), []);
  let settled: Error | undefined | "never" = "never";
  stuck.world.journals.settleAll((error) => void (settled = error));
  await stuck.world.settle();
  assert.equal(settled, undefined);
});

test("of small state that cannot be settled what counts is carried: the newest, or that it was forgotten", async () => {
  for (const last of [Buffer.from("new"), undefined]) {
    const world = new World({}, fileBytes, filesMax);
    const state = world.state(7);
    world.broken.add("sync ….state").add("syncdir …/s");
    for (const contents of [Buffer.from("old"), last]) {
      world.commit.save(state, storeId, contents, () => undefined, "t");
      await world.settle();
    }
    const busy = world.stream("busy");
    busy.segment.fresh = false;

    assert.equal(await commitGroups({ world, busy }, 60), 60);

    const kept = world.items.filter(({ number, kind }) => number === 7 && kind !== itemRecords);
    const newest = kept.reduce((a, b) => (b.generation > a.generation ? b : a));
    assert.equal(newest.kind, last === undefined ? itemForgotten : itemState);
    assert.equal(newest.bytes.toString(), last === undefined ? "" : "new");
  }
});

test("streams that stopped with more than a file holds take turns, and every turn lets others commit", async () => {
  const world = new World({}, fileBytes, filesMax);
  const stopped = Array.from({ length: 14 }, (_, i) => world.stream(`stopped ${i}`));
  for (const stream of stopped) {
    stream.gather(1900).segment.fresh = false;
    await world.settle();
    stick(stream.segment);
  }
  const busy = world.stream("busy");
  busy.segment.fresh = false;

  assert.equal(await commitGroups({ world, busy }, 20), 20);

  for (const stream of stopped)
    assert.ok(itemsOf(world, stream).length > 0, `${stream.name} is in no journal`);
  assert.ok(journalFiles(world).length <= filesMax + 1);
});

for (const [what, call] of [
  ["made", "open ….journal"],
  ["written", "write ….journal"],
  ["synced", "sync 03.journal"],
] as const) {
  test(`a journal file for what is carried that cannot be ${what} fails those who wait, and is tried again`, async () => {
    const stuck = await aStoppedStream();
    const { world, busy, stopped } = stuck;
    while (journalFiles(world).length < filesMax) await commitGroups(stuck, 1);
    world.broken.add(call.replace("sync 03", "sync …03"));
    const before = await commitGroups(stuck, 30);
    assert.ok(before < 30, "nothing failed: the test shows nothing");
    assert.ok(world.heard.some((each) => each.startsWith("busy lost")));
    assert.ok(itemsOf(world, stopped).length > 0);

    world.broken.clear();

    assert.equal(await commitGroups({ world, busy }, 40), 40);
    assert.ok(itemsOf(world, stopped).length > 0);
    assert.ok(journalFiles(world).length <= filesMax + 1);
  });
}

test("what lies in a file that cannot be read stays there, and who waits is told", async () => {
  const stuck = await aStoppedStream();
  stuck.world.broken.add("read ….journal");

  const acknowledged = await commitGroups(stuck, 30);

  assert.ok(acknowledged < 30);
  stuck.world.broken.clear();
  assert.equal(await commitGroups(stuck, 30), 30);
});

/** Up to the moment in which a file for what is owed was made, and nothing in it is on the medium. */
async function inTheMiddle({ world, busy }: Stuck): Promise<void> {
  while (journalFiles(world).length <= filesMax) {
    busy.gather(1500);
    await world.turn();
    while (journalFiles(world).length <= filesMax && world.disk.step()) await world.turn();
  }
}

test("a file whose sync failed is made void at once, and takes what is owed the next time", async () => {
  const stuck = await aStoppedStream();
  const { world, stopped } = stuck;
  await inTheMiddle(stuck);
  const made = journalFiles(world).at(-1)!;
  const epoch = world.disk.contents(made).readUInt32LE(16);
  const { plan } = world.disk;
  world.disk.plan = (call, what, path) => {
    if (what !== "sync" || path !== made) return plan(call, what, path);
    world.disk.plan = plan;
    return "EIO";
  };
  await world.settle();
  assert.ok(world.heard.some((each) => each.startsWith("busy lost")));
  assert.ok(world.disk.contents(made).readUInt32LE(16) > epoch);
  assert.deepEqual(readJournal(world.disk.contents(made), storeId).items, []);

  assert.equal(await commitGroups(stuck, 1), 1);

  assert.ok(readJournal(world.disk.contents(made), storeId).items.length > 1);
  assert.ok(itemsOf(world, stopped).length > 0);
});

test("a file that can never be synced goes, and another takes what is owed", async () => {
  const stuck = await aStoppedStream();
  const { world, stopped } = stuck;
  await inTheMiddle(stuck);
  const made = journalFiles(world).at(-1)!;
  world.broken.add(`sync …${made}`);
  await world.settle();
  assert.ok(!journalFiles(world).includes(made));
  world.broken.clear(); // the next file has the same name

  assert.equal(await commitGroups(stuck, 40), 40);

  assert.ok(itemsOf(world, stopped).length > 0);
});

test("a file that can be neither synced nor unlinked is waited for by nobody, and not one more made each time", async () => {
  for (const broken of ["unlink ….journal", "syncdir …/journal"]) {
    const stuck = await aStoppedStream();
    const { world } = stuck;
    await inTheMiddle(stuck);
    const made = journalFiles(world).at(-1)!;
    world.broken.add(`sync …${made}`).add(broken);
    await world.settle();

    assert.equal(await commitGroups(stuck, 10), 0);
    assert.ok(journalFiles(world).length <= filesMax + 1);

    world.broken.clear();
    assert.equal(await commitGroups(stuck, 40), 40, broken);
    let settled: Error | undefined | "never" = "never";
    stuck.state.mended = true;
    world.journals.settleAll((error) => void (settled = error));
    await world.settle();
    assert.equal(settled, undefined);
    assert.deepEqual(world.items, []);
  }
});

test("small state is carried as it was committed, whatever a journal has of it", async () => {
  const world = new World({}, fileBytes, filesMax);
  const state = world.state(7);
  const busy = world.stream("busy");
  busy.segment.fresh = false;
  world.broken.add("sync ….state");
  world.commit.save(state, storeId, Buffer.from("damaged"), () => undefined, "t");
  await world.settle();
  const [path] = journalFiles(world) as [string];
  const bytes = world.disk.contents(path);
  bytes[bytes.indexOf("damaged")]! ^= 1;

  assert.equal(await commitGroups({ world, busy }, 60), 60);

  const kept = world.items.filter(({ kind }) => kind === itemState);
  assert.ok(kept.length > 0);
  for (const { bytes, whole } of kept) assert.deepEqual([bytes.toString(), whole], ["damaged", true]);
});

test("small state that was forgotten and kept again is carried as it is now, not as an older file has it", async () => {
  for (const last of [Buffer.from("new"), undefined]) {
    const world = new World({}, fileBytes, filesMax);
    const [state, stopped, busy] = [world.state(7), world.stream("stopped"), world.stream("busy")];
    busy.segment.fresh = false;
    stick(stopped.gather(1900).segment);
    stopped.segment.fresh = false;
    world.broken.add("sync ….state").add("syncdir …/s");
    const older = last === undefined ? Buffer.from("old") : undefined;
    world.commit.save(state, storeId, older, () => undefined, "t");
    await world.settle();
    for (let i = 0; i < 2; i++) {
      stopped.gather(1900);
      await world.settle();
    }
    await commitGroups({ world, busy }, 2); // another file
    world.commit.save(state, storeId, last, () => undefined, "t");
    await world.settle();
    assert.equal(await commitGroups({ world, busy }, 12), 12);
    world.broken.clear();
    assert.equal(await commitGroups({ world, busy }, 60), 60);

    for (const { kind, generation, bytes } of world.items.filter((item) => item.number === 7)) {
      assert.equal(generation, 2, `${kind} ${bytes}`);
    }
  }
});

test("a file that becomes void while another takes what is owed is written; the other is settled in its turn", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const stuck = await aStoppedStream(seed); // what comes back first is chance
    const { world, state, stopped } = stuck;
    await inTheMiddle(stuck);
    state.mended = true;

    world.journals.retry();
    await world.settle();

    assert.equal(await commitGroups(stuck, 60), 60);
    assert.deepEqual(itemsOf(world, stopped), []);
  }
});

test("who settles all while a file takes what is owed is answered, whether that goes well or not", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const stuck = await aStoppedStream(seed);
    const { world, state } = stuck;
    await inTheMiddle(stuck);
    state.mended = true;
    if (seed % 2 === 0) world.broken.add(`sync …${journalFiles(world).at(-1)}`);
    let settled = 0;

    world.journals.settleAll(() => void settled++);
    await world.settle();

    assert.equal(settled, 1, `seed ${seed}`);
  }
});

test("a file that holds nothing of anybody, and cannot be made void, goes", async () => {
  const stuck = await aStoppedStream();
  const { world, state } = stuck;
  state.mended = true;
  const [first] = journalFiles(world) as [string];
  await commitGroups(stuck, 4); // and no fifth goes into it
  const calls: string[] = [];
  const { plan } = world.disk;
  world.disk.plan = (call, what, path) => {
    if (path === first) calls.push(what);
    return what === "write" && calls.length === 1 ? "EIO" : plan(call, what, path);
  };

  assert.equal(await commitGroups(stuck, 40), 40);

  assert.deepEqual(calls.slice(0, 3), ["write", "unlink", "open"]);
  assert.ok(journalFiles(world).length <= filesMax);
});

test("a file of nobody that can be neither made void nor unlinked keeps the others, until it can", async () => {
  const stuck = await aStoppedStream();
  const { world, state } = stuck;
  state.mended = true;
  const [first] = journalFiles(world) as [string];
  await commitGroups(stuck, 4);
  world.broken.add(`write …${first}`).add(`unlink …${first}`);

  assert.ok((await commitGroups(stuck, 40)) < 40);
  assert.ok(journalFiles(world).length <= filesMax);

  world.broken.clear();
  assert.equal(await commitGroups(stuck, 40), 40);
});

test("what a stopped stream had acknowledged is there after any number of journal files and a power cut", async () => {
  const { disk, store, log } = await aLogWith(["a"], {}, { journalBytes: 8192 });
  const busy = store.create("busy", { tenant: "other" }, owner);
  disk.failedSyncs = ["reverted"];
  const [segment] = disk.files().filter((path) => path.endsWith(".seg"));
  disk.plan = (_, what, path) => (what === "sync" && path === segment ? "EIO" : undefined);

  for (let i = 0; i < 200; i++) {
    busy.append("b", undefined, Buffer.alloc(1000), 1n);
    await settle(disk);
  }

  assert.equal(log.phase, "failed");
  assert.equal(busy.committed, 200);
  const after = opened(disk.reborn("power", 4));
  assert.deepEqual(sequencesOf(after.log), [1]);
  assert.equal(after.log.read(1)?.payload.toString(), "payload 1");
  assert.equal(after.store.open("busy", owner).state.messages, 200);
  await close(after.store, after.disk);
  assert.equal(openStore(after.disk).entries().length, 2);
});
