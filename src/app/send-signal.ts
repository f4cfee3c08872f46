// `--signal`: tells a running server to stop, reload, reopen its log or go into lame duck mode. [nats-server signal.go]

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { commandLines } from "../node/command-lines.ts";
import { type SignalName, signalOf } from "../server/config/flags.ts";

/**
 * Sends; answers why it could not.
 * @param target a process id, a beginning of process ids and "*", a file that holds one of these, or "": the one
 * server that runs.
 */
export function sendSignal(command: string, target: string): string | undefined {
  const expression = fileText(target) ?? target;
  const every = expression.endsWith("*");
  const start = every ? expression.slice(0, -1) : expression;
  if (start !== "" && !/^[-+]?\d+$/.test(start)) return `invalid pid: ${start}`;

  const pids = start === "" || every ? runningServers() : [Number(start)];
  if (pids.length > 1 && !every) return `multiple nats-server processes running:\n${pids.join("\n")}`;
  if (pids.length === 0) return "no nats-server processes running";
  const signal = signalOf(command);
  if (signal === undefined) return `unknown signal "${command}"`;

  const failures = pids
    .filter((pid) => start === "" || !every || String(pid).startsWith(start))
    .map((pid) => failureOf(command, pid, signal));
  const text = failures.join("");
  return text === "" ? undefined : text;
}

function failureOf(command: string, pid: number, signal: SignalName): string {
  try {
    process.kill(pid, signal);
    return "";
  } catch (error) {
    return `\nsignal "${command}" ${pid}: ${reasonOf(error)}`;
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ESRCH") return "no such process";
  return code === "EPERM" ? "operation not permitted" : String(error);
}

function runningServers(): readonly number[] {
  return commandLines()
    .filter(({ words }) => isServer(words))
    .map(({ pid }) => pid);
}

/**
 * Whether a command line is a server's: it is told by the name of the program that runs, or of the script where that
 * is Node; what else stands in the line says nothing. [nats-server signal.go resolvePids]
 */
export function isServer([program = "", ...rest]: readonly string[]): boolean {
  if (basename(program).includes("nats-server")) return true;
  const script = rest.find((word) => !word.startsWith("-")) ?? "";
  return basename(program) === "node" && /(^|\/)app\/nats-server\.[jt]s$/.test(script);
}

function fileText(path: string): string | undefined {
  if (path === "") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
