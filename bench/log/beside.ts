// A lone publisher of 128 B, alone and beside a neighbour who commits 1 MB at a time: how long its acknowledgement takes.
// bin/node bench/log/beside.ts [DIR] [--seconds N]

import type { Log } from "../../src/log/log.ts";
import { close, describe, failed, openStore, pause, seconds } from "./setting.ts";
import { load, perSecond, quantile, row } from "./table.ts";

describe();
row("a lone 128 B commit", "commits/s", "p50 ms", "p99 ms", "neighbour MB/s", "load");
for (const neighbours of [0, 1, 4]) {
  const store = openStore(`beside-${neighbours}`);
  const latencies: number[] = [];
  let isRunning = true;
  let from = 0;
  let written = 0;
  const small = Buffer.alloc(128, 2);
  const publish = (): void => {
    from = performance.now();
    lone.append("s", undefined, small, 1n);
  };
  const acknowledged = (): void => {
    if (!isRunning) return;
    latencies.push(performance.now() - from);
    publish();
  };
  const lone: Log = store.create("lone", { tenant: "lone" }, { committed: acknowledged, failed });
  publish();
  const big = Buffer.alloc(1024 * 1024 - 200, 1);
  for (let i = 0; i < neighbours; i++) {
    const again = (): void => {
      written++;
      if (isRunning) bulk.append("b", undefined, big, 1n);
    };
    const bulk: Log = store.create(`bulk${i}`, { tenant: `bulk${i}` }, { committed: again, failed });
    bulk.append("b", undefined, big, 1n);
  }
  await pause(200);
  latencies.length = 0;
  written = 0;
  const started = performance.now();
  await pause(seconds * 2000);
  isRunning = false;
  const elapsed = performance.now() - started;
  const rate = perSecond(latencies.length, elapsed);
  const quantiles = [0.5, 0.99].map((q) => quantile(latencies, q).toFixed(3));
  const name = neighbours === 0 ? "alone" : `beside ${neighbours} of 1 MB`;
  row(name, rate, ...quantiles, perSecond(written, elapsed), load());
  await close(store);
}
