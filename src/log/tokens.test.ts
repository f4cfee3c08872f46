// Texts are kept by the page, and moved without losing one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Tokens } from "./tokens.ts";

function textAt(tokens: Tokens, at: number): string {
  const text = Buffer.alloc(tokens.lengthAt(at) + 2);
  assert.equal(tokens.copy(at, text, text.length - 1), 1);
  return text.latin1Slice(1, text.length - 1);
}

test("a text longer than what is left of a page is put into a page of its own, and none is lost by moving", () => {
  const places = new Map<number, number>();
  const tokens = new Tokens((owner, at) => void places.set(owner, at));
  const text = (owner: number): string => String(owner).padEnd(1000, "x");
  for (let owner = 1; owner <= 600; owner++) places.set(owner, tokens.put(owner, text(owner), 0, 1000));
  for (let owner = 1; owner <= 600; owner++) {
    if (owner % 5 < 1) continue;
    tokens.forget(places.get(owner)!);
    places.delete(owner);
  }

  for (const [owner, length] of [
    [1001, 125_000],
    [1002, 60_000],
    [1003, 131_000],
  ] as const) {
    places.set(owner, tokens.put(owner, "y".repeat(length), 0, length));

    for (const [each, at] of places) {
      const expected = each > 1000 ? textAt(tokens, at).replaceAll("y", "") : textAt(tokens, at);
      assert.equal(expected, each > 1000 ? "" : text(each));
    }
  }
  assert.equal(textAt(tokens, places.get(1003)!).length, 131_000);
});

test("what is left of a page after most of its texts were forgotten is moved, and the page given back", () => {
  const places = new Map<number, number>();
  const tokens = new Tokens((owner, at) => void places.set(owner, at));
  const text = (owner: number): string => String(owner).padEnd(1000, "x");
  for (let owner = 1; owner <= 2000; owner++) places.set(owner, tokens.put(owner, text(owner), 0, 1000));
  const most = tokens.bytes;

  for (let owner = 1; owner <= 2000; owner++) {
    if (owner % 10 === 0) continue;
    tokens.forget(places.get(owner)!);
    places.delete(owner);
    if (owner % 500 === 1) for (const [each, at] of places) assert.equal(textAt(tokens, at), text(each));
  }

  for (const [each, at] of places) assert.equal(textAt(tokens, at), text(each));
  assert.equal(places.size, 200);
  assert.ok(tokens.bytes * 4 < most, `${tokens.bytes} of ${most}`);
});

test("a text is told from its own beginning, and from one that ends otherwise", () => {
  const tokens = new Tokens(() => undefined);
  const at = tokens.put(1, "device", 0, 6);

  for (const [text, isSame] of [
    ["device", true],
    ["devic", false],
    ["devices", false],
    ["devicf", false],
  ] as const)
    assert.equal(tokens.isAt(at, text, 0, text.length), isSame, text);
});
