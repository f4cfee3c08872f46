import assert from "node:assert/strict";
import { test } from "node:test";
import { Mapping, type MappingDestination, Mappings } from "./mapping.ts";

const to = (subject: string, weight: number, cluster = ""): MappingDestination => ({
  subject,
  weight,
  cluster,
});

function mapping(source: string, destinations: readonly MappingDestination[], cluster = ""): Mapping {
  const parsed = Mapping.parse(source, destinations, cluster);
  assert.equal(parsed.kind, "mapping", parsed.kind === "refused" ? parsed.message : "");
  return (parsed as { mapping: Mapping }).mapping;
}

/** How many of a hundred evenly spread throws each subject gets; "lost" for those that go nowhere. */
function shares(made: Mapping, subject: string): Record<string, number> {
  const counted: Record<string, number> = {};
  for (let thrown = 0; thrown < 100; thrown++) {
    const became = made.apply(subject, () => thrown) ?? "lost";
    counted[became] = (counted[became] ?? 0) + 1;
  }
  return counted;
}

const weighted: readonly [name: string, Mapping, subject: string, Record<string, number>][] = [
  ["one destination takes all", mapping("foo", [to("bar", 100)]), "foo", { bar: 100 }],
  ["weights are shares", mapping("foo", [to("a", 20), to("b", 80)]), "foo", { a: 20, b: 80 }],
  [
    "what is left over keeps its subject",
    mapping("foo.*", [to("x.$1", 10)]),
    "foo.1",
    { "x.1": 10, "foo.1": 90 },
  ],
  [
    "naming the source loses the rest",
    mapping("foo", [to("foo", 70), to("b", 10)]),
    "foo",
    { foo: 70, b: 10, lost: 20 },
  ],
  ["naming only the source is loss", mapping("foo", [to("foo", 50)]), "foo", { foo: 50, lost: 50 }],
  ["no weight at all changes nothing", mapping("foo.>", [to("bar.>", 0)]), "foo.a", { "foo.a": 100 }],
  ["no destination changes nothing", mapping("foo", []), "foo", { foo: 100 }],
  ["an empty destination changes nothing", mapping("foo", [to("", 100)]), "foo", { foo: 100 }],
  [
    "a cluster has shares of its own",
    mapping("foo", [to("a", 100), to("b", 60, "east")], "east"),
    "foo",
    { b: 60, foo: 40 },
  ],
  [
    "another cluster has the common ones",
    mapping("foo", [to("a", 100), to("b", 60, "east")], "west"),
    "foo",
    { a: 100 },
  ],
];

for (const [name, made, subject, expected] of weighted) {
  test(`of a mapping's weights: ${name}`, () => {
    assert.deepEqual(shares(made, subject), expected);
  });
}

const refused: readonly [source: string, readonly MappingDestination[], message: string][] = [
  ["foo..", [to("bar", 100)], "invalid subject"],
  ["foo bar", [to("bar", 100)], "invalid subject"],
  ["foo", [to("bar", 50), to("bar", 10, "east")], 'duplicate entry for "bar"'],
  ["foo", [to("bar", 101)], "individual weights need to be <= 100"],
  ["foo", [to("bar", 60), to("baz", 41)], "total weight needs to be <= 100"],
  ["foo", [to("bar..baz", 100)], "invalid mapping destination: invalid transform"],
  ["foo.>", [to("bar.>.baz", 100)], "invalid mapping destination: invalid transform in baz"],
  ["foo", [to("bar baz", 100)], "invalid mapping destination: invalid transform"],
  ["foo", [to("bar.{{nix(1)}}", 100)], "invalid mapping destination: unknown function in {{nix(1)}}"],
  ["foo.*", [to("bar.$2", 100)], "invalid mapping destination: wildcard index out of range in $2: [2]"],
];

for (const [source, destinations, message] of refused) {
  test(`a mapping of "${source}" to ${JSON.stringify(destinations)} is refused`, () => {
    assert.deepEqual(Mapping.parse(source, destinations), { kind: "refused", message });
  });
}

test("of several mappings the first that matches counts, and a source has one mapping", () => {
  const mappings = new Mappings();
  mappings.set(mapping("foo.*", [to("first.$1", 100)]));
  mappings.set(mapping("foo.>", [to("second.>", 100)]));
  mappings.set(mapping("foo.*", [to("third.$1", 100)]));
  const apply = (subject: string): string | undefined => mappings.apply(subject, () => 0);

  assert.deepEqual(["foo.a", "foo.a.b", "bar"].map(apply), ["third.a", "second.a.b", "bar"]);
  assert.deepEqual([mappings.remove("foo.*"), mappings.remove("foo.*"), mappings.size], [true, false, 1]);
  assert.equal(apply("foo.a"), "second.a");
});
