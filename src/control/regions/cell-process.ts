// The broker process behind a cell: started, adopted when it outlived an earlier control plane, started again when
// it dies, and never two of them on one store.

import { Fault } from "../../base/assert.ts";
import type { Alarm, Clock } from "../../ports/clock.ts";
import type { ProcessEnd, Processes } from "../../ports/processes.ts";
import type { Trace } from "../../ports/trace.ts";
import { pause } from "./pause.ts";

/** A cell found running has this long to answer before it is stopped. */
const adoptWindowMs = 5_000;
/** Recovery of a large store happens before a broker listens. */
const startWindowMs = 60_000;
const stopWindowMs = 15_000;
/** A process that did not answer to adopt it is not waited for as long. */
const silentStopWindowMs = 2_000;
const killWindowMs = 5_000;
/** How often an adopted process, which is nobody's child, is looked for. */
const watchIntervalMs = 250;
const betweenLooksMs = 20;
const backOffFirstMs = 50;
const backOffMostMs = 5_000;
/** A cell that ran this long is restarted at once again. */
const steadyMs = 30_000;

/** The files of a cell: private to us, replaced atomically. */
export interface CellFiles {
  makeDirectory(path: string): void;
  write(path: string, text: string): void;
  read(path: string): string | undefined;
  /** Bytes; 0 when there is no such file. */
  size(path: string): number;
  /** The last lines of what a file holds beyond so many bytes; all counts in a file that is shorter, nothing without one. */
  tail(path: string, from: number): string;
}

export interface CellProgram {
  readonly name: string;
  readonly program: string;
  /** Absolute. */
  readonly directory: string;
  /** Texts by file name, below the directory. A cell running with other texts is started anew. */
  readonly files: ReadonlyMap<string, string>;
  /** Which of them the program is started with. */
  readonly configFile: string;
}

export interface CellProcessWorld {
  readonly processes: Processes;
  readonly files: CellFiles;
  readonly clock: Clock;
  readonly trace: Trace;
  /** Whether the cell, and no other server, answers within a time and while it is still `wanted`. */
  readonly answers: (windowMs: number, wanted: () => boolean) => Promise<boolean>;
}

type Phase = "down" | "starting" | "running" | "restarting" | "stopping";

export class CellProcess {
  readonly #cell: CellProgram;
  readonly #world: CellProcessWorld;
  /** What its command line says and no other program's does. */
  readonly #mark: string;
  #phase: Phase = "down";
  #pid = 0;
  #isAdopted = false;
  #runningSinceMs = 0;
  /** Grows with every restart until the cell has run for a while. */
  #backOffMs = 0;
  #watch: Alarm | undefined;
  #restart: Promise<void> = Promise.resolve();

  constructor(cell: CellProgram, world: CellProcessWorld) {
    this.#cell = cell;
    this.#world = world;
    this.#mark = `--config=${cell.directory}/${cell.configFile}`;
  }

  /** Pid of the broker, 0 while there is none. */
  get pid(): number {
    return this.#phase === "running" ? this.#pid : 0;
  }

  /** Whether a process of this cell runs, whoever started it. */
  get isThere(): boolean {
    return this.#world.processes.find(this.#mark).length > 0;
  }

  /** Resolves when the cell answers. @throws Fault with the broker's last words when it does not come up. */
  async start(): Promise<void> {
    this.#phase = "starting";
    await this.#bringUp();
  }

  /** Asks the broker to read its certificates and settings again. */
  reload(): void {
    if (this.#phase === "running") this.#world.processes.signal(this.#pid, "SIGHUP");
  }

  /** Ends the broker and resolves when it is gone. */
  async stop(): Promise<void> {
    await this.abandon();
    await this.#clear(this.#world.processes.find(this.#mark));
    this.#phase = "down";
  }

  /** Stops watching; the broker runs on. */
  async abandon(): Promise<void> {
    this.#phase = "stopping";
    this.#watch?.cancel();
    await this.#restart;
  }

  async #bringUp(): Promise<void> {
    const { processes, files, trace } = this.#world;
    const found = processes.find(this.#mark);
    const asWritten = found.length === 1 && !this.#filesDiffer();
    if (asWritten && (await this.#answers(adoptWindowMs))) {
      trace.log("info", `cell ${this.#cell.name} was running and is adopted`, {
        cell: this.#cell.name,
        pid: found[0],
      });
      return this.#runs(found[0]!, undefined);
    }
    if (found.length > 0)
      trace.log("warn", `cell ${this.#cell.name} was running otherwise and is started anew`);
    await this.#clear(found, asWritten ? silentStopWindowMs : stopWindowMs);
    files.makeDirectory(this.#cell.directory);
    for (const [name, text] of this.#cell.files) files.write(`${this.#cell.directory}/${name}`, text);
    if (this.#isStopping()) return;
    await this.#launch();
  }

  #filesDiffer(): boolean {
    const { directory, files } = this.#cell;
    return [...files].some(([name, text]) => this.#world.files.read(`${directory}/${name}`) !== text);
  }

  async #launch(): Promise<void> {
    const { processes, trace, clock } = this.#world;
    const began = clock.monotonicMs();
    const said = this.#outputs().map((path) => this.#world.files.size(path));
    const child = processes.start(this.#cell.program, [this.#mark], `${this.#cell.directory}/cell.out`);
    let ended: ProcessEnd | undefined;
    const end = child.ended.then((how) => void (ended = how));
    const up = await this.#answers(startWindowMs, () => ended === undefined);
    // Whoever stops us decides whether it goes too.
    if (!up && ended === undefined && this.#isStopping()) return;
    if (!up || ended !== undefined) {
      const why = ended === undefined ? "it does not answer" : `it ended at once, ${howText(ended)}`;
      await this.#clear([child.pid]);
      const words = this.#lastWords(said);
      const cause = words === "" ? undefined : new Error(words);
      throw new Fault(`start cell ${this.#cell.name}: ${why}`, { cause });
    }
    const tookMs = Math.round(clock.monotonicMs() - began);
    trace.log("info", `cell ${this.#cell.name} is up`, { cell: this.#cell.name, pid: child.pid, ms: tookMs });
    this.#runs(child.pid, end);
  }

  #answers(windowMs: number, wanted: () => boolean = () => true): Promise<boolean> {
    return this.#world.answers(windowMs, () => wanted() && !this.#isStopping());
  }

  /** Its log, and what it prints. */
  #outputs(): readonly string[] {
    return ["cell.log", "cell.out"].map((name) => `${this.#cell.directory}/${name}`);
  }

  /** @param from how much of each output is older */
  #lastWords(from: readonly number[]): string {
    const tails = this.#outputs().map((path, index) => this.#world.files.tail(path, from[index]!));
    return tails.join("\n").trim();
  }

  #runs(pid: number, ended: Promise<unknown> | undefined): void {
    if (this.#isStopping()) return;
    this.#phase = "running";
    this.#pid = pid;
    this.#runningSinceMs = this.#world.clock.monotonicMs();
    this.#isAdopted = ended === undefined;
    if (ended === undefined) this.look();
    else void ended.then(() => this.#died(pid));
  }

  /** Finds out at once whether a process that is nobody's child is still there: its line has just broken. */
  look(): void {
    if (this.#phase !== "running" || !this.#isAdopted) return;
    this.#watch?.cancel();
    if (this.#world.processes.find(this.#mark).includes(this.#pid)) {
      this.#watch = this.#world.clock.after(watchIntervalMs, () => this.look());
    } else {
      this.#died(this.#pid);
    }
  }

  #died(pid: number): void {
    if (this.#phase !== "running" || this.#pid !== pid) return;
    const { clock, trace } = this.#world;
    trace.log("error", `cell ${this.#cell.name} died and is restarted`, { cell: this.#cell.name, pid });
    this.#phase = "restarting";
    if (clock.monotonicMs() - this.#runningSinceMs > steadyMs) this.#backOffMs = 0;
    this.#restart = this.#restartUntilUp();
  }

  /** Tries for as long as we live, ever more slowly: a cell's accounts have no other place to go. */
  async #restartUntilUp(): Promise<void> {
    const { clock, trace } = this.#world;
    while (this.#phase === "restarting") {
      await pause(clock, this.#backOffMs);
      this.#backOffMs = Math.min(backOffMostMs, Math.max(backOffFirstMs, this.#backOffMs * 2));
      if (this.#isStopping()) return;
      try {
        await this.#bringUp();
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        trace.log("error", `${error.message}; next try in ${this.#backOffMs} ms`, { cell: this.#cell.name });
      }
    }
  }

  /** Ends processes, kindly and then not, and resolves when none of them is left. */
  async #clear(pids: readonly number[], windowMs = stopWindowMs): Promise<void> {
    await this.#end(pids, "SIGTERM", windowMs);
    await this.#end(pids, "SIGKILL", killWindowMs);
    const left = this.#left(pids);
    if (left.length > 0)
      throw new Fault(`stop cell ${this.#cell.name}: a process survives SIGKILL`, { left });
  }

  async #end(pids: readonly number[], signal: "SIGTERM" | "SIGKILL", windowMs: number): Promise<void> {
    const { processes, clock } = this.#world;
    const deadline = clock.monotonicMs() + windowMs;
    for (const pid of this.#left(pids)) processes.signal(pid, signal);
    while (this.#left(pids).length > 0 && clock.monotonicMs() < deadline) await pause(clock, betweenLooksMs);
  }

  #left(pids: readonly number[]): readonly number[] {
    if (pids.length === 0) return [];
    const running = this.#world.processes.find(this.#mark);
    return pids.filter((pid) => running.includes(pid));
  }

  #isStopping(): boolean {
    return this.#phase === "stopping";
  }
}

function howText({ code, signal }: ProcessEnd): string {
  return code === undefined ? `by ${signal ?? "an error"}` : `with code ${code}`;
}
