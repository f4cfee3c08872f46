// The long run: bin/node test/log/simulate.ts [--from SEED] [--count CRASHES] [--seconds N] [--seed ONE] [--lives N] [--steps N] [--faults 0] [--memory]
// Prints the seed of what it finds; --seed replays it with every line of its trace.

import { Store } from "../../src/log/store.ts";
import { runSeed } from "./simulation.ts";

const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};

const steps = process.argv.includes("--steps") ? argument("steps", 60) : undefined;
const faults = argument("faults", 1) === 1 ? "some" : undefined;
const medium = process.argv.includes("--memory") ? "memory" : "disk";
const one = argument("seed", -1);
if (one >= 0) {
  const result = await runSeed({ Store }, one, {
    lives: argument("lives", 5),
    steps,
    faults,
    print: console.log,
  });
  console.log(result);
} else {
  const until = Date.now() + argument("seconds", 3600 * 24) * 1000;
  const wanted = argument("count", 1000);
  const started = Date.now();
  let crashes = 0;
  let acknowledged = 0;
  let failures = 0;
  let seed = argument("from", 1);
  for (; crashes < wanted && Date.now() < until; seed++) {
    try {
      const result = await runSeed({ Store }, seed, { lives: argument("lives", 5), steps, faults, medium });
      crashes += result.crashes;
      acknowledged += result.acknowledged;
    } catch (cause) {
      failures++;
      console.log((cause as Error).message);
      if (failures >= argument("failures", 10)) break;
    }
  }
  const seconds = (Date.now() - started) / 1000;
  console.log(
    `${crashes} crashes, seeds up to ${seed - 1}, ${acknowledged} acknowledged, ${failures} failures, ${seconds.toFixed(0)} s`,
  );
  if (failures > 0) process.exitCode = 1;
}
