// No question and no purge by subject holds the program longer than its steps allow, and none answers otherwise for it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, nextOf, previousOf, purgeOf, subjectsOf } from "../../test/log/asking.ts";
import { aLogWith, appendTo, settle } from "../../test/log/scene.ts";
import { sequencesOf } from "../../test/log/told.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { matches } from "../subject/pattern.ts";
import { Words } from "./columns.ts";
import { Count, Filter, type Log, Purge } from "./log.ts";
import { Places } from "./places.ts";

/** Groups of ten: `s.<group>.<number>.x`, and far behind them one that ends otherwise. */
async function aBusyLog(count = 9000): Promise<Log> {
  const { log, disk } = await aLogWith([]);
  for (let i = 0; i < count; i++) appendTo(log, [`s.${Math.floor(i / 10)}.${i}.x`]);
  appendTo(log, ["s.0.0.y"]);
  await settle(disk);
  return log;
}

/** The most places of memory that one call of `ask` looked at, over the calls until it answers 0; and how many calls. */
function mostOf(first: number, ask: (at: number) => number): { most: number; turns: number } {
  let looks = 0;
  // Not mock.method: that keeps each of the calls.
  const { get } = Words.prototype;
  const { subject } = Places.prototype;
  Words.prototype.get = function (at) {
    looks++;
    return get.call(this, at);
  };
  Places.prototype.subject = function (at) {
    looks++;
    return subject.call(this, at);
  };
  let [most, turns] = [0, 0];
  try {
    for (let at = first; turns === 0 || at !== 0; turns++) {
      looks = 0;
      at = ask(at);
      most = Math.max(most, looks);
    }
    return { most, turns };
  } finally {
    Words.prototype.get = get;
    Places.prototype.subject = subject;
  }
}

const worst: [string, string[]][] = [
  ["stars and a token there is not", ["*.*.*.nomatch"]],
  ["a star in the middle", ["s.*.8999.x"]],
  ["what all match", ["s.*.*.x"]],
  ["many patterns", Array.from({ length: 64 }, (_, i) => `s.*.n${i}.x`)],
  ["many patterns and subjects", ["s.1.10.x", ...Array.from({ length: 64 }, (_, i) => `s.*.${i * 140}.*`)]],
  ["many subjects", Array.from({ length: 200 }, (_, i) => `s.${i}.${i * 10}.x`)],
  ["few subjects, far away", ["s.0.0.x", "s.899.8990.x", "s.0.0.y"]],
];

test("whatever the pattern, one question looks at no more than its steps allow, and is gone on with", async () => {
  const log = await aBusyLog();
  const steps = 2000;
  for (const [what, patterns] of worst) {
    const filter = new Filter(patterns);
    const count = new Count(filter);
    const asks: Record<string, (at: number) => number> = {
      search: (at) => log.search(at, filter, steps).end,
      back: (at) => log.searchBack(at, filter, steps).end,
      count: () => (log.count(count, steps) ? 0 : 1),
      visit: (at) => log.eachSubject(filter, () => true, at === 1 ? 0 : at, steps),
    };
    for (const [name, ask] of Object.entries(asks)) {
      const { most } = mostOf(name === "back" ? log.last : 1, ask);
      assert.ok(most <= steps * 2, `${name} of ${what}: ${most} looks`);
    }
  }
});

test("a message that lies one ahead is found by a few looks, with one pattern or with many", async () => {
  const log = await aBusyLog();
  const many = Array.from({ length: 63 }, (_, i) => `s.*.n${i}.x`);
  for (const [patterns, looks] of [
    [["s.*.*.x"], 20],
    [[...many, "s.*.*.x"], 150],
  ] as const) {
    const filter = new Filter(patterns);
    for (const from of [1, 5000, 9000]) {
      const { most } = mostOf(from, (at) => log.search(at, filter).end);
      assert.ok(most <= looks, `${patterns.length} patterns: ${most} looks ahead`);
      const back = mostOf(from, (at) => log.searchBack(at, filter).end);
      assert.ok(back.most <= looks, `${patterns.length} patterns: ${back.most} looks back`);
    }
  }
});

test("the steps make no difference to what is answered", async () => {
  const log = await aBusyLog(700);
  for (const [what, patterns] of [...worst, ["everything", []] as [string, string[]]]) {
    const all = sequencesOf(log, new Filter(patterns));
    const filter = new Filter(patterns);
    for (const steps of [1, 700, 5000, 10_000_000]) {
      for (const from of [1, 2, 350, 700, 702]) {
        const text = `${what} from ${from} by ${steps}`;
        assert.equal(nextOf(log, from, filter, steps), all.find((s) => s >= from) ?? 0, text);
        assert.equal(previousOf(log, from, filter, steps), all.findLast((s) => s <= from) ?? 0, text);
        assert.equal(countOf(log, filter, from, steps), all.filter((s) => s >= from).length, text);
      }
      const subjects = all.map((s) => log.read(s)!.subject).sort();
      assert.deepEqual(subjectsOf(log, filter, steps), subjects, `${what} by ${steps}`);
    }
  }
});

test("a purge by a few steps at a time takes out what one at once would, and keeps as many", async () => {
  for (const [steps, upTo, keep, left] of [
    [1, 600, 3, [593, 596, 599, 602]],
    [300, 600, 3, [593, 596, 599, 602]],
    [1, 600, 500, undefined],
    [1, undefined, 0, []],
    [100_000, undefined, 1, [602]],
  ] as const) {
    const { log, disk } = await aLogWith(Array.from({ length: 603 }, (_, i) => `a.${i % 3}.${i}`));
    const filter = new Filter(["a.1.*"]);
    const before = sequencesOf(log, filter);
    for (const s of before.slice(2, 5)) log.remove(s);
    await settle(disk);

    const removed = purgeOf(log, filter, upTo, keep, steps);

    const after = sequencesOf(log, filter);
    assert.equal(removed, 198 - after.length);
    if (left === undefined) assert.equal(after.length, 198);
    else assert.deepEqual(after, left);
    assert.equal(log.state.messages, 600 - removed);
  }
});

test("what is removed while a purge is under way counts as kept if it would have been", async () => {
  const { log } = await aLogWith(Array.from({ length: 100 }, () => "a"));
  const purge = new Purge(new Filter(["a"]), 100, 10);
  while (purge.removed === 0) log.purge(purge, 100);
  for (let s = 96; s <= 100; s++) log.remove(s);
  appendTo(log, ["a"]);

  while (!log.purge(purge, 100));

  assert.deepEqual(sequencesOf(log), [91, 92, 93, 94, 95, 101]);
});

/** "a" now and then, nothing but "b" for long, "a" again; and how the log is asked of "a". */
async function aLongWay(): Promise<Log> {
  const { log, disk } = await aLogWith([]);
  const add = async (subject: string, count: number): Promise<void> => {
    appendTo(
      log,
      Array.from({ length: count }, () => subject),
    );
    await settle(disk);
  };
  await add("a", 3000);
  await add("b", 20_000);
  await add("a", 3000);
  await add("c", 1);
  return log;
}

test("the next and the last message of a subject are found however far away, a few steps at a time", async () => {
  const log = await aLongWay();
  for (const [patterns, next, previous] of [
    [["a"], 23_001, 3000],
    [["a", "c"], 23_001, 3000],
    [["a", "none"], 23_001, 3000],
    [["*.none", "a"], 23_001, 3000],
  ] as const) {
    const filter = new Filter(patterns);
    for (const steps of [10, 1000, 100_000]) {
      assert.equal(nextOf(log, 3001, filter, steps), next, `${patterns.join(" ")} by ${steps}`);
      assert.equal(nextOf(log, 3001, filter, steps), next, "and again");
      assert.equal(previousOf(log, 23_000, filter, steps), previous);
    }
    const fresh = new Filter(patterns);
    const { most, turns } = mostOf(3001, (at) => log.search(at, fresh, 1000).end);
    assert.ok(turns > 1 && most <= 3000, `${turns} turns, ${most} looks`);
  }
  assert.equal(countOf(log, new Filter([]), 3001), 23_001);
  assert.equal(countOf(log, new Filter(["b"]), 10_000, 5000), 13_001);
});

test("a visit that has seen enough ends there, and one that goes on meets who came meanwhile at most once", async () => {
  const log = await aBusyLog(3000);
  const all = new Filter([]);
  let seen = 0;
  assert.equal(
    log.eachSubject(all, () => ++seen < 70, 1),
    0,
  );
  assert.equal(seen, 70);

  const met = new Map<string, number>();
  let at = 0;
  for (let turn = 0; turn === 0 || at !== 0; turn++) {
    at = log.eachSubject(
      all,
      ({ subject }) => met.set(subject, (met.get(subject) ?? 0) + 1).size > 0,
      at,
      4000,
    );
    log.remove(turn * 7 + 1);
    appendTo(log, [`late.${turn}`]);
  }

  assert.deepEqual(new Set(met.values()), new Set([1]));
  for (const subject of subjectsOf(log, new Filter(["s.>"]))) assert.ok(met.has(subject), subject);
});

test("a purge whose steps end with its last message says that it is over", async () => {
  const { log } = await aLogWith(["a", "a", "b"]);

  assert.deepEqual(log.removeMatching(new Filter(["a"]), 1, 1, 1), { count: 1, end: 0 });
  assert.deepEqual(log.removeRange(1, 3, 1), { count: 1, end: 3 });
  assert.deepEqual(log.removeRange(3, 3, 1), { count: 1, end: 0 });
  assert.equal(log.state.messages, 0);
});

test("a way through the subjects that is longer than a turn is gone on with", async () => {
  const log = await aBusyLog();
  const filter = new Filter(["s.*.8999.x"]);

  const { most, turns } = mostOf(1, (at) => log.search(at, filter, 2000).end);

  assert.ok(turns > 5 && turns < 60 && most <= 4000, `${turns} turns, ${most} looks`);
  assert.equal(nextOf(log, 1, filter, 2000), 9000);
});

test("a search of many turns misses nothing of what comes and goes meanwhile", async () => {
  const chance = chanceOf(17);
  const { log, disk } = await aLogWith([]);
  const held = new Map<number, string>();
  const append = (count: number): void => {
    for (; count > 0; count--) {
      const subject = `${chance.pick(["a", "b"])}.${chance.below(400)}.${chance.below(40)}`;
      held.set(log.append(subject, undefined, Buffer.alloc(1), 1n), subject);
    }
  };
  append(3000);
  await settle(disk);
  const patterns = ["a.*.7", "*.5.*", "a.*.41", "b.3.3", "*.*.39", "a.9.>"];
  for (let round = 0; round < 400; round++) {
    const wanted = [chance.pick(patterns), chance.pick(patterns)];
    const filter = new Filter([...new Set(wanted)]);
    for (let again = 0; again < 3; again++) {
      const from = 1 + chance.below(log.last);
      const isQuiet = chance.below(2) === 0; // and no subject goes
      let looked = log.search(from, filter, 300);
      while (looked.end !== 0) {
        if (chance.below(4) === 0) append(1 + chance.below(3));
        const gone = 1 + chance.below(log.last);
        if (!isQuiet && chance.below(3) === 0 && held.delete(gone)) log.remove(gone);
        looked = log.search(looked.end, filter, 300);
      }
      const expected = [...held].find(
        ([s, subject]) => s >= from && wanted.some((each) => matches(each, subject)),
      );
      assert.equal(looked.found, expected?.[0] ?? 0, `round ${round}: ${wanted.join(" ")} from ${from}`);
    }
    if (round % 50 === 0) await settle(disk);
  }
});

test("what was found early in a search of many turns and is removed before its end is not answered", async () => {
  const { log, disk } = await aLogWith([]);
  for (let i = 0; i < 3000; i++) appendTo(log, [`a.${i}.${i}`]);
  for (let i = 0; i < 3000; i++) appendTo(log, [`c.${i}`]);
  appendTo(log, ["b", "a.2999.x", "b", "a.2999.x"]); // the newest of the first star's tokens: asked first
  await settle(disk);
  const filter = new Filter(["a.*.x", "none.*"]);

  let looked = log.search(1, filter, 6000);
  assert.ok(looked.end !== 0 && looked.end < 6000, "too quick");
  log.remove(6002);
  while (looked.end !== 0) looked = log.search(looked.end, filter, 6000);

  assert.equal(looked.found, 6004);
});
