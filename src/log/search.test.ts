// Messages are found, counted and removed by pattern by whichever way is shorter.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, nextOf, purgeOf } from "../../test/log/asking.ts";
import { aLogWith, appendTo, settle } from "../../test/log/scene.ts";
import { repeated, sequencesOf, upTo } from "../../test/log/told.ts";
import { SimDisk } from "../../test/world/disk.ts";
import type { Budget } from "./budget.ts";
import { Cover } from "./cover.ts";
import { Filter } from "./filter.ts";
import { Handles } from "./handles.ts";
import { SequenceIndex } from "./index.ts";
import type { Log } from "./log.ts";
import { Places } from "./places.ts";
import { search } from "./questions.ts";
import { Segment } from "./segment.ts";
import { aWalk, Subjects } from "./subjects.ts";

const plenty = (): Budget => ({ left: Number.POSITIVE_INFINITY });

const backwards = (log: Log): number[] => {
  const found: number[] = [];
  for (let s = log.previous(Number.MAX_SAFE_INTEGER); s !== 0; s = log.previous(s - 1)) found.push(s);
  return found.reverse();
};

test("messages are walked backwards as they are forwards, over gaps, empty segments and the ends", async () => {
  const { log, disk } = await aLogWith(repeated(300));
  assert.deepEqual(backwards(log), upTo(300));
  log.removeRange(290, 300);
  log.removeRange(60, 250);
  log.removeRange(1, 4);
  log.remove(10);
  const expected = upTo(289, 5).filter((s) => s !== 10 && (s < 60 || s > 250));

  assert.deepEqual(backwards(log), expected);
  assert.deepEqual(sequencesOf(log), expected);
  await settle(disk);
  assert.deepEqual(backwards(log), expected, "and so when the space was given back");
  assert.deepEqual([log.previous(4), log.previous(0), log.previous(200)], [0, 0, 59]);
  log.removeAll();
  assert.deepEqual([log.previous(300), log.next(1)], [0, 0]);
});

test("neighbours of one subject are found over a distance that fits no step", async () => {
  const far = 5_000_000_000;
  for (const first of [0, 1, 2]) {
    const { log } = await aLogWith(["b", "a", "b"]);
    log.skipTo(far);
    appendTo(log, ["b", "a"]);
    log.skipTo(2 * far);
    appendTo(log, ["b", "a"]);
    const sequences = [2, far + 2, 2 * far + 2];
    assert.deepEqual(sequencesOf(log), [1, 2, 3, far + 1, far + 2, 2 * far + 1, 2 * far + 2]);

    log.remove(sequences[first]!);
    const [kept, other] = sequences.filter((_, i) => i !== first) as [number, number];
    assert.deepEqual(log.subject("a"), { subject: "a", messages: 2, first: kept, last: other });

    log.remove(other);
    assert.deepEqual(log.subject("a"), { subject: "a", messages: 1, first: kept, last: kept });
    log.remove(kept);
    assert.equal(log.subject("a"), undefined);
    assert.deepEqual(log.subject("b"), { subject: "b", messages: 4, first: 1, last: 2 * far + 1 });
  }
});

test("a neighbour over such a distance costs no look at the messages between", async () => {
  const { log } = await aLogWith(["a", "b", ...Array.from({ length: 3000 }, () => "c")]);
  log.skipTo(2 ** 32 + 5000);
  appendTo(log, ["a", "b", "a", "b"]);
  const [a, b] = [log.last - 3, log.last - 2];
  let looks = 0;
  const { findSubject, subject } = Places.prototype;
  Places.prototype.findSubject = function (node, at, end) {
    looks += Math.max(0, end - at);
    return findSubject.call(this, node, at, end);
  };
  Places.prototype.subject = function (at) {
    looks++;
    return subject.call(this, at);
  };
  try {
    log.remove(a);
    log.remove(2);
  } finally {
    Object.assign(Places.prototype, { findSubject, subject });
  }

  assert.ok(looks < 100, String(looks));
  assert.deepEqual(log.subject("a"), { subject: "a", messages: 2, first: 1, last: a + 2 });
  assert.deepEqual(log.subject("b"), { subject: "b", messages: 2, first: b, last: b + 2 });
  log.removeAll();
  assert.equal(log.subject("a"), undefined);
});

test("the next message of a subject is found from whichever end is nearer", async () => {
  for (const [before, between, behind] of [
    [300, 900, 200],
    [10, 3000, 1],
    [10, 1, 3000],
    [200, 64, 64],
    [200, 63, 65],
  ] as const) {
    const subjects = [...Array(before).fill("a"), ...Array(between).fill("b"), ...Array(behind).fill("a")];
    const { log } = await aLogWith(subjects);
    const filter = new Filter(["a"]);

    assert.equal(nextOf(log, before + 1, filter), before + between + 1);
    assert.equal(nextOf(log, before, filter), before);
    assert.equal(nextOf(log, before + between + behind + 1, filter), 0);
    assert.equal(nextOf(log, before + 1, new Filter(["b"])), before + 1);
  }
});

test("a pattern is found however thinly its messages are spread, and among removed ones", async () => {
  const { log } = await aLogWith([...repeated(30_000), "rare.1", ...repeated(10), "rare.2"]);
  const rare = new Filter(["rare.*", "rare.1"]);
  assert.equal(nextOf(log, 1, rare), 30_001);
  assert.equal(nextOf(log, 30_002, rare), 30_012);
  assert.equal(countOf(log, rare, 2), 2);
  log.removeRange(2, 40);

  assert.equal(nextOf(log, 1, new Filter(["a.1.*"])), 41);
  assert.equal(nextOf(log, 2, new Filter(["none.*"])), 0);
  const seen: string[] = [];
  log.eachSubject(rare, ({ subject }) => seen.push(subject) > 0);
  assert.deepEqual(seen.sort(), ["rare.1", "rare.2"], "each once, though two patterns match it");
});

test("more subjects than are asked one by one are looked through in order", async () => {
  const { log } = await aLogWith([]);
  for (let i = 0; i < 70_000; i++) log.append(`s.${i}.x`, undefined, Buffer.alloc(0), 1n);
  log.append("s.0.y", undefined, Buffer.alloc(0), 1n);

  assert.equal(nextOf(log, 1, new Filter(["*.0.y", "none.*"])), 70_001);
  assert.equal(nextOf(log, 5_000, new Filter(["s.*.x"])), 5_000);
  assert.equal(nextOf(log, 3, new Filter(["s.0.*"])), 70_001);
});

test("what matches is counted from any sequence on", async () => {
  const { log } = await aLogWith(repeated(400));
  log.removeRange(50, 59);
  const filter = new Filter(["a.0.x"]);
  const every = new Filter([]);
  const of = (from: number, each: number): number =>
    upTo(400).filter((s) => s >= from && (s < 50 || s > 59) && (s - 1) % each === 0).length;

  for (const from of [0, 1, 2, 49, 50, 55, 60, 150, 201, 350, 399, 400]) {
    assert.equal(countOf(log, filter, from), of(from, 3), `from ${from}`);
    assert.equal(countOf(log, every, from), of(from, 1), `from ${from}`);
  }
  assert.equal(countOf(log, filter, 401), 0);
  log.removeAll();
  assert.equal(countOf(log, every), 0);
  assert.equal(countOf(log, filter, 401), 0);
});

test("removing what matches keeps as many as asked, up to a sequence", async () => {
  for (const [upToSequence, keep, expected] of [
    [undefined, 0, []],
    [undefined, 2, [7, 10]],
    [7, 0, [10]],
    [7, 1, [7, 10]],
    [100, 5, [1, 4, 7, 10]],
  ] as const) {
    const { log } = await aLogWith(repeated(12));
    const filter = new Filter(["a.0.x"]);

    const removed = purgeOf(log, filter, upToSequence, keep);

    assert.equal(removed, 4 - expected.length);
    const left = sequencesOf(log).filter((s) => (s - 1) % 3 === 0);
    assert.deepEqual(left, expected);
    assert.equal(log.state.messages, 8 + expected.length);
  }
});

test("a visit of subjects ends when the visitor has seen enough, whatever the pattern", () => {
  const subjects = new Subjects(1);
  let sequence = 0;
  for (const subject of ["a.b.c", "a.b", "a.d.c", "x", "a.b.e", "x.y"]) {
    subjects.add(subjects.enter(subject), ++sequence);
  }
  const table: [string, number, boolean][] = [
    [">", 6, true],
    ["a.>", 4, true],
    ["a.*.c", 2, true],
    ["*.*", 2, true],
    ["x.y.>", 0, true],
    ["x", 1, true],
    ["none.>", 0, true],
    ["a.b.c.>", 0, true],
  ];
  for (const [pattern, count, through] of table) {
    const seen: string[] = [];
    assert.equal(
      subjects.visit(pattern.split("."), (node) => seen.push(subjects.name(node)) > 0, plenty()),
      through,
    );
    assert.equal(seen.length, count, pattern);
    for (let stopAt = 1; stopAt <= count; stopAt++) {
      let visited = 0;
      assert.equal(
        subjects.visit(pattern.split("."), () => ++visited < stopAt, plenty()),
        false,
      );
      assert.equal(visited, stopAt, pattern);
    }
    for (const node of seen.map((name) => subjects.find(name)))
      assert.ok(subjects.matches(node, [pattern.split(".")], plenty()));
  }
});

test("subjects come and go by the thousand, and each keeps its own numbers", () => {
  const subjects = new Subjects(7);
  const there = new Map<string, number>();
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 2000; i++) {
      const subject = `t${i % 37}.${"long".repeat(round)}${(i * 7 + round) % 1500}.z`;
      const node = subjects.enter(subject);
      subjects.add(node, round * 2000 + i + 1);
      there.set(subject, (there.get(subject) ?? 0) + 1);
    }
    for (const [subject, count] of [...there]) {
      if ((count + subject.length + round) % 2 === 0) continue;
      const node = subjects.find(subject);
      assert.equal(subjects.name(node), subject);
      for (let left = count; left > 0; left--) subjects.take(node, 1, 1);
      there.delete(subject);
    }
    assert.equal(subjects.size, there.size);
    for (const [subject, count] of there)
      assert.equal(subjects.count(subjects.find(subject)), count, subject);
  }
});

test("a pattern whose next message is far behind more subjects than are worth asking is found", () => {
  const index = new SequenceIndex(1);
  const handles = new Handles(new SimDisk(1), 1);
  const segment = new Segment(handles, "/x", "00", 1, 0, 1, new Cover("none", undefined, ""));
  index.segments.push(segment);
  const add = (subject: string): void =>
    index.add(segment, index.last + 1, 64, 0, false, true, index.subjects.enter(subject));
  for (let i = 0; i < 600; i++) add(`s.${i}.x`);
  for (let i = 0; i < 30_000; i++) add("other");
  add("s.5.x");
  const filter = new Filter(["s.*.x"]);

  for (const steps of [1, 100, 2000, 100_000]) {
    const ask = (from: number): number => {
      let looked = search(index, filter, from, { left: steps });
      while (looked.end !== 0) looked = search(index, filter, looked.end, { left: steps });
      return looked.found;
    };
    assert.equal(ask(601), 30_601);
    assert.equal(ask(30_602), 0);
    assert.equal(ask(77), 77);
  }
});

test("the messages of a pattern are counted without looking at each subject, as a visit counts them", () => {
  const subjects = new Subjects(1);
  let sequence = 0;
  for (const subject of ["a.b.c", "a.b", "a.b", "a.d.c", "x", "a", "a.b.e", "x.y"]) {
    subjects.add(subjects.enter(subject), ++sequence);
  }
  for (const pattern of [
    ">",
    "a.>",
    "a.b.>",
    "*",
    "*.*",
    "*.>",
    "*.b.*",
    "a",
    "a.b",
    "a.d",
    "x.y.>",
    "none",
    "none.>",
    "*.*.*.*",
  ]) {
    let counted = 0;
    const add = (node: number): boolean => {
      counted += subjects.count(node);
      return true;
    };
    subjects.visit(pattern.split("."), add, plenty());

    let total = 0;
    const put = (messages: number): void => {
      total += messages;
    };
    assert.ok(subjects.total(pattern.split("."), put, plenty(), aWalk()));
    assert.equal(total, counted, pattern);
  }
});

test("a search goes past segments in which nothing is left", () => {
  const index = new SequenceIndex(1);
  const handles = new Handles(new SimDisk(1), 1);
  const node = index.subjects.enter("a");
  const other = index.subjects.enter("b");
  for (const number of [1, 2, 3]) {
    const cover = new Cover("none", undefined, "");
    const segment = new Segment(handles, `/${number}`, "00", number, 0, number * 100 - 99, cover);
    index.segments.push(segment);
    for (let i = 0; i < 100; i++)
      index.add(segment, index.last + 1, 64 + i, 0, false, true, number === 3 && i > 90 ? node : other);
  }
  index.bodyBytesOf = () => 0;
  for (let s = 101; s <= 200; s++) index.remove(s);
  index.add(index.segments[2]!, 301, 200, 0, false, true, node);

  assert.equal(index.next(101), 201);
  assert.equal(index.previous(200), 100);
  assert.equal(index.nextOf(node, 50, plenty()), 292);
  assert.equal(index.nextOf(other, 101, plenty()), 201);
  assert.equal(index.nextOf(node, 301, plenty()), 301);
  assert.equal(index.nextOf(node, 302, plenty()), 0);
});
