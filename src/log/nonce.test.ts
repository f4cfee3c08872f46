// No name of a segment comes again, and no two ciphertexts share key and nonce.

import assert from "node:assert/strict";
import { test } from "node:test";
import { segmentsOf } from "../../test/log/files.ts";
import { recordsIn } from "../../test/log/records.ts";
import { aLogWith, opened, reopened, settle } from "../../test/log/scene.ts";
import { repeated, sequencesOf } from "../../test/log/told.ts";
import { recordHeaderBytes } from "./record.ts";

const key = new Uint8Array(32).fill(9);

test("where the last segment was unlinked the next one has another name, however often the stream starts", async () => {
  for (const isKilled of [false, true]) {
    const names = new Set<string>();
    let scene = await aLogWith(["a"], { key });
    for (let start = 0; start < 4; start++) {
      scene.log.append("s", undefined, Buffer.from("text"), 1n);
      await settle(scene.disk);
      const name = segmentsOf(scene.disk).at(-1)!;
      assert.ok(!names.has(name), `${name} comes again`);
      names.add(name);
      scene.log.removeAll();
      await settle(scene.disk);
      scene = isKilled ? opened(scene.disk.reborn("kill", 1), key) : await reopened(scene, key);
      await settle(scene.disk);
      scene = isKilled ? opened(scene.disk.reborn("power", 1), key) : await reopened(scene, key);
      await settle(scene.disk);
      assert.equal(segmentsOf(scene.disk).includes(name), false, "not unlinked");
      assert.equal(scene.log.state.messages, 0);
    }
  }
});

test("a generation that is written a second time shares no nonce with the first attempt", async () => {
  const scene = await aLogWith(repeated(100), { key });
  const attempts: Buffer[] = [];
  scene.disk.plan = (_, what, path) => {
    if (what !== "rename" || !path.endsWith(".seg.new")) return undefined;
    attempts.push(Buffer.from(scene.disk.contents(path)));
    return attempts.length === 1 ? "EIO" : undefined;
  };
  scene.log.removeRange(1, 38);
  await settle(scene.disk);
  scene.log.removeRange(39, 41);
  await settle(scene.disk);

  assert.equal(attempts.length, 2, "the rewriting was not tried again");
  const [path] = segmentsOf(scene.disk) as [string];
  assert.ok(path.endsWith(".0001.seg"));
  const nonces = recordsIn(scene.disk, path)
    .filter(({ kind }) => kind === 1)
    .map(({ at }) => scene.disk.contents(path).subarray(at + recordHeaderBytes, at + recordHeaderBytes + 12));
  assert.ok(nonces.length > 0);
  for (const nonce of nonces) assert.ok(!attempts[0]!.includes(nonce));
  assert.equal(sequencesOf(scene.log).length, 59);
});
