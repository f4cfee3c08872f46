// Whatever is asked by subject is answered as by looking through all messages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, nextOf } from "../../test/log/asking.ts";
import { type Chance, chanceOf } from "../../test/world/chance.ts";
import { ManualClock } from "../../test/world/clock.ts";
import { silent } from "../ports/trace.ts";
import { matches } from "../subject/pattern.ts";
import { Filter } from "./filter.ts";
import type { Log } from "./log.ts";
import { MemoryDisk } from "./memory.ts";
import { Store } from "./store.ts";

const owner = { committed: () => undefined, failed: () => undefined };

function anEmptyLog(): Log {
  const store = new Store({
    disk: new MemoryDisk(2 ** 28),
    clock: new ManualClock(),
    random: chanceOf(5),
    trace: silent,
    directory: "/s",
    limits: { segmentBytes: 16 * 1024, freeBytesMin: 0, compactBytesMin: 2 ** 30 },
  });
  return store.create("s", { tenant: "t" }, owner);
}

/** What a log holds, as a list that is looked through from end to end. */
class List {
  readonly held = new Map<number, string>();

  matching(patterns: readonly string[], from: number): number[] {
    return [...this.held]
      .filter(
        ([sequence, subject]) =>
          sequence >= from &&
          (patterns.length === 0 || patterns.some((pattern) => matches(pattern, subject))),
      )
      .map(([sequence]) => sequence);
  }
}

/** One, two or three tokens: a few common, many rare. */
function someSubject(chance: Chance): string {
  const rare = chance.below(20) === 0;
  const tokens = ["a", `${chance.below(rare ? 3000 : 3)}`, chance.pick(["x", "y"])];
  return tokens.slice(0, 1 + chance.below(3)).join(".");
}

const patternSets = [
  [],
  [">"],
  ["a"],
  ["a.>"],
  ["*"],
  ["*.*"],
  ["*.1"],
  ["a.*.x"],
  ["a.1.>"],
  ["*.*.y"],
  ["a.2.x"],
  ["a.2.x", "a.1"],
  ["a.*.x", "a.1.*"],
  ["a.>", "a.1.x"],
  ["a.2999.>"],
  ["a.x.>"],
  ["b.>"],
  ["*.2000.*"],
  ["a.*", "b.*"],
];

test("whatever is asked by subject is answered as by looking through all messages", async () => {
  const chance = chanceOf(7);
  const log = anEmptyLog();
  const list = new List();
  const filters = patternSets.map((patterns) => new Filter(patterns));

  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 1500; i++) {
      const subject = someSubject(chance);
      list.held.set(log.append(subject, undefined, Buffer.alloc(8), 1n), subject);
    }
    await Promise.resolve();
    for (let i = 0; i < 400 * round; i++) {
      const sequence = 1 + chance.below(log.last);
      assert.equal(log.remove(sequence) >= 0, list.held.delete(sequence));
    }
    if (round === 4) for (const [sequence, subject] of list.held) if (subject === "a") log.remove(sequence);
    if (round === 4)
      for (const [sequence, subject] of list.held) if (subject === "a") list.held.delete(sequence);

    patternSets.forEach((patterns, at) => {
      for (const from of [
        1,
        log.first,
        log.first + 1,
        ...Array.from({ length: 8 }, () => 1 + chance.below(log.last)),
        log.last,
        log.last + 1,
      ]) {
        const expected = list.matching(patterns, from);
        const what = `${patterns.join(" ")} from ${from} in round ${round}`;
        assert.equal(nextOf(log, from, filters[at]!), expected[0] ?? 0, what);
        assert.equal(countOf(log, filters[at]!, from), expected.length, what);
      }
    });
  }
});

test("visiting subjects may ask about others meanwhile", async () => {
  const log = anEmptyLog();
  for (let i = 0; i < 200; i++) log.append(`a.${i}`, undefined, Buffer.alloc(1), 1n);
  const seen = new Set<string>();

  log.eachSubject(new Filter(["a.*"]), ({ subject }) => {
    nextOf(log, 100, new Filter(["*.3"]));
    seen.add(subject);
    return true;
  });

  assert.equal(seen.size, 200);
});
