// Space given back while a stream is written, 64 MB of it live: the oldest messages go, any of them, the last of the
// same subject, or one subject at once now and then. What the disk holds at most, and how long a turn of the program
// takes. bin/node bench/log/space.ts [DIR] [--seconds N]

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Filter, type Log } from "../../src/log/log.ts";
import { base, close, describe, failed, only, openStore, pause, seconds } from "./setting.ts";
import { load, perSecond, row } from "./table.ts";

const liveBytes = 64 * 2 ** 20;
const group = 200;

interface Way {
  /** The subject of the n-th message. */
  readonly subject: (n: number, live: number) => string;
  /** Takes out what is too much after `sequence` was appended; `before` was the last of its subject. */
  readonly shrink: (log: Log, live: number, sequence: number, before: number) => void;
}

const ways: Record<string, Way> = {
  "the oldest goes": {
    subject: () => "q",
    shrink: (log, live, sequence) => void (sequence > live && log.remove(sequence - live, true)),
  },
  "any goes": {
    subject: () => "q",
    shrink: (log, live) => {
      if (log.state.messages <= live) return;
      const from = log.first + Math.floor(Math.random() * (log.last - log.first));
      log.remove(log.next(from), true);
    },
  },
  "the last of its subject goes": {
    subject: (n, live) => `k.${(n * 7919) % live}`,
    shrink: (log, _live, _sequence, before) => void (before !== 0 && log.remove(before, true)),
  },
  "three of four go at once, by subject": {
    subject: (n) => (n % 4 === 0 ? "keep" : "drop"),
    shrink: (log, live, sequence) => {
      if (sequence % live === 0) log.removeMatching(new Filter(["drop"]));
      if (sequence > live) log.remove(sequence - live, true);
    },
  },
};

describe();
row("removal", "appends/s", "live MB", "disk MB at most", "2 s later", "turns ms: p99", "longest", "load");
for (const bytes of [128, 1024]) {
  for (const name of Object.keys(ways))
    if (only === undefined || name.includes(only)) await measure(name, bytes);
}

async function measure(name: string, bytes: number): Promise<void> {
  const { subject, shrink } = ways[name]!;
  const live = Math.floor(liveBytes / bytes);
  const payload = Buffer.alloc(bytes, 7);
  const directory = `${bytes}-${name.replaceAll(/\W+/g, "-")}`;
  const store = openStore(directory);
  let appended = 0;
  let last = 0;
  let isRunning = true;
  const more = (): void => {
    for (let i = 0; i < group; i++) {
      const name = subject(appended++, live);
      const before = log.lastOf(name);
      last = log.append(name, undefined, payload, 1n);
      shrink(log, live, last, before);
    }
  };
  const committed = (upTo: number): void => void (isRunning && upTo >= last && more());
  const log: Log = store.create("s", { tenant: "t" }, { committed, failed });
  more();
  while (appended < live) await pause(100);
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  const [started, from] = [performance.now(), appended];
  let most = 0;
  while (performance.now() - started < seconds * 5000) {
    await pause(250);
    most = Math.max(most, megabytes(join(base, directory, "streams")));
  }
  turns.disable();
  isRunning = false;
  const rate = perSecond(appended - from, performance.now() - started);
  await pause(2000);
  const left = megabytes(join(base, directory, "streams"));
  const liveMegabytes = Math.round(log.state.bytes / 2 ** 20);
  const [p99, longest] = [turns.percentile(99), turns.max].map((ns) => (ns / 1e6).toFixed(1));
  row(`${bytes} B: ${name}`, rate, liveMegabytes, most, left, p99!, longest!, load());
  await close(store);
}

/** What the files below take of the disk. */
function megabytes(path: string): number {
  let blocks = 0;
  for (const name of readdirSync(path, { recursive: true, encoding: "utf8" }))
    blocks += statSync(join(path, name), { throwIfNoEntry: false })?.blocks ?? 0;
  return Math.round((blocks * 512) / 2 ** 20);
}
