// Parameters are read as Go reads them, and the first that cannot be read is complained of.
import assert from "node:assert/strict";
import { test } from "node:test";
import { goInteger, goJson, goMap } from "./go-json.ts";
import { Query } from "./query.ts";

test("numbers of 64 bits keep every digit", () => {
  const query = new Query("a=9223372036854775807&b=18446744073709551615&c=-9223372036854775808&d=%2B5");

  assert.equal(query.int("a"), 9223372036854775807n);
  assert.equal(query.uint("b"), 18446744073709551615n);
  assert.equal(query.int("c"), -9223372036854775808n);
  assert.equal(query.int("d"), 5n);
  assert.equal(query.complaint, undefined);
});

const complaints: readonly (readonly [string, (query: Query) => unknown, string])[] = [
  ["n=x", (query) => query.int("n"), `Error decoding int for 'n': strconv.Atoi: parsing "x": invalid syntax`],
  ["n=+", (query) => query.int("n"), `Error decoding int for 'n': strconv.Atoi: parsing " ": invalid syntax`],
  [
    "n=-1",
    (query) => query.uint("n"),
    `Error decoding uint64 for 'n': strconv.ParseUint: parsing "-1": invalid syntax`,
  ],
  [
    "n=18446744073709551616",
    (query) => query.uint("n"),
    `Error decoding uint64 for 'n': strconv.ParseUint: parsing "18446744073709551616": value out of range`,
  ],
  [
    "n=yes",
    (query) => query.flag("n"),
    `Error decoding boolean for 'n': strconv.ParseBool: parsing "yes": invalid syntax`,
  ],
  [
    "n=%22%0a",
    (query) => query.flag("n"),
    `Error decoding boolean for 'n': strconv.ParseBool: parsing "\\"\\n": invalid syntax`,
  ],
];

for (const [text, read, complaint] of complaints) {
  test(`?${text} is complained of`, () => {
    const query = new Query(text);

    read(query);

    assert.equal(query.complaint, complaint);
  });
}

test("the first mistake is the one that is told", () => {
  const query = new Query("a=x&b=y");

  query.int("b");
  query.int("a");

  assert.match(query.complaint!, /for 'b'/);
});

test("a number of a million digits costs nothing", () => {
  const query = new Query(`n=${"9".repeat(1_000_000)}`);

  assert.equal(query.int("n"), 0n);
  assert.match(query.complaint!, /value out of range$/);
});

test("JSON is written as Go writes it", () => {
  assert.equal(
    goJson({ a: "<&>\u2028", b: undefined, c: [] }),
    '{"a":"\\u003c\\u0026\\u003e\\u2028","c":[]}',
  );
  assert.equal(goJson({ n: goInteger(9223372036854775807n) }), '{"n":9223372036854775807}');
  assert.equal(goJson({ n: goInteger(7n) }, "  "), '{\n  "n": 7\n}');
});

test("members of a map stand in their order, whatever they are called", () => {
  const map = goMap([
    ["b", 1],
    ["__proto__", 2],
    ["a", 3],
  ]);

  assert.equal(goJson(map), '{"__proto__":2,"a":3,"b":1}');
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});
