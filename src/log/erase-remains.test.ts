// Files beside the segment may hold an erased message too: indexes and their halves, older generations, what was set
// aside. None of them does when the erasure is answered, nor after a power cut behind it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, edit, lose, names, refuse, segmentsOf } from "../../test/log/files.ts";
import { recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  erasing,
  holding,
  opened,
  reopened,
  rewriteFirst,
  type Scene,
  settle,
} from "../../test/log/scene.ts";
import { repeated } from "../../test/log/told.ts";

const secret = "secret.subject";

/** So many messages behind one of the secret subject that its segment closes. */
async function closing(): Promise<Scene> {
  const scene = await aLogWith([secret, ...repeated(60)]);
  appendTo(scene.log, repeated(40));
  return scene;
}

test("an index that is being written while its message is erased does not keep the subject", async () => {
  let written = 0;
  for (let steps = 0; steps < 24; steps++) {
    const scene = await closing();
    for (let i = 0; i < steps; i++) {
      await Promise.resolve();
      scene.disk.step();
    }
    if (scene.disk.files().some((path) => path.endsWith(".idx.new"))) written++;

    assert.equal(await erasing(scene, 1), undefined);

    assert.deepEqual(holding(scene, secret), [], `${steps} steps`);
    assert.ok(scene.disk.files().some((path) => path.endsWith("00000001.0000.idx")));
  }
  assert.ok(written > 0, "no index was being written: this shows nothing");
});

test("a stream deleted while an erasure waits for an index answers it, and ends", async () => {
  let waited = 0;
  for (let steps = 0; steps < 24; steps++) {
    const scene = await closing();
    for (let i = 0; i < steps; i++) {
      await Promise.resolve();
      scene.disk.step();
    }
    const isWritten = scene.disk.files().some((path) => path.endsWith(".idx.new"));
    const heard: unknown[] = [];
    scene.log.erase(1, (error) => void heard.push(error));
    await Promise.resolve();
    if (isWritten && heard.length === 0) waited++;
    scene.store.delete("orders");
    await settle(scene.disk);

    assert.equal(heard.length, 1);
    await close(scene.store, scene.disk);
  }
  assert.ok(waited > 0, "none waited: this shows nothing");
});

test("an index whose writing failed leaves nothing behind", async () => {
  for (const what of ["sync", "write"]) {
    const scene = await closing();
    refuse(scene.disk, what, /\.idx\.new$/, "ENOSPC");

    await settle(scene.disk);

    assert.deepEqual(
      scene.disk.files().filter((path) => path.endsWith(".idx.new")),
      [],
      what,
    );
  }
});

test("half-made files and older generations that could not be unlinked are wiped with the message", async () => {
  const scene = await aLogWith([secret, ...repeated(100)]);
  scene.disk.plan = (_, what, path) =>
    what === "unlink" || (what === "rename" && path.endsWith(".0000.seg")) ? "EIO" : undefined;
  await rewriteFirst(scene, 10, 60).catch(() => undefined);
  scene.disk.plan = () => undefined;
  const old = holding(scene, secret).filter((path) => /\.0000\.(seg|idx)/.test(path));
  assert.ok(old.length > 0, "nothing was left behind");

  assert.equal(await erasing(scene, 1), undefined);

  assert.deepEqual(holding(scene, secret), []);
  assert.deepEqual(
    scene.disk.files().filter((path) => old.includes(path)),
    [],
  );
});

test("a half-made file that cannot be wiped is told", async () => {
  const scene = await aLogWith([secret, ...repeated(100)]);
  scene.disk.plan = (_, what) => (what === "unlink" ? "EIO" : undefined);
  scene.log.removeRange(10, 60);
  await settle(scene.disk);

  assert.match(String(await erasing(scene, 1)), /EIO/);

  scene.disk.plan = () => undefined;
  assert.equal(await erasing(scene, 1), undefined);
  assert.deepEqual(holding(scene, secret), []);
});

test("an older generation does not come back with a power cut behind the erasure", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const first = await aLogWith(repeated(4));
    first.log.append("a.0.x", undefined, Buffer.from(secret), 1n); // a subject that others have too
    appendTo(first.log, repeated(95));
    await settle(first.disk);
    await close(first.store, first.disk);
    const scene = opened(first.disk.reborn("kill", seed));
    await rewriteFirst(scene, 10, 60);

    assert.equal(await erasing(scene, 5), undefined);

    assert.deepEqual(holding({ disk: scene.disk.reborn("power", seed) }, secret), [], `seed ${seed}`);
  }
});

test("a directory that cannot be synced is told", async () => {
  const scene = await aLogWith(["a", "b"]);
  let isNoted = false;
  scene.disk.plan = (_, what, path) => {
    if (what === "read" && path.endsWith(".seg")) isNoted = true;
    return isNoted && what === "syncdir" ? "EIO" : undefined;
  };

  assert.match(String(await erasing(scene, 1)), /EIO/);
});

/** The first message, lost to damage, lies in a copy set aside; its segment is there no more, or no start knows of it. */
async function setAside(isDropped: boolean, isRestarted: boolean): Promise<Scene> {
  const first = await aLogWith([secret, ...repeated(100)]);
  await close(first.store, first.disk);
  const [path] = segmentsOf(first.disk) as [string];
  damage(first.disk, path, "payload 1");
  lose(first.disk, ".idx");
  const scene = opened(first.disk);
  scene.log.removeRange(2, 60);
  await settle(scene.disk);
  if (isDropped) scene.log.removeRange(61, 90);
  await settle(scene.disk);
  return isRestarted ? reopened(scene) : scene;
}

test("a lost message's copy set aside goes, though its segment was dropped or a start counts it as removed", async () => {
  for (const isDropped of [false, true])
    for (const isRestarted of [false, true]) {
      const scene = await setAside(isDropped, isRestarted);
      assert.ok(holding(scene, secret).some((path) => path.includes("/damaged/")));
      assert.equal(names(scene)[0] === "00000001.0001.seg", !isDropped);

      assert.equal(await erasing(scene, 1), undefined);

      assert.deepEqual(holding(scene, secret), []);
    }
});

test("copies set aside of segments that a message cannot have lain in stay", async () => {
  const scene = await setAside(true, false);

  assert.equal(await erasing(scene, 100), undefined); // a message of a later segment
  assert.equal(await erasing(scene, 100), undefined); // and no message any more
  assert.equal(await erasing(scene, 1000), undefined);
  assert.equal(await erasing(scene, 0), undefined);

  assert.ok(holding(scene, secret).some((path) => path.includes("/damaged/")));
});

test("a message lost at the end of a segment, where no slot tells of it, is wiped too", async () => {
  for (const isFollowed of [false, true]) {
    const first = await aLogWith([...repeated(3), secret]);
    await close(first.store, first.disk);
    const [path] = segmentsOf(first.disk) as [string];
    const { at } = recordsIn(first.disk, path)[3]!;
    edit(first.disk, path, (bytes) => {
      bytes[at + 8]! ^= 0x80;
      return bytes;
    });
    lose(first.disk, ".idx");
    const scene = opened(first.disk);
    if (isFollowed) appendTo(scene.log, repeated(3));
    await settle(scene.disk);
    assert.equal(scene.log.losses.count, 1);
    assert.ok(holding(scene, secret).some((each) => each.endsWith(".seg")));

    assert.equal(await erasing(scene, 4), undefined);

    assert.deepEqual(holding(scene, secret), []);
    assert.equal(scene.log.state.messages, isFollowed ? 6 : 3);
  }
});
