import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isSubset, matches, overlaps } from "./pattern.ts";
import { aPattern, aSubject, naiveMatches, subjectsOf } from "./subject.testing.ts";

const table: readonly [pattern: string, subject: string, matched: boolean][] = [
  ["foo", "foo", true],
  ["foo", "fo", false],
  ["foo", "foobar", false],
  ["foo", "foo.bar", false],
  ["foo.bar", "foo", false],
  ["*", "foo", true],
  ["*", "foo.bar", false],
  ["*", "", false],
  [">", "foo.bar", true],
  [">", "", false],
  ["foo.>", "foo", false],
  ["foo.>", "foo.bar.baz", true],
  ["foo.*.baz", "foo.bar.baz", true],
  ["foo.*.baz", "foo.bar.bay", false],
  ["foo.*", "foo.", false],
  ["foo.*.baz", "foo..baz", false],
  ["foo*", "foobar", false],
  ["foo*", "foo*", true],
  ["*foo", "xfoo", false],
  ["foo.>x", "foo.>x", true],
  ["foo.*", "foo.>", true],
  ["foo.*", "foo.*", true],
  ["foo.bar", "foo.*", false],
];

for (const [pattern, subject, matched] of table) {
  test(`a message to "${subject}" ${matched ? "reaches" : "does not reach"} a subscription to "${pattern}"`, () => {
    assert.equal(matches(pattern, subject), matched);
  });
}

test("matching agrees with splitting both into tokens", () => {
  fc.assert(
    fc.property(
      aPattern,
      aSubject,
      (pattern, subject) => matches(pattern, subject) === naiveMatches(pattern, subject),
    ),
    {
      numRuns: 2_000,
    },
  );
});

test("two patterns overlap exactly when some subject matches both", () => {
  fc.assert(
    fc.property(aPattern, aPattern, (a, b) => {
      const shared = subjectsOf.some((subject) => naiveMatches(a, subject) && naiveMatches(b, subject));
      return overlaps(a, b) === shared && overlaps(b, a) === shared;
    }),
    { numRuns: 1_000 },
  );
});

test("a pattern is a subset of another exactly when each subject of the first matches the second", () => {
  fc.assert(
    fc.property(aPattern, aPattern, (inner, outer) => {
      const contained = subjectsOf.every(
        (subject) => !naiveMatches(inner, subject) || naiveMatches(outer, subject),
      );
      return isSubset(inner, outer) === contained;
    }),
    { numRuns: 1_000 },
  );
});

test("a token that only begins with a wildcard is compared as it is", () => {
  assert.equal(overlaps("a.*b", "a.c"), false);
  assert.equal(isSubset("a.c", "a.*b"), false);
  assert.equal(isSubset("foo.*", "foo.>"), true);
  assert.equal(isSubset("foo.>", "foo.*"), false);
});
