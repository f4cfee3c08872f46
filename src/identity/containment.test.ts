import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../test/world/random.ts";
import { type Export, type Import, newAccount } from "./account-claims.ts";
import { Containment, containmentStepsMax, isContainedIn } from "./containment.ts";
import { aKey } from "./identity.testing.ts";
import { accountIssues } from "./validate.ts";

const account = newAccount(aKey("account").publicKey);

/** jwt/v2 2.8.2, types.go IsContainedIn, said again. */
function isContainedInSaidAgain(inner: string, outer: string): boolean {
  const given = inner.split(".");
  const wanted = outer.split(".");
  if (given.length > wanted.length && wanted.at(-1) !== ">") return false;
  if (given.length < wanted.length) return false;
  for (const [place, token] of wanted.entries()) {
    if (place === wanted.length - 1 && token === ">") return true;
    if (token !== given[place] && token !== "*") return false;
  }
  return true;
}

const tokens = ["a", "b", "*", ">", "", "a", "*", "*a", "\0", "\0\0"];

function subjectsFrom(below: (bound: number) => number): string[] {
  const token = (): string => tokens[below(tokens.length)]!;
  const subject = (): string => Array.from({ length: 1 + below(4) }, token).join(".");
  return Array.from({ length: 2 + below(8) }, subject);
}

const seeds = Array.from({ length: 2_000 }, (_, place) => place + 1);

test("what lies within what is what a comparison of every pair finds", () => {
  for (const seed of seeds) {
    const subjects = [...new Set(subjectsFrom(seededRandom(seed).below))];
    const containment = new Containment(subjects);

    for (const subject of subjects) {
      const others = subjects.filter((other) => other !== subject);
      const outers = others.filter((other) => isContainedInSaidAgain(subject, other));
      const inners = others.filter((other) => isContainedInSaidAgain(other, subject));
      const said = `seed ${seed}, ${JSON.stringify(subject)} in ${JSON.stringify(subjects)}`;
      assert.deepEqual(containment.outersOf(subject).toSorted(), outers.toSorted(), said);
      assert.deepEqual(containment.innersOf(subject).toSorted(), inners.toSorted(), said);
      for (const other of subjects) {
        assert.equal(isContainedIn(subject, other), isContainedInSaidAgain(subject, other), said);
      }
    }
  }
});

function exportsOf(subjects: readonly string[]): Export[] {
  return subjects.map((subject) => ({ ...anExport, subject }));
}

function importsOf(subjects: readonly string[]): Import[] {
  return subjects.map((subject) => ({ ...anImport, subject }));
}

const anExport: Export = {
  name: "",
  subject: "",
  type: "service",
  token_req: false,
  revocations: new Map(),
  response_type: "",
  response_threshold: 0,
  service_latency: undefined,
  account_token_position: 0,
  advertise: false,
  allow_trace: false,
  description: "",
  info_url: "",
};

const anImport: Import = {
  name: "",
  subject: "",
  account: aKey("account", 1).publicKey,
  token: "",
  to: "",
  local_subject: "",
  type: "service",
  share: false,
  allow_trace: false,
};

function issuesOf(nats: { exports?: readonly Export[]; imports?: readonly Import[] }): readonly string[] {
  const limits = { ...account.nats.limits, imports: -1, exports: -1, wildcards: true };
  return accountIssues({ ...account, nats: { ...account.nats, limits, ...nats } }).blocking;
}

test("the first export within another is told, once for each that others lie within", () => {
  for (const seed of seeds) {
    const subjects = subjectsFrom(seededRandom(seed).below);
    const told = issuesOf({ exports: exportsOf(subjects) }).filter((text) =>
      text.includes("already exports"),
    );

    const first = new Map<string, string>();
    for (const [i, inner] of subjects.entries()) {
      for (const [j, outer] of subjects.entries()) {
        if (i !== j && !first.has(outer) && isContainedInSaidAgain(inner, outer)) first.set(outer, inner);
      }
    }
    const shown = (text: string): string => `"${text.replaceAll("\0", "\\x00")}"`;
    const expected = [...first].map(
      ([outer, inner]) => `service export subject ${shown(outer)} already exports ${shown(inner)}`,
    );
    // jwt/v2 walks a Go map: the order among them is nobody's to rely on.
    assert.deepEqual(told.toSorted(), expected.toSorted(), `seed ${seed}`);
  }
});

test("imported services are held against those before them, one after another", () => {
  for (const seed of seeds) {
    const subjects = subjectsFrom(seededRandom(seed).below);
    const told = issuesOf({ imports: importsOf(subjects) }).filter((text) => text.startsWith("overlapping"));

    const shown = (text: string): string => `"${text.replaceAll("\0", "\\x00")}"`;
    const earlier = new Set<string>();
    let at = 0;
    for (const subject of subjects) {
      const overlapping = [...earlier].filter(
        (other) => isContainedInSaidAgain(subject, other) || isContainedInSaidAgain(other, subject),
      );
      const expected = overlapping.map(
        (other) =>
          `overlapping subject namespace for ${shown(subject)} and ${shown(other)} in same account "${anImport.account}"`,
      );
      const heard = told.slice(at, at + expected.length);
      assert.deepEqual(heard.toSorted(), expected.toSorted(), `seed ${seed}, ${subject}`);
      at += expected.length;
      if (earlier.has(subject)) {
        const again = `overlapping subject namespace for ${shown(subject)} in account "${anImport.account}"`;
        assert.equal(told[at++], again, `seed ${seed}, ${subject}`);
      }
      earlier.add(subject);
    }
    assert.equal(told.length, at, `seed ${seed}`);
  }
});

const many = 50_000;

const everyday: readonly [what: string, subject: (place: number) => string][] = [
  ["apart from each other", (place) => `shop.orders.${place}.placed`],
  ["with a wildcard each", (place) => `shop.${place}.*.>`],
  ["all under one pattern", (place) => (place === 0 ? "shop.>" : `shop.orders.${place}`)],
];

for (const [what, subject] of everyday) {
  test(`${many} subjects ${what} are compared in a few steps each`, () => {
    const containment = new Containment(Array.from({ length: many }, (_, place) => subject(place)));

    assert.ok(containment.isComplete);
    assert.ok(containment.steps <= 6 * many, `${containment.steps} steps`);
  });
}

/** Every word of `length` tokens, each `a` or `*`. */
function nested(length: number): string[] {
  let words = [""];
  for (let place = 0; place < length; place++) words = words.flatMap((word) => [`${word}a.`, `${word}*.`]);
  return words;
}

test("subjects made so that a tree is of no help are refused after a limited number of steps", () => {
  const outers = nested(12).map((word) => `${word}z`);
  const inners = outers.map((_, place) => `${"a.".repeat(12)}b${place}`);
  const containment = new Containment([...outers, ...inners]);

  assert.ok(!containment.isComplete);
  assert.ok(containment.steps < containmentStepsMax + 2 * outers.length, `${containment.steps} steps`);
  const refusal = "too many subjects with wildcards within each other";
  assert.ok(issuesOf({ exports: exportsOf([...outers, ...inners]) }).includes(refusal));
  assert.ok(issuesOf({ imports: importsOf([...outers, ...inners]) }).includes(refusal));
});

test("an account with everything wrong is told so in a list that ends", () => {
  const long = "x".repeat(100_000);
  const inner = `${long}.${"a.".repeat(9)}a`;
  const outers = nested(9).map((word) => `*.${word}a`);

  assert.equal(issuesOf({ exports: exportsOf(Array(2_000).fill("")) }).length, 1_000);
  const issues = issuesOf({ exports: exportsOf([inner, ...outers]) });
  assert.ok(issues.length < 20 && issues.length > 5, `${issues.length} issues`);
});

test("a subject of half a million tokens is one subject among others", () => {
  const long = Array(500_000).fill("a").join(".");
  const containment = new Containment([long, `${long}.>`, `${long}.b`, "*.>", "a"]);

  assert.deepEqual(containment.outersOf(long), ["*.>"]);
  assert.deepEqual(containment.innersOf(`${long}.>`), [`${long}.b`]);
  assert.ok(containment.steps < 50);
});
