// A Chappe under test: the real program in a process of its own, on free ports, with cells of the broker under test.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { type EventEmitter, once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { realProcesses } from "../../src/node/process.ts";
import { brokerBinary } from "../boundary/broker.ts";

export const program = join(import.meta.dirname, "../../bin/chappe");
const startDeadlineMs = 60_000;

export interface RunFile {
  readonly pid: number;
  readonly http: string;
  readonly nats: Readonly<Record<string, string>>;
}

/** The environment without any CHAPPE_* of whoever runs the tests, and with the broker under test. */
export function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("CHAPPE_"));
  const broker = brokerBinary();
  const cells = "path" in broker ? { CHAPPE_BROKER: broker.path } : {};
  return { ...Object.fromEntries(own), ...cells, ...extra };
}

/** Why these tests cannot run here; false when they can. */
export function skipReason(): string | false {
  const broker = brokerBinary();
  return "missing" in broker ? broker.missing : false;
}

export function newDirectory(name = "chappe-serve-"): string {
  return mkdtempSync(join(tmpdir(), name));
}

/** Runs a command to its end. */
export function chappe(...args: readonly string[]) {
  return chappeIn({}, ...args);
}

/** With further variables. */
export function chappeIn(extra: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { env: environment(extra), encoding: "utf8" });
  return { status, stdout, stderr };
}

export class RunningChappe {
  readonly data: string;
  readonly lines: readonly string[];
  readonly #output: EventEmitter;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(data: string, child: ChildProcess, lines: readonly string[], output: EventEmitter) {
    this.data = data;
    this.#output = output;
    this.#child = child;
    this.lines = lines;
    this.#ended =
      child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve();
  }

  /** Resolves when it says that it is ready; rejects with all it said when it ends instead. */
  static start(data: string, ...flags: readonly string[]): Promise<RunningChappe> {
    return RunningChappe.startIn({}, data, ...flags);
  }

  /** With further variables. */
  static startIn(
    extra: Readonly<Record<string, string>>,
    data: string,
    ...flags: readonly string[]
  ): Promise<RunningChappe> {
    const args = ["serve", "--data", data, "--http", "127.0.0.1:0", "--nats", "127.0.0.1:0", ...flags];
    const child = spawn(program, args, { env: environment(extra), stdio: ["ignore", "pipe", "pipe"] });
    const lines: string[] = [];
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(deadline);
        reject(new Error([why, ...lines].join("\n")));
      };
      const deadline = setTimeout(() => fail("not ready in time"), startDeadlineMs);
      createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
      const output = createInterface({ input: child.stdout }).on("line", (line) => {
        lines.push(line);
        if (!/"msg":"ready"|Ctrl-C stops it|sets the shell up/.test(line)) return;
        clearTimeout(deadline);
        resolve(new RunningChappe(data, child, lines, output));
      });
      child.once("exit", (code) => fail(`ended with ${code}`));
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get run(): RunFile {
    return JSON.parse(readFileSync(join(this.data, "run.json"), "utf8")) as RunFile;
  }

  /** Resolves when a line of its output matches, one already said or one to come. */
  async says(what: RegExp): Promise<void> {
    while (!this.lines.some((line) => what.test(line))) await once(this.#output, "line");
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves with the exit code, or the signal's name. */
  async ended(): Promise<number | string> {
    await this.#ended;
    return this.#child.exitCode ?? this.#child.signalCode ?? "?";
  }

  async stop(): Promise<number | string> {
    this.signal("SIGTERM");
    return await this.ended();
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended();
  }
}

export function cellPid(data: string, region: string): number {
  const pids = realProcesses.find(`--config=${data}/cells/${region}-1/cell.conf`);
  assert.equal(pids.length, 1, `exactly one cell in ${region}: ${pids}`);
  return pids[0]!;
}

export function cellsOf(data: string): readonly number[] {
  return ["fr-par", "nl-ams"].flatMap((region) =>
    realProcesses.find(`--config=${data}/cells/${region}-1/cell.conf`),
  );
}

/** Ends whatever a test left, the control plane before the cells it would restart, and deletes its directory. */
export function cleanUp(data: string): void {
  for (const pid of realProcesses.find(data)) realProcesses.signal(pid, "SIGKILL");
  for (const pid of cellsOf(data)) realProcesses.signal(pid, "SIGKILL");
  if (existsSync(data)) rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

/** What `chappe env` prints, read as a shell reads it. */
export function exported(data: string): ReadonlyMap<string, string> {
  const { stdout, stderr, status } = chappe("env", "--data", data);
  assert.equal(status, 0, stderr);
  const pairs = stdout
    .trimEnd()
    .split("\n")
    .map((line) => /^export ([A-Z_]+)='([^']*)'$/.exec(line)!);
  return new Map(pairs.map(([, name, value]) => [name!, value!]));
}
