// A message that is erased a second time, or was taken out before: whoever is told that it is erased can rely on it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { killed } from "../../test/log/files.ts";
import {
  aLogWith,
  appendTo,
  close,
  erasing,
  holding,
  lazy,
  opened,
  reopening,
  type Scene,
  settle,
  stopStream,
} from "../../test/log/scene.ts";
import { repeated } from "../../test/log/told.ts";

const secret = "payload 1";

test("an erasure that failed in a journal goes through it again when it is asked for again", async () => {
  const scene = await aLogWith(["a", "b"], {}, lazy);
  let isOpen = false;
  scene.log.whenDurable(() => void (isOpen = true));
  await settle(scene.disk);
  scene.disk.plan = (_, what, path) =>
    isOpen && what === "read" && path.endsWith(".journal") ? "EIO" : undefined;
  assert.match(String(await erasing(scene, 1)), /EIO/);
  scene.disk.plan = () => undefined;
  assert.ok(holding(scene, secret).length > 0);

  assert.equal(await erasing(scene, 1), undefined);

  assert.deepEqual(holding(scene, secret), []);
});

test("an erasure whose sync of a journal failed is not done when the next one finds nothing to do", async () => {
  for (let messages = 2; messages < 10; messages++) {
    const scene = await aLogWith(repeated(messages), {}, lazy);
    scene.disk.failedSyncs = ["clean"];
    let isNoted = false;
    scene.disk.plan = (_, what, path) => {
      if (what === "read" && path.endsWith(".seg")) isNoted = true;
      return isNoted && what === "sync" && path.endsWith(".journal") ? "EIO" : undefined;
    };
    assert.match(String(await erasing(scene, 1)), /EIO/);
    scene.disk.plan = () => undefined;

    assert.match(String(await erasing(scene, 1)), /EIO/);

    await close(scene.store, scene.disk); // what is in the journals is not needed any more
    const later = opened(scene.disk);
    assert.equal(await erasing(later, 1), undefined);
    assert.deepEqual(holding({ disk: later.disk.reborn("power", messages) }, "payload 1"), []);
  }
});

test("two who erase the same message are answered together, once it is on the disk", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const scene = await aLogWith(["a", "b"]);
    const heard: string[] = [];
    let left: string[] | undefined;
    scene.log.erase(1, () => void heard.push("first"));
    scene.log.erase(1, (error) => {
      assert.equal(error, undefined);
      heard.push("second");
      left = holding({ disk: scene.disk.reborn("power", seed) }, secret);
    });
    await settle(scene.disk);

    assert.deepEqual(heard, ["first", "second"]);
    assert.deepEqual(left, []);
  }
});

test("a message that somebody took out, before or meanwhile, is erased all the same", async () => {
  for (const when of ["before", "meanwhile", "before a kill"]) {
    let scene: Scene = await aLogWith(["a", "b"]);
    if (when !== "meanwhile") {
      scene.log.remove(1);
      await settle(scene.disk);
    }
    if (when === "before a kill") scene = opened(killed(scene.disk));
    assert.ok(holding(scene, secret).length > 0);
    const heard: unknown[] = [];

    scene.log.erase(1, (error) => void heard.push(error));
    if (when === "meanwhile") scene.log.remove(1);
    await settle(scene.disk);

    assert.deepEqual(heard, [undefined], when);
    assert.deepEqual(holding(scene, secret), [], when);
    assert.equal(scene.log.read(2)!.payload.toString(), "payload 2");
  }
});

test("an erasure that waits for a rewrite fails when the stream stops meanwhile, and does no harm to its reopening", async () => {
  const answers: string[] = [];
  for (let steps = 0; steps < 40; steps++) {
    const scene = await aLogWith(repeated(100));
    scene.log.removeRange(10, 60); // its segment is written anew
    const heard: unknown[] = [];
    for (let i = 0; i < steps; i++) {
      await Promise.resolve();
      scene.disk.step();
    }
    scene.log.erase(5, (error) => void heard.push(error));
    let isDurable = false;
    scene.log.whenDurable(() => void (isDurable = true));
    while (!isDurable) {
      await Promise.resolve();
      scene.disk.step();
    }
    const reopened: unknown[] = [];
    scene.disk.plan = (_, what, path) => (what === "sync" && path.endsWith(".journal") ? "EIO" : undefined);
    scene.log.append("x", undefined, Buffer.from("never"), 1n);
    while (scene.log.phase === "open") {
      await Promise.resolve();
      scene.disk.step();
    }
    scene.disk.plan = () => undefined;
    scene.log.reopen((error) => void reopened.push(error));
    await settle(scene.disk);

    assert.deepEqual(reopened, [undefined]);
    assert.equal(heard.length, 1);
    if (heard[0] !== undefined) assert.match(String(heard[0]), /stopped|EIO/);
    answers.push(String(heard[0]));
    const there = scene.log.read(5)?.payload.toString();
    assert.ok(there === "payload 5" || there === undefined);
    assert.equal(scene.log.read(6)!.payload.toString(), "payload 6");
    assert.equal(scene.log.losses.count, 0);
  }
  assert.ok(answers.some((answer) => answer.includes("stream that stopped")));
});

test("the erasure of what a stop cut off is answered, and takes nothing else", async () => {
  const scene = await aLogWith(["a", "b"]);
  await stopStream(scene, /\.journal$/);
  assert.equal(await reopening(scene), undefined);
  scene.store.retryJournals();
  appendTo(scene.log, ["after"]);
  await settle(scene.disk);

  assert.equal(await erasing(scene, 3), undefined);

  assert.equal(scene.log.read(scene.log.last)!.payload.toString(), "payload 1");
  assert.deepEqual(holding(scene, "never"), []);
});
