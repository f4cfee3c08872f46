// What this process uses of the machine.

import { availableParallelism } from "node:os";
import type { ProcessUsage } from "../system/subject-server.ts";

/** Asked more often than this, the same share of a core is answered: over less time it says nothing. */
const sampleUs = 1_000_000;
const usPerMs = 1_000;

/** Answers the usage; the share of a core is that of the time since it was last sampled. */
export function processUsage(): () => ProcessUsage {
  const cores = availableParallelism();
  let sampledUs = performance.now() * usPerMs;
  let spent = process.cpuUsage();
  let cpu = 0;
  return () => {
    const nowUs = performance.now() * usPerMs;
    const passedUs = nowUs - sampledUs;
    if (passedUs >= sampleUs) {
      const since = process.cpuUsage(spent);
      cpu = Math.round(((since.user + since.system) / passedUs) * 1_000) / 10;
      spent = process.cpuUsage();
      sampledUs = nowUs;
    }
    const { rss, heapUsed, heapTotal } = process.memoryUsage();
    return { cpu, memoryBytes: rss, cores, heapUsedBytes: heapUsed, heapTotalBytes: heapTotal };
  };
}
