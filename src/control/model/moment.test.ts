// Points in time are written as the recorded answers have them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatNs, formatUs, microseconds, seconds } from "./moment.ts";

test("a creation shows nanoseconds, everything later microseconds that are cut off, never rounded", () => {
  const ns = 1_775_818_741_818_748_999n;

  assert.equal(formatNs(ns), "2026-04-10T10:59:01.818748999Z");
  assert.equal(formatUs(microseconds(ns)), "2026-04-10T10:59:01.818748Z");
  assert.equal(seconds(ns), 1_775_818_741);
});

test("fractions keep their zeros", () => {
  assert.equal(formatNs(1_000_000_000_000_000_001n), "2001-09-09T01:46:40.000000001Z");
  assert.equal(formatUs(0), "1970-01-01T00:00:00.000000Z");
});

test("every day of four centuries is the one that the calendar has", () => {
  const dayUs = 86_400_000_000;
  for (let day = 0; day < 146_097; day++) {
    const expected = new Date(day * 86_400_000 + 45_296_789).toISOString();
    const written = formatUs(day * dayUs + 45_296_789_000);
    if (`${written.slice(0, 23)}Z` !== expected) assert.equal(written, expected);
  }
});
