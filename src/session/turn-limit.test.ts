import assert from "node:assert/strict";
import { test } from "node:test";
import { unguarded } from "./guard-limits.ts";
import { TurnLimit } from "./turn-limit.ts";

function turnsOf(turnBytes: number, turnMs: number): TurnLimit {
  return TurnLimit.of({ ...unguarded, turnBytes, turnMs }, 0)!;
}

test("without limits there are no turns to count", () => {
  assert.equal(TurnLimit.of(undefined, 0), undefined);
  assert.equal(TurnLimit.of(unguarded, 0), undefined);
});

test("a turn is over when its bytes are used up, however they are cut", () => {
  const turns = turnsOf(1_000, 0);

  turns.begin(0);
  const first = turns.end(0.1, 999);
  turns.begin(0.2);
  const second = turns.end(0.3, 1);

  assert.deepEqual([first, second], [false, true]);
});

test("a turn is over when its time is used up", () => {
  const turns = turnsOf(0, 1);

  turns.begin(0);
  const first = turns.end(0.6, 10);
  turns.begin(0.6);
  const second = turns.end(1.1, 10);

  assert.deepEqual([first, second], [false, true]);
});

test("a turn counts from the moment that its limit holds", () => {
  const turns = TurnLimit.of({ ...unguarded, turnMs: 1 }, 60_000)!;

  assert.equal(turns.end(60_000.5, 50), false);
  assert.equal(turns.begin(60_000.5), 512);
});

test("who leaves the others time in between begins anew", () => {
  const turns = turnsOf(1_000, 1);

  turns.begin(0);
  turns.end(0.9, 999);
  turns.begin(2);
  const after = turns.end(2.9, 999);

  assert.equal(after, false);
});

test("portions grow while they are quick, up to the bytes of a turn, and shrink to the time of one", () => {
  const turns = turnsOf(2_048, 1);
  const sizes: number[] = [];
  let nowMs = 0;
  const take = (tookMs: number): void => {
    const portion = turns.begin((nowMs += 10));
    sizes.push(portion);
    turns.end((nowMs += tookMs), portion);
  };

  for (const tookMs of [0.1, 0.1, 0.1, 8, 0.5, 0.1, 0.1, 1_000_000]) take(tookMs);
  take(0.1);

  assert.deepEqual(sizes, [512, 1_024, 2_048, 2_048, 256, 256, 512, 1_024, 64]);
});
