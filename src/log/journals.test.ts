// Journal files that are closed are not written any more, whatever is still asked of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "../../test/log/committing.ts";

test("once the journals are closed none is made void, and who waits for one, or asks later, is told", async () => {
  const world = new World({}, 4096 + 300, 1);
  const stream = world.stream("a").gather(150);
  stream.segment.fresh = false;
  await world.settle();
  stream.segment.onSettle = () => undefined; // its sync takes for ever
  stream.gather(150);
  await world.settle();
  assert.deepEqual(world.heard, ["a gives 1", "a has 1", "a gives 1"]);
  const [path] = world.disk.files().filter((each) => each.endsWith(".journal")) as [string];
  const before = Buffer.from(world.disk.contents(path));

  world.journals.closeSync();
  stream.gather(150);
  await world.settle();

  assert.deepEqual(world.heard.slice(3), ["a lost 2: wri", "a gives 1", "a lost 3: wri"]);
  assert.ok(world.disk.contents(path).equals(before));
});

test("of what a segment may have lost, a journal file is asked that holds something, and no void one", async () => {
  const world = new World();
  const stream = world.stream("a");
  stream.segment.fresh = false;
  stream.gather(150);
  await world.settle();
  const read: string[] = [];
  world.disk.plan = (_, what, path) => {
    if (what === "read") read.push(path);
    return undefined;
  };
  const lost = { name: "", mark: 1, rescue: () => assert.fail("nothing of that name is there") };
  assert.equal(world.journals.rescue(lost), undefined);
  assert.deepEqual(read, ["/s/journal/00.journal"]);
  world.journals.settleAll(assert.ifError);
  await world.settle();
  read.length = 0;

  assert.equal(world.journals.rescue(lost), undefined);

  assert.deepEqual(read, []);
});
