// bin/node bench/log/stalls.ts [DIR] [--records SUBJECTS]
// How long the program stands still for one thing: the longest single call, or gap between two turns, of each row.

import { turnSteps } from "../../src/log/budget.ts";
import { Filter } from "../../src/log/log.ts";
import { Subjects } from "../../src/log/subjects.ts";
import { close, describe, failed, openStore, pause, recordsAsked } from "./setting.ts";
import { load, row } from "./table.ts";

const most = recordsAsked ?? 1_100_000;

/** Milliseconds of the longest of `count` calls, and the middle one's microseconds. */
function longest(name: string, count: number, call: (i: number) => unknown): void {
  const taken = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    call(i);
    taken[i] = performance.now() - started;
  }
  taken.sort();
  row(name, taken[count - 1]!.toFixed(2), ((taken[count >>> 1] ?? 0) * 1000).toFixed(1), `load ${load()}`);
}

describe();
row("what", "longest, ms", "middle, µs");

const subjects = new Subjects(7);
longest(`one more subject, up to ${most}`, most, (i) =>
  subjects.add(subjects.enter(`device.${i}.temp`), i + 1),
);
longest("a visit of *.*.nomatch", 3, () =>
  subjects.visit(["*", "*", "nomatch"], () => true, { left: turnSteps }),
);

const store = openStore("stalls");
const durable = (): Promise<void> => new Promise((resolve) => log.whenDurable(() => resolve()));
const log = store.create("s", { tenant: "t" }, { committed: () => undefined, failed });
const few = Array.from({ length: 63 }, (_, i) => `cold.${i}`);
for (let i = 0; i < 300_000; i++) {
  log.append(i < 63 ? few[i]! : "hot", undefined, Buffer.alloc(1), 1n);
  if (i % 20_000 === 0) await durable();
}
for (const subject of few) log.append(subject, undefined, Buffer.alloc(1), 1n);
await durable();
let at = 0;
const many = new Filter(["hot", ...few]);
longest("next of 64 subjects, a step ahead", 1000, () => (at = log.search(at + 1, many).found));
const cold = new Filter(few);
at = 64;
longest("next of 63 subjects, 300,000 messages ahead", 50, () => (at = log.search(at + 1, cold).found - 1));
const none = new Filter(["*.nomatch"]);
let from = 1;
longest("a search without a match", 10, () => (from = log.search(from, none).end));

let worst = 0;
let before = performance.now();
const watch = setInterval(() => {
  worst = Math.max(worst, performance.now() - before);
  before = performance.now();
}, 1);
const subjectOf = (n: number): string => `own.${n}`;
for (let n = 0; n < 300_000; ) {
  for (let i = 0; i < 100; i++) log.append(subjectOf(n++), undefined, Buffer.alloc(60), 1n);
  await durable();
  await pause(0);
}
await pause(500);
clearInterval(watch);
row("gap between turns while segments of a subject a message are written and closed", worst.toFixed(1));
await close(store);
