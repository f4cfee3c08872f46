import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { equalNames, parseName, sameParts } from "./distinguished-name.ts";

const read = (text: string): string | undefined =>
  parseName(text)
    ?.map((part) => part.map(({ type, value }) => `${type}=[${value}]`).join("+"))
    .join(" ");

describe("a distinguished name", () => {
  const rows: readonly [text: string, parts: string | undefined][] = [
    ["CN=ada,O=mill", "CN=[ada] O=[mill]"],
    ["CN=ada, O=mill ", "CN=[ada] O=[mill]"],
    ["CN=ada+OU=looms,O=mill", "CN=[ada]+OU=[looms] O=[mill]"],
    ["CN=ada\\, the first", "CN=[ada, the first]"],
    ["CN=ada\\20", "CN=[ada ]"],
    ["CN=\\c3\\a9t\\c3\\a9", "CN=[été]"],
    ["CN=été", "CN=[été]"],
    ["", ""],
    ["ada", undefined],
    ["CN=ada,mill", undefined],
    ["CN=ada\\", undefined],
    ["CN=ada\\zz", undefined],
    ["CN=#0401", undefined],
    [",", undefined],
  ];
  for (const [text, parts] of rows) {
    test(`${JSON.stringify(text)} reads as ${parts ?? "none"}`, () => {
      assert.equal(read(text), parts);
    });
  }

  test("means the same whatever the case of its types, and the order within a part", () => {
    const [a, b] = [parseName("cn=ada+ou=looms,o=mill")!, parseName("OU=looms+CN=ada,O=mill")!];

    assert.ok(equalNames(a, b));
  });

  test("of parts in another order is the same parts, not the same name", () => {
    const [a, b] = [parseName("CN=ada,O=mill")!, parseName("O=mill,CN=ada")!];

    assert.equal(equalNames(a, b), false);
    assert.ok(sameParts(a, b));
  });

  test("of a part twice is not one of the part once", () => {
    const [a, b] = [parseName("CN=ada,CN=ada,O=mill")!, parseName("CN=ada,O=mill,O=mill")!];

    assert.equal(sameParts(a, b), false);
  });

  test("with other values is another", () => {
    assert.equal(equalNames(parseName("CN=ada")!, parseName("CN=Ada")!), false);
  });
});
