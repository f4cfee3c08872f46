// An audit tells what a start would find, and changes nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { edit, killed, lose, segmentsOf } from "../../test/log/files.ts";
import { duplicate } from "../../test/log/headers.ts";
import { aLogWith, close, opened, settle } from "../../test/log/scene.ts";
import { repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { audit, auditText } from "../app/audit.ts";

test("an audit says what it found and changes nothing", async () => {
  const { store, disk, clock } = await aLogWith(repeated(30));
  await close(store, disk);
  const sound = audit(disk, clock, chanceOf(1), "/s");
  assert.ok(sound.sound, auditText(sound));
  assert.match(auditText(sound), /30 messages.*1 to 30/);
  lose(disk, ".journal");
  edit(disk, segmentsOf(disk)[0]!, (bytes) => bytes.subarray(0, 700));
  const before = disk.files().map((name) => [name, disk.contents(name).toString("hex")]);

  const report = audit(disk, clock, chanceOf(1), "/s");

  assert.ok(!report.sound);
  assert.match(auditText(report), /lost: 1[0-9]-30/);
  assert.deepEqual(
    disk.files().map((name) => [name, disk.contents(name).toString("hex")]),
    before,
  );
  assert.throws(() => audit(disk, clock, chanceOf(1), "/nothing"), /no store/);
});

test("an audit of a store after a kill changes nothing of it, whatever a start would do", async () => {
  const scene = await aLogWith(repeated(150));
  scene.log.removeRange(1, 50);
  scene.log.states.save("key", Buffer.from("value"), () => undefined);
  await settle(scene.disk);
  const disk = killed(scene.disk);
  duplicate(disk, "0000000000000000", { order: 0 });
  const before = disk.files().map((path) => `${path} ${disk.contents(path).toString("hex")}`);

  const report = audit(disk, new ManualClock(), chanceOf(1), "/s");

  assert.deepEqual(
    report.streams.map(({ messages, first, last, lost }) => [messages, first, last >= 150, lost]),
    [[100, 51, true, []]],
  );
  assert.deepEqual(
    disk.files().map((path) => `${path} ${disk.contents(path).toString("hex")}`),
    before,
  );
  assert.deepEqual(sequencesOf(opened(disk).log), upTo(150, 51));
});
