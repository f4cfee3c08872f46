// A start with ten million records of 128 B, warm, and with the files' pages dropped from memory first: after a stop in
// order, and after the program was killed. Then reads in order and at random, memory, and the index's size a message.
// bin/node bench/log/start.ts [DIR] [--records N]      dropping pages takes root; without, the row says so

import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Log } from "../../src/log/log.ts";
import type { Store } from "../../src/log/store.ts";
import { base, close, describe, failed, openStore, pause, recordsAsked, workIn } from "./setting.ts";
import { load, perSecond, row } from "./table.ts";

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

/** In this process: opens the store, says what that took, and with `andReads` reads. */
async function start(name: string, andReads: boolean): Promise<void> {
  const from = performance.now();
  const store = openStore("store");
  const log = store.open("s", { committed: () => undefined, failed });
  const ms = performance.now() - from;
  global.gc?.();
  const resident = process.memoryUsage().rss / 2 ** 20;
  const index = (log.indexBytes / records).toFixed(2);
  row(name, ms.toFixed(0), log.state.messages, `${resident.toFixed(0)} MB`, index, load());
  if (andReads) readBoth(log);
  await close(store);
}

/** In a process of its own, so that its memory is its own. */
function startElsewhere(name: string, andReads = false): void {
  const { status } = spawnSync(
    process.execPath,
    [...process.execArgv, import.meta.filename, ...process.argv.slice(2)],
    {
      env: { ...process.env, CHAPPE_BENCH_START: JSON.stringify({ base, name, andReads }) },
      stdio: "inherit",
    },
  );
  if (status !== 0) throw new Error(`the start ended with ${status}`);
}

function readBoth(log: Log): void {
  row("reads", "a second", "load");
  let next = 1;
  reads("in order", () => {
    const message = log.read(next);
    next = log.next(next + 1);
    return message !== undefined && next !== 0;
  });
  reads("at random", () => log.read(1 + Math.floor(Math.random() * records)) !== undefined);
}

function reads(name: string, one: (i: number) => boolean): void {
  const begun = performance.now();
  let read = 0;
  while (performance.now() - begun < aboutTwoSeconds && one(read)) read++;
  row(name, perSecond(read, performance.now() - begun), load());
}

const asked = process.env.CHAPPE_BENCH_START;
if (asked !== undefined) {
  const { base, name, andReads } = JSON.parse(asked);
  workIn(base);
  await start(name, andReads);
} else {
  describe();
  const from = performance.now();
  await fill(openStore("store"));
  const tookSeconds = ((performance.now() - from) / 1000).toFixed(1);
  console.log(`${records} appended and acknowledged in ${tookSeconds} s, 2000 at a time`);
  await pause(1000);
  row("start", "ms", "messages", "resident", "index B a message", "load");
  const how = dropPages() ? "cold" : "not cold: pages could not be dropped";
  // This store is left as it is and does nothing more: what a killed process leaves.
  startElsewhere(`after a kill, ${how}`);
  startElsewhere("after a stop, warm");
  dropPages();
  startElsewhere(`after a stop, ${how}`, true);
}
