// No question by subject reads more characters in one turn than its steps allow, however long or many the tokens are.

import assert from "node:assert/strict";
import { test } from "node:test";
import { aLogWith, appendTo, settle } from "../../test/log/scene.ts";
import { turnSteps } from "./budget.ts";
import { Count, Filter, type Log, Purge } from "./log.ts";
import { subjectBytesMax } from "./record.ts";
import { Tokens } from "./tokens.ts";

async function aLogOf(subjects: readonly string[]): Promise<Log> {
  const { log, disk } = await aLogWith([]);
  for (let i = 0; i < subjects.length; i += 50) {
    appendTo(log, subjects.slice(i, i + 50));
    await settle(disk);
  }
  return log;
}

/** How many characters were read, and texts come to, while `ask` was answered. */
function readBy(ask: () => unknown): { characters: number; texts: number } {
  let [characters, texts] = [0, 0];
  const { charCodeAt } = String.prototype;
  const { copy } = Tokens.prototype;
  String.prototype.charCodeAt = function (at) {
    characters++;
    return charCodeAt.call(this, at);
  };
  Tokens.prototype.copy = function (at, to, end) {
    const start = copy.call(this, at, to, end);
    characters += end - start;
    texts++;
    return start;
  };
  try {
    ask();
  } finally {
    String.prototype.charCodeAt = charCodeAt;
    Tokens.prototype.copy = copy;
  }
  return { characters, texts };
}

/** Eight a step, and what one subject more takes. */
const charactersMax = (longest: number): number => 8 * turnSteps + 4 * longest;

function questions(log: Log, patterns: readonly string[]): [string, () => unknown][] {
  const filter = new Filter(patterns);
  return [
    ["search", () => log.search(2, filter)],
    ["searchBack", () => log.searchBack(log.last - 1, filter)],
    ["count", () => log.count(new Count(filter, 2))],
    ["eachSubject", () => log.eachSubject(filter, () => true)],
    ["eachSubject, gone on with", () => log.eachSubject(filter, () => true, 1)],
    ["removeMatching", () => log.removeMatching(filter)],
    ["purge", () => log.purge(new Purge(filter, Number.POSITIVE_INFINITY, 1))],
  ];
}

test("long tokens that differ from the subjects' only at their ends", async () => {
  const long = "x".repeat(3000);
  const log = await aLogOf(Array.from({ length: 1000 }, (_, i) => `${i % 10}.${long}${1000 + i}`));
  const patterns = Array.from({ length: 64 }, (_, i) => `*.${long}y${100 + i}`);

  for (const [name, ask] of questions(log, patterns)) {
    const { characters } = readBy(ask);

    assert.ok(characters > 0, name);
    assert.ok(characters <= charactersMax(64 * 3004), `${name}: ${characters}`);
  }
});

test("a long token is looked for below many others, and one longer than any subject nowhere", async () => {
  const log = await aLogOf(Array.from({ length: 3000 }, (_, i) => `${i}.x`));
  for (const [length, isRead] of [
    [4000, true],
    [subjectBytesMax - 2, true],
    [subjectBytesMax - 1, false],
    [900_000, false],
  ] as const) {
    for (const [name, ask] of questions(log, [`*.${"y".repeat(length)}`])) {
      const { characters } = readBy(ask);

      assert.ok(characters <= (isRead ? charactersMax(length) : 0), `${name} ${length}: ${characters}`);
    }
  }
  const subject = "z".repeat(subjectBytesMax);
  appendTo(log, [subject]);
  assert.equal(log.search(3000, new Filter([subject])).found, 3001);
  assert.equal(log.search(1, new Filter([`${subject}z`])).end, 0);
});

test("names of many tokens are told a few at a time", async () => {
  const base = "a.".repeat(1900);
  const log = await aLogOf(Array.from({ length: 400 }, (_, i) => `${base}${i}`));
  const names = new Filter(["none.*", ...Array.from({ length: 10 }, (_, i) => `${base}y${i}`)]);
  let told = 0;
  let [at, turns] = [0, 0];
  do {
    const { texts } = readBy(() => {
      at = log.eachSubject(new Filter([]), () => ++told > 0, at);
    });
    assert.ok(texts <= turnSteps / 2 + 2 * 1901, String(texts));
    turns++;
  } while (at !== 0);

  assert.equal(told, 400);
  assert.ok(turns > 10);
  for (const [name, ask] of questions(log, ["none.*"]).concat(questions(log, [`${base}y`, "none.*"]))) {
    const { texts } = readBy(ask);
    assert.ok(texts <= turnSteps / 2 + 2 * 1901, `${name}: ${texts}`);
  }
  assert.equal(log.search(2, names).found, 0);
});
