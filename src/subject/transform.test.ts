import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { naiveMatches } from "./subject.testing.ts";
import { identityDestination, Transform } from "./transform.ts";

const never = (): number => assert.fail("chance was asked");

function transform(source: string, destination: string, strict = false): Transform {
  const parsed = Transform.parse(source, destination, strict);
  assert.equal(parsed.kind, "transform", parsed.kind === "refused" ? parsed.message : "");
  return (parsed as { transform: Transform }).transform;
}

/** What nats-server 2.15 makes of each. */
const rewritten: readonly [source: string, destination: string, subject: string, becomes: string][] = [
  ["", "prefix.>", "foo", "prefix.foo"],
  [">", ">", "any.thing", "any.thing"],
  ["foo", "bar", "foo", "bar"],
  ["foo.*.bar.*.baz", "req.$2.$1", "foo.A.bar.B.baz", "req.B.A"],
  ["foo.*.bar.*.baz", "req.{{wildcard(2)}}.{{ Wildcard ( 1 ) }}", "foo.A.bar.B.baz", "req.B.A"],
  ["baz.>", "my.pre.>", "baz.1.2.3", "my.pre.1.2.3"],
  ["*.x.>", "y.$1.>", "a.x.b.c", "y.a.b.c"],
  ["*", "a.$1b", "foo", "a.$1b"],
  ["*", "a.$", "foo", "a.$"],
  ["a.*", "b.$0.$-1", "a.x", "b.a.a"],
  ["*", "{{splitfromleft(1,3)}}", "12345", "123.45"],
  ["*", "{{SplitFromRight(1,3)}}", "12345", "12.345"],
  ["*", "{{SplitFromRight(1,5)}}", "12345", "12345"],
  ["*", "{{SplitFromLeft(1,-1)}}", "12345", "12345"],
  ["*", "{{SliceFromLeft(1,3)}}", "1234567890", "123.456.789.0"],
  ["*", "{{SliceFromLeft(1,2)}}", "123456", "12.34.56"],
  ["*", "{{SliceFromRight(1,3)}}", "1234567890", "1.234.567.890"],
  ["*", "{{SliceFromRight(1,3)}}", "123456", "123.456"],
  ["*", "{{split(1,-)}}", "-abc-def--ghi-", "abc.def.ghi"],
  ["*", "{{split(1,--)}}", "a-b--c", "a-b.c"],
  ["*", "{{split(1,)}}", "abc", "a.b.c"],
  ["*", "{{split(1,)}}", "a\u00c3\u00a9b", "a.\u00c3\u00a9.b"],
  ["*.*", "{{split(2,-)}}.{{splitfromleft(1,2)}}", "foo.-abc-def--ghij-", "abc.def.ghij.fo.o"],
  ["*", "{{right(1,3)}}", "1234", "234"],
  ["*", "{{right(1,6)}}", "1234", "1234"],
  ["*", "{{left(1,3)}}", "1234", "123"],
  ["*", "{{left(1,0)}}", "1234", "1234"],
  ["*", "bar.{{partition(0)}}", "baz", "bar.0"],
  ["*", "bar.{{partition(10, 0)}}", "foo", "bar.3"],
  ["*", "bar.{{partition(10,1)}}", "foo", "bar.3"],
  ["*.*", "bar.{{partition(10)}}", "foo.bar", "bar.6"],
  ["*", "bar.{{partition(10)}}", "qux", "bar.9"],
  ["foo.bar", "baz.{{partition(10)}}", "foo.bar", "baz.6"],
  ["foo.bar", "baz.{{partition(10,7)}}", "foo.bar", "baz.6"],
  ["test.subject", "result.{{partition(5)}}", "test.subject", "result.0"],
];

for (const [source, destination, subject, becomes] of rewritten) {
  test(`"${subject}" by "${source}" to "${destination}" becomes "${becomes}"`, () => {
    assert.equal(transform(source, destination).match(subject, never), becomes);
  });
}

const inMapping = "invalid mapping destination: ";
const refused: readonly [source: string, destination: string, strict: boolean, message: string][] = [
  ["foo..", "bar", false, "invalid subject"],
  ["foo.*", "bar.*", false, "invalid subject"],
  ["foo.*", "bar.$1.>", false, "invalid subject"],
  ["foo.>", "bar.baz", false, "invalid subject"],
  ["foo", "", false, "invalid subject"],
  ["foo", "bar..baz", false, "invalid subject"],
  ["foo.*", "bar.$2", false, `${inMapping}wildcard index out of range in $2: [2]`],
  ["foo.*", "foo.{{wildcard(2)}}", false, `${inMapping}wildcard index out of range in {{wildcard(2)}}: [2]`],
  ["foo", "bla.{{wildcard(1)}}", false, `${inMapping}wildcard index out of range in {{wildcard(1)}}`],
  ["foo.*.*", "bar.$2", true, `${inMapping}not using all of the token wildcard(s) in bar.$2`],
  [
    "foo.*",
    "bar.{{Partition(2,1)}}",
    true,
    `${inMapping}the only mapping function allowed for import transforms is {{Wildcard()}} in {{Partition(2,1)}}`,
  ],
  ["foo.*", "{{unimplemented(1)}}", false, `${inMapping}unknown function in {{unimplemented(1)}}`],
  ["foo.*", "{{ wildcard5) }}", false, `${inMapping}unknown function in {{ wildcard5) }}`],
  ["foo.*", "{{WILDCARD(1)}}", false, `${inMapping}unknown function in {{WILDCARD(1)}}`],
  [
    "foo.*",
    "{{wildcard()}}",
    false,
    `${inMapping}not enough arguments passed to the function in {{wildcard()}}`,
  ],
  [
    "foo.*",
    "{{wildcard(1,2)}}",
    false,
    `${inMapping}too many arguments passed to the function in {{wildcard(1,2)}}`,
  ],
  ["foo.*", "{{split(1)}}", false, `${inMapping}not enough arguments passed to the function in {{split(1)}}`],
  [
    "foo.*",
    "{{left(1,2,3)}}",
    false,
    `${inMapping}too many arguments passed to the function in {{left(1,2,3)}}`,
  ],
  ...[
    "wildcard(foo)",
    "partition()",
    "random()",
    "partition(2147483648)",
    "random(2147483648)",
    "split(1, )x, )",
  ].map((call): [string, string, boolean, string] => {
    const why = call.startsWith("split")
      ? "too many arguments passed to the function"
      : "function argument is invalid or in the wrong format";
    return ["foo.*", `{{${call}}}`, false, `${inMapping}${why} in {{${call}}}`];
  }),
  [
    "*",
    "{{left(1,99999999999)}}",
    false,
    `${inMapping}function argument is invalid or in the wrong format in {{left(1,99999999999)}}`,
  ],
  [
    "*",
    "{{wildcard(9223372036854775808)}}",
    false,
    `${inMapping}function argument is invalid or in the wrong format in {{wildcard(9223372036854775808)}}`,
  ],
];

for (const [source, destination, strict, message] of refused) {
  test(`"${source}" to "${destination}"${strict ? ", which must be reversible," : ""} is refused`, () => {
    assert.deepEqual(Transform.parse(source, destination, strict), { kind: "refused", message });
  });
}

test("random asks chance for a number below its argument", () => {
  const asked: number[] = [];
  const below = (bound: number): number => {
    asked.push(bound);
    return 4;
  };

  assert.equal(transform("*", "bar.{{random(6)}}").apply("qux", below), "bar.4");
  assert.equal(transform("foo", "bar.{{random(0)}}").apply("foo", below), "bar.0");
  assert.deepEqual(asked, [6]);
});

test("a subject that does not match the source, or is none, is left to others", () => {
  const made = transform("foo.*", "bar.$1");

  for (const subject of ["foo", "foo.a.b", "bar.a", "foo.", "foo.*", "foo.>", ""]) {
    assert.equal(made.match(subject, never), undefined, subject);
  }
});

test("what a strict transform did is undone by its reverse, whatever the order of the wildcards", () => {
  const orders = [
    [1, 2, 3],
    [1, 3, 2],
    [2, 1, 3],
    [2, 3, 1],
    [3, 1, 2],
    [3, 2, 1],
  ];
  for (const tail of ["", ".>"]) {
    for (const order of orders) {
      const forth = transform(
        `a.*.*.b.*${tail}`,
        `x.${order.map((place) => `$${place}`).join(".y.")}${tail}`,
        true,
      );
      const subject = `a.1.2.b.3${tail === "" ? "" : ".4.5"}`;

      assert.equal(forth.reversed()?.match(forth.apply(subject, never), never), subject, forth.destination);
    }
  }
  assert.equal(transform("a.*", "b.$1.$1", true).reversed(), undefined);
});

test("the identity of a pattern changes no subject", () => {
  const token = fc.constantFrom("a", "b", "*");
  fc.assert(
    fc.property(fc.array(token, { minLength: 1, maxLength: 5 }), fc.boolean(), (parts, open) => {
      const pattern = [...parts, ...(open ? [">"] : [])].join(".");
      const subject = pattern.replaceAll("*", "c").replace(">", "d.e");
      assert.ok(naiveMatches(pattern, subject));
      assert.equal(transform(pattern, identityDestination(pattern)).match(subject, never), subject);
    }),
  );
});

test("a destination made to be hard to read is read at once", () => {
  for (const token of [
    `${"{{wildcard(".repeat(50_000)}}}`,
    `{{${" ".repeat(500_000)}}}`,
    `{{partition(1${",1".repeat(200_000)})}}`,
  ]) {
    const started = process.cpuUsage();
    assert.equal(Transform.parse("*", token).kind, "refused");
    assert.ok(process.cpuUsage(started).user < 1_000_000);
  }
});
