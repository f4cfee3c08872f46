// Secure erasure: no byte of an erased message is left on the disk, and none of another's is touched.

import assert from "node:assert/strict";
import { test } from "node:test";
import { damage, edit, killed, segmentsOf } from "../../test/log/files.ts";
import { recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  erasing,
  holding,
  lazy,
  opened,
  reopened,
  type Scene,
  settle,
} from "../../test/log/scene.ts";
import { repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { BufferPool } from "./buffer-pool.ts";
import { itemRecords, JournalGroup } from "./journal.ts";
import { readJournal } from "./journal-scan.ts";

const secret = "payload 5";

const fifth = "the fifth";

/** A hundred messages, in two segments. */
async function aHundred(): Promise<Scene> {
  const scene = await aLogWith(repeated(4));
  scene.log.append("e", undefined, Buffer.from(fifth), 1n);
  appendTo(scene.log, repeated(95));
  await settle(scene.disk);
  return scene;
}

async function erase(scene: Scene, sequence: number): Promise<void> {
  assert.equal(await erasing(scene, sequence), undefined);
}

test("what older epochs of the journal hold of a message is erased too", async () => {
  for (const stop of ["kill", "in order"]) {
    const first = await aLogWith(repeated(9));
    const scene = stop === "kill" ? opened(killed(first.disk)) : await reopened(first);
    assert.ok(
      holding(scene, secret).some((path) => path.endsWith(".journal")),
      "the journal does not hold it",
    );

    await erase(scene, 5);

    assert.deepEqual(holding(scene, secret), [], stop);
    assert.deepEqual(sequencesOf(opened(killed(scene.disk)).log), [1, 2, 3, 4, 6, 7, 8, 9]);
  }
});

test("the journal's copy of a message is erased though its segment was written anew since", async () => {
  const scene = await aHundred();
  scene.log.removeRange(10, 60);
  await settle(scene.disk);
  assert.ok(segmentsOf(scene.disk)[0]!.endsWith(".0001.seg"), "not written anew");
  const [item] = holding(scene, fifth).filter((path) => path.endsWith(".journal"));
  assert.ok(item !== undefined);

  await erase(scene, 5);

  assert.deepEqual(holding(scene, fifth), []);
  assert.equal(scene.log.read(6)!.payload.toString(), "payload 1");
});

test("a journal goes on where it stood when the void behind it is wiped", async () => {
  const first = await aLogWith(repeated(9));
  const scene = await reopened(first);
  appendTo(scene.log, ["new"]);
  await settle(scene.disk);

  await erase(scene, 5);
  appendTo(scene.log, ["newer"]);
  await settle(scene.disk);

  assert.deepEqual(sequencesOf(opened(killed(scene.disk)).log), [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]);
});

test("a damaged length is no guide: neighbours stay, and the damaged message goes whole", async () => {
  for (const [at, bit] of [
    [8, 0x80],
    [10, 0x80],
    [8, 0x01],
    [0, 0x01],
  ] as const) {
    const scene = await aLogWith(repeated(9));
    const [path] = segmentsOf(scene.disk) as [string];
    const { at: place } = recordsIn(scene.disk, path)[4]!;
    edit(scene.disk, path, (bytes) => {
      bytes[place + at]! ^= bit;
      return bytes;
    });

    await erase(scene, 5);

    assert.deepEqual(holding(scene, secret), []);
    for (const s of [1, 2, 3, 4, 6, 7, 8, 9])
      assert.equal(scene.log.read(s)!.payload.toString(), `payload ${s}`);
    assert.equal(scene.log.losses.count, 0);
  }
});

test("segments of which everything was erased go while the program runs", async () => {
  const scene = await aLogWith(repeated(200));
  const before = segmentsOf(scene.disk);
  assert.equal(before.length, 3);

  for (const s of upTo(150)) await erase(scene, s);

  assert.deepEqual(
    segmentsOf(scene.disk).filter((path) => before.slice(0, 2).includes(path)),
    [],
  );
  assert.deepEqual(sequencesOf(opened(killed(scene.disk)).log), upTo(200, 151));
});

test("the subject that only the erased message had is in no index any more; the index is there again", async () => {
  const scene = await aLogWith(["secret.subject", ...repeated(150)]);
  assert.ok(holding(scene, "secret.subject").some((path) => path.endsWith(".idx")));

  await erase(scene, 1);

  assert.deepEqual(holding(scene, "secret.subject"), []);
  assert.ok(scene.disk.files().some((path) => path.endsWith("00000001.0000.idx")));
});

test("a message that was lost to damage can be erased: from its segment, and from what was set aside", async () => {
  for (const isSetAside of [false, true]) {
    const first = await aHundred();
    await close(first.store, first.disk);
    const [path] = segmentsOf(first.disk) as [string];
    const { at } = recordsIn(first.disk, path)[4]!;
    edit(first.disk, path, (bytes) => {
      bytes[at + 8]! ^= 0x80; // the length: the payload stays as it was
      return bytes;
    });
    for (const index of first.disk.files().filter((name) => name.endsWith(".idx"))) first.disk.lose(index);
    const scene = opened(first.disk);
    assert.equal(scene.log.losses.count, 1);
    if (isSetAside) scene.log.removeRange(10, 60);
    await settle(scene.disk);
    assert.equal(
      holding(scene, fifth).some((name) => name.includes("/damaged/")),
      isSetAside,
    );

    await erase(scene, 5);

    assert.deepEqual(holding(scene, fifth), []);
    assert.equal(scene.log.read(6)!.payload.toString(), "payload 1");
    assert.equal(scene.log.losses.count, 1);
    assert.deepEqual(opened(killed(scene.disk)).log.losses.count, 1);
  }
});

test("buffers that lie ready hold nothing of an erased message", () => {
  const pool = new BufferPool();
  const buffer = pool.take(100);
  buffer.write(secret);
  pool.give(buffer);
  pool.wipe();
  assert.equal(pool.take(100), buffer);
  assert.equal(buffer.includes(secret), false);

  const group = new JournalGroup("00112233445566aa", 64);
  group.put(1, 0, "aabbccddeeff0011", itemRecords, 1, 0, 0, Buffer.from(secret));
  const { bytes } = group;
  group.wipe();
  assert.equal(bytes.includes(secret), false);
  assert.equal(group.bytes.length, 0);
});

test("a damaged copy in the journal is no message, and stops no erasure", async () => {
  const limits = lazy;
  const scene = await aLogWith(repeated(9), {}, limits);
  damage(scene.disk, scene.disk.files().find((path) => path.endsWith(".journal"))!, "payload 4");

  await erase(scene, 5);

  assert.deepEqual(holding(scene, secret), []);
});

test("an erased message's bytes are nowhere on the disk", async () => {
  const { log, disk } = await aLogWith(["a", "b"]);
  const found = (): boolean => disk.files().some((path) => disk.contents(path).includes("payload 1"));
  assert.ok(found());

  assert.equal(await erasing({ log, disk }, 1), undefined);

  assert.ok(!found());
  assert.equal(log.read(1), undefined);
  assert.equal(log.read(2)!.payload.toString(), "payload 2");
});

test("an erasure goes through every journal file, and changes no other item that counts", async () => {
  const { disk, log } = await aLogWith(["a"], {}, { journalBytes: 8192, journalFilesMax: 8, ...lazy });
  for (let i = 0; i < 5; i++) {
    log.append("b", undefined, Buffer.alloc(1500), 1n);
    await settle(disk);
  }
  const journals = disk.files().filter((path) => path.endsWith(".journal"));
  const holding = journals.filter((path) => disk.contents(path).includes("payload 1"));
  const storeId = disk.contents(journals[0]!).toString("hex", 8, 16);
  const items = (): string[] =>
    journals.flatMap((path) =>
      readJournal(disk.contents(path), storeId)
        .items.filter(({ bytes, kind }) => kind === itemRecords && bytes.length > 1000)
        .map(({ bytes }) => bytes.toString("hex")),
    );
  const before = items();
  const heard: unknown[] = [];
  log.erase(1, (error) => void heard.push(error));
  await settle(disk);

  assert.deepEqual(heard, [undefined]);
  assert.ok(journals.length > 1 && holding.length < journals.length, "one journal file: this shows little");
  assert.deepEqual(items().slice(0, before.length), before);
  assert.ok(!disk.files().some((path) => disk.contents(path).includes("payload 1")));
});

test("what is asked of a damaged journal at an erasure harms nobody", async () => {
  const scene = await aLogWith(["a", "b", "c"]);
  damage(scene.disk, scene.disk.files().find((path) => path.endsWith(".journal"))!, "payload 2");
  const heard: unknown[] = [];

  scene.log.erase(1, (error) => void heard.push(error));
  await settle(scene.disk);

  assert.deepEqual(heard, [undefined]);
  assert.deepEqual(sequencesOf(scene.log), [2, 3]);
  assert.ok(!scene.disk.files().some((path) => scene.disk.contents(path).includes("payload 1")));
});
