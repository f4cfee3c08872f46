// A broker as a child process: ours or the real nats-server, on a configuration text, in a directory of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { findProgram } from "./programs.ts";

/** A nats-server to try: the same tests run on each. */
export interface BrokerProgram {
  readonly name: "ours" | "nats-server";
  readonly path: string;
  /** Why its tests are skipped, or false. */
  readonly skip: string | false;
}

export interface BrokerProcess {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** What it has written to stderr so far. */
  readonly log: readonly string[];
  /** Resolves with the first line of the log that matches, past or to come. @throws Error when none comes in time. */
  logged(pattern: RegExp): Promise<string>;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<unknown>;
  /** Sends a signal and waits for the end. SIGKILL when none is given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface BrokerOptions {
  /** The port to listen on; a free one by itself. */
  readonly port?: number;
  /** Extra command line arguments. */
  readonly args?: readonly string[];
}

const root = join(import.meta.dirname, "../..");
const startDeadlineMs = 20_000;
const logDeadlineMs = 10_000;

/** Ours always, and the real one with a reason to skip when there is none. */
export function brokerPrograms(): readonly BrokerProgram[] {
  const real = findProgram("nats-server");
  return [
    { name: "ours", path: join(root, "bin/nats-server"), skip: false },
    {
      name: "nats-server",
      path: real ?? "",
      skip: real === undefined ? "no real nats-server here (bin/node test/interop/install.ts)" : false,
    },
  ];
}

/** Starts it; resolves when it says that it is ready. @throws Error with its log when it does not become ready. */
export async function startBrokerProcess(
  program: BrokerProgram,
  config: string,
  { port = -1, args = [] }: BrokerOptions = {},
): Promise<BrokerProcess> {
  const directory = mkdtempSync(join(tmpdir(), "chappe-broker-"));
  const file = join(directory, "server.conf");
  writeFileSync(file, `host: "127.0.0.1"\nport: ${port}\n${config.replaceAll("DIRECTORY", directory)}\n`);
  const child = spawn(program.path, ["-c", file, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const log: string[] = [];
  const lines = createInterface({ input: child.stderr });
  lines.on("line", (line) => log.push(line));
  const address = await listening(child, log, lines);
  const stop = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    child.kill(signal);
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  const logged = (pattern: RegExp): Promise<string> => nextLine(log, lines, pattern);
  return { ...address, pid: child.pid!, log, logged, ended, stop };
}

function nextLine(log: readonly string[], lines: Interface, pattern: RegExp): Promise<string> {
  const past = log.find((line) => pattern.test(line));
  if (past !== undefined) return Promise.resolve(past);
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new Error(`no ${pattern} in\n${log.join("\n")}`)),
      logDeadlineMs,
    );
    lines.on("line", function look(line) {
      if (!pattern.test(line)) return;
      lines.off("line", look);
      clearTimeout(deadline);
      resolve(line);
    });
  });
}

function listening(
  child: ChildProcess,
  log: readonly string[],
  lines: Interface,
): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(deadline);
      child.kill("SIGKILL");
      reject(new Error(`${why}\n${log.join("\n")}`));
    };
    const deadline = setTimeout(() => fail("the broker is not ready in time"), startDeadlineMs);
    lines.on("line", (line) => {
      if (!line.includes("Server is ready")) return;
      clearTimeout(deadline);
      const address = /Listening for client connections on (\S+):(\d+)/.exec(log.join("\n"));
      if (address === null) fail("the broker does not say where it listens");
      else resolve({ host: address[1]!, port: Number(address[2]) });
    });
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code, signal) => fail(`the broker ended with ${code ?? signal}`));
  });
}
