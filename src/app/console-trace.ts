// What `chappe serve` says, line by line on standard output: JSON for machines, plain words for people.

import type { Trace, TraceLevel } from "../ports/trace.ts";
import type { LogForm } from "./chappe-options.ts";

/** Seeds of any kind of key, wherever they got into a text: they stay out of logs. [nkeys: S, kind, 56 letters] */
const seed = /S[OAUNCX][A-Z2-7]{56}/g;

export class ConsoleTrace implements Trace {
  readonly #form: LogForm;

  constructor(form: LogForm) {
    this.#form = form;
    // Whoever reads us may stop reading: that ends the log, not the service.
    process.stdout.on("error", () => undefined);
  }

  enabled(level: TraceLevel): boolean {
    return level !== "debug" && level !== "trace";
  }

  log(level: TraceLevel, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!this.enabled(level)) return;
    const line = this.#form === "json" ? json(level, text, fields) : pretty(level, text, fields);
    process.stdout.write(`${line.replace(seed, "S…")}\n`);
  }
}

function json(level: TraceLevel, msg: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ level, time: new Date().toISOString(), msg, ...fields });
}

function pretty(level: TraceLevel, text: string, fields: Readonly<Record<string, unknown>>): string {
  const mark = level === "info" ? "" : `${level}: `;
  const rest = Object.entries(fields).map(
    ([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `${new Date().toTimeString().slice(0, 8)}  ${mark}${text}${rest.join("")}`;
}
