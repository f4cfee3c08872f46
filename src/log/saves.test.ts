// Small state is saved by whole commits: the newest once, and everybody who saved it is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { storeId, World } from "../../test/log/committing.ts";
import { itemForgotten, itemOverhead, itemState } from "./journal.ts";
import { readState } from "./small-state.ts";

test("state saved over and over in one turn is written once, the newest, and everybody who saved it is told", async () => {
  const world = new World();
  const state = world.state(7);
  const told: number[] = [];
  for (let i = 0; i < 200; i++)
    world.commit.save(state, storeId, Buffer.alloc(5000, i), () => void told.push(i), "t");

  await world.settle();

  assert.deepEqual(
    world.items.map(({ generation, bytes }) => [generation, bytes.length, bytes[0]]),
    [[200, 5000, 199]],
  );
  assert.deepEqual(
    told,
    Array.from({ length: 200 }, (_, i) => i),
  );
});

test("state saved while an older save is under way waits for the next commit, once", async () => {
  const world = new World();
  const state = world.state(7);
  const told: string[] = [];
  const save = (text: string): void =>
    world.commit.save(state, storeId, Buffer.from(text), () => void told.push(text), "t");
  save("first");
  await world.turn();
  for (const text of ["second", "third", "fourth"]) save(text);

  await world.settle();

  assert.deepEqual(
    world.items.map(({ bytes }) => bytes.toString()),
    ["first", "fourth"],
  );
  assert.deepEqual(told, ["first", "second", "third", "fourth"]);
});

test("everybody who saved state hears of a commit that failed", async () => {
  const world = new World();
  const state = world.state(7);
  const told: (string | undefined)[] = [];
  world.broken.add("sync …journal");
  for (const text of ["a", "b"])
    world.commit.save(state, storeId, Buffer.from(text), (error) => void told.push(error?.message), "t");

  await world.settle();

  assert.equal(told.length, 2);
  for (const message of told) assert.match(message!, /EIO/);
});

test("one tenant's state goes with the next commit, however much another's is waiting", async () => {
  const world = new World();
  const order: string[] = [];
  for (let number = 1; number <= 50; number++)
    world.commit.save(world.state(number), storeId, Buffer.alloc(6000), () => void order.push("many"), "A");
  world.commit.save(world.state(99), storeId, Buffer.alloc(100), () => void order.push("one"), "B");

  await world.settle();

  assert.equal(order.indexOf("one"), 1);
  assert.equal(order.length, 51);
});

test("a reservation waits for no owner's state, and the reservations of a group have a limit of their own", async () => {
  const each = 1000 + itemOverhead;
  const world = new World({ groupBytesMax: 2 * each });
  const order: string[] = [];
  for (let number = 1; number <= 9; number++)
    world.commit.save(world.state(number), storeId, Buffer.alloc(1000), () => void order.push("state"), "A");
  for (let i = 0; i < 3; i++)
    world.commit.save(world.state(0), storeId, Buffer.alloc(1000), () => void order.push("header"), "A");
  await world.turn();
  world.disk.step();

  assert.deepEqual(order, ["header", "header", "state", "state"]);
  await world.settle();
  assert.equal(order.length, 12);
  assert.ok(world.items.every(({ kind }) => kind === itemState));
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
