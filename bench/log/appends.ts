// Appends with an acknowledgement after the sync that covers them: groups of 1, 10, 100, 1000 on 1, 10, 100, 1000
// streams, each of which keeps one group in flight. Beside it, on the same disk and in the same minute, the disk's own
// sync rate, node:sqlite and lmdb. bin/node bench/log/appends.ts [DIR] [--seconds N] [--only "128 B, 1 x 1"]

import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../src/log/log.ts";
import { lmdb, sqlite } from "./rivals.ts";
import { base, CountingDisk, close, describe, failed, only, openStore, pause, seconds } from "./setting.ts";
import { load, perSecond, quantile, row } from "./table.ts";

interface Measured {
  readonly rate: string;
  readonly p50: number;
  readonly p99: number;
  readonly groups: number;
  readonly syncs: number;
}

/** Every stream keeps one group in flight; the next follows when it is acknowledged. */
async function measure(streams: number, group: number, bytes: number): Promise<Measured> {
  const disk = new CountingDisk();
  const name = `s${streams}-${group}-${bytes}`;
  const store = openStore(name, disk);
  const payload = Buffer.alloc(bytes, 7);
  const latencies: number[] = [];
  let isRunning = true;
  const streamsBegin = Array.from({ length: streams }, (_, i) => {
    let last = 0;
    let from = 0;
    const begin = (): void => {
      from = performance.now();
      for (let n = 0; n < group; n++) last = log.append("orders.new", undefined, payload, 1n);
    };
    const committed = (upTo: number): void => {
      if (upTo < last || !isRunning) return;
      latencies.push(performance.now() - from);
      begin();
    };
    const log: Log = store.create(`s${i}`, { tenant: `t${i}` }, { committed, failed });
    return begin;
  });
  for (const begin of streamsBegin) begin();
  await pause(Math.min(300, seconds * 500)); // the first of everything is made
  latencies.length = 0;
  const syncsBefore = disk.syncs;
  const started = performance.now();
  await pause(seconds * 1000);
  isRunning = false;
  const elapsed = performance.now() - started;
  const groups = latencies.length;
  const syncs = disk.syncs - syncsBefore;
  await close(store);
  rmSync(join(base, name), { recursive: true });
  const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
  return { rate: perSecond(groups * group, elapsed), p50, p99, groups, syncs };
}

describe();
row("bytes, streams x group", "appends/s", "p50 ms", "p99 ms", "acks", "syncs", "sqlite/s", "lmdb/s", "load");
for (const bytes of [128, 1024]) {
  for (const streams of [1, 10, 100, 1000]) {
    for (const group of [1, 10, 100, 1000]) {
      const name = `${bytes} B, ${streams} x ${group}`;
      if (streams * group * bytes > 150_000_000 || !(only === undefined || name.includes(only))) continue;
      const { rate, p50, p99, groups, syncs } = await measure(streams, group, bytes);
      const rivals = streams === 1 ? [sqlite(group, bytes), lmdb(group, bytes)] : ["", ""];
      row(name, rate, p50.toFixed(3), p99.toFixed(3), groups, syncs, ...rivals, load());
    }
  }
}
