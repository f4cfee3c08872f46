// Appends with an acknowledgement after the sync that covers them: groups of 1, 10, 100, 1000 on 1, 10, 100, 1000
// streams; beside it the disk's own fdatasync rate, and node:sqlite with full synchronisation.
// bin/node bench/log/appends.ts [DIR] [--seconds N]      DIR lies on the block device to be measured

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Log } from "../../src/log/log.ts";
import { Store } from "../../src/log/store.ts";
import { NodeDisk } from "../../src/node/disk.ts";

const args = process.argv
  .slice(2)
  .filter((arg, i, list) => !arg.startsWith("--") && !list[i - 1]?.startsWith("--"));
const at = process.argv.indexOf("--seconds");
const seconds = at < 0 ? 0.7 : Number(process.argv[at + 1]);
const base = mkdtempSync(join(args[0] ?? "/var/tmp", "chappe-bench-"));

const clock = {
  now: () => Date.now(),
  nowNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicMs: () => performance.now(),
  after: (delayMs: number, ring: () => void) => {
    const timer = setTimeout(ring, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
const random = {
  bytes: (length: number) => randomBytes(length),
  below: (bound: number) => Math.floor(Math.random() * bound),
};
const trace = { enabled: () => false, log: () => undefined };

class CountingDisk extends NodeDisk {
  syncs = 0;
  override openSync(path: string, mode: "read" | "write" | "create") {
    const file = super.openSync(path, mode);
    const { sync } = file;
    file.sync = (done) => {
      this.syncs++;
      sync.call(file, done);
    };
    return file;
  }
}

interface Row {
  readonly streams: number;
  readonly group: number;
  readonly bytes: number;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly syncs: number;
}

/** Every stream keeps one group in flight; the next follows when it is acknowledged. */
async function measure(streams: number, group: number, bytes: number): Promise<Row> {
  const disk = new CountingDisk();
  const directory = join(base, `s${streams}-${group}-${bytes}`);
  const store = new Store({ disk, clock, random, trace, directory });
  const payload = Buffer.alloc(bytes, 7);
  const latencies: number[] = [];
  let appended = 0;
  let running = false;
  const begin = (log: Log, state: { last: number; from: number }): void => {
    state.from = performance.now();
    for (let i = 0; i < group; i++) state.last = log.append("orders.new", undefined, payload, 1n);
    appended += group;
  };
  const logs = Array.from({ length: streams }, (_, i) => {
    const state = { last: 0, from: 0 };
    const log: Log = store.create(
      `s${i}`,
      { tenant: `t${i}` },
      {
        committed: (upTo) => {
          if (upTo < state.last || !running) return;
          latencies.push(performance.now() - state.from);
          begin(log, state);
        },
        failed: (_reason, _first, _last, error) => {
          throw error;
        },
      },
    );
    return { log, state };
  });
  const syncsBefore = disk.syncs;
  running = true;
  const started = performance.now();
  for (const { log, state } of logs) begin(log, state);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  running = false;
  const elapsed = performance.now() - started;
  const done = appended - streams * group;
  const syncs = disk.syncs - syncsBefore;
  await new Promise<void>((resolve) => store.close(() => resolve()));
  rmSync(directory, { recursive: true });
  latencies.sort((a, b) => a - b);
  const quantile = (q: number): number => latencies[Math.floor(latencies.length * q)] ?? 0;
  return {
    streams,
    group,
    bytes,
    rate: (done / elapsed) * 1000,
    p50: quantile(0.5),
    p99: quantile(0.99),
    syncs,
  };
}

/** A lone small commit beside a neighbour that commits 1 MB at a time. */
async function besideBulk(): Promise<void> {
  const store = new Store({ disk: new NodeDisk(), clock, random, trace, directory: join(base, "bulk") });
  const latencies: number[] = [];
  let from = 0;
  let running = true;
  const failed = (): void => {
    throw new Error("a stream failed");
  };
  const big = Buffer.alloc(1024 * 1024 - 200, 1);
  const bulk: Log = store.create(
    "bulk",
    { tenant: "bulk" },
    { committed: () => running && bulk.append("b", undefined, big, 1n), failed },
  );
  const small = Buffer.alloc(128, 2);
  const lone: Log = store.create(
    "lone",
    { tenant: "lone" },
    {
      committed: () => {
        if (!running) return;
        latencies.push(performance.now() - from);
        from = performance.now();
        lone.append("s", undefined, small, 1n);
      },
      failed,
    },
  );
  bulk.append("b", undefined, big, 1n);
  from = performance.now();
  lone.append("s", undefined, small, 1n);
  await new Promise((resolve) => setTimeout(resolve, seconds * 2000));
  running = false;
  latencies.sort((a, b) => a - b);
  const written = bulk.last;
  await new Promise<void>((resolve) => store.close(() => resolve()));
  console.log(
    `a lone 128 B commit beside 1 MB commits (${(written / (seconds * 2)).toFixed(0)} MB/s): p50 ${latencies[latencies.length >> 1]!.toFixed(2)} ms, p99 ${latencies[Math.floor(latencies.length * 0.99)]!.toFixed(2)} ms`,
  );
}

async function diskItself(): Promise<void> {
  const path = join(base, "fdatasync");
  const fd = openSync(path, "w+");
  const block = Buffer.alloc(4096, 3);
  for (const how of ["growing", "recycled"]) {
    const times: number[] = [];
    for (let i = 0; i < 1500; i++) {
      const from = performance.now();
      writeSync(fd, block, 0, 4096, i * 4096);
      if (how === "growing") fdatasyncSync(fd);
      else await new Promise<void>((resolve) => fdatasync(fd, () => resolve()));
      times.push(performance.now() - from);
    }
    times.sort((a, b) => a - b);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    console.log(
      `fdatasync, 4 KB, ${how} (${how === "growing" ? "inline" : "thread pool"}): ${(1000 / mean).toFixed(0)}/s, p50 ${times[750]!.toFixed(3)} ms`,
    );
  }
  closeSync(fd);
}

function sqlite(group: number, bytes: number): number {
  const database = new DatabaseSync(join(base, `sqlite-${group}-${bytes}.db`));
  database.exec(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE m (seq INTEGER PRIMARY KEY, subject TEXT, payload BLOB)",
  );
  const insert = database.prepare("INSERT INTO m (subject, payload) VALUES (?, ?)");
  const payload = Buffer.alloc(bytes, 7);
  const started = performance.now();
  let done = 0;
  while (performance.now() - started < seconds * 1000) {
    database.exec("BEGIN");
    for (let i = 0; i < group; i++) insert.run("orders.new", payload);
    database.exec("COMMIT");
    done += group;
  }
  const rate = (done / (performance.now() - started)) * 1000;
  database.close();
  return rate;
}

mkdirSync(base, { recursive: true });
console.log(execFileSync("df", ["-T", base]).toString().trim());
await diskItself();
for (const bytes of [128, 1024]) {
  for (const streams of [1, 10, 100, 1000]) {
    for (const group of streams === 1000 ? [1, 10] : [1, 10, 100, 1000]) {
      const row = await measure(streams, group, bytes);
      const beside = streams === 1 ? `   sqlite ${sqlite(group, bytes).toFixed(0)}/s` : "";
      console.log(
        `${bytes} B, ${streams} streams, groups of ${group}: ${row.rate.toFixed(0)}/s, p50 ${row.p50.toFixed(2)} p99 ${row.p99.toFixed(2)} ms, ${row.syncs} syncs${beside}`,
      );
    }
  }
}
await besideBulk();
rmSync(base, { recursive: true, force: true });
