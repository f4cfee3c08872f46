import assert from "node:assert/strict";
import { test } from "node:test";
import { addMark, addMessage, addNote, recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  cutOff,
  damage,
  damageOf,
  edit,
  killed,
  lose,
  opened,
  range,
  recordBytes,
  reopened,
  repeated,
  segmentsOf,
  sequencesOf,
  settle,
  stopped,
  textsOf,
  upTo,
} from "../../test/log/scene.ts";
import { flagErased, recordHeaderBytes } from "./record.ts";
import { segmentHeader, segmentHeaderBytes } from "./segment.ts";

test("segments alone tell every message, its subject, its size and its neighbours", async () => {
  const scene = await aLogWith(repeated(200));
  scene.log.append("with.headers", Buffer.from("NATS/1.0\r\n\r\n"), Buffer.from("x"), 1n);
  scene.log.removeRange(20, 30);
  await settle(scene.disk);
  const before = scene.log.state;
  await close(scene.store, scene.disk);
  lose(scene.disk, ".journal", ".idx");

  const again = opened(scene.disk);

  assert.deepEqual(again.log.state, before);
  assert.equal(again.log.indexBytes, 201 * 16);
  assert.deepEqual(again.log.losses.damage, []);
  for (const s of sequencesOf(again.log)) assert.deepEqual(again.log.read(s), scene.log.read(s));
  assert.deepEqual(again.log.subject("a.1.x"), scene.log.subject("a.1.x"));
});

test("an index beside the segment is used, and no record is read", async () => {
  const { store, disk } = await aLogWith(repeated(200));
  await close(store, disk);
  const read = new Map<string, number>();
  disk.plan = (_, what, path) => {
    if (what === "sync") assert.ok(!path.endsWith(".seg"), "what is in place already is not synced again");
    if (what === "read" && path.endsWith(".seg")) read.set(path, (read.get(path) ?? 0) + 1);
    return undefined;
  };

  const { log } = opened(disk);

  assert.deepEqual([...read.values()], [1, 1, 1], "the headers alone");
  assert.equal(log.state.messages, 200);
});

test("an index that covers less than its segment is left aside", async () => {
  const { store, disk } = await aLogWith(repeated(3));
  await close(store, disk);
  addMessage(disk, segmentsOf(disk)[0]!, 4);

  const again = opened(disk);

  assert.deepEqual(textsOf(again.log), ["payload 1", "payload 2", "payload 3", "new"]);
});

test("what a reader is shown after a crash is synced first", async () => {
  const disk = await cutOff(repeated(5));
  const synced: string[] = [];
  disk.plan = (_, what, path) => {
    if (what === "sync" || what === "syncdir") synced.push(path);
    return undefined;
  };

  opened(disk);

  const [segment] = segmentsOf(disk);
  const at = synced.indexOf(segment!);
  assert.ok(at >= 0);
  assert.ok(
    synced.includes(segment!.slice(0, segment!.lastIndexOf("/")), at),
    "and its name with its directory",
  );
});

test("after a crash even a segment that an index covers is synced", async () => {
  const { disk: first } = await aLogWith(repeated(100));
  const disk = killed(first);
  lose(disk, ".journal");
  assert.ok(disk.files().some((path) => path.endsWith(".idx")));
  const synced = new Set<string>();
  disk.plan = (_, what, path) => {
    if (what === "sync") synced.add(path);
    return undefined;
  };

  opened(disk);

  assert.deepEqual(
    segmentsOf(disk).filter((path) => !synced.has(path)),
    [],
  );
});

test("a message that damage hit is lost, and told; its neighbours are whole", async () => {
  const disk = await stopped(repeated(9));
  damage(disk, segmentsOf(disk)[0]!, "payload 5");

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(5)]);
  assert.deepEqual(again.log.losses.uncertainRanges, []);
  assert.deepEqual(again.log.losses.damage, [
    {
      path: segmentsOf(disk)[0],
      what: "damaged bytes",
      from: segmentHeaderBytes + 4 * recordBytes,
      to: segmentHeaderBytes + 5 * recordBytes,
    },
  ]);
  assert.deepEqual(sequencesOf(again.log), [1, 2, 3, 4, 6, 7, 8, 9]);
  assert.equal(again.log.state.bytes, 8 * (recordBytes - recordHeaderBytes + 30));
  assert.equal(
    again.log.remove(4),
    recordBytes - recordHeaderBytes + 30,
    "the damage is no part of the one before",
  );
  assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 10);
});

test("damage before the first message and behind the last costs what it hit", async () => {
  const disk = await stopped(repeated(9));
  const [path] = segmentsOf(disk);
  damage(disk, path!, "payload 1");
  damage(disk, path!, "payload 9");

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(1), range(9)]);
  assert.deepEqual(sequencesOf(again.log), upTo(8, 2));
  assert.deepEqual(damageOf(again), ["damaged bytes", "bytes behind the last record"]);
});

test("a segment cut short after a stop in order has lost its end, and its bytes are told", async () => {
  const disk = await stopped(repeated(9));
  const [path] = segmentsOf(disk);
  edit(disk, path!, (bytes) => bytes.subarray(0, segmentHeaderBytes + 6 * recordBytes + 20));

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(7, 9)]);
  assert.deepEqual(sequencesOf(again.log), upTo(6));
  assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 10);
});

test("a record torn by a crash is no damage, and its sequence is not given out again", async () => {
  const disk = await cutOff(repeated(9));
  const [path] = segmentsOf(disk);
  edit(disk, path!, (bytes) => bytes.subarray(0, bytes.length - 3));

  const again = opened(disk);

  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(damageOf(again), ["bytes behind the last record"]);
  assert.deepEqual(sequencesOf(again.log), upTo(8));
  const next = again.log.append("x", undefined, Buffer.from(""), 1n);
  assert.ok(next > 9, `${next} was given out before`);
  await settle(disk);
  assert.deepEqual(sequencesOf((await reopened(again)).log), [...upTo(8), next]);
});

test("zeros behind the last record are nothing", async () => {
  for (const make of [stopped, cutOff]) {
    const disk = await make(repeated(9));
    edit(disk, segmentsOf(disk)[0]!, (bytes) => Buffer.concat([bytes, Buffer.alloc(1000)]));

    const again = opened(disk);

    assert.deepEqual(damageOf(again), []);
    assert.deepEqual(sequencesOf(again.log), upTo(9));
    assert.equal(again.log.remove(9), 44, "the zeros are no part of the last message");
  }
});

test("bytes behind the last record of an older segment are damage, where there was no crash", async () => {
  for (const [make, expected] of [
    [stopped, ["bytes behind the last record"]],
    [cutOff, []],
  ] as const) {
    const disk = await make(repeated(150));
    edit(disk, segmentsOf(disk)[0]!, (bytes) => Buffer.concat([bytes, Buffer.from("garbage")]));

    const again = opened(disk);

    assert.equal(again.log.losses.count, 0);
    assert.deepEqual(damageOf(again), expected);
    assert.equal(sequencesOf(again.log).length, 150);
  }
});

test("a gap that a crash left is uncertain; below a mark of what was committed it is a loss", async () => {
  for (const [at, isMarked, lost, uncertain] of [
    [4, false, [], [range(4)]],
    [4, true, [range(4)], []],
    [1, false, [], [range(1)]],
    [5, true, [], [range(5)]],
  ] as const) {
    const disk = await cutOff(repeated(9));
    const [path] = segmentsOf(disk);
    damage(disk, path!, `payload ${at}`);
    if (isMarked) addMark(disk, path!, 5);

    const again = opened(disk);

    assert.deepEqual(again.log.losses.ranges, lost);
    assert.deepEqual(again.log.losses.uncertainRanges, [...uncertain, range(10, 257)]);
  }
});

test("of a gap across the mark the lower part is lost and the upper uncertain", async () => {
  const disk = await cutOff(repeated(9));
  const [path] = segmentsOf(disk);
  for (const s of [4, 5, 6]) damage(disk, path!, `payload ${s}`);
  addMark(disk, path!, 6);

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(4, 5)]);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(6), range(10, 257)]);
  await settle(disk);
  const third = await reopened(again);
  assert.deepEqual(third.log.losses.uncertainRanges, [], "what is uncertain is told once");
  assert.deepEqual(third.log.losses.ranges, [range(4, 5)], "what is lost, at every start");
});

test("a start tells once what is missing, whatever stopped it before", async () => {
  const disk = await cutOff(repeated(9));
  damage(disk, segmentsOf(disk)[0]!, "payload 4");
  const again = opened(disk);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(4), range(10, 257)]);
  again.log.append("x", undefined, Buffer.from(""), 1n);
  await settle(disk);

  const third = opened(killed(disk));

  assert.deepEqual(
    third.log.losses.uncertainRanges,
    [range(259, third.log.last)],
    "but for what this kill cut",
  );
  assert.equal(third.log.losses.count, 0);
});

test("a record out of order is damage, and costs nobody else", async () => {
  for (const sequence of [2, 3, 4 + 2 ** 20]) {
    const disk = await stopped(repeated(3));
    const [path] = segmentsOf(disk);
    const end = disk.contents(path!).length;
    addMessage(disk, path!, sequence);
    addMessage(disk, path!, 4);

    const again = opened(disk);

    assert.deepEqual(textsOf(again.log), ["payload 1", "payload 2", "payload 3", "new"], `${sequence}`);
    assert.deepEqual(again.log.losses.damage, [
      { path, what: "record out of order", from: end, to: end + recordHeaderBytes + 4 },
    ]);
    const each = recordBytes - recordHeaderBytes + 30;
    assert.equal(again.log.state.bytes, 3 * each + 4 + 30, "the one before it keeps its size");
    assert.equal(again.log.remove(3), each);
    assert.equal(again.log.losses.count, 0);
  }
});

test("an erased record is no message, and none is missed", async () => {
  const disk = await stopped(repeated(3));
  const [path] = segmentsOf(disk);
  addMessage(disk, path!, 4, flagErased);
  addMessage(disk, path!, 5);

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2, 3, 5]);
  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(again.log.losses.uncertainRanges, []);
  assert.equal(again.log.remove(3), recordBytes - recordHeaderBytes + 30);
});

test("a note makes messages before and behind it removed", async () => {
  const disk = await stopped(repeated(6));
  const [path] = segmentsOf(disk);
  addNote(disk, path!, [range(2, 3), range(7)]);
  addMessage(disk, path!, 7);
  addMessage(disk, path!, 8);

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 4, 5, 6, 8]);
  assert.equal(again.log.losses.count, 0);
  assert.equal(again.log.state.first, 1);
  assert.equal(again.log.remove(6), recordBytes - recordHeaderBytes + 30);
});

test("a note of what was never there moves the sequence on", async () => {
  const disk = await stopped(repeated(3));
  addNote(disk, segmentsOf(disk)[0]!, [range(4, 70)]);

  const again = opened(disk);

  assert.equal(again.log.last, 70);
  assert.equal(again.log.losses.count, 0);
  assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 71);
});

test("a damaged header of a segment costs nothing and is told; a blank one is a crash's", async () => {
  for (const [fill, expected] of [
    [0xff, ["segment header"]],
    [0, []],
  ] as const) {
    const disk = await cutOff(repeated(5));
    edit(disk, segmentsOf(disk)[0]!, (bytes) => bytes.fill(fill, 0, segmentHeaderBytes));

    const again = opened(disk);

    assert.deepEqual(damageOf(again), expected);
    assert.deepEqual(sequencesOf(again.log), upTo(5));
  }
});

test("a file of another stream is set aside under another name, and told", async () => {
  for (const at of [1, 2]) {
    const disk = await stopped(repeated(150));
    const paths = segmentsOf(disk);
    assert.equal(paths.length, 3);
    const foreign = paths[at]!;
    const held = recordsIn(disk, foreign).map(({ sequence }) => sequence);
    disk.replace(foreign, disk.contents(paths[0]!));

    const again = opened(disk);

    assert.equal(damageOf(again)[0], "file of another stream or segment");
    assert.ok(disk.contents(`${foreign}.foreign`).equals(disk.contents(paths[0]!)));
    assert.ok(!disk.files().includes(foreign));
    assert.deepEqual(again.log.losses.ranges, [range(held[0]!, held.at(-1)!)]);
    assert.deepEqual(
      sequencesOf(again.log),
      upTo(150).filter((s) => !held.includes(s)),
    );
    const next = again.log.append("x", undefined, Buffer.from("after"), 1n);
    await settle(disk);
    assert.equal((await reopened(again)).log.read(next)!.payload.toString(), "after");
  }
});

test("what a cut operation left over is unlinked, and nothing else", async () => {
  const disk = await stopped(repeated(5));
  const [path] = segmentsOf(disk) as [string];
  const folder = path.slice(0, path.lastIndexOf("/"));
  const id = folder.slice(folder.lastIndexOf("/") + 1);
  const newer = `${folder}/00000001.0001.seg`;
  disk.openSync(newer, "create").closeSync();
  disk.replace(newer, segmentHeader(id, 1, 1, 1));
  for (let s = 1; s <= 5; s++) addMessage(disk, newer, s);
  for (const name of [
    "00000001.0002.seg.new",
    "00000009.0000.idx",
    "00000001.0000.idx",
    "notes.txt",
    "00000001.0000.segs",
  ])
    disk.openSync(`${folder}/${name}`, "create").closeSync();

  const again = opened(disk);

  const left = disk.files().filter((each) => each.startsWith(folder) && !each.endsWith(".state"));
  assert.deepEqual(
    left.map((each) => each.slice(folder.length + 1)),
    ["00000001.0000.segs", "00000001.0001.seg", "notes.txt"],
  );
  assert.deepEqual(textsOf(again.log), Array(5).fill("new"), "of two generations the newer one counts");
});

test("a segment that is gone is a loss of what it held, at the beginning, between others, and at the end", async () => {
  for (const at of [0, 1, 2]) {
    const whole = await aLogWith(repeated(200));
    await close(whole.store, whole.disk);
    const held = whole.disk.copy(1);
    lose(held, segmentsOf(held)[at]!, ".journal", ".idx");

    const again = opened(held);

    const there = sequencesOf(again.log);
    const missing = upTo(200).filter((s) => !there.includes(s));
    assert.ok(missing.length > 30);
    assert.deepEqual(again.log.losses.ranges, [range(missing[0]!, missing.at(-1)!)], `segment ${at}`);
    assert.equal(again.log.last, 200);
    assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 201);
  }
});

test("what lies below the floor is not missed", async () => {
  const scene = await aLogWith(repeated(200));
  scene.log.removeRange(1, 150);
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  lose(scene.disk, ".journal", ".idx");

  const again = opened(scene.disk);

  assert.equal(again.log.losses.count, 0);
  assert.deepEqual(sequencesOf(again.log), upTo(200, 151));
  assert.equal(again.log.first, 151);
});

test("an index that leaves out what no note tells is not believed", async () => {
  const scene = await aLogWith(repeated(150));
  scene.log.remove(5);
  appendTo(scene.log, repeated(60));
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  // The note of the removal is lost; the segment of the message itself and its index are whole.
  const [first] = segmentsOf(scene.disk) as [string];
  const index = first.replace(/seg$/, "idx");
  assert.ok(scene.disk.files().includes(index));
  for (const path of segmentsOf(scene.disk)) if (path !== first) lose(scene.disk, path);
  lose(scene.disk, ".journal");

  const again = opened(scene.disk);

  assert.ok(
    again.log.read(5) !== undefined || again.log.losses.count > 0,
    "message 5 is neither there nor told lost",
  );
});

test("a stream goes on in a new segment after every start", async () => {
  let scene = await aLogWith(repeated(3));
  for (let start = 2; start <= 4; start++) {
    scene = await reopened(scene);
    appendTo(scene.log, ["b"]);
    await settle(scene.disk);

    assert.equal(segmentsOf(scene.disk).length, start);
  }
  assert.deepEqual(sequencesOf(scene.log), upTo(6));
});

test("sequences that a killed process may have given out are skipped, and never called lost", async () => {
  for (const stop of ["kill", "in order"]) {
    const scene = await aLogWith(repeated(3), {}, { reserveMin: 10 });
    const again = opened(killed(scene.disk));
    const next = again.log.append("x", undefined, Buffer.from(""), 1n);
    assert.equal(next, 12, "the first append reserved ten more");
    await settle(again.disk);

    const third = stop === "kill" ? opened(killed(again.disk)) : await reopened(again);

    assert.deepEqual(sequencesOf(third.log), [1, 2, 3, 12]);
    assert.equal(third.log.losses.count, 0);
    assert.deepEqual(third.log.losses.uncertainRanges, stop === "kill" ? [range(13, third.log.last)] : []);
  }
});

test("where the last messages are cut off after a kill, it is told which they may have been", async () => {
  const disk = await cutOff(repeated(9));
  edit(disk, segmentsOf(disk)[0]!, (bytes) => bytes.subarray(0, segmentHeaderBytes + 6 * recordBytes));

  const again = opened(disk);

  assert.deepEqual(again.log.losses.uncertainRanges, [range(7, 257)]);
  assert.ok(again.said.has(/behind message 6, any up to 257/));
});

test("what a stop in order, or a mark, knows to be committed is lost where the end is cut off, kill or not", async () => {
  for (const know of ["stop", "mark"]) {
    let scene = await aLogWith(repeated(9));
    if (know === "stop") scene = await reopened(scene);
    scene.log.append("x", undefined, Buffer.from(""), 1n);
    await settle(scene.disk);
    const disk = killed(scene.disk);
    lose(disk, ".journal", ".idx");
    for (const path of segmentsOf(disk))
      for (const { at, sequence } of recordsIn(disk, path).reverse())
        if (sequence > 6) edit(disk, path, (bytes) => bytes.subarray(0, at));
    if (know === "mark") addMark(disk, segmentsOf(disk)[0]!, 10);

    const again = opened(disk);

    assert.deepEqual(again.log.losses.ranges, [range(7, 9)], know);
    assert.deepEqual(again.log.losses.uncertainRanges, [range(10, again.log.last)], know);
  }
});

test("a stream without a message starts where it stopped", async () => {
  for (const stop of ["kill", "in order"]) {
    const scene = await aLogWith([]);

    const again = stop === "kill" ? opened(killed(scene.disk)) : await reopened(scene);

    assert.deepEqual([again.log.first, again.log.last, again.log.state.messages], [1, 0, 0]);
    assert.equal(again.log.append("x", undefined, Buffer.from(""), 1n), 1);
  }
});

test("an empty segment file, as a crash leaves it, is gone through", async () => {
  const disk = await cutOff(repeated(3));
  const [path] = segmentsOf(disk) as [string];
  const second = path.replace("00000001", "00000002");
  disk.openSync(second, "create").closeSync();

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2, 3]);
  assert.deepEqual(damageOf(again), []);
  const next = again.log.append("x", undefined, Buffer.from("after"), 1n);
  await settle(disk);
  assert.equal((await reopened(again)).log.read(next)!.payload.toString(), "after");
});

test("an encrypted, compressed stream's messages keep their sizes through a start without an index", async () => {
  const key = Buffer.alloc(32, 7);
  const scene = await aLogWith(repeated(50), { key, compression: "zstd" });
  scene.log.append("long", Buffer.from("h"), Buffer.alloc(3000, "z"), 1n);
  scene.log.remove(3);
  await settle(scene.disk);
  const { state } = scene.log;
  await close(scene.store, scene.disk);
  lose(scene.disk, ".journal", ".idx");

  const again = opened(scene.disk, key);

  assert.deepEqual(again.log.state, state);
  assert.equal(again.log.remove(51), 4 + 1 + 3000 + 34);
  assert.equal(again.log.remove(1), recordBytes - recordHeaderBytes + 30);
});

test("a disk that cannot be read stops the start with its error", async () => {
  const { store, disk } = await aLogWith(repeated(200), {}, { segmentBytes: 64 * 1024 });
  await close(store, disk);
  lose(disk, ".idx");
  disk.plan = (_, what, path) => (what === "read" && path.endsWith(".seg") ? "EIO" : undefined);

  assert.throws(() => opened(disk), /EIO/);
});
