// What runs on this machine, by command line: read from /proc, or asked of `ps`.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

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

/** Pids of other processes that were started with `argument`. */
export function startedWith(argument: string): readonly number[] {
  const found =
    process.platform === "linux"
      ? commandLinesInProc().filter(({ words }) => words.includes(argument))
      : commandsByPs().filter(({ command }) => command.includes(argument));
  return found.map(({ pid }) => pid);
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

function commandsByPs(): readonly { readonly pid: number; readonly command: string }[] {
  const { stdout } = spawnSync("ps", ["-axww", "-o", "pid=,stat=,command="], { encoding: "utf8" });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || state!.startsWith("Z") || Number(pid) === process.pid) return [];
    return [{ pid: Number(pid), command: command! }];
  });
}
