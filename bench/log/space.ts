// Space given back while a stream is written: a queue whose messages are removed some time after they came, one by one,
// in order and at random; a key-value stream where a new message of a subject removes the last; a purge by subject.
// What the disk holds at most, beside what is live. bin/node bench/log/space.ts [DIR] [--seconds N]

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Filter, type Log } from "../../src/log/log.ts";
import { base, close, describe, failed, load, openStore, pause, perSecond, row, seconds } from "./setting.ts";

const live = 20_000;
const group = 200;
const payload = Buffer.alloc(1024, 7);

/** Takes out what is too much after `sequence` was appended; `before` was the last of its subject. */
type Shrink = (log: Log, sequence: number, before: number) => void;

const ways: Record<string, { readonly subject: (n: number) => string; readonly shrink: Shrink }> = {
  "the oldest goes": {
    subject: () => "q",
    shrink: (log, sequence) => void (sequence > live && log.remove(sequence - live, true)),
  },
  "any goes": {
    subject: () => "q",
    shrink: (log) => {
      if (log.state.messages <= live) return;
      const from = log.first + Math.floor(Math.random() * (log.last - log.first));
      log.remove(log.next(from), true);
    },
  },
  "the last of its subject goes": {
    subject: (n) => `k.${(n * 7919) % live}`,
    shrink: (log, _, before) => void (before !== 0 && log.remove(before, true)),
  },
  "one of four goes, its subject purged now and then": {
    subject: (n) => (n % 4 === 0 ? "keep" : "drop"),
    shrink: (log, sequence) => {
      if (sequence % 10_000 === 0) log.removeMatching(new Filter(["drop"]));
      if (sequence > live) log.remove(sequence - live, true);
    },
  },
};

describe();
row(
  "1 KB messages",
  "appends/s",
  "live MB",
  "disk MB at most",
  "disk MB 2 s later",
  "longest turn ms",
  "load",
);
for (const [name, { subject, shrink }] of Object.entries(ways)) {
  const directory = name.replaceAll(/\W+/g, "-");
  const store = openStore(directory, undefined, { segmentBytes: 4 * 1024 * 1024 });
  let appended = 0;
  let last = 0;
  let isRunning = true;
  let longest = 0;
  const more = (): void => {
    const from = performance.now();
    for (let i = 0; i < group; i++) {
      const name = subject(appended++);
      const before = log.lastOf(name);
      last = log.append(name, undefined, payload, 1n);
      shrink(log, last, before);
    }
    longest = Math.max(longest, performance.now() - from);
  };
  const committed = (upTo: number): void => void (isRunning && upTo >= last && more());
  const log: Log = store.create("s", { tenant: "t" }, { committed, failed });
  const started = performance.now();
  more();
  let most = 0;
  while (performance.now() - started < seconds * 5000) {
    await pause(200);
    most = Math.max(most, megabytes(join(base, directory, "streams")));
  }
  isRunning = false;
  const elapsed = performance.now() - started;
  await pause(2000);
  const left = megabytes(join(base, directory, "streams"));
  const liveMegabytes = Math.round(log.state.bytes / 2 ** 20);
  row(name, perSecond(appended, elapsed), liveMegabytes, most, left, longest.toFixed(1), load());
  await close(store);
}

function megabytes(path: string): number {
  return Number(execFileSync("du", ["-sm", path], { encoding: "utf8" }).split("\t")[0]);
}
