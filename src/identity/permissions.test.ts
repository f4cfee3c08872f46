import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isSubset } from "../subject/pattern.ts";
import { aPattern, aSubject, naiveMatches } from "../subject/subject.testing.ts";
import { type PermissionLists, Permissions, permissionsOf, type SubjectLists } from "./permissions.ts";

/** The rules in the plainest words: one entry, one question. */
const naive = {
  canPublish({ publish }: PermissionLists, subject: string): boolean {
    return (
      (publish?.allow?.some((each) => naiveMatches(each, subject)) ?? true) &&
      !publish?.deny?.some((each) => naiveMatches(each, subject))
    );
  },
  canSubscribe({ subscribe }: PermissionLists, pattern: string, queue: string | undefined): boolean {
    const allow = (subscribe?.allow ?? []).map(parts);
    const here = allow.filter(([subject]) => naiveMatches(subject, pattern));
    const byQueue = here.filter(([, name]) => name !== undefined);
    const allowed =
      queue !== undefined && byQueue.length > 0
        ? byQueue.some(([, name]) => covers(name!, queue))
        : here.some(([, name]) => name === undefined);
    return (allow.length === 0 || allowed) && !naive.denied({ subscribe }, pattern, queue);
  },
  denied({ subscribe }: PermissionLists, subject: string, queue: string | undefined): boolean {
    return (subscribe?.deny ?? []).map(parts).some(([pattern, name]) => {
      return (
        naiveMatches(pattern, subject) && (name === undefined || (queue !== undefined && covers(name, queue)))
      );
    });
  },
};

function parts(entry: string): [string, string | undefined] {
  const [subject, queue] = entry.split(" ");
  return [subject!, queue];
}

function covers(pattern: string, queue: string): boolean {
  return pattern === queue || (/[*>]/.test(pattern) && isSubset(queue, pattern));
}

const queues = ["q", "q.1", "r", "q.*", "*", ">"];
const entry = fc
  .tuple(aPattern, fc.option(fc.constantFrom(...queues), { nil: undefined }))
  .map(([pattern, queue]) => (queue === undefined ? pattern : `${pattern} ${queue}`));
const few = { maxLength: 4 };
const some = fc.oneof(
  { weight: 4, arbitrary: fc.array(entry, few) },
  fc.array(entry, { minLength: 40, maxLength: 60 }),
);
const publishing: fc.Arbitrary<SubjectLists> = fc.record({
  allow: fc.option(fc.array(aPattern, few), { nil: undefined }),
  deny: fc.array(aPattern, few),
});

test("permissions answer as their entries do one by one, the second time as the first", () => {
  const lists = fc.record({ publish: publishing, subscribe: fc.record({ allow: some, deny: some }) });
  const queue = fc.option(fc.constantFrom(...queues, "s"), { nil: undefined });
  fc.assert(
    fc.property(
      lists,
      fc.array(fc.tuple(aSubject, aPattern, queue), { minLength: 5, maxLength: 5 }),
      (given, asked) => {
        const permissions = new Permissions(given);
        for (const [subject, pattern, name] of [...asked, ...asked]) {
          assert.equal(permissions.canPublish(subject), naive.canPublish(given, subject));
          assert.equal(permissions.canSubscribe(pattern, name), naive.canSubscribe(given, pattern, name));
          assert.equal(permissions.deniesDelivery(subject, name), naive.denied(given, subject, name));
        }
      },
    ),
    { numRuns: 1_500 },
  );
});

/** What a subscription may get: refused outright, or the subjects of a.b, a.c and b.b that it is delivered. */
function gets(subscribe: SubjectLists, pattern: string, queue: string | undefined): string {
  const permissions = new Permissions({ subscribe });
  if (!permissions.canSubscribe(pattern, queue)) return "refused";
  return ["a.b", "a.c", "b.b"]
    .filter((subject) => naiveMatches(pattern, subject) && !permissions.deniesDelivery(subject, queue))
    .join(" ");
}

/** Rows on which servers have failed before. */
const advisories: readonly [
  name: string,
  SubjectLists,
  pattern: string,
  queue: string | undefined,
  string,
][] = [
  // CVE-2022-29946: a queue subscription to a wildcard got around a denied subject.
  ["CVE-2022-29946", { deny: ["a.b"] }, "a.*", undefined, "a.c"],
  ["CVE-2022-29946", { deny: ["a.b"] }, "a.*", "q", "a.c"],
  ["CVE-2022-29946", { deny: ["a.b"] }, ">", "q", "a.c b.b"],
  ["CVE-2022-29946", { deny: ["*.b"] }, "a.*", "q", "a.c"],
  ["CVE-2022-29946", { allow: [">"], deny: ["a.*"] }, ">", "q", "b.b"],
  ["CVE-2022-29946", { deny: ["a.b"] }, "a.b", "q", "refused"],
  // Advisory 2026-17: a denial that names a queue was lost at delivery to wildcard subscriptions.
  ["2026-17", { deny: ["a.b q"] }, "a.*", "q", "a.c"],
  ["2026-17", { deny: ["a.b q"] }, "a.*", "r", "a.b a.c"],
  ["2026-17", { deny: ["a.b q"] }, "a.*", undefined, "a.b a.c"],
  ["2026-17", { deny: ["a.> q.*"] }, ">", "q.1", "b.b"],
  ["2026-17", { deny: ["a.> q.*"] }, ">", "q", "a.b a.c b.b"],
  ["2026-17", { deny: ["a.b >"] }, "a.*", "anything", "a.c"],
  // Advisory 2026-18: a denial of other queues overrode one of everybody.
  ["2026-18", { deny: ["a.b", "a.b r"] }, "a.b", "q", "refused"],
  ["2026-18", { deny: ["a.>", "a.b r"] }, "a.b", "q", "refused"],
  ["2026-18", { deny: ["a.*", "a.* r"] }, ">", "q", "b.b"],
  // Allowing by queue allows nobody else.
  ["allow", { allow: ["a.b q"] }, "a.b", undefined, "refused"],
  ["allow", { allow: ["a.b q"] }, "a.b", "r", "refused"],
  ["allow", { allow: ["a.b q"] }, "a.b", "q", "a.b"],
  ["allow", { allow: ["a.b"] }, "a.b", "any", "a.b"],
  ["allow", { allow: ["a.b", "a.b q"] }, "a.b", "r", "refused"],
  ["allow", { allow: ["a.b", "a.b q"] }, "a.b", undefined, "a.b"],
  ["allow", { allow: ["a.*"] }, ">", undefined, "refused"],
  ["allow", { allow: ["a.*"] }, "*.b", undefined, "refused"],
  ["allow", { allow: ["a.>"] }, "a.*", undefined, "a.b a.c"],
  ["allow", { allow: ["not a subject at all"] }, "a.b", undefined, "refused"],
];

for (const [name, lists, pattern, queue, expected] of advisories) {
  const by = queue === undefined ? "" : ` by queue ${queue}`;
  test(`${name}: with ${JSON.stringify(lists)} a subscription to ${pattern}${by} gets "${expected}"`, () => {
    assert.equal(gets(lists, pattern, queue), expected);
  });
}

test("a denial of publishing that names a queue denies its subject, an allowance that does allows nothing", () => {
  assert.equal(new Permissions({ publish: { deny: ["a.b q"] } }).canPublish("a.b"), false);
  assert.equal(new Permissions({ publish: { allow: ["a.b q"] } }).canPublish("a.b"), false);
});

test("a subject with an empty token is allowed by nothing", () => {
  const all = new Permissions({ publish: { allow: [">"], deny: ["a.>"] } });
  assert.deepEqual(
    ["a..b", "b..c", "", "b."].map((subject) => all.canPublish(subject)),
    [false, false, false, false],
  );
  assert.equal(new Permissions({ publish: { deny: ["a.>"] } }).canPublish("a..b"), true);
});

test("who may only answer may publish nothing else, unless it is allowed expressly", () => {
  const responses = { max: 0, expiresMs: 0 };
  assert.equal(new Permissions({ responses }).canPublish("a"), false);
  assert.equal(new Permissions({ responses, publish: { deny: ["b"] } }).canPublish("a"), false);
  assert.equal(new Permissions({ responses, publish: { allow: ["a"] } }).canPublish("a"), true);
  assert.deepEqual(new Permissions({ responses }).responses, { max: 1, expiresMs: 120_000 });
});

test("Unicode in a permission meets the same bytes on the wire", () => {
  const permissions = new Permissions({ publish: { allow: ["é.>"] } });
  assert.equal(permissions.canPublish("\u00c3\u00a9.a"), true);
  assert.equal(permissions.canPublish("\u00e9.a"), false);
  assert.deepEqual(permissions.published, { publish: { allow: ["é.>"] }, subscribe: {} });
});

const claims = (pub: object = {}, sub: object = {}, resp?: { max: number; ttl: number }) => ({
  pub: { allow: undefined, deny: undefined, ...pub },
  sub: { allow: undefined, deny: undefined, ...sub },
  resp,
});

test("a user's own claims count, or else the account's defaults, or else nothing is forbidden", () => {
  const defaults = claims({ deny: ["d"] });
  assert.equal(permissionsOf(claims(), claims()), undefined);
  assert.equal(permissionsOf(claims({ allow: [] }, { deny: [] }), claims()), undefined);
  assert.equal(permissionsOf(claims(), defaults)?.canPublish("d"), false);
  assert.equal(permissionsOf(claims({}, { deny: ["x"] }), defaults)?.canPublish("d"), true);
  assert.equal(permissionsOf(claims({ allow: [], deny: ["x"] }), claims())?.canPublish("y"), false);
  assert.equal(
    permissionsOf(claims({}, { allow: [], deny: ["x"] }), claims())?.canSubscribe("y", undefined),
    true,
  );
  assert.deepEqual(permissionsOf(claims({}, {}, { max: 2, ttl: 5_000_000 }), claims())?.responses, {
    max: 2,
    expiresMs: 5,
  });
});

test("sets that are written alike have one key, others have not", () => {
  const lists: PermissionLists[] = [
    {},
    { publish: { allow: [] } },
    { publish: { allow: ["a"] } },
    { publish: { deny: ["a"] } },
    { subscribe: { allow: ["a"] } },
    { subscribe: { deny: ["a"] } },
    { subscribe: { deny: ["a q"] } },
    { responses: { max: 1, expiresMs: 1 } },
  ];
  const keys = new Set(lists.map((each) => new Permissions(each).key));
  assert.equal(keys.size, lists.length);
  assert.equal(
    new Permissions({ subscribe: { deny: ["a  q"] } }).key,
    new Permissions({ subscribe: { deny: ["a q"] } }).key,
  );
  assert.equal(
    new Permissions({ publish: { allow: ["a"] } }).publishKey,
    new Permissions({ publish: { allow: ["a"] }, subscribe: { deny: ["b"] } }).publishKey,
  );
});

test("only so many answers are remembered, and forgetting changes none", () => {
  const permissions = new Permissions({ publish: { deny: ["a.7"] } });
  for (let round = 0; round < 3; round++) {
    for (let place = 0; place < 2_000; place++)
      assert.equal(permissions.canPublish(`a.${place}`), place !== 7);
  }
});
