// Numbers are given out once at a time, and pages without one cost no room.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, pageLength, Words } from "./columns.ts";
import { Numbers } from "./numbers.ts";

/** What a column was asked for. */
class Asked implements Column {
  readonly bytes = 0;
  readonly did: string[] = [];

  reach(at: number): void {
    this.did.push(`reach ${at}`);
  }

  drop(page: number): void {
    this.did.push(`drop ${page}`);
  }

  clear(): void {
    this.did.push("clear");
  }
}

function someNumbers(): { asked: Asked; numbers: Numbers; take: (count: number) => number[] } {
  const asked = new Asked();
  const links = new Words();
  const numbers = new Numbers([asked, links], links);
  const take = (count: number): number[] => Array.from({ length: count }, () => numbers.take());
  return { asked, numbers, take };
}

test("room is asked for by the page, twice as much each time on the first", () => {
  const { asked, take } = someNumbers();

  const taken = take(2 * pageLength);

  assert.deepEqual(
    taken,
    Array.from({ length: 2 * pageLength }, (_, i) => i + 1),
  );
  const places = [64, 128, 256, 512, 1024, 2048, 4096, 8192];
  assert.deepEqual(
    asked.did,
    places.map((at) => `reach ${at}`),
  );
});

test("a page that no number is in use of is given back, but one of them, and asked for again when it is needed", () => {
  const { asked, numbers, take } = someNumbers();
  const taken = take(4 * pageLength);
  const of = (page: number): number[] => taken.filter((number) => Math.floor(number / pageLength) === page);
  asked.did.length = 0;

  for (const page of [2, 1, 3]) for (const number of of(page)) numbers.give(number);

  assert.deepEqual(asked.did, ["drop 1", "drop 3"]);
  asked.did.length = 0;
  for (let i = 0; i < 10; i++) numbers.give(numbers.take());
  assert.deepEqual(asked.did, [], "one that comes and goes costs no room");
  const again = new Set(take(4 * pageLength));
  assert.equal(again.size, 4 * pageLength);
  for (const number of [0, 4 * pageLength, ...of(0)]) assert.ok(!again.has(number), String(number));
  assert.deepEqual(asked.did, [`reach ${3 * pageLength}`, `reach ${pageLength}`, `reach ${5 * pageLength}`]);
  assert.equal(numbers.end, Math.max(...again) + 1);
});

test("once all came back it is as in the beginning, but that a few keep their room", () => {
  const { asked, numbers, take } = someNumbers();
  for (const number of take(63)) numbers.give(number);
  assert.equal(numbers.clear(), false);
  assert.deepEqual(asked.did, []);

  for (const number of take(3 * pageLength)) numbers.give(number);

  assert.equal(numbers.clear(), true);
  assert.equal(asked.did.at(-1), "clear");
  assert.deepEqual([...take(2), numbers.end], [1, 2, 3]);
});
