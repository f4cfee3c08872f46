import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDuration } from "./duration.ts";
import { quoted, quotedList, quotedValue } from "./quoted.ts";
import { runeAt } from "./rune.ts";
import { isDateTime, parseInteger } from "./scalar.ts";

const durations: readonly (readonly [string, number | string])[] = [
  ["0", 0],
  ["10s", 10_000],
  ["1h2m3s", 3_723_000],
  ["1.5s", 1_500],
  [".5m", 30_000],
  ["-3ms", -3],
  ["+3ms", 3],
  ["100us", 0.1],
  ["1µs", 0.001],
  ["", 'time: invalid duration ""'],
  ["5", 'time: missing unit in duration "5"'],
  ["5 s", 'time: unknown unit " s" in duration "5 s"'],
  ["5d", 'time: unknown unit "d" in duration "5d"'],
  ["s", 'time: invalid duration "s"'],
  ["é", 'time: invalid duration "\\xc3\\xa9"'],
  ["9999999h", 'time: invalid duration "9999999h"'],
];

for (const [text, expected] of durations) {
  test(`the duration ${JSON.stringify(text)} is ${typeof expected === "number" ? `${expected} ms` : "refused"}`, () => {
    const read = parseDuration(text);

    assert.equal(read.kind === "duration" ? read.ms : read.message, expected);
  });
}

test("sizes that exceed 64 bits wrap around as in Go", () => {
  assert.deepEqual(parseInteger("16eib"), { kind: "number", value: 0n });
  assert.deepEqual(parseInteger("9223372036854775807"), { kind: "number", value: 2n ** 63n - 1n });
  assert.equal(parseInteger(`1${"0".repeat(1_000_000)}`).kind, "refused");
});

test("only days that exist are dates", () => {
  assert.ok(isDateTime("2024-02-29T23:59:59Z"));
  for (const text of [
    "2023-02-29T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-01-01T24:00:00Z",
  ]) {
    assert.equal(isDateTime(text), false, text);
  }
});

test("text is quoted as Go quotes it", () => {
  assert.equal(quoted('a"b\\\n\x01\u2028é'), '"a\\"b\\\\\\n\\x01\\u2028é"');
  assert.equal(quotedList(["a", "b"]), '["a" "b"]');
  assert.equal(quotedValue(65n), "'A'");
});

test("bytes that are no UTF-8 count as one character each", () => {
  const widths = ["a", "\xc3\xa9", "\xc3", "\xff", "\xe2\x82", "\xed\xa0\x80", "\xc0\x80"].map(
    (bytes) => runeAt(bytes, 0).width,
  );

  assert.deepEqual(widths, [1, 2, 1, 1, 1, 1, 1]);
});
