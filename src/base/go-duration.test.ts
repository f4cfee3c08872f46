import assert from "node:assert/strict";
import { test } from "node:test";
import { goDuration } from "./go-duration.ts";

test("durations are printed as Go prints them", () => {
  const printed = [0, 0.000_123, 0.0015, 1.5, 150, 2_000, 90_000, 120_000, 3_723_000, -500].map(goDuration);

  const expected = ["0s", "123ns", "1.5µs", "1.5ms", "150ms", "2s", "1m30s", "2m0s", "1h2m3s", "-500ms"];
  assert.deepEqual(printed, expected);
});
