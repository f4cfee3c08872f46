// Log lines as nats-server writes them: "[pid] 2026/01/02 15:04:05.000000 [INF] text", to standard error or a file.
// [nats-server logger/log.go]

import { closeSync, openSync, writeSync } from "node:fs";
import type { Trace, TraceLevel } from "../ports/trace.ts";

export interface LogSettings {
  readonly debug: boolean;
  readonly trace: boolean;
  readonly timestamps: boolean;
  readonly utc: boolean;
  /** Absent: standard error. */
  readonly file?: string;
  /** Bytes after which a file is set aside under a dated name; 0 for never. */
  readonly sizeLimit: number;
}

const labels: Record<TraceLevel, string> = {
  fatal: "FTL",
  error: "ERR",
  warn: "WRN",
  info: "INF",
  debug: "DBG",
  trace: "TRC",
};

export class LogTrace implements Trace {
  #settings: LogSettings;
  #descriptor: number;

  constructor(settings: LogSettings) {
    this.#settings = settings;
    this.#descriptor = open(settings);
  }

  enabled(level: TraceLevel): boolean {
    if (level === "debug") return this.#settings.debug;
    if (level === "trace") return this.#settings.trace;
    return true;
  }

  log(level: TraceLevel, text: string): void {
    if (!this.enabled(level)) return;
    const time = this.#settings.timestamps ? `${stamp(this.#settings.utc)} ` : "";
    this.#write(`[${process.pid}] ${time}[${labels[level]}] ${text}\n`);
  }

  /** Opens the file anew: after it was moved away, or with other settings. */
  reopen(settings: LogSettings = this.#settings): void {
    const old = this.#descriptor;
    this.#settings = settings;
    this.#descriptor = open(settings);
    if (old !== process.stderr.fd) closeSync(old);
  }

  #write(line: string): void {
    try {
      writeSync(this.#descriptor, line);
    } catch (error) {
      // Nobody reads us any more (EPIPE), or the pipe is full (EAGAIN), or the disk is: a server does not stop for its log.
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }
}

function open(settings: LogSettings): number {
  return settings.file === undefined ? process.stderr.fd : openSync(settings.file, "a", 0o640);
}

function stamp(utc: boolean): string {
  const now = new Date();
  const local = utc ? now : new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  const iso = local.toISOString();
  const micros = String(Math.floor((performance.now() * 1_000) % 1_000)).padStart(3, "0");
  return `${iso.slice(0, 10).replaceAll("-", "/")} ${iso.slice(11, 23)}${micros}`;
}
