// Giving space back: segments rewritten, dropped, overwritten, and what happens when a call on the way fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addMessage, recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  assertWhole,
  close,
  closing,
  damage,
  edit,
  folderOf,
  killed,
  lose,
  names,
  opened,
  range,
  reopened,
  repeated,
  type Scene,
  segmentsOf,
  sequencesOf,
  settle,
  upTo,
} from "../../test/log/scene.ts";

/** Fails the n-th call of this kind whose path ends so; answers how many there were. */
function fail(
  scene: Scene,
  what: string,
  ending: string,
  nth = 1,
  code: "EIO" | "ENOSPC" = "EIO",
): { met: number } {
  const counted = { met: 0 };
  scene.disk.plan = (_, call, path) =>
    call === what && path.endsWith(ending) && ++counted.met === nth ? code : undefined;
  return counted;
}

/** Read from the file: what is kept in memory of the segment is let go of before. */
async function reread({ log, disk }: Scene, sequence: number): Promise<ReturnType<typeof log.read>> {
  for (let i = 0; i < 3; i++) {
    log.append("other", undefined, Buffer.alloc(5000), 1n);
    await settle(disk);
    log.remove(log.last);
    await settle(disk);
  }
  return log.read(sequence);
}

test("whichever call of a rewrite fails, the old segment serves on, and the next rewrite goes well", async () => {
  const failures: [string, string, number][] = [
    ["open", ".seg.new", 1],
    ["write", ".seg.new", 1],
    ["write", ".seg.new", 2],
    ["sync", ".seg.new", 1],
    ["rename", ".seg.new", 1],
  ];
  for (const [what, ending, nth] of failures) {
    const first = await reopened(await aLogWith(repeated(150)));
    const scene = { ...first, failed: fail(first, what, ending, nth) };
    scene.log.removeRange(1, 50);
    await settle(scene.disk);

    assert.ok(scene.failed.met >= nth, `${what} ${ending} was not called`);
    assert.ok(scene.said.has(/space not given back/), `${what} ${ending}`);
    assert.equal(names(scene)[0], "00000001.0000.seg");
    assert.ok(!scene.disk.files().some((path) => path.endsWith(".new")), "half a rewrite is left over");
    scene.disk.plan = () => undefined;
    assertWhole(scene, upTo(150, 51));
    scene.log.remove(51);
    await settle(scene.disk);
    assert.equal(names(scene)[0], "00000001.0001.seg");
    assertWhole(scene, upTo(150, 52));
    assertWhole(await reopened(scene), upTo(150, 52));
  }
});

test("a rewrite whose name is not known to last leaves the old segment, and a start takes either", async () => {
  for (const isKilled of [true, false]) {
    const scene = await aLogWith(repeated(150));
    const folder = folderOf(scene);
    let isRenamed = false;
    scene.disk.plan = (_, what, path) => {
      if (what === "rename" && path.endsWith(".seg.new")) isRenamed = true;
      return isRenamed && what === "syncdir" && path === folder ? "EIO" : undefined;
    };
    scene.log.removeRange(1, 50);
    await settle(scene.disk);
    assert.ok(isRenamed && scene.said.has(/space not given back/));
    scene.disk.plan = () => undefined;
    assertWhole(scene, upTo(150, 51));
    scene.log.remove(60, true);
    scene.log.whenDurable(() => undefined);
    await settle(scene.disk);

    const again = isKilled ? opened(killed(scene.disk)) : await reopened(scene);

    assertWhole(
      again,
      upTo(150, 51).filter((s) => s !== 60),
    );
    assert.equal(again.log.losses.count, 0);
  }
});

test("what a cut rewrite left over is no obstacle, and a leftover that cannot be unlinked is told", async () => {
  const scene = await aLogWith(repeated(150));
  const temporary = `${folderOf(scene)}/00000001.0001.seg.new`;
  scene.disk.openSync(temporary, "create").closeSync();
  scene.disk.replace(temporary, Buffer.alloc(9000, 1));
  scene.disk.plan = (_, what, path) =>
    path === temporary && (what === "sync" || what === "unlink") && scene.log.last > 150 ? "EIO" : undefined;
  scene.log.append("x", undefined, Buffer.from("payload 151"), 1n);
  scene.disk.plan = () => undefined;
  let unlinked = 0;
  scene.disk.plan = (_, what, path) => {
    if (path !== temporary) return undefined;
    if (what === "unlink" && ++unlinked > 1) return "EIO";
    return what === "sync" ? "EIO" : undefined;
  };
  scene.log.removeRange(1, 50);
  await settle(scene.disk);

  assert.equal(unlinked, 2);
  assert.ok(scene.said.has(/temporary file left behind: EIO/));
  scene.disk.plan = () => undefined;
  scene.log.remove(51);
  await settle(scene.disk);
  assert.equal(names(scene)[0], "00000001.0001.seg");
  assertWhole(await reopened(scene), upTo(151, 52));
});

test("a message found damaged while its segment is rewritten is lost, told, and its bytes set aside", async () => {
  for (const [key, removed] of [
    [undefined, 50],
    [Buffer.alloc(32, 7), 38],
  ] as const) {
    const hit = removed + 5;
    const first = await aLogWith(repeated(150), { key });
    await close(first.store, first.disk);
    lose(first.disk, ".journal");
    const scene = opened(first.disk, key);
    const [path] = segmentsOf(scene.disk) as [string];
    const { at, length } = recordsIn(scene.disk, path)[hit - 1]!;
    edit(scene.disk, path, (bytes) => {
      bytes[at + length - 2]! ^= 1;
      return bytes;
    });
    const bytes = Buffer.from(scene.disk.contents(path).subarray(at, at + length));
    scene.log.removeRange(1, removed);
    await settle(scene.disk);

    assert.equal(names(scene)[0], "00000001.0001.seg");
    assert.deepEqual(scene.log.losses.ranges, [range(hit)]);
    assertWhole(
      scene,
      upTo(150, removed + 1).filter((s) => s !== hit),
    );
    assert.ok(scene.disk.contents(`${folderOf(scene)}/damaged/1.0.${at}`).equals(bytes));
    const again = await reopened(scene, key);
    assert.deepEqual(again.log.losses.ranges, [range(hit)], "and at every start");
    again.store.delete("orders");
    assert.ok(!again.disk.files().some((each) => each.includes("damaged")), "it goes with its stream");
  }
});

test("damage is set aside once, however often the rewrite is tried, and not beyond its limit", async () => {
  for (const [quarantineBytesMax, isSetAside] of [
    [55, true],
    [54, false],
  ] as const) {
    const first = await aLogWith(repeated(150));
    await close(first.store, first.disk);
    lose(first.disk, ".journal");
    const scene = opened(first.disk, undefined, { quarantineBytesMax });
    const [path] = segmentsOf(scene.disk) as [string];
    assert.equal(recordsIn(scene.disk, path)[59]!.length, 55);
    damage(scene.disk, path, "payload 60");
    fail(scene, "rename", ".seg.new");
    scene.log.removeRange(1, 50);
    await settle(scene.disk);
    scene.disk.plan = () => undefined;
    scene.log.remove(51);
    await settle(scene.disk);

    assert.equal(names(scene)[0], "00000001.0001.seg");
    const aside = scene.disk.files().filter((each) => each.includes("/damaged/"));
    assert.equal(aside.length, isSetAside ? 1 : 0);
    assert.deepEqual(scene.log.losses.ranges, [range(60)]);
  }
});

test("a covered message whose file ends before it is lost when its segment is rewritten", async () => {
  const key = Buffer.alloc(32, 7);
  const first = await aLogWith(repeated(150), { key });
  await close(first.store, first.disk);
  lose(first.disk, ".journal");
  const scene = opened(first.disk, key);
  const [path] = segmentsOf(scene.disk) as [string];
  const records = recordsIn(scene.disk, path);
  const cut = records[records.length - 2]!;
  edit(scene.disk, path, (bytes) => bytes.subarray(0, cut.at + 60));

  scene.log.removeRange(1, 40);
  await settle(scene.disk);

  assert.equal(names(scene)[0], "00000001.0001.seg");
  assert.deepEqual(scene.log.losses.ranges, [range(cut.sequence, cut.sequence + 1)]);
});

test("a record that is another message than the index says is no message", async () => {
  const scene = await reopened(await aLogWith(repeated(150)));
  const [path] = segmentsOf(scene.disk) as [string];
  const bytes = Buffer.from(scene.disk.contents(path));
  const { at } = recordsIn(scene.disk, path)[59]!;
  scene.disk.replace(path, bytes.subarray(0, at));
  addMessage(scene.disk, path, 7);
  scene.disk.replace(
    path,
    Buffer.concat([scene.disk.contents(path), bytes.subarray(scene.disk.contents(path).length)]),
  );

  assert.equal(scene.log.read(60), undefined);
  assert.deepEqual(scene.log.losses.ranges, [range(60)]);
  assert.equal(scene.log.read(61)!.payload.toString(), "payload 61");

  const other = await reopened(await aLogWith(repeated(150)));
  const [second] = segmentsOf(other.disk) as [string];
  other.disk.replace(second, bytes.subarray(0, at));
  addMessage(other.disk, second, 7);
  other.disk.replace(
    second,
    Buffer.concat([other.disk.contents(second), bytes.subarray(other.disk.contents(second).length)]),
  );
  other.log.removeRange(1, 50);
  await settle(other.disk);
  assert.deepEqual(other.log.losses.ranges, [range(60)], "nor when its segment is rewritten");
});

test("a segment that cannot be unlinked stays, and the stream goes on", async () => {
  const scene = await aLogWith(repeated(150));
  fail(scene, "unlink", "1.0000.seg");
  scene.log.removeRange(1, 100);
  await settle(scene.disk);

  assert.ok(scene.said.has(/space not given back: EIO/));
  assertWhole(scene, upTo(150, 101));
  const again = await reopened(scene);
  assertWhole(again, upTo(150, 101));
  await settle(again.disk);
  assert.ok(!names(again).includes("00000001.0000.seg"), "the next start gives the space back");
});

test("an old generation that cannot be unlinked is left to the next start", async () => {
  const scene = await aLogWith(repeated(150));
  fail(scene, "unlink", "1.0000.seg");
  scene.log.removeRange(1, 50);
  await settle(scene.disk);

  assert.ok(scene.said.has(/old generation left behind: EIO/));
  assert.deepEqual(names(scene).slice(0, 2), ["00000001.0000.seg", "00000001.0001.seg"]);
  assertWhole(scene, upTo(150, 51));
  const again = await reopened(scene);
  assert.equal(names(again)[0], "00000001.0001.seg");
  assertWhole(again, upTo(150, 51));
});

test("an index that cannot be unlinked with its segment is left to the next start", async () => {
  const scene = await aLogWith(repeated(150));
  fail(scene, "unlink", "1.0000.idx");
  scene.log.removeRange(1, 100);
  await settle(scene.disk);

  assert.ok(scene.said.has(/checkpoint left behind: EIO/));
  const again = await reopened(scene);
  assert.ok(!again.disk.files().some((path) => path.endsWith("00000001.0000.idx")));
});

test("a disk too full for a segment's own bytes puts its rewrite off", async () => {
  const scene = await aLogWith(repeated(60), {}, { writeBehindStreams: 0, behindBytesMax: 1024 * 1024 });
  fail(scene, "write", "1.0000.seg", 1, "ENOSPC");
  appendTo(scene.log, repeated(20)); // closes the first segment, of which only the journal has the bytes
  await settle(scene.disk);
  scene.log.removeRange(1, 40);
  await settle(scene.disk);

  assert.ok(!names(scene).some((name) => name.includes(".0001.")));
  assert.ok(scene.store.full);
  scene.clock.advance(300);
  assert.ok(!scene.store.full);
  scene.log.remove(41);
  await settle(scene.disk);
  assert.equal(names(scene)[0], "00000001.0001.seg");
  const again = await reopened(scene);
  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(sequencesOf(again.log), upTo(80, 42));
});

test("a segment longer than one slice is rewritten slice by slice, and a read that fails on the way ends it", async () => {
  for (const isFailing of [false, true]) {
    const scene = await aLogWith([], {}, { segmentBytes: 4 * 1024 * 1024 });
    for (let i = 0; i < 23; i++) {
      scene.log.append("a", undefined, Buffer.alloc(200_000, i), 1n);
      await settle(scene.disk);
    }
    assert.equal(names(scene).length, 2);
    let writes = 0;
    scene.disk.plan = (_, what, path) => {
      if (what === "write" && path.endsWith(".seg.new")) writes++;
      return isFailing && writes === 2 && what === "read" && path.endsWith("1.0000.seg") ? "EIO" : undefined;
    };
    scene.log.removeRange(1, 11);
    await settle(scene.disk);
    scene.disk.plan = () => undefined;

    assert.equal(names(scene)[0], isFailing ? "00000001.0000.seg" : "00000001.0001.seg");
    if (isFailing) assert.equal(writes, 2, "what comes first, and a slice");
    else assert.ok(writes > 2, "all in one slice: this shows little");
    for (const s of upTo(23, 12)) assert.ok(scene.log.read(s)!.payload.equals(Buffer.alloc(200_000, s - 1)));
    assert.ok(!scene.disk.files().some((path) => path.endsWith(".new")));
  }
});

test("a journal file whose segments do not fit the disk is kept, and settled when there is room", async () => {
  const scene = await aLogWith(
    [],
    {},
    { writeBehindStreams: 0, behindBytesMax: 1024 * 1024, journalFilesMax: 2 },
  );
  scene.log.append("a", undefined, Buffer.alloc(1500), 1n);
  await settle(scene.disk);
  scene.disk.plan = (_, what, path) => (what === "write" && path.endsWith(".seg") ? "ENOSPC" : undefined);

  const error = await closing(scene.store, scene.disk);

  assert.match(error!.message, /ENOSPC/);
  assert.ok(scene.said.has(/journal file kept/));
  const again = opened(killed(scene.disk));
  assert.equal(again.log.read(1)!.payload.length, 1500);
});

test("erasing what is not there is done when all before it is on the disk; on a stopped stream it fails", async () => {
  const scene = await aLogWith(["a", "b"]);
  const heard: (string | undefined)[] = [];
  const erase = async (sequence: number): Promise<string | undefined> => {
    scene.log.erase(sequence, (error) => void heard.push(error?.message));
    await settle(scene.disk);
    return heard.pop();
  };
  assert.equal(await erase(1), undefined);
  assert.equal(await erase(1), undefined);
  assert.equal(await erase(77), undefined);
  scene.disk.plan = (_, what, path) => (what === "sync" && path.endsWith(".journal") ? "EIO" : undefined);
  scene.log.append("c", undefined, Buffer.from("x"), 1n);
  await settle(scene.disk);

  assert.match((await erase(2))!, /stopped/);
  assert.match((await erase(1))!, /stopped/, "nor does what is gone already go any further");
  assert.equal(scene.log.read(2)!.payload.toString(), "payload 2");
});

test("a message whose bytes are gone already counts as erased", async () => {
  for (const cut of [20, 45]) {
    const scene = await reopened(await aLogWith(repeated(30)));
    const [path] = segmentsOf(scene.disk) as [string];
    const { at } = recordsIn(scene.disk, path)[29]!;
    if (cut < 40) edit(scene.disk, path, (bytes) => bytes.subarray(0, at + cut));
    else
      edit(scene.disk, path, (bytes) => {
        bytes.writeUInt32LE(1_000_000, at + 8);
        return bytes;
      });
    const heard: unknown[] = [];

    scene.log.erase(30, (error) => void heard.push(error));
    await settle(scene.disk);

    assert.deepEqual(heard, [undefined]);
    assert.deepEqual(sequencesOf(scene.log), upTo(29));
  }
});

test("a message taken out by somebody else while its erasure waits is no error", async () => {
  const scene = await aLogWith(["a", "b"]);
  const heard: unknown[] = [];

  scene.log.erase(1, (error) => void heard.push(error));
  scene.log.remove(1);
  await settle(scene.disk);

  assert.deepEqual(heard, [undefined]);
});

test("an erasure that the disk refuses is told; the message is removed all the same", async () => {
  for (const [what, ending] of [
    ["write", ".seg"],
    ["sync", ".seg"],
    ["write", ".journal"],
    ["sync", ".journal"],
  ] as const) {
    const scene = await aLogWith(["a", "b"]);
    const heard: (Error | undefined)[] = [];
    scene.log.erase(1, (error) => void heard.push(error));
    let isNoted = false;
    scene.disk.plan = (_, call, path) => {
      if (call === "read" && path.endsWith(".seg")) isNoted = true; // the overwriting begins with reading the head
      return isNoted && call === what && path.endsWith(ending) ? "EIO" : undefined;
    };
    await settle(scene.disk);

    assert.match(String(heard[0]), /EIO/, `${what} ${ending}`);
    assert.equal(scene.log.read(1), undefined);
    scene.disk.plan = () => undefined;
    const again = opened(killed(scene.disk));
    assert.equal(again.log.losses.count, 0);
    assert.deepEqual(sequencesOf(again.log), [2]);
  }
});

test("a stream that stops while a segment is being rewritten is reopened when that has ended", async () => {
  for (let steps = 1; steps <= 8; steps++) {
    const scene = await aLogWith(repeated(150), {}, { behindBytesMax: 0 });
    scene.log.removeRange(1, 50);
    await Promise.resolve();
    for (let step = 0; step < steps; step++) {
      await Promise.resolve();
      scene.disk.step();
    }
    scene.disk.plan = (_, what, path) => (what === "sync" && path.endsWith(".journal") ? "EIO" : undefined);
    scene.log.append("x", undefined, Buffer.from("never"), 1n);
    for (let i = 0; i < 50 && scene.log.phase !== "failed"; i++) {
      await Promise.resolve();
      scene.disk.step();
    }
    scene.disk.plan = () => undefined;
    assert.equal(scene.log.phase, "failed");
    const heard: unknown[] = [];
    scene.log.reopen((error) => void heard.push(error));
    await settle(scene.disk);

    assert.deepEqual(heard, [undefined]);
    scene.log.append("x", undefined, Buffer.from("after"), 1n);
    await settle(scene.disk);
    const last = scene.log.last;
    const again = await reopened(scene);
    assert.equal(new Set(names(again).map((name) => name.slice(0, 8))).size, names(again).length);
    for (const s of upTo(150, 51)) assert.equal(again.log.read(s)?.payload.toString(), `payload ${s}`);
    assert.equal(again.log.read(last)!.payload.toString(), "after");
    assert.equal(again.log.losses.count, 0);
  }
});

test("a store closed while a stream is being reopened closes when that has ended", async () => {
  const scene = await aLogWith(repeated(150));
  scene.disk.plan = (_, what, path) => (what === "sync" && /(journal|seg)$/.test(path) ? "EIO" : undefined);
  scene.log.append("x", undefined, Buffer.from("never"), 1n);
  await settle(scene.disk);
  scene.disk.plan = () => undefined;
  const heard: string[] = [];
  scene.log.reopen((error) => void heard.push(`reopened ${error}`));
  scene.log.reopen((error) => void heard.push(error!.message));
  scene.store.close((error) => void heard.push(`closed ${error}`));
  await settle(scene.disk);

  assert.deepEqual(heard, [
    "reopen a stream that is being reopened",
    "reopened undefined",
    "closed undefined",
  ]);
  assertWhole(opened(scene.disk), upTo(150));
});

test("a stream whose rewriting fails stays stopped, and is reopened when the disk allows", async () => {
  const scene = await aLogWith(repeated(150));
  const reopen = async (): Promise<Error | undefined> => {
    const heard: (Error | undefined)[] = [];
    scene.log.reopen((error) => void heard.push(error));
    await settle(scene.disk);
    assert.equal(heard.length, 1);
    return heard[0];
  };
  assert.equal(await reopen(), undefined, "a stream that goes well is reopened by doing nothing");
  scene.disk.plan = (_, what, path) =>
    what === "sync" && /(journal|seg|new)$/.test(path) ? "EIO" : undefined;
  scene.log.append("x", undefined, Buffer.from("never"), 1n);
  await settle(scene.disk);

  assert.match((await reopen())!.message, /rewrite a segment: EIO/);
  assert.equal(scene.log.phase, "failed");
  assert.equal(scene.log.append("x", undefined, Buffer.from("never"), 1n), 0);
  scene.disk.plan = () => undefined;
  assert.equal(await reopen(), undefined);
  assert.equal(scene.log.append("x", undefined, Buffer.from("payload 152"), 1n), 152);
  await settle(scene.disk);
  assertWhole(await reopened(scene), [...upTo(150), 152]);
});

test("damage found while a stream is reopened is told, and the rest goes on", async () => {
  const first = await aLogWith(repeated(150));
  first.disk.failedSyncs = ["clean"];
  const path = segmentsOf(first.disk).at(-1)!;
  damage(first.disk, segmentsOf(first.disk)[0]!, "payload 20");
  damage(first.disk, "/s/journal/00.journal", "payload 20"); // where it would be had from otherwise
  first.disk.plan = (_, what, each) => (what === "sync" && /(journal|seg)$/.test(each) ? "EIO" : undefined);
  first.log.append("x", undefined, Buffer.from("never"), 1n);
  await settle(first.disk);
  first.disk.plan = () => undefined;
  assert.ok(path.endsWith("00000003.0000.seg"));

  first.log.reopen(() => undefined);
  await settle(first.disk);

  assert.deepEqual(first.log.losses.ranges, [range(20)]);
  assertWhole(
    first,
    upTo(150).filter((s) => s !== 20),
  );
});

test("a stream deleted while it is being reopened is gone", async () => {
  const scene = await aLogWith(repeated(150));
  scene.disk.plan = (_, what, path) => (what === "sync" && /(journal|seg)$/.test(path) ? "EIO" : undefined);
  scene.log.append("x", undefined, Buffer.from("never"), 1n);
  await settle(scene.disk);
  scene.disk.plan = () => undefined;
  const heard: (Error | undefined)[] = [];
  scene.log.reopen((error) => void heard.push(error));
  scene.store.delete("orders");
  await settle(scene.disk);

  assert.equal(heard.length, 1);
  assert.equal(scene.log.phase, "closed");
  assert.deepEqual(segmentsOf(scene.disk), []);
  await close(scene.store, scene.disk);
});

test("a stream deleted while a reopening waits for a rewrite is not opened any more", async () => {
  let waited = 0;
  for (let steps = 1; steps <= 12; steps++) {
    const scene = await aLogWith(repeated(150), {}, { behindBytesMax: 0 });
    scene.log.removeRange(1, 50);
    for (let step = 0; step < steps; step++) {
      await Promise.resolve();
      scene.disk.step();
    }
    scene.disk.plan = (_, what, path) => (what === "sync" && path.endsWith(".journal") ? "EIO" : undefined);
    scene.log.append("x", undefined, Buffer.from("never"), 1n);
    for (let i = 0; i < 50 && scene.log.phase !== "failed"; i++) {
      await Promise.resolve();
      scene.disk.step();
    }
    scene.disk.plan = () => undefined;
    const heard: (Error | undefined)[] = [];
    scene.log.reopen((error) => void heard.push(error));
    const isWaiting = heard.length === 0;
    scene.store.delete("orders");
    await settle(scene.disk);

    assert.equal(heard.length, 1);
    assert.equal(scene.log.phase, "closed");
    if (isWaiting) assert.ok(heard[0] !== undefined, "it cannot have been reopened");
    if (/deleted meanwhile/.test(String(heard[0]))) waited++;
    await close(scene.store, scene.disk);
  }
  assert.ok(waited > 0, "no reopening waited: this shows little");
});

test("the erasure of what damage took is told when a segment or a journal refuses it", async () => {
  for (const [what, ending] of [
    ["write", ".seg"],
    ["write", ".journal"],
    ["sync", ".journal"],
    ["sync", ".seg"],
  ] as const) {
    const scene = await aLogWith(repeated(20));
    const [path] = segmentsOf(scene.disk) as [string];
    damage(scene.disk, path, "payload 7");
    scene.log.append("last", undefined, Buffer.alloc(0), 1n);
    await settle(scene.disk);
    assert.equal((await reread(scene, 7))?.payload, undefined);
    assert.deepEqual(scene.log.losses.ranges, [range(7)]);
    let isDurable = false;
    scene.log.whenDurable(() => void (isDurable = true));
    scene.disk.plan = (_, call, each) =>
      isDurable && call === what && each.endsWith(ending) ? "EIO" : undefined;
    const heard: (Error | undefined)[] = [];

    scene.log.erase(7, (error) => void heard.push(error));
    await settle(scene.disk);

    assert.match(String(heard[0]), /EIO/, `${what} ${ending}`);
    scene.disk.plan = () => undefined;
    assert.deepEqual(
      sequencesOf(scene.log),
      upTo(21).filter((s) => s !== 7),
    );
  }
});

test("space that is to be given back while a stream is reopened is given back of what it was written anew as", async () => {
  for (let steps = 0; steps < 12; steps++) {
    const scene = await aLogWith(repeated(220));
    scene.disk.plan = (_, what, path) =>
      what === "sync" && /(journal|2.0000.seg)$/.test(path) ? "EIO" : undefined;
    scene.log.append("x", undefined, Buffer.from("never"), 1n);
    await settle(scene.disk);
    assert.equal(scene.log.phase, "failed");
    scene.disk.plan = () => undefined;
    const heard: (Error | undefined)[] = [];
    scene.log.reopen((error) => void heard.push(error));
    for (let step = 0; step < steps; step++) {
      await Promise.resolve();
      scene.disk.step();
    }
    for (const [first, last] of [
      [1, 60],
      [80, 140],
      [150, 210],
    ] as const)
      scene.log.removeRange(first, last);
    await settle(scene.disk);

    assert.deepEqual(heard, [undefined]);
    const expected = [...upTo(79, 61), ...upTo(149, 141), ...upTo(220, 211)];
    assertWhole(scene, expected);
    const again = await reopened(scene);
    assertWhole(again, expected);
    assert.equal(again.log.losses.count, 0);
  }
});
