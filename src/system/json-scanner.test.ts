// A text is complained of exactly when it is no JSON, and in Go's words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/world/random.ts";
import { jsonFault } from "./json-scanner.ts";

const cases: readonly (readonly [string, string])[] = [
  ["", "unexpected end of JSON input"],
  ["{", "unexpected end of JSON input"],
  ['{"a"', "unexpected end of JSON input"],
  ["[1,", "unexpected end of JSON input"],
  ["nul", "unexpected end of JSON input"],
  ["x", "invalid character 'x' looking for beginning of value"],
  ["[1,]", "invalid character ']' looking for beginning of value"],
  ["{,}", "invalid character ',' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["{} {}", "invalid character '{' after top-level value"],
  ["01", "invalid character '1' after top-level value"],
  ["-", "unexpected end of JSON input"],
  ["-x", "invalid character 'x' in numeric literal"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["1ex", "invalid character 'x' in exponent of numeric literal"],
  ["trux", "invalid character 'x' in literal true (expecting 'e')"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['"\n"', "invalid character '\\n' in string literal"],
  ["'", "invalid character '\\'' looking for beginning of value"],
  ["\u0001", "invalid character '\\x01' looking for beginning of value"],
  ["é", "invalid character 'Ã' looking for beginning of value"],
];

for (const [text, complaint] of cases) {
  test(`${JSON.stringify(text)} is complained of`, () => {
    assert.equal(jsonFault(text), complaint);
  });
}

test("what is nested too deeply is refused, without a stack overflow", () => {
  assert.equal(jsonFault("[".repeat(10_001)), "exceeded max depth");
  assert.equal(jsonFault("[".repeat(10_000) + "]".repeat(10_000)), undefined);
});

test("thousands of texts, whole and broken, are judged as JSON.parse judges them", () => {
  const random = seededRandom(7);
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"\\u00e9"',
    "1",
    "-0.5e+3",
    "true",
    "null",
    " ",
    "\n",
    "0",
    ".",
    "e",
    '"',
    "\\",
    "x",
    "\t",
    "-",
  ];
  let sound = 0;
  for (let round = 0; round < 20_000; round++) {
    let text = "";
    for (let length = random.below(9); length >= 0; length--) text += pieces[random.below(pieces.length)]!;
    const expected = parses(text);
    sound += expected ? 1 : 0;

    assert.equal(jsonFault(text) === undefined, expected, JSON.stringify(text));
  }
  assert.ok(sound > 100, `only ${sound} texts were JSON`);
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
