import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countTokens,
  fromWire,
  hasEmptyToken,
  isLiteral,
  isValidPattern,
  isValidSubject,
  isWellFormed,
  tokenAt,
  toWire,
} from "./subject.ts";

const grammar: readonly [text: string, pattern: boolean, subject: boolean][] = [
  ["foo", true, true],
  ["foo.bar", true, true],
  ["*", true, false],
  [">", true, false],
  ["foo.*", true, false],
  ["foo.>", true, false],
  ["*.*.>", true, false],
  ["foo*", true, true],
  ["*foo.>bar", true, true],
  ["foo.**", true, true],
  ["$SYS.REQ", true, true],
  ["", false, false],
  [".", false, false],
  [".foo", false, false],
  ["foo.", false, false],
  ["foo..bar", false, false],
  [">.foo", false, false],
  ["foo.>.bar", false, false],
  ["foo bar", false, false],
  [" ", false, false],
  ["foo.\t", false, false],
  ["foo\r", false, false],
  ["foo\n", false, false],
  ["foo.b\far", false, false],
  ["foo.\v", true, true],
  ["føø.\u0000", true, true],
];

for (const [text, pattern, subject] of grammar) {
  test(`${JSON.stringify(text)} ${pattern ? "can" : "cannot"} be subscribed to and ${subject ? "can" : "cannot"} be published to`, () => {
    assert.equal(isValidPattern(text), pattern);
    assert.equal(isValidSubject(text), subject);
  });
}

test("only a whole token is a wildcard", () => {
  for (const literal of ["foo*", "*foo", "foo.>x", "a.*b.c", ""])
    assert.equal(isLiteral(literal), true, literal);
  for (const wild of ["*", ">", "a.*", "*.a", "a.*.b", "a.>", "a.>.b"])
    assert.equal(isLiteral(wild), false, wild);
});

test("an internal subject may hold blanks, but no empty token and nothing after >", () => {
  assert.equal(isWellFormed("$SYS.ACCOUNT.my team.INFO"), true);
  for (const bad of ["", ".", "a..b", "a.", ">.a"]) assert.equal(isWellFormed(bad), false, bad);
  for (const bad of ["", ".", "a..b", "a.", ".a"]) assert.equal(hasEmptyToken(bad), true, bad);
  assert.equal(hasEmptyToken("a.b"), false);
});

test("tokens are counted and taken from the left", () => {
  assert.deepEqual(["", "a", "a.b.c"].map(countTokens), [0, 1, 3]);
  assert.deepEqual(
    [0, 1, 2, 3].map((place) => tokenAt("a.bb.c", place)),
    ["a", "bb", "c", ""],
  );
});

test("Unicode text comes back from the wire as it went in", () => {
  assert.equal(toWire("é"), "\u00c3\u00a9");
  assert.equal(fromWire(toWire("prix.é.€.😀")), "prix.é.€.😀");
  assert.equal(toWire("plain"), "plain");
  assert.equal(fromWire("\xff"), "\ufffd");
});
