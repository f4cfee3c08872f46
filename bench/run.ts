// Our broker beside the newest real nats-server: the same load on each in turn, pair by pair, and the medians.
//   npm run bench [-- --pairs N --secs S --only NAME]
// Rates are messages a second (published), CPU is server microseconds per published message. A ratio above 1 is in
// our favour in both columns.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectable } from "../test/support/connectable.ts";
import { findProgram } from "../test/support/programs.ts";

interface Case {
  readonly name: string;
  readonly mode: readonly string[];
  /** The server asks for a user, whose permissions are looked at. */
  readonly guarded?: boolean;
}

interface Measured {
  readonly rate: number;
  readonly cpuUs: number;
}

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "5" },
    secs: { type: "string", default: "1.2" },
    only: { type: "string" },
  },
});
const pairs = Number(values.pairs);
const secs = values.secs;
const timed = ["-t", secs, "-s", "128"];
const plain: readonly Case[] = [
  { name: "publish", mode: ["pub", ...timed] },
  { name: "1 to 1", mode: ["pubsub", ...timed] },
  { name: "1 to 10", mode: ["pubsub", ...timed, "-c", "10"] },
  { name: "request-reply, 1 in flight", mode: ["reqrep", "-n", "10000", "-s", "128"] },
  { name: "request-reply, 64 in flight", mode: ["reqrep", "-n", "200000", "-w", "64", "-s", "128"] },
];
const guarded = plain.map(({ name, mode }): Case => ({ name: `${name}, guarded`, mode, guarded: true }));
const cases = [...plain, ...guarded].filter(
  ({ name }) => values.only === undefined || name.includes(values.only),
);
/** Bytes of memory for each of so many. */
const memory = [
  { name: "idle connection", mode: ["idle", "-c", "1000"], field: "bytes_per_conn" },
  { name: "literal subscription", mode: ["subs", "-c", "200000"], field: "bytes_per_sub" },
  { name: "wildcard subscription", mode: ["subs", "-c", "200000", "--wild"], field: "bytes_per_sub" },
].filter(({ name }) => values.only === undefined || name.includes(values.only));
const guard = `authorization { users: [ { user: load, password: load,
  permissions: { publish: { allow: [">"], deny: ["secret.>"] }, subscribe: { allow: [">"], deny: ["secret.>"] } } } ] }`;

const root = join(import.meta.dirname, "..");
const real = findProgram("nats-server");
if (real === undefined) {
  console.error("bench: no nats-server: put one on PATH, or name it in NATS_SERVER_BIN");
  process.exit(1);
}
const load = builtLoadGenerator();
console.log(
  `machine: ${cpus().length} × ${cpus()[0]?.model ?? "?"}, load ${loadavg()[0]!.toFixed(1)}; node ${process.version}`,
);
console.log(
  `ours: ${root}/bin/nats-server; theirs: ${execFileSync(real, ["-v"], { encoding: "utf8" }).trim()}`,
);
console.log(`${pairs} pairs, ${secs} s each, 128 B\n`);
console.log(
  ["case", "our rate/s", "their rate/s", "rate ratio", "our CPU µs", "their CPU µs", "CPU ratio"].join(" | "),
);

for (const each of cases) {
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    ours.push(await measure(join(root, "bin/nats-server"), each));
    theirs.push(await measure(real, each));
  }
  const rateRatio = median(ours.map(({ rate }, i) => rate / theirs[i]!.rate));
  const cpuRatio = median(ours.map(({ cpuUs }, i) => theirs[i]!.cpuUs / cpuUs));
  console.log(
    [
      each.name,
      Math.round(median(ours.map(({ rate }) => rate))),
      Math.round(median(theirs.map(({ rate }) => rate))),
      rateRatio.toFixed(2),
      median(ours.map(({ cpuUs }) => cpuUs)).toFixed(3),
      median(theirs.map(({ cpuUs }) => cpuUs)).toFixed(3),
      cpuRatio.toFixed(2),
    ].join(" | "),
  );
}

console.log("\nmemory | our bytes | their bytes | ratio");
for (const { name, mode, field } of memory) {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let pair = 0; pair < Math.min(pairs, 3); pair++) {
    ours.push(await weigh(join(root, "bin/nats-server"), mode, field));
    theirs.push(await weigh(real, mode, field));
  }
  const [our, their] = [median(ours), median(theirs)];
  console.log([name, Math.round(our), Math.round(their), (their / our).toFixed(2)].join(" | "));
}

/** A fresh server, a short warm-up, one measured run. */
function measure(program: string, { mode, guarded }: Case): Promise<Measured> {
  return withServer(program, guarded ?? false, (target) => {
    const [kind = "", ...options] = mode;
    run([kind, ...target, "-n", kind === "reqrep" ? "2000" : "200000", "-s", "128"]);
    const result = run([kind, ...target, ...options]);
    return { rate: result.pub_rate!, cpuUs: result.srv_us_per_msg! };
  });
}

function weigh(program: string, mode: readonly string[], field: string): Promise<number> {
  return withServer(program, false, (target) => {
    const [kind = "", ...options] = mode;
    return run([kind, ...target, ...options])[field]!;
  });
}

async function withServer<T>(program: string, isGuarded: boolean, use: (target: string[]) => T): Promise<T> {
  const port = await freePort();
  const config = join(root, ".cache", `bench-${port}.conf`);
  writeFileSync(config, isGuarded ? guard : "");
  const server = spawn(program, ["-a", "127.0.0.1", "-p", String(port), "-c", config], { stdio: "ignore" });
  try {
    await connectable(port);
    const who = isGuarded ? ["--user", "load", "--pass", "load"] : [];
    return use(["-a", `127.0.0.1:${port}`, "--pid", String(server.pid), ...who]);
  } finally {
    await stopped(server);
    rmSync(config);
  }
}

function run(args: readonly string[]): Readonly<Record<string, number>> {
  return JSON.parse(execFileSync(load, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
}

function builtLoadGenerator(): string {
  const source = join(import.meta.dirname, "natsload.c");
  const folder = join(root, ".cache");
  const program = join(folder, "natsload");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
    rmSync(program, { force: true });
    execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-o", program, source], { stdio: "inherit" });
  }
  return program;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function stopped(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    server.once("exit", () => resolve());
    server.kill("SIGKILL");
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
