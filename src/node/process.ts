// Child processes of the operating system, and those that an earlier run of ours has left.

import { spawn } from "node:child_process";
import { accessSync, closeSync, constants, openSync } from "node:fs";
import { Fault } from "../base/assert.ts";
import type { ProcessEnd, Processes } from "../ports/processes.ts";
import { startedWith } from "./command-lines.ts";

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
      if (child.pid === undefined) throw new Fault(`start ${program}`, { cause: whyNot(program) });
      return { pid: child.pid, ended };
    } finally {
      closeSync(file);
    }
  },

  find: startedWith,

  signal(pid, signal) {
    try {
      return process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
      throw new Fault(`send ${signal} to process ${pid}`, { cause: error });
    }
  },
};

/** Node tells later why a program could not be started; whoever asked wants to know now. */
function whyNot(program: string): unknown {
  try {
    accessSync(program, constants.X_OK);
    return new Error("it is no program for this machine");
  } catch (error) {
    return error;
  }
}
