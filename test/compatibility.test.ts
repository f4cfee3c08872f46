// docs/compatibility.md answers for every feature, and what it says yes to has a test.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const docs = join(import.meta.dirname, "../docs");
const rowsExpected = 340;

interface Row {
  readonly number: number;
  readonly feature: string;
  readonly verdict: string;
  readonly shown: string;
}

const text = readFileSync(join(docs, "compatibility.md"), "utf8");
const rows: readonly Row[] = [...text.matchAll(/^\| (\d+) \| (.*?) \| (\w+) \| (.*) \|$/gm)].map((match) => ({
  number: Number(match[1]),
  feature: match[2]!,
  verdict: match[3]!,
  shown: match[4]!,
}));

test("the compatibility table has every feature once, in order", () => {
  assert.deepEqual(
    rows.map(({ number }) => number),
    Array.from({ length: rowsExpected }, (_, index) => index + 1),
  );
});

test("every answer is one of four", () => {
  assert.deepEqual(
    rows.filter(({ verdict }) => !["yes", "partly", "differs", "no"].includes(verdict)),
    [],
  );
});

test("whatever is served, whole or in part, links the test that shows it", () => {
  const unshown = rows.filter(({ verdict, shown }) => verdict !== "no" && !/\]\(\S+\.test\.ts\)/.test(shown));

  assert.deepEqual(unshown, []);
});

test("whatever is not served whole says why", () => {
  const mute = rows.filter(
    ({ verdict, shown }) => verdict !== "yes" && shown.replace(/\[.*?\]\(.*?\)/g, "").trim() === "",
  );

  assert.deepEqual(mute, []);
});

test("every linked test is there", () => {
  const broken = rows.flatMap(({ number, shown }) =>
    [...shown.matchAll(/\]\((\S+?)\)/g)]
      .filter(([, link]) => !existsSync(join(docs, link!)))
      .map(([, link]) => `${number}: ${link}`),
  );

  assert.deepEqual(broken, []);
});

test("the count at its head is right", () => {
  const counts = /^Rows: (\d+)\. (.*)\.$/m.exec(text)!;
  const told = Object.fromEntries(counts[2]!.split(", ").map((each) => each.split(" ")));

  for (const [verdict, count] of Object.entries(told)) {
    assert.equal(rows.filter((row) => row.verdict === verdict).length, Number(count), verdict);
  }
});
