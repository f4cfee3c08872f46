// What a program tells its operator. Each program gives it a form: nats-server's log lines, JSON, or nothing.

export type TraceLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace";

export interface Trace {
  /** `debug` and `trace` text costs: ask before building it. */
  enabled(level: TraceLevel): boolean;
  /** One line of text. `fields` are added in structured forms only; secrets never go into either. */
  log(level: TraceLevel, text: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** For tests and for parts whose owner does not care. */
export const silent: Trace = { enabled: () => false, log: () => undefined };
