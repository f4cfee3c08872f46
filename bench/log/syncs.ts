// That an acknowledgement costs a sync of the operating system, no less and no more: a short run under strace, its
// fdatasync and fsync calls beside what the log asked of its disk. bin/node bench/log/syncs.ts [DIR]

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../src/log/log.ts";
import { base, CountingDisk, close, describe, failed, openStore } from "./setting.ts";
import { load, row } from "./table.ts";

const commits = 500;

/** So many commits of one group on each of `streams`; says how many syncs that took, its stop included. */
async function commit(streams: number, group: number): Promise<void> {
  const disk = new CountingDisk();
  const store = openStore("s", disk);
  const before = disk.syncs;
  const payload = Buffer.alloc(128, 7);
  let acknowledged = 0;
  await Promise.all(
    Array.from({ length: streams }, (_, i) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let last = 0;
      let left = commits;
      const begin = (): void => {
        for (let n = 0; n < group; n++) last = log.append("orders.new", undefined, payload, 1n);
      };
      const committed = (upTo: number): void => {
        if (upTo < last) return;
        acknowledged++;
        if (--left > 0) begin();
        else resolve();
      };
      const log: Log = store.create(`s${i}`, { tenant: `t${i}` }, { committed, failed });
      begin();
      return promise;
    }),
  );
  const during = disk.syncs - before;
  await close(store);
  console.log(JSON.stringify({ acknowledged, during, all: disk.syncs }));
}

const asked = process.env.CHAPPE_BENCH_COMMIT?.split(" ").map(Number);
if (asked !== undefined) await commit(asked[0]!, asked[1]!);
else compare();

function compare(): void {
  describe();
  if (spawnSync("strace", ["-V"]).status !== 0) return console.log("strace: not installed");
  row("streams x group", "acks", "syncs asked meanwhile", "asked in all", "made, by strace", "load");
  for (const [streams, group] of [
    [1, 1],
    [1, 100],
    [10, 1],
    [100, 1],
  ]) {
    const summary = join(base, "strace");
    const traced = ["-f", "-qq", "-c", "-U", "name,calls", "-e", "trace=fsync,fdatasync", "-o", summary];
    const program = [process.execPath, import.meta.filename, base];
    const { stdout, stderr, status } = spawnSync("strace", [...traced, ...program], {
      env: { ...process.env, CHAPPE_BENCH_COMMIT: `${streams} ${group}` },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`strace: ${stderr}`);
    const { acknowledged, during, all } = JSON.parse(stdout);
    const made = [...readFileSync(summary, "utf8").matchAll(/^f(?:data)?sync\s+(\d+)/gm)];
    const calls = made.reduce((sum, [, count]) => sum + Number(count), 0);
    row(`${streams} x ${group}`, acknowledged, during, all, calls, load());
  }
}
