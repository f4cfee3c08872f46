// Failed authentications are counted per address, in bounded memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../ports/clock.ts";
import { Failures, failuresMax } from "./failures.ts";

function aClock(): Clock & { nowMs: number } {
  return {
    nowMs: 0,
    now() {
      return this.nowMs;
    },
    nowNs() {
      return BigInt(this.nowMs) * 1_000_000n;
    },
    monotonicMs() {
      return this.nowMs;
    },
    after: () => ({ cancel: () => undefined }),
  };
}

function noteMany(failures: Failures, address: string, times: number): void {
  for (let n = 0; n < times; n++) failures.note(address);
}

test("ten failures of an address in a minute pass, the eleventh is too many, with the time left", () => {
  const clock = aClock();
  const failures = new Failures(clock);
  for (let n = 0; n < failuresMax; n++) assert.equal(failures.note("192.0.2.1"), undefined);
  clock.nowMs = 45_500;

  const refused = failures.note("192.0.2.1");

  assert.equal(refused?.refusal.kind, "tooMany");
  assert.deepEqual(refused.refusal, { ...refused.refusal, quota: 10, windowSeconds: 60, resetSeconds: 15 });
});

test("one address does not pay for another, and nobody longer than a minute", () => {
  const clock = aClock();
  const failures = new Failures(clock);
  noteMany(failures, "192.0.2.1", failuresMax);

  assert.equal(failures.note("192.0.2.2"), undefined);
  clock.nowMs = 60_000;
  assert.equal(failures.note("192.0.2.1"), undefined);
});

test("beyond ten thousand addresses the oldest is forgotten", () => {
  const failures = new Failures(aClock());
  noteMany(failures, "first", failuresMax);

  for (let n = 0; n < 10_000; n++) failures.note(`a${n}`);

  assert.equal(failures.note("first"), undefined, "the oldest was forgotten");
});
