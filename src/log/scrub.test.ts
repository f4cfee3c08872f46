// A scrub reads every message in turn, and damage is told when it is met.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, lose, segmentsOf } from "../../test/log/files.ts";
import { aLogWith, appendTo, close, opened, owner, settle } from "../../test/log/scene.ts";
import { range, repeated, sequencesOf } from "../../test/log/told.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { Scrub } from "./scrub.ts";

test("a scrub goes through streams in slices, round after round, until it is stopped", async () => {
  const { log, store, disk } = await aLogWith(repeated(600));
  const other = store.create("other", { tenant: "t" }, owner);
  appendTo(other, repeated(3));
  await settle(disk);
  const clock = new ManualClock();
  const scrub = new Scrub(clock, () => [log, other], 10);
  scrub.stop();
  scrub.start();
  const seen: [number, number][] = [];

  for (let slice = 0; slice < 6; slice++) {
    clock.advance(10);
    seen.push([scrub.checked, scrub.rounds]);
  }

  assert.deepEqual(seen, [
    [256, 0],
    [512, 0],
    [600, 0],
    [603, 0],
    [603, 1],
    [859, 1],
  ]);
  scrub.stop();
  clock.advance(100);
  assert.equal(scrub.checked, 859);
  assert.equal(clock.alarms, 0);
  const idle = new Scrub(clock, () => [], 10);
  idle.step();
  assert.equal(idle.rounds, 0);
});

test("a damaged message is reported when it is read or scrubbed, and only it", async () => {
  const { store, disk } = await aLogWith(repeated(30));
  await close(store, disk);
  lose(disk, ".journal");
  damage(disk, segmentsOf(disk)[0]!, "payload 7");

  const { log, clock } = opened(disk);
  const scrub = new Scrub(clock, () => [log], 10);
  scrub.start();
  while (scrub.rounds === 0) clock.advance(10);
  scrub.stop();

  assert.deepEqual(log.losses.ranges, [range(7)]);
  assert.equal(log.losses.count, 1);
  assert.equal(scrub.checked, 30);
  assert.equal(sequencesOf(log).length, 29);
});

test("a scrub's slice ends after so many bytes, not only after so many messages", async () => {
  const { log, disk, clock } = await aLogWith([]);
  for (let i = 0; i < 30; i++) {
    log.append("big", undefined, Buffer.alloc(200_000), 1n);
    await settle(disk);
  }
  const scrub = new Scrub(clock, () => [log], 1);

  scrub.step();

  assert.equal(scrub.checked, 6);
  for (let i = 0; i < 5; i++) scrub.step();
  assert.equal(scrub.checked, 30);
});
