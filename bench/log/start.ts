// A start with ten million records of 128 B, after a stop in order, with the files' pages dropped from memory first;
// then reads in order and at random, and the index's size. bin/node bench/log/start.ts [DIR] [--records N]

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Store } from "../../src/log/store.ts";
import { NodeDisk } from "../../src/node/disk.ts";

const at = process.argv.indexOf("--records");
const records = at < 0 ? 10_000_000 : Number(process.argv[at + 1]);
const base = mkdtempSync(
  join(process.argv[2]?.startsWith("/") ? process.argv[2] : "/var/tmp", "chappe-start-"),
);
const clock = {
  now: () => Date.now(),
  nowNs: () => 0n,
  monotonicMs: () => performance.now(),
  after: () => ({ cancel: () => undefined }),
};
const random = {
  bytes: (length: number) => randomBytes(length),
  below: (bound: number) => Math.floor(Math.random() * bound),
};
const trace = { enabled: () => false, log: () => undefined };
const open = (): Store =>
  new Store({ disk: new NodeDisk(), clock, random, trace, directory: join(base, "store") });
const close = (store: Store): Promise<void> => new Promise((resolve) => store.close(() => resolve()));

const store = open();
const payload = Buffer.alloc(128, 7);
const began = performance.now();
await new Promise<void>((resolve) => {
  let last = 0;
  const fill = (): void => {
    for (let i = 0; i < 2000 && last < records; i++)
      last = log.append(`orders.${last % 1000}`, undefined, payload, 1n);
  };
  const committed = (upTo: number): void => {
    if (upTo >= records) resolve();
    else if (upTo === last) fill();
  };
  const failed = (_reason: string, _first: number, _last: number, error: Error): void => {
    throw error;
  };
  const log = store.create("s", { tenant: "t" }, { committed, failed });
  fill();
});
console.log(`${records} appended and acknowledged in ${((performance.now() - began) / 1000).toFixed(1)} s`);
await close(store);

for (const how of ["warm", "cold"]) {
  if (how === "cold") {
    execFileSync("sync");
    writeFileSync("/proc/sys/vm/drop_caches", "3");
  }
  const from = performance.now();
  const again = open();
  const log = again.open("s", { committed: () => undefined, failed: () => undefined });
  const ms = performance.now() - from;
  global.gc?.();
  const megabytes = process.memoryUsage().rss / 2 ** 20;
  console.log(
    `${how} start: ${ms.toFixed(0)} ms for ${log.state.messages} messages; ${megabytes.toFixed(0)} MB resident, ${(log.indexBytes / records).toFixed(2)} B of index a message`,
  );
  if (how === "cold") {
    let begun = performance.now();
    let read = 0;
    for (let s = log.next(1); s !== 0 && performance.now() - begun < 2000; s = log.next(s + 1))
      if (log.read(s) !== undefined) read++;
    console.log(`reads in order: ${((read / (performance.now() - begun)) * 1000).toFixed(0)}/s`);
    begun = performance.now();
    for (read = 0; performance.now() - begun < 2000; read++)
      log.read(1 + Math.floor(Math.random() * records));
    console.log(`reads at random: ${((read / (performance.now() - begun)) * 1000).toFixed(0)}/s`);
  }
  await close(again);
}
rmSync(base, { recursive: true, force: true });
