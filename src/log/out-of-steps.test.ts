// A question that runs out of steps is gone on with to the same answer, where subjects come again after long ways.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, nextOf, previousOf, purgeOf } from "../../test/log/asking.ts";
import { aLogWith, appendTo, settle } from "../../test/log/scene.ts";
import { sequencesOf, upTo } from "../../test/log/told.ts";
import { Filter, type Log } from "./log.ts";

const many = (subject: string, count: number): string[] => Array.from({ length: count }, () => subject);
const subjects = [
  "rare.a",
  "rare.b",
  ...many("hot.x", 3000),
  "rare.a",
  ...many("hot.y", 2500),
  ...many("rare.b", 700),
  ...many("hot.x", 1500),
  ...many("rare.a", 700),
];

/** All of them, in segments of a few thousand, every seventh removed. */
async function aLog(): Promise<Log> {
  const { log, disk } = await aLogWith([], {}, { segmentBytes: 256 * 1024, journalBytes: 1 << 20 });
  appendTo(log, subjects);
  await settle(disk);
  for (let s = 7; s <= subjects.length; s += 7) log.remove(s);
  await settle(disk);
  return log;
}

for (const [patterns, isMeant] of [
  [["rare.a"], /^rare\.a$/],
  [["rare.a", "rare.b"], /^rare/],
  [["rare.a", "none"], /^rare\.a$/],
  [["rare.*"], /^rare/],
  [["none.*"], /^none/],
  [[], /^/],
] as const) {
  test(`what ${patterns.join(" or ") || "everything"} is, by however many steps`, async () => {
    const log = await aLog();
    const expected = upTo(subjects.length).filter((s) => s % 7 !== 0 && isMeant.test(subjects[s - 1]!));
    assert.deepEqual(sequencesOf(log, new Filter(patterns)), expected);

    for (const steps of [1, 60, 600, 3000, 1_000_000]) {
      const filter = new Filter(patterns);
      for (const from of [1, 2, 3, 1500, 3002, 3004, 5504, 5900, 6300, 7705, subjects.length]) {
        const what = `from ${from} by ${steps}`;
        assert.equal(nextOf(log, from, filter, steps), expected.find((s) => s >= from) ?? 0, what);
        assert.equal(previousOf(log, from, filter, steps), expected.findLast((s) => s <= from) ?? 0, what);
        assert.equal(countOf(log, filter, from, steps), expected.filter((s) => s >= from).length, what);
      }
    }
  });
}

test("a purge that runs out of steps with the last message it is to take out is over", async () => {
  const { log } = await aLogWith(["a", "b"]);

  assert.equal(purgeOf(log, new Filter(["a"]), 1, 0, 1), 1);

  assert.deepEqual(sequencesOf(log), [2]);
});

test("a visit of subjects by their numbers ends when the visitor has seen enough", async () => {
  const { log } = await aLogWith(Array.from({ length: 3000 }, (_, i) => `s.${i}.x`));
  const seen: string[] = [];

  let at = 0;
  let turns = 0;
  do {
    turns++;
    at = log.eachSubject(new Filter(["*.*.x"]), ({ subject }) => seen.push(subject) < 20, at, 300);
  } while (at !== 0);

  assert.equal(seen.length, 20);
  assert.equal(new Set(seen).size, 20);
  assert.ok(turns > 1, "all in one turn: this shows little");
});
