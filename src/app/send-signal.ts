// `--signal`: tells a running server to stop, reload, reopen its log or go into lame duck mode. [nats-server signal.go]

import { readFileSync } from "node:fs";
import { signalOf } from "../server/config/flags.ts";

/** Sends; answers why it could not. `target` is a process id or a file that holds one. */
export function sendSignal(command: string, target: string): string | undefined {
  const signal = signalOf(command);
  if (signal === undefined) return `unknown signal "${command}"`;
  const pid = processId(target);
  if (typeof pid === "string") return pid;
  try {
    process.kill(pid, signal);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function processId(target: string): number | string {
  const text = /^\d*$/.test(target) ? target : fileText(target);
  if (text === undefined || !/^\d+$/.test(text)) return `invalid pid: ${target}`;
  return Number(text);
}

function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
