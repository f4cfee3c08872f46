// A count of many turns is one walk along the subjects: it never begins anew, and tells what is there all the while.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf } from "../../test/log/asking.ts";
import { aLogWith, appendTo, settle } from "../../test/log/scene.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { matches } from "../subject/pattern.ts";
import { Count, Filter, type Log } from "./log.ts";

const many = (count: number, subjectOf: (n: number) => string): string[] =>
  Array.from({ length: count }, (_, n) => subjectOf(n));

async function aLogOf(subjects: readonly string[]): Promise<Log> {
  const { log, disk } = await aLogWith([]);
  for (let i = 0; i < subjects.length; i += 1000) {
    appendTo(log, subjects.slice(i, i + 1000));
    await settle(disk);
  }
  return log;
}

/** In turns of so many steps; `meanwhile` between two of them. */
function turnsOf(log: Log, count: Count, steps: number, meanwhile = (): void => undefined): number {
  let turns = 1;
  for (; !log.count(count, steps); turns++) meanwhile();
  return turns;
}

test("a count that asks each of a star's tokens goes on where its last turn stopped", async () => {
  const log = await aLogOf(many(20_000, (n) => `s.${n % 1000}.${n % 10_000}.x`));
  const filter = new Filter(["s.*.7777.x"]);

  for (const [from, expected] of [
    [1, 2],
    [2, 2],
    [10_001, 1],
    [19_000, 0],
  ] as const) {
    const count = new Count(filter, from);
    const turns = turnsOf(log, count, 2000);
    assert.equal(count.messages, expected, `from ${from}`);
    assert.ok(turns > 3 && turns < 30, `${turns} turns from ${from}`);
  }
});

test("subjects that go meanwhile do not make a count begin anew", async () => {
  const log = await aLogOf(many(20_000, (n) => (n % 2 === 0 ? `t.${n}` : `s.${n % 1000}.${n % 10_000}.x`)));
  const count = new Count(new Filter(["s.*.7777.x"]));

  let gone = 1;
  const turns = turnsOf(log, count, 2000, () => {
    for (let i = 0; i < 20; i++, gone += 2) log.remove(gone);
  });

  assert.equal(count.messages, 2);
  assert.ok(turns > 3 && turns < 20, `${turns} turns`);
});

test("a count is over though the subject where it stands is gone at each turn, or too many to tell", async () => {
  for (const each of [40, 1200]) {
    const log = await aLogOf(many(20_000, (n) => `s.${n}.x`));
    const count = new Count(new Filter(["s.*.x", "s.*.y"]), 2);

    let gone = log.last;
    turnsOf(log, count, 400, () => {
      for (let i = 0; i < each && gone > 100; i++) log.remove(gone--);
    });

    assert.ok(count.messages >= 99 && count.messages < 20_000, `${count.messages}`);
  }
});

test("a subject of many messages is counted from the middle on over many turns, though it changes", async () => {
  const log = await aLogOf(many(30_000, (n) => (n % 10 === 0 ? "a" : `b.${n % 7}`)));
  const counts = [20_000, 10_000].map((from) => new Count(new Filter(["a"]), from));

  const [behind, ahead] = counts.map((count) => {
    let next = log.last;
    return turnsOf(log, count, 1000, () => log.remove(next--));
  });

  for (const turns of [behind!, ahead!]) assert.ok(turns > 5 && turns < 20, `${behind} and ${ahead} turns`);
  const [few, more] = counts.map(({ messages }) => messages);
  assert.ok(few! <= 1000 && few! >= countOf(log, new Filter(["a"]), 20_000), `${few}`);
  assert.ok(more! <= 2000 && more! >= countOf(log, new Filter(["a"]), 10_000), `${more}`);
});

test("what lies before a count's beginning is taken from the total when it is little", async () => {
  const log = await aLogOf(many(20_000, (n) => `s.${n}.x`));

  for (const from of [2, 50, 250]) {
    const count = new Count(new Filter(["s.>"]), from);
    assert.ok(log.count(count, 20_000), `from ${from}`);
    assert.equal(count.messages, 20_001 - from);
  }
});

test("a stream that was emptied meanwhile counts as it is then", async () => {
  const log = await aLogOf(many(3000, (n) => `s.${n}.x`));
  const count = new Count(new Filter(["s.*.x"]), 2);
  assert.equal(log.count(count, 1000), false);

  log.removeAll();
  appendTo(log, ["s.1.x", "t"]);

  turnsOf(log, count, 1000);
  assert.ok(count.messages <= 1 + 2999, `${count.messages}`);
  assert.equal(countOf(log, new Filter(["s.*.x"]), 2), 1);
});

const patternSets = [
  ["a.*.7"],
  ["a.*.7", "*.5.*"],
  ["a.9.>", "a.>"],
  ["*.>"],
  ["a.3.3", "*.3.*", "*.*.3"],
  ["b.1.1", "b.2.2"],
  ["a.0.0"],
  ["*.*.nomatch"],
  [">"],
];

test("a count is what is there all the while, and of what comes and goes some", async () => {
  const chance = chanceOf(29);
  const { log, disk } = await aLogWith([]);
  const held = new Map<number, string>();
  const append = (count: number): void => {
    for (; count > 0; count--) {
      const hot = chance.below(8) === 0;
      const subject = hot ? "a.0.0" : `${chance.pick(["a", "b"])}.${chance.below(300)}.${chance.below(30)}`;
      held.set(log.append(subject, undefined, Buffer.alloc(1), 1n), subject);
    }
  };
  append(4000);
  await settle(disk);
  const filters = patternSets.map((patterns) => new Filter(patterns));
  for (let round = 0; round < 150; round++) {
    const at = chance.below(patternSets.length);
    const from = chance.pick([1, log.first, log.first + 20, 1 + chance.below(log.last), log.last - 20]);
    const wanted = (): number[] =>
      [...held]
        .filter(([s, subject]) => s >= from && patternSets[at]!.some((pattern) => matches(pattern, subject)))
        .map(([s]) => s);
    const before = wanted();
    const isQuiet = chance.below(3) === 0;
    const ever = new Set(before);
    // Two counts and searches share a filter.
    const [count, other] = [
      new Count(filters[at]!, from),
      new Count(filters[at]!, from + chance.below(3000)),
    ];
    turnsOf(log, count, chance.pick([30, 200, 500, 2000]), () => {
      log.count(other, 100);
      log.search(1 + chance.below(log.last), filters[at]!, 100);
      log.searchBack(1 + chance.below(log.last), filters[at]!, 100);
      if (isQuiet || chance.below(3) > 0) return;
      const last = log.last;
      append(chance.below(3));
      for (let s = last + 1; s <= log.last; s++) {
        if (s >= from && patternSets[at]!.some((pattern) => matches(pattern, held.get(s)!))) ever.add(s);
      }
      const gone = chance.below(2) === 0 ? log.first : 1 + chance.below(log.last);
      if (held.delete(gone)) log.remove(gone);
    });
    const throughout = before.filter((s) => held.has(s)).length;
    const what = `round ${round}: ${patternSets[at]!.join(" ")} from ${from}`;
    assert.ok(count.messages >= throughout && count.messages <= ever.size, `${what}: ${count.messages}`);
    if (held.size < 3000) append(1500);
    if (round % 20 === 0) await settle(disk);
  }
});

test("the last of a pattern is found over many turns, whatever comes and goes meanwhile", async () => {
  const chance = chanceOf(31);
  const log = await aLogOf(many(4000, (n) => `${"ab"[n % 2]}.${n % 301}.${n % 29}`));
  const held = new Map(many(4000, (n) => `${"ab"[n % 2]}.${n % 301}.${n % 29}`).map((s, n) => [n + 1, s]));
  const sets = patternSets.slice(0, -1);
  const filters = sets.map((patterns) => new Filter(patterns));
  for (let round = 0; round < 400; round++) {
    const at = chance.below(sets.length);
    const from = 1 + chance.below(log.last);
    const isQuiet = chance.below(2) === 0;
    let looked = log.searchBack(from, filters[at]!, 300);
    while (looked.end !== 0) {
      const gone = 1 + chance.below(log.last);
      if (!isQuiet && chance.below(3) === 0 && held.delete(gone)) log.remove(gone);
      log.search(1 + chance.below(log.last), filters[at]!, 300);
      looked = log.searchBack(looked.end, filters[at]!, 300);
    }
    const expected = [...held]
      .filter(([s, subject]) => s <= from && sets[at]!.some((pattern) => matches(pattern, subject)))
      .at(-1);
    assert.equal(looked.found, expected?.[0] ?? 0, `round ${round}: ${sets[at]!.join(" ")} from ${from}`);
  }
});

test("what was found early in a search back of many turns and is removed before its end is not answered", async () => {
  const log = await aLogOf([
    "b",
    "c",
    "b",
    "c",
    ...many(3000, (n) => `a.${n}.${n}`),
    ...many(3000, (n) => `d.${n}`),
  ]);
  const filter = new Filter(["c", "a.*.x"]);

  let looked = log.searchBack(log.last, filter, 3000);
  assert.ok(looked.end > 3000, "too quick");
  log.remove(4);
  while (looked.end !== 0) looked = log.searchBack(looked.end, filter, 3000);

  assert.equal(looked.found, 2);
});

test("a count that has to begin anew forgets what it had", async () => {
  const log = await aLogOf([
    ...many(20_000, () => "other"),
    ...many(1200, (n) => `t.${n}`),
    ...many(300, (n) => `s.${n}.x`),
  ]);
  const [whole, behind] = [1, 2].map((from) => new Count(new Filter(["s.*.x"]), from));
  for (const count of [whole!, behind!])
    for (let turn = 0; turn < 3; turn++) assert.ok(!log.count(count, 1000));

  for (let s = 20_001; s <= 21_200; s++) log.remove(s); // more subjects than are remembered

  for (const count of [whole!, behind!]) {
    const turns = turnsOf(log, count, 1000);
    assert.ok(turns > 3, `${turns} turns`);
    assert.equal(count.messages, 300);
  }
});

test("what goes from under a count along one subject makes it count that one anew", async () => {
  const log = await aLogOf(many(30_000, (n) => (n % 10 === 0 ? "a" : `b.${n % 7}`)));
  const count = new Count(new Filter(["a"]), 20_000);
  for (let turn = 0; turn < 3; turn++) assert.ok(!log.count(count, 1000));

  for (let s = 20_101; s <= 30_000; s += 10) log.remove(s);

  turnsOf(log, count, 1000);
  assert.equal(count.messages, 10);
});
