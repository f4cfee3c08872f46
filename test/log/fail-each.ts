// Every disk call of a run fails once: with EIO, with ENOSPC, short, and with the machine stopping there.
// bin/node test/log/fail-each.ts [--from SEED] [--seeds N] [--step N]

import { Store } from "../../src/log/store.ts";
import type { Mishap } from "../world/disk.ts";
import { type Room, runSeed } from "./simulation.ts";

const mishaps: readonly Mishap[] = ["EIO", "ENOSPC", "short", "crash"];

/** Runs a seed once for each `step`-th call and mishap; answers how many runs that were. Throws what it finds. */
export async function failEachCall(room: Room, seed: number, step: number): Promise<number> {
  const lives = 2;
  const { calls } = await runSeed(room, seed, { lives, mishapAt: { call: -1, mishap: "EIO" } });
  let runs = 0;
  for (let call = 1; call <= calls; call += step) {
    for (const mishap of mishaps) {
      await runSeed(room, seed, { lives, mishapAt: { call, mishap } });
      runs++;
    }
  }
  return runs;
}

if (process.argv[1] === import.meta.filename) {
  const argument = (name: string, otherwise: number): number => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(process.argv[at + 1]);
  };
  const from = argument("from", 1);
  let runs = 0;
  let failures = 0;
  const one = argument("call", -1);
  if (one >= 0) {
    const mishap = mishaps.find((name) => process.argv.includes(name)) ?? "EIO";
    console.log(
      await runSeed({ Store }, from, { lives: 2, mishapAt: { call: one, mishap }, print: console.log }),
    );
  } else {
    for (let seed = from; seed < from + argument("seeds", 1); seed++) {
      try {
        runs += await failEachCall({ Store }, seed, argument("step", 1));
      } catch (cause) {
        failures++;
        console.log((cause as Error).message.slice(0, 300));
      }
    }
    console.log(`${runs} runs with one failed call each, ${failures} seeds failed`);
    if (failures > 0) process.exitCode = 1;
  }
}
