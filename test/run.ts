// Runs a suite: `unit` (beside the sources, and the quick ones under test/), `interop`, `long`.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";

const suites: Readonly<Record<string, readonly string[]>> = {
  unit: [
    "test/dropin/{process,limits,guest,certificate-names,peer-names,complaints,starts,oversize-trace,syslog}.test.ts",
    "src/**/*.test.ts",
    "test/*.test.ts",
    "test/{boundary,control,serve,server,launch,differential,reload,accounts,monitoring,advisories,tenancy,world,log}/**/*.test.ts",
  ],
  interop: ["test/{interop,differential,dropin,accounts,monitoring,advisories,tenancy,server}/**/*.test.ts"],
  long: ["test/**/*.long.ts"],
};

/** What a suite compares more of than its tests do by themselves. */
const amounts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  interop: { PERMISSION_SEEDS: "10000" },
};

const [name = "unit", ...more] = process.argv.slice(2);
const patterns = suites[name];
if (patterns === undefined) {
  console.error(`no suite called ${name}; there are ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}
const files = [...new Set(patterns.flatMap((pattern) => globSync(pattern)))].sort();
const concurrency = name === "unit" ? availableParallelism() + 1 : 1;
const child = spawn(
  process.execPath,
  [
    "--test",
    `--test-concurrency=${concurrency}`,
    "--test-timeout=120000",
    "--test-force-exit",
    ...more,
    ...files,
  ],
  { stdio: "inherit", env: { ...amounts[name], ...process.env } },
);
child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
