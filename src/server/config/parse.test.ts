import assert from "node:assert/strict";
import { test } from "node:test";
import { fileBytesMax, includeDepthMax, nestingMax, parseFile, parseText } from "./parse.ts";
import { outsideOf } from "./testing/outside.ts";
import { isList, isTree, Moment, type Value } from "./tree.ts";

/** The tree as plain values, for comparing. */
function plain(value: Value): unknown {
  if (isList(value)) return value.map((entry) => plain(entry.value));
  if (isTree(value)) return Object.fromEntries([...value].map(([key, entry]) => [key, plain(entry.value)]));
  if (value instanceof Moment) return { moment: value.text };
  return typeof value === "bigint" ? Number(value) : value;
}

function treeOf(text: string, variables: Record<string, string> = {}): unknown {
  const parsed = parseText(text, "s.conf", outsideOf({ variables }));
  assert.equal(parsed.kind, "parsed", parsed.kind === "refused" ? parsed.message : "");
  return parsed.kind === "parsed" ? plain(parsed.tree) : undefined;
}

function refusalOf(text: string, variables: Record<string, string> = {}): string {
  const parsed = parseText(text, "s.conf", outsideOf({ variables }));
  return parsed.kind === "refused" ? parsed.message : "parsed";
}

const readings: readonly (readonly [string, string, unknown])[] = [
  ["a colon separates", "a: 1", { a: 1 }],
  ["an equals sign separates", "a=1", { a: 1 }],
  ["white space separates", "a 1", { a: 1 }],
  ["lines may end with a comma or a semicolon", "a: 1,\nb: 2;c: 3", { a: 1, b: 2, c: 3 }],
  ["comments of both kinds", "# x\na: 1 # y\n// z\nb: 2 // w", { a: 1, b: 2 }],
  ["of two equal keys the last counts", "a: 1\na: 2", { a: 2 }],
  ["maps", "a { b { c: 1 } }", { a: { b: { c: 1 } } }],
  ["arrays with commas", 'a: ["x", "y",]', { a: ["x", "y"] }],
  ["arrays without commas", "a [\n x\n y\n]", { a: ["x", "y"] }],
  ["arrays of maps without commas", "a [\n {b: 1}\n {b: 2}\n]", { a: [{ b: 1 }, { b: 2 }] }],
  ["a number before a bracket runs on", "a [\n1\n2\n]", { a: [1, 2] }],
  ["quoted keys", "\"a b\": 1\n'c d': 2", { "a b": 1, "c d": 2 }],
  ["double quotes with escapes", '"a": "x\\t\\n\\r\\"\\\\\\x41"', { a: 'x\t\n\r"\\A' }],
  ["single quotes are raw", "a: 'x\\n\"'", { a: 'x\\n"' }],
  ["blocks of text", "a: (\nx {\ny\n)\nb: 1", { a: "\nx {\ny\n", b: 1 }],
  ["bare texts", "a: x.y>z*/:=", { a: "x.y>z*/:=" }],
  ["unicode", 'größe: "ß"\nx: 日本', { größe: "ß", x: "日本" }],
  ["hexadecimal bytes may spell unicode", '"a": "\\xc3\\xa9"', { a: "é" }],
  [
    "booleans in any case",
    "a: TRUE\nb: Yes\nc: on\nd: False\ne: no\nf: OFF",
    { a: true, b: true, c: true, d: false, e: false, f: false },
  ],
  [
    "integers and sizes",
    "a: 1k\nb: 1kb\nc: 2Mi\nd: 1g\ne: -3\nf: 1KiB",
    { a: 1000, b: 1024, c: 2097152, d: 1e9, e: -3, f: 1024 },
  ],
  ["a size with an unknown ending is dropped", "a: 1kbb\nb: 2", { b: 2 }],
  ["floats", "a: 1.5\nb: -0.25", { a: 1.5, b: -0.25 }],
  ["addresses", "a: 127.0.0.1:4222\nb: 1.2.3.4", { a: "127.0.0.1:4222", b: "1.2.3.4" }],
  ["texts that begin with digits", "a: 10s\nb: 1k5", { a: "10s", b: "1k5" }],
  ["dates", "a: 2026-01-02T03:04:05Z", { a: { moment: "2026-01-02T03:04:05Z" } }],
  ["JSON", '{"a": {"b": [true, "x"], "c": 1}}\n', { a: { b: [true, "x"], c: 1 } }],
  ["JSON with its brace on a line of its own", '{\n"a": 1,\n"b": 2\n}', { a: 1, b: 2 }],
  ["a variable from an earlier key", "a: 1\nb: $a", { a: 1, b: 1 }],
  ["a variable from an enclosing level", "a: 1\nm { n { b: $a } }", { a: 1, m: { n: { b: 1 } } }],
  ["the nearest variable", "a: 1\nm { a: 2, b: $a }", { a: 1, m: { a: 2, b: 2 } }],
  ["a map as a variable", "p { x: y }\nm { q: $p }", { p: { x: "y" }, m: { q: { x: "y" } } }],
  ["bcrypt hashes are no variables", "a: $2a$11$abc.def/", { a: "$2a$11$abc.def/" }],
  [
    "a key like a property of every object",
    "__proto__: 1\nconstructor { a: 2 }",
    JSON.parse('{"__proto__": 1, "constructor": {"a": 2}}'),
  ],
  ["nothing", "", {}],
];

for (const [name, text, expected] of readings) {
  test(`a configuration is read: ${name}`, () => {
    assert.deepEqual(treeOf(text), expected);
  });
}

const environments: readonly (readonly [string, string, unknown])[] = [
  ["a number", "4222", { a: 4222 }],
  ["a text", "x.y", { a: "x.y" }],
  ["a list", '["x"]', { a: ["x"] }],
  ["nothing", "", { a: "" }],
];

for (const [name, text, expected] of environments) {
  test(`an environment variable holds ${name}`, () => {
    assert.deepEqual(treeOf("a: $V", { V: text }), expected);
  });
}

const refusals: readonly (readonly [string, string])[] = [
  ["a", "config is invalid (s.conf:1:1)"],
  ["a:\n", "Parse error on line 2: 'Expected value but found new line'"],
  [
    "a: 1\nb = [ x",
    "Parse error on line 2: 'Expected an array value terminator \",\" or an array terminator \"]\", but got '\0' instead.'",
  ],
  [
    "a { b: 1",
    "Parse error on line 1: 'Expected a map value terminator \",\" or a map terminator \"}\", but got '\0' instead.'",
  ],
  ["a {", "Parse error on line 1: 'Unexpected EOF processing map.'"],
  ['a: "x', "Parse error on line 1: 'Unexpected EOF.'"],
  [
    'a: "\\q"',
    "Parse error on line 1: 'Invalid escape character 'q'. Only the following escape characters are allowed: \\xXX, \\t, \\n, \\r, \\\", \\\\.'",
  ],
  ['a: "\\xZZ"', "Parse error on line 1: 'Expected two hexadecimal digits after '\\x', but got 'ZZ''"],
  ["\n\na: (\nx", "Parse error on line 4: 'Unexpected EOF processing block.'"],
  ["a: -x", "Parse error on line 1: 'Expected a digit but got 'x'.'"],
  ["a: 1.x", "Parse error on line 1: 'Floats must have a digit after the '.', but got 'x' instead.'"],
  ["a: .5", "Parse error on line 1: 'Floats must start with a digit'"],
  ["a: 2026-01", "Parse error on line 1: 'Expected '-' in ISO8601 datetime, but found '\0' instead.'"],
  ["a: 2026-13-02T03:04:05Z", "expected Zulu formatted DateTime, but got '2026-13-02T03:04:05Z'"],
  ["a: 9223372036854775808", "integer '9223372036854775808' is out of the range"],
  ["a: ٣", "expected integer, but got '٣'"],
  [`a: ${"9".repeat(400)}.0`, `float '${"9".repeat(400)}.0' is out of the range`],
  ["= 1", "Parse error on line 1: 'Unexpected key separator '=''"],
  ["a: $nowhere", "variable reference for 'nowhere' on line 1 can not be found"],
  [
    "a: $SELF",
    "variable reference for 'SELF' on line 1 could not be parsed: variable reference for 'SELF' on line 1 could not be parsed: variable reference cycle for 'SELF'",
  ],
  ["include gone.conf", "error parsing include file 'gone.conf', open gone.conf: no such file or directory"],
  ["include [", "Parse error on line 1: 'Expected include value but found start of an array'"],
];

for (const [text, message] of refusals) {
  test(`a configuration is refused: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.equal(refusalOf(text, { SELF: "$SELF" }), message);
  });
}

test("an included file is found beside the including one, at any level", () => {
  const files = {
    "etc/main.conf": "a: 1\ninclude sub/more.conf\nm {\n include 'm.conf'\n x: 1\n}",
    "etc/sub/more.conf": "b: 2\ninclude ../third.conf",
    "etc/third.conf": "c: 3",
    "etc/m.conf": "y: 2",
  };

  const parsed = parseFile("etc/main.conf", outsideOf({ files }));

  assert.equal(parsed.kind, "parsed");
  assert.deepEqual(parsed.kind === "parsed" && plain(parsed.tree), { a: 1, b: 2, c: 3, m: { y: 2, x: 1 } });
});

test("a file that includes itself is refused instead of filling the memory", () => {
  const parsed = parseFile("a.conf", outsideOf({ files: { "a.conf": "include a.conf" } }));

  assert.equal(parsed.kind, "refused");
  assert.match(
    parsed.kind === "refused" ? parsed.message : "",
    new RegExp(`nested deeper than ${includeDepthMax}$`),
  );
});

test("values nested too deep are refused", () => {
  assert.match(refusalOf("a: ".padEnd(nestingMax * 2, "[")), /nested deeper/);
  assert.match(refusalOf("a {".repeat(nestingMax + 1)), /nested deeper/);
});

test("a file that is too large is refused before it is read through", () => {
  const files = { "big.conf": `# ${"x".repeat(fileBytesMax)}` };

  const parsed = parseFile("big.conf", outsideOf({ files }));

  assert.equal(parsed.kind, "refused");
});

test("a value knows the file, line and column of its key", () => {
  const files = { "main.conf": "a: 1\n  b { c: 2 }\ninclude o.conf", "o.conf": "\n\nd: x" };

  const parsed = parseFile("main.conf", outsideOf({ files }));

  assert.equal(parsed.kind, "parsed");
  if (parsed.kind !== "parsed") return;
  assert.deepEqual(parsed.tree.get("a")!.place, { file: "main.conf", line: 1, column: 0 });
  assert.deepEqual(parsed.tree.get("b")!.place, { file: "main.conf", line: 2, column: 3 });
  assert.deepEqual(parsed.tree.get("d")!.place, { file: "o.conf", line: 3, column: 1 });
});

test("no text makes the parser crash or hang", () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    '"',
    "'",
    "\\",
    "\n",
    "#",
    "/",
    ":",
    "=",
    ",",
    "$",
    "a",
    "1",
    "-",
    ".",
    "\0",
    "é",
    " ",
  ];
  let state = 1;
  const below = (limit: number): number => (state = (state * 48271) % 2147483647) % limit;

  for (let round = 0; round < 3_000; round++) {
    const text = Array.from({ length: below(14) }, () => pieces[below(pieces.length)]).join("");
    const parsed = parseText(text, "s.conf", outsideOf());
    assert.ok(parsed.kind === "parsed" || parsed.message !== "", JSON.stringify(text));
  }
});
