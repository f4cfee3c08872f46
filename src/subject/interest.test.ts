import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Interest, rememberedSubjectsMax } from "./interest.ts";
import { aPattern, aSubject, naiveMatches } from "./subject.testing.ts";

interface Sub {
  readonly id: number;
  readonly subject: string;
  readonly queue: string | undefined;
}

let made = 0;
function sub(subject: string, queue?: string): Sub {
  return { id: made++, subject, queue };
}

function interestOf(...subs: Sub[]): Interest<Sub> {
  const interest = new Interest<Sub>();
  for (const each of subs) interest.insert(each);
  return interest;
}

/** The same answer in the simplest way, in an order that does not matter. */
function naiveMatch(subs: Iterable<Sub>, subject: string): string {
  const found = [...subs].filter((each) => naiveMatches(each.subject, subject));
  const queues = new Set(found.flatMap(({ queue }) => (queue === undefined ? [] : [queue])));
  return shown({
    plain: found.filter(({ queue }) => queue === undefined),
    groups: [...queues].map((name) => found.filter(({ queue }) => queue === name)),
  });
}

function shown(matched: {
  readonly plain: readonly Sub[];
  readonly groups: readonly (readonly Sub[])[];
}): string {
  const ids = (subs: readonly Sub[]): string =>
    subs
      .map(({ id }) => id)
      .sort((a, b) => a - b)
      .join(" ");
  return [ids(matched.plain), ...matched.groups.map(ids).sort()].join(" | ");
}

const subjects = [
  "a",
  "b",
  "ab",
  "x",
  "a.a",
  "a.b",
  "ab.x",
  "a.b.a",
  "a.ab.b",
  "b.a.x",
  "a.b.a.b",
  "x.x.x.x",
];

test("a message reaches each plain subscription that matches and one group for each queue name", () => {
  const [plain, star, rest] = [sub("a.b"), sub("a.*"), sub("a.>")];
  const [one, two, other] = [sub("a.b", "q"), sub("*.b", "q"), sub("a.>", "r")];
  const interest = interestOf(plain, star, rest, one, two, other, sub("a.b.c"), sub("b.*"), sub("a"));

  const matched = interest.match("a.b");

  assert.equal(shown(matched), shown({ plain: [plain, star, rest], groups: [[one, two], [other]] }));
});

type Step = readonly ["insert", Sub] | readonly ["remove", number] | readonly ["match", string];

const aQueue = fc.option(fc.constantFrom("q", "r"), { nil: undefined });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant("insert" as const),
      fc.tuple(aPattern, aQueue).map(([p, q]) => sub(p, q)),
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant("remove" as const), fc.nat(1_000)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("match" as const), aSubject) },
);

test("whatever comes and goes, a subject finds exactly those whose patterns match it", () => {
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 80 }), (steps) => {
      const interest = new Interest<Sub>();
      const present = new Set<Sub>();
      for (const [what, argument] of steps) {
        if (what === "insert") {
          interest.insert(argument);
          present.add(argument);
        } else if (what === "remove") {
          const leaver = [...present][argument % Math.max(1, present.size)];
          assert.equal(leaver !== undefined && interest.remove(leaver), leaver !== undefined);
          if (leaver !== undefined) present.delete(leaver);
        } else {
          assert.equal(shown(interest.match(argument)), naiveMatch(present, argument));
        }
      }
      for (const subject of subjects) {
        const expected = naiveMatch(present, subject);
        assert.equal(shown(interest.match(subject)), expected, subject);
        assert.equal(shown(interest.match(subject)), expected, `${subject} remembered`);
        assert.equal(interest.has(subject), expected !== "");
      }
      assert.equal(interest.size, present.size);
      const seen: Sub[] = [];
      interest.forEach((each) => {
        seen.push(each);
      });
      assert.equal(seen.length, present.size);
    }),
    { numRuns: 400 },
  );
});

test("overlapping subscriptions are those that share some subject with a pattern", () => {
  fc.assert(
    fc.property(fc.array(aPattern, { maxLength: 12 }), aPattern, (patterns, asked) => {
      const interest = interestOf(...patterns.map((pattern) => sub(pattern)));
      const all = ["a", "b", "ab", "x"].flatMap((t) => [
        t,
        ...["a", "b", "ab", "x"].flatMap((u) => deeper(`${t}.${u}`)),
      ]);
      const expected = patterns.filter((pattern) =>
        all.some((subject) => naiveMatches(pattern, subject) && naiveMatches(asked, subject)),
      );
      const found = interest.overlapping(asked).map(({ subject }) => subject);
      assert.deepEqual(found.sort(), expected.sort());
    }),
    { numRuns: 200 },
  );
});

function deeper(two: string): string[] {
  const words = ["a", "b", "ab", "x"];
  return [two, ...words.flatMap((v) => [`${two}.${v}`, ...words.map((w) => `${two}.${v}.${w}`)])];
}

test("what was handed out does not change when subscriptions come and go", () => {
  const [first, second] = [sub("a.*"), sub("a.b", "q")];
  const interest = interestOf(first, second);
  const matched = interest.match("a.b");

  interest.remove(first);
  interest.insert(sub("a.b", "q"));
  interest.insert(sub("a.>"));

  assert.equal(shown(matched), shown({ plain: [first], groups: [[second]] }));
});

test("inserting twice is inserting once, and removing what is not there is answered with false", () => {
  const [literal, wild] = [sub("a.b"), sub("a.*")];
  const interest = interestOf(literal, literal, wild, wild);

  assert.deepEqual([interest.size, interest.wildcards], [2, 1]);
  assert.equal(interest.remove(sub("a.b")), false);
  assert.equal(interest.remove(sub("a.*")), false);
  assert.equal(interest.remove(sub("c.*.d")), false);
  assert.equal(interest.remove(literal) && interest.remove(wild), true);
  assert.equal(interest.remove(literal) || interest.remove(wild), false);
  assert.deepEqual([interest.size, interest.wildcards], [0, 0]);
});

test("a subject with an empty token concerns nobody, not even those who want everything", () => {
  const interest = interestOf(sub(">"), sub("*"), sub("a.>"), sub("*.*"));

  for (const subject of ["", ".", "a.", ".a", "a..b"]) {
    assert.equal(shown(interest.match(subject)), "", subject);
    assert.equal(interest.has(subject), false, subject);
    assert.deepEqual(interest.overlapping(subject), [], subject);
  }
});

test("wildcards in what is published are taken literally", () => {
  const [star, rest, literal] = [sub("a.*"), sub("a.>"), sub("a.b")];
  const interest = interestOf(star, rest, literal);

  assert.equal(shown(interest.match("a.*")), shown({ plain: [star, rest], groups: [] }));
  assert.equal(shown(interest.match("a.>")), shown({ plain: [star, rest], groups: [] }));
});

test("subscriptions that come and go leave the other remembered subjects alone", () => {
  const interest = interestOf(sub("a.*"), sub("b.>"));
  interest.match("a.1");
  interest.match("b.1");
  const passing = [sub("b.1"), sub("b.*"), sub("c.>"), sub("d")];

  for (const each of passing) {
    interest.insert(each);
    interest.remove(each);
  }
  const before = interest.counts().cacheHits;
  interest.match("a.1");
  assert.equal(interest.counts().cacheHits, before + 1);
  interest.match("b.1");
  assert.equal(interest.counts().cacheHits, before + 1);
});

test("subjects seen once do not push out the ones in use, and only so many are remembered", () => {
  const interest = interestOf(sub("a.*"));
  interest.match("a.hot");

  for (let round = 0; round < 5 * rememberedSubjectsMax; round++) {
    interest.match(`a.${round}`);
    if (round % 100 !== 0) continue;
    const before = interest.counts().cacheHits;
    interest.match("a.hot");
    assert.equal(interest.counts().cacheHits, before + 1, `after ${round}`);
  }

  assert.equal(interest.counts().cached, rememberedSubjectsMax);
});

test("many tokens and many wildcards cost steps in proportion, not powers", () => {
  const interest = new Interest<Sub>();
  const depth = 2_000;
  for (const tail of ["*", ">", "b"]) interest.insert(sub(`${"*.".repeat(depth - 1)}${tail}`));
  for (let bits = 0; bits < 1_024; bits++) {
    const tokens = Array.from({ length: 10 }, (_, place) => ((bits >> place) & 1 ? "*" : "a"));
    interest.insert(sub(tokens.join(".")));
  }

  assert.equal(interest.match(`${"a.".repeat(depth - 1)}b`).plain.length, 3);
  assert.equal(interest.match(Array.from({ length: 10 }, () => "a").join(".")).plain.length, 1_024);
  assert.equal(interest.match("a.".repeat(50_000) + "a").plain.length, 1);
});

test("of a hundred thousand on one subject each can leave at once", () => {
  const interest = new Interest<Sub>();
  const subs = Array.from({ length: 100_000 }, (_, place) => sub(place % 2 === 0 ? "a.b" : "a.*"));
  for (const each of subs) interest.insert(each);

  for (const each of subs) assert.equal(interest.remove(each), true);

  assert.equal(interest.has("a.b"), false);
});

test("few neighbours and many are found and leave in any order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(9), { minLength: 1 }), fc.nat(10), (names, leaving) => {
      const subs = names.map((name) => sub(`n${name}.*`));
      const interest = interestOf(...subs);
      const leavers = [...subs].sort((a, b) => a.subject.localeCompare(b.subject)).slice(0, leaving);

      for (const each of leavers) assert.equal(interest.remove(each), true);

      for (const each of subs) assert.equal(interest.has(each.subject), !leavers.includes(each));
    }),
    { numRuns: 300 },
  );
});

test("patterns that share a beginning of any length are kept apart, and meet again when one leaves", () => {
  const deep = "a.".repeat(1_000);
  const [whole, other, shorter, open] = [
    sub(`${deep}*`),
    sub(`${deep}*.b`),
    sub(`${"a.".repeat(500)}*`),
    sub(`${deep}>`),
  ];
  const interest = interestOf(whole, other, shorter, open);
  const ids = (subject: string): string => shown(interest.match(subject));

  assert.equal(ids(`${deep}x`), shown({ plain: [whole, open], groups: [] }));
  assert.equal(ids(`${deep}x.b`), shown({ plain: [other, open], groups: [] }));
  assert.equal(ids(`${"a.".repeat(500)}x`), shown({ plain: [shorter], groups: [] }));

  for (const each of [shorter, other, whole]) assert.equal(interest.remove(each), true);
  assert.equal(ids(`${deep}x`), shown({ plain: [open], groups: [] }));
});

test("names from a prototype are words like others", () => {
  const interest = interestOf(sub("__proto__.*"), sub("constructor"));

  assert.equal(interest.match("__proto__.x").plain.length, 1);
  assert.equal(interest.match("constructor").plain.length, 1);
  assert.equal(interest.match("toString").plain.length, 0);
});
