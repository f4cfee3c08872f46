// Whoever asked to be called back is called back, once, though the stream is deleted before the disk could answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { refuse } from "../../test/log/files.ts";
import { aLogWith, settle } from "../../test/log/scene.ts";
import { repeated } from "../../test/log/told.ts";
import type { SimDisk } from "../../test/world/disk.ts";
import type { Log } from "./log.ts";

type Done = (error: Error | undefined) => void;

/** Lets the turn end, and so many calls of the disk come back. */
async function calls(disk: SimDisk, count: number): Promise<void> {
  for (let i = 0; i <= count; i++) {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    if (i < count) disk.step();
  }
}

const asked: readonly (readonly [what: string, ask: (log: Log, done: Done) => void])[] = [
  ["when all is durable", (log, done) => log.whenDurable(done)],
  ["for a message to be erased", (log, done) => log.erase(60, done)],
  ["for state to be kept", (log, done) => log.states.save("k", Buffer.from("v"), done)],
];

for (const [what, ask] of asked) {
  test(`who asks ${what} is answered once, whenever the stream is deleted`, async () => {
    for (let count = 0; count < 40; count++) {
      const { disk, store, log } = await aLogWith(repeated(60), {}, { segmentBytes: 2048 });
      const heard: (Error | undefined)[] = [];
      log.append("a.1.x", undefined, Buffer.from("payload 61"), 610n);
      log.removeRange(1, 20); // and a segment is being rewritten
      ask(log, (error) => void heard.push(error));
      await calls(disk, count);

      store.delete("orders");
      if (!what.includes("state")) assert.equal(heard.length, 1, `deleted after ${count} calls`);
      await settle(disk);

      assert.equal(heard.length, 1, `deleted after ${count} calls`);
    }
  });
}

test("what a deleted stream did not come to is answered with an error, and its owner hears nothing more", async () => {
  const { disk, store } = await aLogWith([]);
  const heard: string[] = [];
  const told =
    (what: string): Done =>
    (error) =>
      void heard.push(`${what}: ${error?.message}`);
  const log = store.create(
    "other",
    { tenant: "t" },
    {
      committed: (last) => void heard.push(`committed ${last}`),
      failed: (reason) => void heard.push(`failed ${reason}`),
    },
  );
  log.append("a", undefined, Buffer.from("1"), 1n);
  log.whenDurable(told("durable"));
  log.erase(1, told("erased"));

  store.delete("other");
  await settle(disk);

  const why = "commit on a stream that stopped";
  assert.deepEqual(heard, [`durable: ${why}`, `erased: ${why}`]);
});

test("who waits for a stream that stopped is told what stopped it", async () => {
  const { disk, log } = await aLogWith(["a"]);
  refuse(disk, "sync", /\.journal$/);
  log.append("a", undefined, Buffer.from("b"), 1n);
  await settle(disk);
  assert.equal(log.phase, "failed");

  const heard: (Error | undefined)[] = [];
  log.whenDurable((error) => void heard.push(error));

  assert.match(heard[0]!.message, /a stream that stopped/);
  assert.match((heard[0]!.cause as Error).message, /EIO/);
});
