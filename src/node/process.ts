// Child processes of the operating system, and those that an earlier run of ours has left.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { Fault } from "../base/assert.ts";
import type { ProcessEnd, Processes } from "../ports/processes.ts";

export const realProcesses: Processes = {
  start(program, args, output) {
    const file = openSync(output, "a", 0o600);
    try {
      const child = spawn(program, args, { detached: true, stdio: ["ignore", file, file] });
      const ended = new Promise<ProcessEnd>((resolve) => {
        // A program that could not be started has no pid and ends by "error" alone.
        child.once("error", () => resolve({ code: undefined, signal: undefined }));
        child.once("exit", (code, signal) =>
          resolve({ code: code ?? undefined, signal: signal ?? undefined }),
        );
      });
      if (child.pid === undefined) throw new Fault(`start ${program}`, { program });
      return { pid: child.pid, ended };
    } finally {
      closeSync(file);
    }
  },

  find: (argument) => (process.platform === "linux" ? findInProc(argument) : findByPs(argument)),

  signal(pid, signal) {
    try {
      return process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
      throw new Fault(`send ${signal} to process ${pid}`, { cause: error });
    }
  },
};

function findInProc(argument: string): readonly number[] {
  const found: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    // A zombie's command line is empty.
    if (commandLine(name).includes(argument)) found.push(Number(name));
  }
  return found;
}

function commandLine(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It ended while we looked, or is somebody else's.
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES") return [];
    throw error;
  }
}

function findByPs(argument: string): readonly number[] {
  const { stdout } = spawnSync("ps", ["-axww", "-o", "pid=,stat=,command="], { encoding: "utf8" });
  const found: number[] = [];
  for (const line of stdout.split("\n")) {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || state!.startsWith("Z") || Number(pid) === process.pid) continue;
    if (command!.includes(argument)) found.push(Number(pid));
  }
  return found;
}
