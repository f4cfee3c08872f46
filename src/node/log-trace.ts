// Log lines as nats-server writes them: "[pid] 2026/01/02 15:04:05.000000 [INF] text", to standard error or a file;
// or the same texts to a syslog server. [nats-server logger/log.go]

import type { Trace, TraceLevel } from "../ports/trace.ts";
import { localIso } from "./local-time.ts";
import { LogFile } from "./log-file.ts";
import { Syslog } from "./syslog.ts";

export interface LogSettings {
  readonly debug: boolean;
  readonly trace: boolean;
  readonly timestamps: boolean;
  readonly utc: boolean;
  /** Absent: standard error. */
  readonly file?: string;
  /** The address of a syslog server, which counts where there is no file. */
  readonly remoteSyslog?: string;
  /** Bytes after which a file is set aside under a dated name; 0 for never. */
  readonly sizeLimit: number;
  /** Files kept, the one written to among them; 0 for all. */
  readonly filesMax: number;
}

const labels: Record<TraceLevel, string> = {
  fatal: "FTL",
  error: "ERR",
  warn: "WRN",
  info: "INF",
  debug: "DBG",
  trace: "TRC",
};

/** Terminals show nats-server's labels in these. */
const colours: Record<TraceLevel, number> = {
  fatal: 31,
  error: 31,
  warn: 33,
  info: 32,
  debug: 36,
  trace: 33,
};

export class LogTrace implements Trace {
  #settings: LogSettings;
  #file: LogFile | undefined;
  #syslog: Syslog | undefined;
  readonly #coloured: boolean;

  /** @throws Fault when the file cannot be opened, or the syslog's address is none. */
  constructor(settings: LogSettings) {
    this.#settings = settings;
    this.#file = this.#open();
    this.#syslog = this.#dial();
    this.#coloured = process.getBuiltinModule("node:tty").isatty(2);
  }

  enabled(level: TraceLevel): boolean {
    if (level === "debug") return this.#settings.debug;
    if (level === "trace") return this.#settings.trace;
    return true;
  }

  log(level: TraceLevel, text: string): void {
    if (!this.enabled(level)) return;
    if (this.#syslog !== undefined) return this.#syslog.write(level, text);
    const line = this.#line(level, text);
    if (this.#file === undefined) writeToTerminal(line);
    else this.#file.write(line);
  }

  /** Opens the file anew: it was moved away, or is another one now. @throws Fault; then all stays as it was. */
  reopen(settings: LogSettings = this.#settings): void {
    const [old, oldSyslog, before] = [this.#file, this.#syslog, this.#settings];
    this.#settings = settings;
    try {
      this.#file = this.#open();
      this.#syslog = this.#dial();
    } catch (error) {
      this.#settings = before;
      throw error;
    }
    old?.close();
    oldSyslog?.close();
  }

  #dial(): Syslog | undefined {
    const { file, remoteSyslog } = this.#settings;
    return file !== undefined || remoteSyslog === undefined ? undefined : new Syslog(remoteSyslog);
  }

  #open(): LogFile | undefined {
    const { file, sizeLimit, filesMax } = this.#settings;
    if (file === undefined) return undefined;
    return new LogFile(file, { sizeLimit, filesMax }, (level, text) => this.#line(level, text));
  }

  #line(level: TraceLevel, text: string): string {
    const { timestamps, utc, file } = this.#settings;
    const time = timestamps ? `${stamp(utc)} ` : "";
    const label = labels[level];
    const shown = this.#coloured && file === undefined ? `\x1b[${colours[level]}m${label}\x1b[0m` : label;
    return `[${process.pid}] ${time}[${shown}] ${text}\n`;
  }
}

function writeToTerminal(line: string): void {
  const { writeSync } = process.getBuiltinModule("node:fs");
  try {
    writeSync(2, line);
  } catch (error) {
    // Nobody reads us any more (EPIPE), or not fast enough (EAGAIN): a server does not stop for its log.
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}

function stamp(utc: boolean): string {
  const ms = Date.now();
  // The clock that never jumps has the finer hand, as long as it shows the same time.
  const fine = performance.timeOrigin + performance.now();
  const micros = Math.floor((Math.abs(fine - ms) < 2 ? fine : ms) * 1_000);
  const now = new Date(Math.floor(micros / 1_000));
  const iso = utc ? now.toISOString() : localIso(now);
  const rest = String(micros % 1_000).padStart(3, "0");
  return `${iso.slice(0, 10).replaceAll("-", "/")} ${iso.slice(11, 23)}${rest}`;
}
