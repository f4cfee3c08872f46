// What an erasure leaves of the journals: no copy of the message that damage, a crash or a failed sync hid from it.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { edit, refuse } from "../../test/log/files.ts";
import {
  aLogWith,
  appendTo,
  close,
  erasing,
  holding,
  lazy,
  opened,
  owner,
  type Scene,
  settle,
} from "../../test/log/scene.ts";
import { repeated } from "../../test/log/told.ts";
import { SimDisk } from "../../test/world/disk.ts";
import { itemHeadBytes, JournalFile, journalHeaderBytes } from "./journal.ts";
import { JournalErasure } from "./journal-erase.ts";
import type { Journals } from "./journals.ts";
import { recordHeaderBytes } from "./record.ts";

const secret = "a secret text";
const journalsOf = ({ disk }: Pick<Scene, "disk">): string[] =>
  disk.files().filter((path) => path.endsWith(".journal"));

/** A stream of one message, which the journal has too, beside another; the message's record is at `at` there. */
async function aSecret(): Promise<{ scene: Scene; at: number; length: number }> {
  const scene = await aLogWith([], {}, lazy);
  const other = scene.store.create("other", { tenant: "t" }, owner);
  scene.log.append("a", undefined, Buffer.from(secret), 1n);
  other.append("b", undefined, Buffer.from("of another stream"), 1n);
  await settle(scene.disk);
  const [path] = journalsOf(scene) as [string];
  const at = scene.disk.contents(path).indexOf(secret) - 1 - recordHeaderBytes;
  return { scene, at, length: recordHeaderBytes + 1 + secret.length };
}

test("a copy in the journal that damage hides is erased too: one bit of the record, of a head, of both", async () => {
  const { at: record, length } = await aSecret();
  const [front, back] = [record - itemHeadBytes, record + length];
  for (const bits of [
    [record + length - 1],
    [record],
    [record + 4],
    [record + 8],
    [front + 9],
    [front + 33],
    [back + 9],
    [front + 9, back + 9],
    [front + 33, back, record + 8],
  ]) {
    const { scene } = await aSecret();
    const [path] = journalsOf(scene) as [string];
    const there = (text: string): boolean => scene.disk.contents(path).includes(text);
    edit(scene.disk, path, (bytes) => {
      for (const bit of bits) bytes[bit]! ^= 0x10;
      return bytes;
    });
    assert.ok(there(secret.slice(0, -1)));

    assert.equal(await erasing(scene, 1), undefined);

    assert.ok(!there(secret.slice(0, -1)), `bits ${bits}`);
    assert.ok(there("of another stream"));
  }
});

test("an older copy under an item of another stream that a power cut tore is erased too", async () => {
  for (let seed = 1; seed <= 24; seed++) {
    let scene = await aLogWith(repeated(6).map((subject) => subject + ".x".repeat(150)));
    scene.log.append("a", undefined, Buffer.from(secret), 1n);
    const sequence = scene.log.last;
    const other = scene.store.create("other", { tenant: "t" }, owner);
    await settle(scene.disk);
    await close(scene.store, scene.disk);
    scene = opened(scene.disk.reborn("kill", seed));
    const again = scene.store.open("other", owner);
    again.append("b", undefined, Buffer.alloc(3000, "b"), 1n);
    for (let i = 0; i < 3; i++) await Promise.resolve(); // written, and not synced
    scene = opened(scene.disk.reborn("power", seed));

    assert.equal(await erasing(scene, sequence), undefined);

    assert.deepEqual(holding(scene, secret), [], `seed ${seed}`);
    assert.equal(other.name, "other");
  }
});

test("what a failed sync left on the medium behind a journal's end does not come back", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const first = await aLogWith(repeated(4));
    first.log.append("a", undefined, Buffer.from(secret), 1n);
    await settle(first.disk);
    await close(first.store, first.disk);
    const second = opened(first.disk.reborn("kill", seed));
    second.disk.failedSyncs = ["clean"];
    const other = second.store.create("other", { tenant: "t" }, owner);
    await settle(second.disk);
    second.disk.plan = (_, what, path) => (what === "sync" && path.endsWith(".journal") ? "EIO" : undefined);
    other.append("b", undefined, Buffer.alloc(3000, "b"), 1n); // shown over the message, and not on the medium
    await settle(second.disk);
    const scene = opened(second.disk.reborn("kill", seed));

    assert.equal(await erasing(scene, 5), undefined);

    assert.deepEqual(holding({ disk: scene.disk.reborn("power", seed) }, secret), [], `seed ${seed}`);
  }
});

test("what older epochs left is wiped once", async () => {
  const scene = opened((await closedWith(300)).disk);
  const wiped: number[] = [];
  const { overwriteSync } = JournalFile.prototype;
  const counted = mock.method(
    JournalFile.prototype,
    "overwriteSync",
    function (this: JournalFile, at: number, bytes: Uint8Array) {
      wiped.push(bytes.length);
      overwriteSync.call(this, at, bytes);
    },
  );
  const sum = (): number => wiped.splice(0).reduce((bytes, each) => bytes + each, 0);

  assert.equal(await erasing(scene, 5), undefined);
  const first = sum();
  assert.equal(await erasing(scene, 6), undefined);
  const second = sum();

  counted.mock.restore();
  assert.ok(first > 20_000, `${first} bytes`);
  assert.ok(second < 1000, `${second} bytes`);
  assert.deepEqual(holding(scene, "payload 5 "), []);
});

async function closedWith(messages: number): Promise<Scene> {
  const scene = await aLogWith([]);
  for (let i = 0; i < messages / 10; i++) {
    appendTo(scene.log, repeated(10));
    await settle(scene.disk);
  }
  await close(scene.store, scene.disk);
  return scene;
}

test("a file that is being made void is not wiped before that is on the medium, nor one of which that failed", async () => {
  for (const isRefused of [false, true]) {
    const disk = new SimDisk(1);
    const opened = disk.openSync("/00.journal", "create");
    opened.writeSync(Buffer.alloc(20_000, secret), 0, 20_000, journalHeaderBytes);
    const file = new JournalFile("/00.journal", opened, "00112233445566aa", 2 ** 20, 6);
    file.begin(7);
    const journals = { files: [file], storeId: "00112233445566aa" } as unknown as Journals;
    const erasure = new JournalErasure(journals, "aabbccddeeff0011", () => false);

    assert.equal(erasure.step(Number.POSITIVE_INFINITY), "held");

    assert.ok(
      holding({ disk }, secret).length > 0,
      "an older epoch may come back, and what it holds be needed",
    );
    if (isRefused) disk.plan = (_, what) => (what === "sync" ? "EIO" : undefined);
    erasure.whenBegun(() => undefined);
    await settle(disk);
    assert.equal(erasure.step(Number.POSITIVE_INFINITY), "over");
    const heard: unknown[] = [];
    erasure.sync((error) => void heard.push(error));
    await settle(disk);
    assert.equal(String(heard), isRefused ? "Error: EIO: simulated, sync /00.journal" : "");
    assert.equal(holding({ disk }, secret).length > 0, isRefused);
  }
});

test("an erasure waits until a file is void; it fails when that does, and ends with its stream", async () => {
  for (const ending of ["void", "refused", "deleted"]) {
    const scene = await aLogWith([], {}, lazy);
    scene.log.append("a", undefined, Buffer.from(secret), 1n);
    await settle(scene.disk);
    let isRead = false;
    const begun = mock.getter(JournalFile.prototype, "usedTo", () => {
      isRead = true;
      return undefined;
    });
    const heard: unknown[] = [];
    scene.log.erase(1, (error) => void heard.push(error));
    while (!isRead) {
      await Promise.resolve();
      scene.disk.step();
    }
    assert.deepEqual(heard, []);
    begun.mock.restore();
    if (ending === "refused") refuse(scene.disk, "sync", /\.journal$/);

    if (ending === "deleted") scene.store.delete("orders");
    await settle(scene.disk);

    const expected = { void: "", refused: /EIO/, deleted: /deleted meanwhile/ }[ending]!;
    assert.match(String(heard), new RegExp(expected));
    assert.equal(heard.length, 1);
  }
});
