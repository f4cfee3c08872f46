// Several subjects are searched at once without asking each again.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { nextOf, purgeOf } from "../../test/log/asking.ts";
import { aLogWith, appendTo, settle } from "../../test/log/scene.ts";
import { chanceOf } from "../../test/world/chance.ts";
import { Filter } from "./filter.ts";
import { SequenceIndex } from "./index.ts";
import type { Log } from "./log.ts";

const several = Array.from({ length: 64 }, (_, i) => `cold.${i}`);

/** All that is asked one after the other, and how often a single subject was looked for on the way. */
function walk(log: Log, filter: Filter, from = 1): { found: number[]; asked: number } {
  const asks = mock.method(SequenceIndex.prototype, "nextOf");
  const found: number[] = [];
  try {
    for (let s = nextOf(log, from, filter); s !== 0; s = nextOf(log, s + 1, filter)) found.push(s);
    return { found, asked: asks.mock.callCount() };
  } finally {
    asks.mock.restore();
  }
}

test("of many subjects the next message a step ahead is found without asking each", async () => {
  const { log } = await aLogWith(several);
  appendTo(
    log,
    Array.from({ length: 300 }, () => "hot"),
  );

  const { found, asked } = walk(log, new Filter(["hot", ...several]));

  assert.equal(found.length, 364);
  assert.equal(asked, 0);
});

test("of many subjects with long ways between, each is looked for once it was passed, not each time", async () => {
  const { log, disk } = await aLogWith(several);
  for (let i = 0; i < 8; i++) {
    appendTo(
      log,
      Array.from({ length: 1500 }, () => "other"),
    );
    appendTo(log, [`cold.${i}`]);
    await settle(disk);
  }

  const { found, asked } = walk(log, new Filter(several));

  assert.equal(found.length, 72);
  assert.ok(asked <= 64 + 2 * 8, `${asked} searches for 8 messages far away`);
});

test("what several subjects hold is found whatever comes and goes between two questions", async () => {
  const chance = chanceOf(11);
  const { log, disk } = await aLogWith(["x"]);
  const filter = new Filter(["a", "b", "c.d"]);
  const subjects = ["a", "b", "c.d", "a.b", ...Array.from({ length: 9 }, () => "x")];
  for (let step = 0; step < 1500; step++) {
    const which = chance.below(12);
    if (which === 0) log.remove(log.first + chance.below(log.last - log.first + 1));
    else if (which === 1) purgeOf(log, new Filter([subjects[chance.below(3)]!]), undefined, chance.below(2));
    else if (which === 2 && chance.below(40) === 0) log.removeAll();
    else if (which < 9)
      appendTo(
        log,
        Array.from({ length: 1 + chance.below(chance.below(30) === 0 ? 700 : 3) }, () =>
          chance.below(3) === 0 ? subjects[chance.below(subjects.length)]! : "x",
        ),
      );
    if (step % 50 === 0) await settle(disk);
    const from = Math.max(1, log.last - chance.below(2000));

    const asked = nextOf(log, from, filter);

    let expected = 0;
    for (const subject of ["a", "b", "c.d"]) {
      const next = nextOf(log, from, new Filter([subject]));
      if (next !== 0 && (expected === 0 || next < expected)) expected = next;
    }
    assert.equal(asked, expected, `step ${step} from ${from}`);
  }
});
