// Questions by subject on a thousand to a million subjects, two messages each: what they cost should not grow.
// bin/node bench/log/subjects.ts [DIR] [--records SUBJECTS]

import { Count, Filter, type Log } from "../../src/log/log.ts";
import { close, describe, failed, openStore, pause, recordsAsked } from "./setting.ts";
import { load, quantile, row } from "./table.ts";

const most = recordsAsked ?? 1_000_000;
const budgetMs = 300;

/** Devices in groups of a hundred: `fleet.<group>.<device>.state`. */
const subjectOf = (n: number): string => `fleet.${Math.floor(n / 100)}.${n}.state`;

const payload = Buffer.alloc(32, 1);
const anyOf = (count: number): number => Math.floor(Math.random() * count);

/** What is asked of a stream with `count` subjects. */
const questions: Record<string, (log: Log, count: number) => unknown> = {
  "append to a subject": (log, count) => log.append(subjectOf(anyOf(count)), undefined, payload, 1n),
  "last of a subject": (log, count) => log.lastOf(subjectOf(anyOf(count))),
  "first, last and number of a subject": (log, count) => log.subject(subjectOf(anyOf(count))),
  "next of a subject": (log, count) => log.search(1 + anyOf(log.last), new Filter([subjectOf(anyOf(count))])),
  "next of a pattern, 100 subjects": (log, count) =>
    log.search(1 + anyOf(log.last), new Filter([`fleet.${anyOf(count / 100)}.*.state`])),
  "next of a pattern, a star first": (log, count) =>
    log.search(1 + anyOf(log.last), new Filter([`*.${anyOf(count / 100)}.>`])),
  "next of a pattern that all match": (log) =>
    log.search(1 + anyOf(log.last), new Filter(["fleet.*.*.state"])),
  "next of a pattern that none match": (log) =>
    log.search(1 + anyOf(log.last), new Filter(["fleet.*.x.state"])),
  "next of a device in any group": (log, count) =>
    log.search(1 + anyOf(log.last), new Filter([`fleet.*.${anyOf(count)}.state`])),
  "next of a pattern, any token of a star first": (log, count) =>
    log.search(1 + anyOf(log.last), new Filter([`*.*.${anyOf(count)}.*`])),
  "next of a pattern, the star last": (log, count) =>
    log.search(1 + anyOf(log.last), new Filter([`fleet.${anyOf(count / 100)}.*.*`])),
  "next of stars and a token there is not": (log) =>
    log.search(1 + anyOf(log.last), new Filter(["*.*.*.nomatch"])),
  "next of 64 devices in any group": (log, count) =>
    log.search(1, new Filter(Array.from({ length: 64 }, () => `fleet.*.${anyOf(count)}.state`))),
  "next of 64 patterns that none match": (log) =>
    log.search(1 + anyOf(log.last), new Filter(Array.from({ length: 64 }, (_, i) => `fleet.*.x${i}.state`))),
  "count of 64 devices in any group": (log, count) =>
    countOf(
      log,
      Array.from({ length: 64 }, () => `fleet.*.${anyOf(count)}.state`),
    ),
  "count of 64 of them from the middle on": (log, count) =>
    countOf(
      log,
      Array.from({ length: 64 }, () => `fleet.*.${anyOf(count)}.state`),
      middleOf(log),
    ),
  "count of a subject": (log, count) => countOf(log, [subjectOf(anyOf(count))]),
  "count of a pattern, 100 subjects": (log, count) => countOf(log, [`fleet.${anyOf(count / 100)}.>`]),
  "count of it from the middle on": (log, count) =>
    countOf(log, [`fleet.${anyOf(count / 100)}.>`], middleOf(log)),
  "count of a subject from the middle on": (log, count) =>
    countOf(log, [subjectOf(anyOf(count))], middleOf(log)),
  "count of a device in any group": (log, count) => countOf(log, [`fleet.*.${anyOf(count)}.state`]),
  "count of all": (log) => countOf(log, []),
  "visit 100 subjects": (log, count) =>
    log.eachSubject(new Filter([`fleet.${anyOf(count / 100)}.>`]), () => true),
  "visit all subjects": (log) => log.eachSubject(new Filter([]), () => true),
  "last of a pattern that none match": (log) => log.searchBack(log.last, new Filter(["*.*.nomatch.*"])),
  "last of a device in any group": (log, count) =>
    log.searchBack(log.last, new Filter([`fleet.*.${anyOf(count)}.state`])),
  "remove any message": (log) => log.remove(log.next(log.first + anyOf(log.last - log.first)), true),
  "purge a subject": (log, count) => log.removeMatching(new Filter([subjectOf(anyOf(count))])),
};

/** What takes more than one turn, asked from the first message on until it is answered. */
const journeys: Record<string, (log: Log, count: number) => (at: number) => number> = {
  "next of a device in any group, to its end": (log, count) => goOn(log, [`fleet.*.${count - 1}.state`]),
  "next of 64 devices in any group, to its end": (log, count) =>
    goOn(
      log,
      Array.from({ length: 64 }, (_, i) => `fleet.*.${count - 1 - i}.state`),
    ),
  "next of stars and a token there is not, to its end": (log) => goOn(log, ["*.*.*.nomatch"]),
  "count of a device in any group, to its end": (log, count) => {
    const counting = new Count(new Filter([`fleet.*.${count - 1}.state`]));
    return () => (log.count(counting) ? 0 : 1);
  },
  "count of it from the middle on, to its end": (log, count) => {
    const counting = new Count(new Filter([`fleet.*.${count - 1}.state`]), middleOf(log));
    return () => (log.count(counting) ? 0 : 1);
  },
  "count of 64 devices in any group, to its end": (log, count) => {
    const patterns = Array.from({ length: 64 }, (_, i) => `fleet.*.${count - 1 - i}.state`);
    const counting = new Count(new Filter(patterns));
    return () => (log.count(counting) ? 0 : 1);
  },
  "last of a device in any group, to its end": (log, count) => {
    const filter = new Filter([`fleet.*.${count - 1}.state`]);
    return (at) => log.searchBack(at === 1 ? middleOf(log) : at, filter).end;
  },
};

/** The first turn of a count. */
function countOf(log: Log, patterns: readonly string[], from?: number): boolean {
  return log.count(new Count(new Filter(patterns), from));
}

function middleOf(log: Log): number {
  return log.first + Math.floor((log.last - log.first) / 2);
}

function goOn(log: Log, patterns: readonly string[]): (at: number) => number {
  const filter = new Filter(patterns);
  return (at) => log.search(at, filter).end;
}

/** How many turns it takes, how many milliseconds in all, and the microseconds of all but the longest hundredth. */
function journey(ask: (at: number) => number): string {
  const turns: number[] = [];
  let at = 1;
  do {
    const before = performance.now();
    at = ask(at);
    turns.push(performance.now() - before);
  } while (at !== 0);
  const total = turns.reduce((sum, each) => sum + each, 0);
  return `${turns.length} turns, ${total.toFixed(1)} ms, 99 % ≤ ${(quantile(turns, 0.99) * 1000).toFixed(0)}`;
}

/** Microseconds for each time it is asked, and the longest. */
function cost(ask: () => unknown): { mean: number; most: number } {
  const started = performance.now();
  let asked = 0;
  let most = 0;
  let before = started;
  do {
    ask();
    asked++;
    const now = performance.now();
    most = Math.max(most, now - before);
    before = now;
  } while (before - started < budgetMs && asked < 20_000);
  return { mean: ((before - started) / asked) * 1000, most: most * 1000 };
}

async function aLogWith(count: number): Promise<{ log: Log; finish: () => Promise<void> }> {
  const store = openStore(`subjects-${count}`);
  let waiting: (() => void) | undefined;
  let last = 0;
  const committed = (upTo: number): void => {
    if (upTo === last) waiting?.();
  };
  const log = store.create("s", { tenant: "t" }, { committed, failed });
  for (let n = 0; n < count * 2; ) {
    for (let i = 0; i < 5000 && n < count * 2; i++, n++)
      last = log.append(subjectOf((n * 7919) % count), undefined, payload, 1n);
    await new Promise<void>((resolve) => (waiting = resolve));
  }
  waiting = undefined;
  return { log, finish: () => close(store) };
}

describe();
const sizes = [1_000_000, 100_000, 10_000, 1000].filter((size) => size <= most); // the first one finds memory untouched
const table = new Map<string, string[]>();
const memory: number[] = [];
for (const count of sizes) {
  global.gc?.();
  const before = process.memoryUsage();
  const { log, finish } = await aLogWith(count);
  await pause(1000); // for the indexes of segments to be written
  global.gc?.();
  const after = process.memoryUsage();
  memory.push((after.arrayBuffers - before.arrayBuffers + after.heapUsed - before.heapUsed) / count);
  for (const [name, ask] of Object.entries(questions)) {
    const costs = table.get(name) ?? [];
    table.set(name, costs);
    const { mean, most } = cost(() => ask(log, count));
    costs.push(`${mean.toFixed(1)} /${most.toFixed(0)}`);
    await new Promise<void>((resolve) => log.whenDurable(() => resolve()));
  }
  for (const [name, begin] of Object.entries(journeys)) {
    const told = table.get(name) ?? [];
    table.set(name, told);
    told.push(journey(begin(log, count)));
  }
  await finish();
}
row("µs, by the number of subjects", ...sizes, `load ${load()}`);
for (const [name, costs] of table) row(name, ...costs);
row("memory, bytes a subject with its two messages", memory[0]!.toFixed(0));
