// A start with ten million records of 128 B, warm, and with the files' pages dropped from memory first: after a stop in
// order, and after the program was killed. Then reads in order and at random, memory, and the index's size a message.
// bin/node bench/log/start.ts [DIR] [--records N]      dropping pages takes root; without, the row says so

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Log } from "../../src/log/log.ts";
import type { Store } from "../../src/log/store.ts";
import { close, describe, failed, load, openStore, pause, perSecond, recordsAsked, row } from "./setting.ts";

const records = recordsAsked ?? 10_000_000;
const aboutTwoSeconds = 2000;

function dropPages(): boolean {
  execFileSync("sync");
  try {
    writeFileSync("/proc/sys/vm/drop_caches", "3");
    return true;
  } catch {
    return false; // not root
  }
}

async function fill(store: Store): Promise<void> {
  const payload = Buffer.alloc(128, 7);
  await new Promise<void>((resolve) => {
    let last = 0;
    const more = (): void => {
      for (let i = 0; i < 2000 && last < records; i++)
        last = log.append(`orders.${last % 1000}`, undefined, payload, BigInt(last));
    };
    const committed = (upTo: number): void => {
      if (upTo >= records) resolve();
      else if (upTo === last) more();
    };
    const log: Log = store.create("s", { tenant: "t" }, { committed, failed });
    more();
  });
}

function start(name: string): { store: Store; log: Log } {
  const before = process.memoryUsage().rss;
  const from = performance.now();
  const store = openStore("store");
  const log = store.open("s", { committed: () => undefined, failed });
  const ms = performance.now() - from;
  global.gc?.();
  const more = (process.memoryUsage().rss - before) / 2 ** 20;
  const index = (log.indexBytes / records).toFixed(2);
  row(name, ms.toFixed(0), log.state.messages, `${more.toFixed(0)} MB`, index, load());
  return { store, log };
}

function reads(name: string, one: (i: number) => boolean): void {
  const begun = performance.now();
  let read = 0;
  while (performance.now() - begun < aboutTwoSeconds && one(read)) read++;
  row(name, perSecond(read, performance.now() - begun), load());
}

describe();
const from = performance.now();
const first = openStore("store");
await fill(first);
console.log(
  `${records} appended and acknowledged in ${((performance.now() - from) / 1000).toFixed(1)} s, 2000 at a time`,
);
await pause(1000);
row("start", "ms", "messages", "more memory", "index B a message", "load");
const how = dropPages() ? "cold" : "not cold: pages could not be dropped";
// The first store is left as it is and does nothing more: what a killed process leaves.
await close(start(`after a kill, ${how}`).store);
await close(start("after a stop, warm").store);
dropPages();
const { store, log } = start(`after a stop, ${how}`);
row("reads", "a second", "load");
let next = 1;
reads("in order", () => {
  const message = log.read(next);
  next = log.next(next + 1);
  return message !== undefined && next !== 0;
});
reads("at random", () => log.read(1 + Math.floor(Math.random() * records)) !== undefined);
await close(store);
