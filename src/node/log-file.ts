// A log file that is set aside under a dated name when it has grown enough, and whose oldest leftovers are removed.
// [nats-server logger/log.go fileLogger]

import { closeSync, fstatSync, openSync, readdirSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Fault } from "../base/assert.ts";
import type { TraceLevel } from "../ports/trace.ts";
import { fileFailure } from "../server/config/outside.ts";
import { localIso } from "./local-time.ts";

export interface LogFileLimits {
  /** Bytes; 0 for none. */
  readonly sizeLimit: number;
  /** Files, the one written to among them; 0 for any number. */
  readonly filesMax: number;
}

const mode = 0o640;
/** What is set aside is called like the file, a dot, and year.month.day.hour.minute.second.nanoseconds. */
const dated = /^\.\d{4}(\.\d{2}){5}\.\d{9}$/;

export class LogFile {
  readonly #path: string;
  readonly #limits: LogFileLimits;
  /** Makes a line of the log's own. */
  readonly #line: (level: TraceLevel, text: string) => string;
  #descriptor: number;
  #size: number;

  /** @throws Fault when it cannot be opened. */
  constructor(path: string, limits: LogFileLimits, line: (level: TraceLevel, text: string) => string) {
    this.#path = path;
    this.#limits = limits;
    this.#line = line;
    this.#descriptor = open(path);
    this.#size = fstatSync(this.#descriptor).size;
  }

  write(line: string): void {
    this.#append(line);
    const { sizeLimit } = this.#limits;
    if (sizeLimit > 0 && this.#size > sizeLimit) this.#rotate();
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #append(line: string): void {
    try {
      this.#size += writeSync(this.#descriptor, line);
    } catch (error) {
      // A full disk, say: a server does not stop for its log.
      if (!isSystemError(error)) throw error;
    }
  }

  #rotate(): void {
    const aside = `${this.#path}.${stamp(new Date())}`;
    try {
      renameSync(this.#path, aside);
      const fresh = open(this.#path);
      closeSync(this.#descriptor);
      this.#descriptor = fresh;
    } catch (error) {
      if (!isSystemError(error) && !(error instanceof Fault)) throw error;
      // It goes on in the file it has, and is tried again when as much again has been written.
      this.#size = 0;
      return;
    }
    this.#size = 0;
    this.#append(this.#line("info", `Rotated log, backup saved as "${aside}"`));
    if (this.#limits.filesMax > 0) this.#purge();
  }

  #purge(): void {
    const folder = dirname(this.#path);
    const name = basename(this.#path);
    // Dated names sort by age.
    const aside = readdirSync(folder)
      .filter((each) => each.startsWith(name) && dated.test(each.slice(name.length)))
      .sort();
    for (const old of aside.slice(0, Math.max(0, aside.length - (this.#limits.filesMax - 1)))) {
      try {
        unlinkSync(join(folder, old));
      } catch (error) {
        if (!isSystemError(error)) throw error;
        const why = `Unable to remove backup log file "${old}" (${error.message}), will attempt next rotation`;
        this.#append(this.#line("error", why));
        return;
      }
      this.#append(this.#line("info", `Purged log file "${old}"`));
    }
  }
}

function open(path: string): number {
  try {
    return openSync(path, "a", mode);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Fault(`error opening file: ${fileFailure("open", path, code ?? String(cause))}`, { code });
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error;
}

function stamp(now: Date): string {
  const local = localIso(now);
  const nanos = `${local.slice(20, 23)}${String(Number(process.hrtime.bigint() % 1_000_000n)).padStart(6, "0")}`;
  return `${local.slice(0, 19).replace(/[-T:]/g, ".")}.${nanos}`;
}
