// What a start takes over from the files shows later: when segments are rewritten, dropped, or read once more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addMark, addMessage, addNote, addRecord, notesIn, recordsIn } from "../../test/log/records.ts";
import {
  aLogWith,
  appendTo,
  close,
  cutOff,
  damage,
  edit,
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
  stopped,
  upTo,
} from "../../test/log/scene.ts";
import { kindCommitted, putHead, type Range, recordHeaderBytes, removedLength, seal } from "./record.ts";
import { segmentHeaderBytes } from "./segment.ts";

const never = { compactBytesMin: 1024 * 1024 };

/** Takes out so much of the first segment that it is written anew. */
async function rewriteFirst(scene: Scene, from: number, to: number): Promise<void> {
  scene.log.removeRange(from, to);
  await settle(scene.disk);
  assert.equal(names(scene)[0], "00000001.0001.seg", "not rewritten");
}

test("a segment that is half dead when it is found is written anew at once, one that is not stays", async () => {
  for (const isRewritten of [false, true]) {
    const first = await aLogWith(repeated(72), {}, never);
    appendTo(first.log, repeated(10)); // the notes go to the next segment
    await settle(first.disk);
    const [path] = segmentsOf(first.disk) as [string];
    const half = first.disk.contents(path).length / 2;
    const records = recordsIn(first.disk, path);
    let removed = 0;
    for (let dead = 0; dead < half; removed++) dead += records[removed]!.length;
    if (!isRewritten) removed--;
    first.log.removeRange(1, removed);
    await settle(first.disk);
    const disk = killed(first.disk);
    lose(disk, ".idx", ".journal");

    const again = opened(disk);
    await settle(disk);

    assert.equal(names(again)[0], isRewritten ? "00000001.0001.seg" : "00000001.0000.seg");
    assert.deepEqual(sequencesOf(again.log), upTo(82, removed + 1));
  }
});

test("notes count as dead when a segment is found", async () => {
  for (const [notes, isRewritten] of [
    [66, false],
    [68, true],
  ] as const) {
    const disk = await stopped(repeated(20));
    const [path] = segmentsOf(disk);
    for (let half = 0; half < 2; half++)
      addNote(
        disk,
        path!,
        upTo(notes / 2).map((i) => range(100 + 2 * i + 200 * half)),
      );
    const bytes = disk.contents(path!).length;
    assert.equal(2 * removedLength(notes / 2) * 2 >= bytes, isRewritten, "the table is wrong");

    const again = opened(disk);
    await settle(disk);

    assert.equal(names(again)[0], isRewritten ? "00000001.0001.seg" : "00000001.0000.seg");
    assert.deepEqual(sequencesOf(again.log), upTo(20));
    const third = await reopened(again);
    assert.equal(third.log.losses.count, 0);
    assert.equal(third.log.last, 100 + notes + 200);
  }
});

test("notes count as dead when a segment is found by its index, too", async () => {
  const first = await aLogWith(repeated(73), {}, never);
  appendTo(first.log, repeated(5));
  for (let s = 2; s <= 72; s += 2) first.log.remove(s);
  await settle(first.disk);
  await close(first.store, first.disk);
  assert.ok(notesIn(first.disk, segmentsOf(first.disk)[1]!).length > 30);

  const again = opened(first.disk);
  await settle(again.disk);

  assert.ok(names(again).includes("00000002.0001.seg"), names(again).join(" "));
  const third = await reopened(again);
  assert.equal(third.log.losses.count, 0);
  assert.equal(third.log.state.messages, 73 - 36 + 5);
});

test("a segment that has its index, or is damaged, is given none", async () => {
  for (const isDamaged of [false, true]) {
    const scene = await aLogWith(repeated(150));
    await close(scene.store, scene.disk);
    const [path] = segmentsOf(scene.disk) as [string];
    if (isDamaged) {
      lose(scene.disk, ".idx", ".journal");
      damage(scene.disk, path, "payload 40");
    }
    const made: string[] = [];
    scene.disk.plan = (_, what, each) => {
      if (what === "open" && each.endsWith(".idx.new")) made.push(each.slice(-25, -8));
      return undefined;
    };

    opened(scene.disk);
    await settle(scene.disk);

    assert.ok(!made.some((name) => name.includes("00000001")), made.join(" "));
    if (!isDamaged) assert.deepEqual(made, []);
  }
});

test("marks of what was committed count as dead too", async () => {
  const disk = await stopped(repeated(5));
  const [path] = segmentsOf(disk);
  for (let i = 0; i < 20; i++) addMark(disk, path!, 5);

  const again = opened(disk);
  await settle(disk);

  assert.equal(names(again)[0], "00000001.0001.seg");
  assert.equal(recordsIn(disk, segmentsOf(disk)[0]!).filter(({ kind }) => kind === kindCommitted).length, 0);
});

test("a record of a kind that nobody knows yet is stepped over", async () => {
  const disk = await stopped(repeated(3));
  const [path] = segmentsOf(disk);
  addRecord(disk, path!, removedLength(1), (buffer, view, place, mark) => {
    putHead(view, 0, mark, 9, 1, 0n, 0, 0, 16);
    buffer.writeBigUInt64LE(1n, recordHeaderBytes);
    buffer.writeBigUInt64LE(3n, recordHeaderBytes + 8);
    seal(buffer, view, 0, place, buffer.length, 0);
  });

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2, 3]);
  assert.deepEqual(again.log.losses.damage, []);
});

test("what was lost is told at every start until something notes it, even when its segment was written anew", async () => {
  for (const isMarked of [true, false]) {
    const disk = await cutOff(repeated(150));
    const [path] = segmentsOf(disk);
    for (const s of [40, 41, 42]) damage(disk, path!, `payload ${s}`);
    const certain = isMarked ? 42 : 1;
    if (isMarked) addMark(disk, path!, certain);
    const again = opened(disk);
    await rewriteFirst(again, 1, 38);

    const roster = notesIn(disk, segmentsOf(disk)[0]!);
    const third = await reopened(again);
    await close(third.store, disk);
    lose(disk, ".idx", ".journal");
    const fourth = opened(disk);

    assert.deepEqual(roster, isMarked ? [range(1, 38), range(42)] : [range(1, 38), range(40, 42)]);
    for (const { log } of [third, fourth]) {
      assert.deepEqual(log.losses.ranges, isMarked ? [range(40, 41)] : []);
      assert.deepEqual(log.losses.uncertainRanges, []);
    }
  }
});

test("damaged bytes found at a start are set aside before their segment is written anew", async () => {
  const disk = await stopped(repeated(150));
  const [path] = segmentsOf(disk) as [string];
  damage(disk, path, "payload 40");
  const at = disk.contents(path).indexOf("payload") - recordHeaderBytes - 5;
  assert.equal(at, segmentHeaderBytes);
  const again = opened(disk);
  const [{ from, to } = { from: 0, to: 0 }] = again.log.losses.damage;
  const bytes = Buffer.from(disk.contents(path).subarray(from, to));

  await rewriteFirst(again, 1, 39);

  const folder = path.slice(0, path.lastIndexOf("/"));
  assert.ok(disk.contents(`${folder}/damaged/1.0.${from}`).equals(bytes));
});

test("an index that leaves out what no note tells is not believed: the segment is read again", async () => {
  const scene = await aLogWith(repeated(70));
  scene.log.remove(5);
  appendTo(scene.log, repeated(20)); // over the segment's end: the note of the removal goes to the next one
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  const [first, ...others] = segmentsOf(scene.disk) as [string, ...string[]];
  assert.deepEqual(notesIn(scene.disk, first), []);
  assert.ok(scene.disk.files().includes(first.replace(/seg$/, "idx")));
  lose(scene.disk, ".journal", ...others);
  damage(scene.disk, first, "payload 2\0".slice(0, 9));
  const { length } = scene.disk.contents(first);

  const again = opened(scene.disk);

  assert.equal(again.log.read(5)!.payload.toString(), "payload 5", "its removal was lost");
  const there = sequencesOf(again.log);
  assert.ok(!there.includes(2), "and damage is found on the way");
  assert.deepEqual(again.log.losses.ranges, [range(2), range(there.at(-1)! + 1, 90)]);
  assert.equal(length, again.disk.contents(first).length);
});

test("an index whose gaps are all told is believed", async () => {
  const scene = await aLogWith(repeated(60));
  scene.log.removeRange(5, 9);
  scene.log.remove(20);
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  let reads = 0;
  scene.disk.plan = (_, what, path) => {
    if (what === "read" && path.endsWith(".seg")) reads++;
    return undefined;
  };

  const { log } = opened(scene.disk);

  assert.equal(reads, 1, "the header alone");
  assert.deepEqual(
    sequencesOf(log),
    upTo(60).filter((s) => s !== 20 && (s < 5 || s > 9)),
  );
});

test("damage behind the last record of a segment that is read again is told once", async () => {
  const scene = await aLogWith(repeated(70));
  scene.log.remove(5);
  appendTo(scene.log, repeated(20));
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  const [first, ...others] = segmentsOf(scene.disk) as [string, ...string[]];
  lose(scene.disk, ".journal", ...others);
  edit(scene.disk, first, (bytes) => {
    bytes[bytes.length - 1]! ^= 1;
    return bytes;
  });

  const again = opened(scene.disk);

  assert.deepEqual(
    again.log.losses.damage.map(({ what }) => what),
    ["bytes behind the last record"],
  );
  assert.ok(again.said.lines.some(({ level, text }) => level === "error" && text.includes("bytes behind")));
});

test("what a rewritten segment tells itself is not noted again when another one leaves", async () => {
  for (const isIndexed of [true, false]) {
    const scene = await aLogWith(repeated(72));
    appendTo(scene.log, repeated(75)); // the second segment will hold the notes of the first
    await settle(scene.disk);
    await rewriteFirst(scene, 5, 60);
    const noted = segmentsOf(scene.disk)
      .slice(1)
      .flatMap((path) => notesIn(scene.disk, path));
    assert.deepEqual(noted, [range(5, 60)]);
    const again = await reopened(scene);
    if (!isIndexed) {
      await close(again.store, again.disk);
      lose(again.disk, ".idx");
    }
    const third = isIndexed ? again : opened(again.disk);
    const { last } = third.log;
    const kept = recordsIn(third.disk, segmentsOf(third.disk)[0]!).at(-1)!.sequence;
    appendTo(third.log, ["b"]);
    third.log.removeRange(kept + 1, last);
    await settle(third.disk);

    const rest = segmentsOf(third.disk)
      .slice(1)
      .flatMap((path) => notesIn(third.disk, path));
    assert.ok(rest.length > 0);
    assert.ok(
      rest.every(({ first }) => first > kept),
      `${isIndexed} ${JSON.stringify(rest)} tells what the first segment tells`,
    );
    const fourth = await reopened(third);
    assert.equal(fourth.log.losses.count, 0);
    assert.deepEqual(sequencesOf(fourth.log), [1, 2, 3, 4, ...upTo(kept, 61), last + 1]);
  }
});

test("notes of a segment that leaves after a start are kept as long as they are needed", async () => {
  for (const ending of [".idx", ".none"]) {
    const scene = await aLogWith(repeated(150));
    const { log } = scene;
    appendTo(log, repeated(20));
    log.remove(5);
    await settle(scene.disk);
    await close(scene.store, scene.disk);
    lose(scene.disk, ending);
    const again = opened(scene.disk);
    assert.deepEqual(
      segmentsOf(scene.disk).flatMap((path) => notesIn(scene.disk, path)),
      [range(5)],
    );
    appendTo(again.log, ["b"]);
    again.log.removeRange(recordsIn(scene.disk, segmentsOf(scene.disk)[2]!)[0]!.sequence, 170);
    await settle(scene.disk);
    assert.equal(
      names(again).filter((name) => name.startsWith("00000003")).length,
      0,
      "the note's segment is there",
    );

    await close(again.store, scene.disk);
    lose(scene.disk, ".idx", ".journal");
    const third = opened(scene.disk);

    assert.equal(third.log.read(5), undefined, "message 5 came back");
    assert.equal(third.log.losses.count, 0);
  }
});

test("segments found whole are not written anew when the stream stops and is reopened", async () => {
  const scene = await reopened(await aLogWith(repeated(150)));
  const before = names(scene);
  scene.disk.plan = (_, what, path) => (what === "sync" && path.endsWith(".journal") ? "EIO" : undefined);
  scene.log.append("x", undefined, Buffer.from("never"), 1n);
  await settle(scene.disk);
  assert.equal(scene.log.phase, "failed");
  assert.equal(scene.log.read(150)!.payload.toString(), "payload 150");
  scene.disk.plan = () => undefined;

  const heard: unknown[] = [];
  scene.log.reopen((error) => void heard.push(error));
  await settle(scene.disk);

  assert.deepEqual(heard, [undefined]);
  assert.deepEqual(names(scene).slice(0, before.length), before);
  const again = await reopened(scene);
  assert.deepEqual(sequencesOf(again.log), upTo(150));
});

test("two segments that hold the same messages show each once", async () => {
  const disk = await stopped(repeated(4));
  const [path] = segmentsOf(disk) as [string];
  const second = path.replace("00000001", "00000002");
  disk.openSync(second, "create").closeSync();
  disk.replace(second, Buffer.alloc(segmentHeaderBytes));
  for (const s of [3, 4, 5]) addMessage(disk, second, s);
  addNote(disk, second, [range(3)]);

  const again = opened(disk);

  assert.deepEqual(
    sequencesOf(again.log).map((s) => `${s} ${again.log.read(s)!.payload}`),
    ["1 payload 1", "2 payload 2", "4 payload 4", "5 new"],
  );
  assert.equal(again.log.state.messages, 4);
  for (const s of sequencesOf(again.log)) again.log.remove(s);
  assert.deepEqual([again.log.state.messages, again.log.state.bytes], [0, 0]);
});

test("behind an empty segment losses are found as anywhere", async () => {
  const disk = await cutOff(repeated(3));
  const folder = segmentsOf(disk)[0]!.slice(0, -17);
  disk.openSync(`${folder}00000002.0000.seg`, "create").closeSync();
  disk.openSync(`${folder}00000003.0000.seg`, "create").closeSync();
  disk.replace(`${folder}00000003.0000.seg`, Buffer.alloc(segmentHeaderBytes));
  addMessage(disk, `${folder}00000003.0000.seg`, 4);
  addMessage(disk, `${folder}00000003.0000.seg`, 7);

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2, 3, 4, 7]);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(5, 6), range(8, 257)]);
});

test("an empty segment's header tells up to where sequences were given out, whatever the stream's header says", async () => {
  const first = await aLogWith(["a"], {}, { reserveMin: 2 });
  const states = first.disk.files().filter((path) => /streams.*00000000\..\.state$/.test(path));
  const early = states.map((path) => Buffer.from(first.disk.contents(path)));
  appendTo(first.log, repeated(160));
  await settle(first.disk);
  const disk = killed(first.disk);
  lose(disk, ".journal", ".idx");
  for (const [i, path] of states.entries()) disk.replace(path, early[i]!);
  const paths = segmentsOf(disk);
  assert.equal(paths.length, 3);
  const held = recordsIn(disk, paths[2]!).map(({ sequence }) => sequence);
  const last = recordsIn(disk, paths[0]!).at(-1)!.sequence;
  for (const path of paths.slice(1)) edit(disk, path, (bytes) => bytes.subarray(0, segmentHeaderBytes));

  const again = opened(disk);

  assert.equal(again.log.last, held[0]! - 1);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(last + 1, held[0]! - 1)], "and that is told");
  assert.equal(again.log.losses.count, 0);
});

test("an empty segment far above the last message costs no message", async () => {
  const scene = await aLogWith(["a", "a"]);
  scene.log.skipTo(100_000);
  scene.log.append("a", undefined, Buffer.from("far"), 1n);
  await settle(scene.disk);
  const disk = killed(scene.disk);
  lose(disk, ".journal", ".idx");
  const [first, second] = segmentsOf(disk) as [string, string];
  for (const path of [first, second]) {
    const [message] = recordsIn(disk, path).filter(({ sequence }) => sequence > 2);
    const note = recordsIn(disk, path).filter(({ kind }) => kind === 2);
    for (const { at } of [...(message === undefined ? [] : [message]), ...note])
      edit(disk, path, (bytes) => bytes.subarray(0, Math.min(bytes.length, at)));
  }

  const again = opened(disk);

  assert.deepEqual(sequencesOf(again.log), [1, 2]);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(3, again.log.last)]);
  assert.ok(again.log.last >= 100_000);
});

test("a gap between segments is told but for what was removed in it", async () => {
  const scene = await aLogWith(repeated(200));
  await close(scene.store, scene.disk);
  lose(scene.disk, segmentsOf(scene.disk)[1]!, ".journal", ".idx");
  const paths = segmentsOf(scene.disk);
  const from = recordsIn(scene.disk, paths[0]!).length + 1;
  const to = recordsIn(scene.disk, paths[1]!)[0]!.sequence - 1;
  const table: [Range[], Range[]][] = [
    [[], [range(from, to)]],
    [
      [range(2), range(from, from + 1), range(from + 10, from + 12), range(to - 1, to + 1), range(to + 10)],
      [range(from + 2, from + 9), range(from + 13, to - 2)],
    ],
    [
      [range(from - 3, from), range(from + 2), range(to), range(to + 2)],
      [range(from + 1), range(from + 3, to - 1)],
    ],
    [[range(from - 1), range(to + 1)], [range(from, to)]],
    [[range(1, 199)], []],
  ];
  for (const [noted, lost] of table) {
    const disk = scene.disk.copy(1);
    addNote(disk, paths[1]!, noted);

    assert.deepEqual(opened(disk).log.losses.ranges, lost);
  }
});

test("what lies below the floor is not missed, though no note tells of it", async () => {
  const scene = await aLogWith(repeated(72));
  appendTo(scene.log, repeated(5));
  scene.log.removeRange(1, 20);
  await settle(scene.disk);
  await close(scene.store, scene.disk);
  lose(scene.disk, ".journal", ".idx");
  for (const path of segmentsOf(scene.disk)) {
    for (const { at, kind } of recordsIn(scene.disk, path))
      if (kind === 2)
        edit(scene.disk, path, (bytes) => {
          bytes[at + recordHeaderBytes]! ^= 1;
          return bytes;
        });
  }
  edit(scene.disk, segmentsOf(scene.disk)[0]!, (bytes) => bytes.fill(0, segmentHeaderBytes, 1000));

  const again = opened(scene.disk);

  assert.deepEqual(again.log.losses.ranges, []);
  assert.equal(again.log.first, 21);
});

test("below a segment that was closed everything had been committed: its loss is certain", async () => {
  const { disk: first } = await aLogWith(repeated(150));
  const disk = killed(first);
  lose(disk, ".journal", segmentsOf(disk)[0]!);
  assert.ok(disk.files().some((path) => path.endsWith("00000002.0000.idx")));
  const held = recordsIn(disk, segmentsOf(disk)[0]!)[0]!.sequence;

  const again = opened(disk);

  assert.deepEqual(again.log.losses.ranges, [range(1, held - 1)]);
  assert.deepEqual(again.log.losses.uncertainRanges, [range(151, again.log.last)]);
});

test("every file that a start opens is closed with the store, a foreign one too", async () => {
  const disk = await stopped(repeated(150));
  const paths = segmentsOf(disk);
  disk.replace(paths[2]!, disk.contents(paths[0]!));
  const open = new Map<unknown, string>();
  const openSync = disk.openSync.bind(disk);
  Object.defineProperty(disk, "openSync", {
    value: (path: string, mode: "read") => {
      const file = openSync(path, mode);
      open.set(file, path);
      const closeSync = file.closeSync.bind(file);
      return Object.assign(file, {
        closeSync: () => {
          open.delete(file);
          closeSync();
        },
      });
    },
  });

  const scene = opened(disk);
  scene.log.append("x", undefined, Buffer.from("after"), 1n);
  await settle(disk);
  await close(scene.store, disk);

  assert.deepEqual([...open.values()], []);
});
