// The disk itself: 4 KB written and synced, one after the other, into new space and into space used before, by the
// program itself and through libuv's threads. bin/node bench/log/disk.ts [DIR]

import { closeSync, fdatasync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { base, describe } from "./setting.ts";
import { load, perSecond, quantile, row } from "./table.ts";

const block = Buffer.alloc(4096, 3);
const times = 3000;

const ways = {
  inline: (fd: number): void => fdatasyncSync(fd),
  "through a thread": (fd: number): Promise<void> =>
    new Promise((resolve, reject) => fdatasync(fd, (error) => (error === null ? resolve() : reject(error)))),
};

describe();
row("write and fdatasync, 4 KB", "a second", "p50 ms", "p99 ms", "load");
for (const [how, sync] of Object.entries(ways)) {
  const fd = openSync(join(base, `fdatasync ${how}`), "w+");
  for (const space of ["new space", "space used before"]) {
    const took: number[] = [];
    const started = performance.now();
    for (let i = 0; i < times; i++) {
      const from = performance.now();
      writeSync(fd, block, 0, block.length, i * block.length);
      const waiting = sync(fd);
      if (waiting !== undefined) await waiting;
      took.push(performance.now() - from);
    }
    const elapsed = performance.now() - started;
    const quantiles = [0.5, 0.99].map((q) => quantile(took, q).toFixed(3));
    row(`${space}, ${how}`, perSecond(times, elapsed), ...quantiles, load());
  }
  closeSync(fd);
}
