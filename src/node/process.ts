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

/** A process of this machine and the words it was started with; where only `ps` tells, split at blanks. */
export interface CommandLine {
  readonly pid: number;
  readonly words: readonly string[];
}

/** All processes but this one, as far as they may be seen; of zombies nothing. */
export function commandLines(): readonly CommandLine[] {
  if (process.platform === "linux") return commandLinesInProc();
  return commandsByPs().map(({ pid, command }) => ({ pid, words: command.split(" ") }));
}

function findInProc(argument: string): readonly number[] {
  return commandLinesInProc()
    .filter(({ words }) => words.includes(argument))
    .map(({ pid }) => pid);
}

function commandLinesInProc(): readonly CommandLine[] {
  return (
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map((name) => ({ pid: Number(name), words: wordsOf(name) }))
      // A zombie's command line is empty.
      .filter(({ words }) => words.length > 0)
  );
}

function wordsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It ended while we looked, or is somebody else's.
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES") return [];
    throw error;
  }
}

function findByPs(argument: string): readonly number[] {
  return commandsByPs()
    .filter(({ command }) => command.includes(argument))
    .map(({ pid }) => pid);
}

function commandsByPs(): readonly { readonly pid: number; readonly command: string }[] {
  const { stdout } = spawnSync("ps", ["-axww", "-o", "pid=,stat=,command="], { encoding: "utf8" });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || state!.startsWith("Z") || Number(pid) === process.pid) return [];
    return [{ pid: Number(pid), command: command! }];
  });
}
