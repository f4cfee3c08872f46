// Numbers as large as they may become: they cost a start time, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { segmentsOf } from "../../test/log/files.ts";
import { addMessage, addNote } from "../../test/log/records.ts";
import { cutOff, opened, stopped } from "../../test/log/scene.ts";
import { range, repeated, sequencesOf } from "../../test/log/told.ts";

test("more removed ranges than fit a call's arguments are read from one note", async () => {
  const disk = await stopped(repeated(3));
  const ranges = Array.from({ length: 200_000 }, (_, i) => range(10 + 2 * i));
  addNote(disk, segmentsOf(disk)[0]!, ranges);

  const { log } = opened(disk);

  assert.equal(log.last, ranges.at(-1)!.last);
  assert.equal(log.state.messages, 3);
});

test("the longest step that a segment can hold is no damage", async () => {
  const disk = await cutOff(repeated(3));
  const [path] = segmentsOf(disk);
  addNote(disk, path!, [range(4, 2 + 2 ** 20)]);
  addMessage(disk, path!, 3 + 2 ** 20);

  const again = opened(disk);

  assert.deepEqual(again.log.losses.damage, []);
  assert.deepEqual(sequencesOf(again.log), [1, 2, 3, 3 + 2 ** 20]);
});
