// A world for the cells' tests: time that moves when told, processes that exist on paper, lines that answer from a table.

import { Fault } from "../../base/assert.ts";
import type { Alarm, Clock } from "../../ports/clock.ts";
import type { ProcessEnd, Processes } from "../../ports/processes.ts";
import type { CellFiles } from "./cell-process.ts";
import type { SystemLine } from "./system-line.ts";

/** Enough turns of the microtask queue for everything that a rung alarm sets off. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

export class ManualClock implements Clock {
  #ms = 1_790_000_000_000;
  readonly #alarms = new Set<{ readonly at: number; readonly ring: () => void }>();

  now(): number {
    return this.#ms;
  }
  nowNs(): bigint {
    return BigInt(this.#ms) * 1_000_000n;
  }
  monotonicMs(): number {
    return this.#ms;
  }
  after(delayMs: number, ring: () => void): Alarm {
    const alarm = { at: this.#ms + delayMs, ring };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /** Moves on, ringing what is due in order and letting each have its consequences. */
  async advance(ms: number): Promise<void> {
    const end = this.#ms + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#ms = Math.max(this.#ms, next.at);
      next.ring();
      await settle();
    }
    this.#ms = end;
  }
}

export class PaperProcesses implements Processes {
  /** Signals sent, as "pid SIGNAL". */
  readonly signals: string[] = [];
  /** Pids that let SIGTERM pass. */
  readonly deaf = new Set<number>();
  readonly #running = new Map<
    number,
    { readonly argument: string; readonly end: (end: ProcessEnd) => void }
  >();
  #nextPid = 100;
  /** Called with each new pid. */
  onStart: (pid: number) => void = () => undefined;

  start(_program: string, args: readonly string[]) {
    const pid = this.place(args[0]!);
    const ended = new Promise<ProcessEnd>((end) => this.#running.set(pid, { argument: args[0]!, end }));
    this.onStart(pid);
    return { pid, ended };
  }

  /** A process that somebody else has started. */
  place(argument: string): number {
    const pid = this.#nextPid++;
    this.#running.set(pid, { argument, end: () => undefined });
    return pid;
  }

  get started(): number {
    return this.#nextPid - 100;
  }

  /** By SIGKILL, where no exit code is given. */
  die(pid: number, code?: number): void {
    const { end } = this.#running.get(pid)!;
    this.#running.delete(pid);
    end({ code, signal: code === undefined ? "SIGKILL" : undefined });
  }

  find(argument: string): readonly number[] {
    return [...this.#running].filter(([, it]) => it.argument === argument).map(([pid]) => pid);
  }

  signal(pid: number, signal: "SIGTERM" | "SIGKILL" | "SIGHUP"): boolean {
    this.signals.push(`${pid} ${signal}`);
    if (!this.#running.has(pid)) return false;
    if (signal === "SIGKILL" || (signal === "SIGTERM" && !this.deaf.has(pid))) this.die(pid);
    return true;
  }
}

export class PaperFiles implements CellFiles {
  readonly texts = new Map<string, string>();

  makeDirectory(): void {}
  write(path: string, text: string): void {
    this.texts.set(path, text);
  }
  read(path: string): string | undefined {
    return this.texts.get(path);
  }
  size(path: string): number {
    return this.texts.get(path)?.length ?? 0;
  }
  tail(path: string, from: number): string {
    return (this.texts.get(path) ?? "").slice(from);
  }
}

type Reply = readonly (object | string)[] | "nobody" | "broken";

/** A line whose answers come from a function of subject and body. */
export class TableLine implements SystemLine {
  readonly asked: { readonly subject: string; readonly body: string }[] = [];
  isOpen = true;
  readonly #answer: (subject: string, body: string) => Reply;
  #ended: () => void = () => undefined;

  constructor(answer: (subject: string, body: string) => Reply) {
    this.#answer = answer;
  }

  whenClosed(ended: () => void): void {
    this.#ended = ended;
  }

  async ask(subject: string, body: string): Promise<readonly Buffer[] | "nobody"> {
    this.asked.push({ subject, body });
    const reply = this.#answer(subject, body);
    if (reply === "broken") {
      await this.close();
      throw new Fault("ask: the line broke");
    }
    if (reply === "nobody") return reply;
    return reply.map((one) => Buffer.from(typeof one === "string" ? one : JSON.stringify(one)));
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.#ended();
  }
}
