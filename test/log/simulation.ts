// The log on a simulated disk, beside a model that knows what may and what must be there. Everything a run does comes
// from its seed: one number replays it.

import assert from "node:assert/strict";
import type { Log } from "../../src/log/log.ts";
import type { Store, StoreLimits } from "../../src/log/store.ts";
import type { Trace } from "../../src/ports/trace.ts";
import { type Chance, chanceOf } from "../world/chance.ts";
import { ManualClock } from "../world/clock.ts";
import { type FailedSync, type Mishap, SimDisk } from "../world/disk.ts";
import { Erased } from "./erased.ts";
import { type Faults, planFaults } from "./faults.ts";
import { Life } from "./life.ts";
import { MemoryWorld, type SimulatedDisk } from "./memory-world.ts";
import { ModelStream } from "./model.ts";
import { tightLimits } from "./tight-limits.ts";

/** The room under test: the project's own, or a copy with a planted bug. */
export interface Room {
  readonly Store: typeof Store;
}

export interface RunOptions {
  /** Crashes to go through, one life of the store before each. */
  readonly lives: number;
  /** What is done in one life, at most; with many, the journal's files are used again many times over. */
  readonly steps?: number;
  /** The n-th disk call of the run meets with this, once. */
  readonly mishapAt?: { readonly call: number; readonly mishap: Mishap };
  /** In memory each life ends in order, and the next one opens what it left. */
  readonly medium?: "disk" | "memory";
  readonly faults?: Faults;
  /** What a failed sync leaves, where only some of it is meant. */
  readonly failedSyncs?: readonly FailedSync[];
  readonly print?: (line: string) => void;
}

export interface RunResult {
  readonly crashes: number;
  /** Disk calls made, for whoever wants to fail each of them. */
  readonly calls: number;
  readonly acknowledged: number;
}

const directory = "/store";
const names = ["a", "b", "c", "d", "e", "f"];

export class Simulation {
  readonly #room: Room;
  readonly #options: RunOptions;
  readonly #chance: Chance;
  readonly #clock = new ManualClock();
  readonly #limits: Partial<StoreLimits>;
  readonly #trace: Trace;
  #disk: SimulatedDisk;
  #life: Life;
  #store: Store | undefined;
  readonly #logs = new Map<string, Log>();
  readonly #models = new Map<string, ModelStream>();
  #calls = 0;
  #crashes = 0;
  /** Calls of this life fail beside the crash that ends it. */
  #faulty = false;
  #unique = 0;
  readonly #erased = new Erased();

  constructor(room: Room, seed: number, options: RunOptions) {
    this.#room = room;
    this.#options = options;
    this.#chance = chanceOf(seed);
    this.#limits = tightLimits(this.#chance);
    const { print } = options;
    this.#trace = {
      enabled: () => print !== undefined,
      log: (level, text, fields) => print?.(`  ${level}: ${text} ${JSON.stringify(fields ?? {})}`),
    };
    const seedOfDisk = this.#chance.below(2 ** 31);
    this.#disk = options.medium === "memory" ? new MemoryWorld(this.#clock) : new SimDisk(seedOfDisk);
    this.#life = new Life(this.#disk);
    this.#disk.failedSyncs = options.failedSyncs ?? this.#disk.failedSyncs;
    this.#plan();
  }

  /** Goes through its lives, then starts once more on a disk that does its work. */
  async run(): Promise<RunResult> {
    for (let life = 0; life < this.#options.lives; life++) {
      await this.#open();
      await this.#live();
      await this.#die();
    }
    this.#heal();
    await this.#open();
    let acknowledged = 0;
    for (const model of this.#models.values()) acknowledged += model.acknowledged;
    return { crashes: this.#crashes, calls: this.#calls + this.#disk.calls, acknowledged };
  }

  #print(line: string): void {
    this.#options.print?.(line);
  }

  #plan(): void {
    const { mishapAt } = this.#options;
    this.#faulty = mishapAt !== undefined;
    this.#disk.capacity = Number.POSITIVE_INFINITY;
    if (mishapAt === undefined) {
      const { faults } = this.#options;
      this.#faulty = planFaults(this.#disk, this.#chance, faults, (line) => this.#print(line));
      return;
    }
    const before = this.#calls;
    this.#disk.plan = (call, what, path) => {
      if (before + call !== mishapAt.call) return undefined;
      this.#print(`${mishapAt.mishap} at ${what} ${path}`);
      return mishapAt.mishap;
    };
  }

  #newStore(): Store {
    return new this.#room.Store({
      disk: this.#disk,
      clock: this.#clock,
      random: this.#chance,
      trace: this.#trace,
      directory,
      limits: this.#limits,
    });
  }

  /** Starts the store; the start itself may be cut, up to three times over. */
  async #open(): Promise<void> {
    let cuts =
      this.#options.mishapAt === undefined && this.#chance.below(3) === 0 ? 1 + this.#chance.below(3) : 0;
    let there = new Set<string>();
    for (let attempt = 0; ; attempt++) {
      assert.ok(attempt < 12, "the store does not start");
      if (attempt > 6 && this.#options.mishapAt === undefined) this.#heal();
      const cutAt = cuts-- > 0 ? this.#disk.calls + 1 + this.#chance.below(60) : 0;
      const { plan: usual } = this.#disk;
      if (cutAt > 0)
        this.#disk.plan = (call, what, path) => (call === cutAt ? "crash" : usual(call, what, path));
      try {
        this.#logs.clear();
        this.#store = this.#newStore();
        there = this.#compareNames();
        for (const name of there) this.#openStream(name);
        this.#disk.plan = usual;
        if (!this.#disk.crashed) break;
      } catch (cause) {
        if (
          !(this.#disk.crashed || this.#faulty) ||
          (cause as Error).name === "AssertionError" ||
          (cause as Error).name === "BrokenInvariant"
        )
          throw cause;
        this.#print(`start cut: ${(cause as Error).message}`);
      }
      this.#reborn(this.#chance.below(2) === 0 ? "power" : "kill");
    }
    const { plan } = this.#disk;
    this.#disk.plan = () => undefined; // looking is not part of the run
    for (const [name, model] of [...this.#models]) {
      model.making = false;
      model.deleting = false;
      if (there.has(name)) model.compare(this.#logs.get(name)!);
      else this.#models.delete(name);
    }
    this.#disk.plan = plan;
  }

  #heal(): void {
    this.#faulty = false;
    this.#disk.plan = () => undefined;
    this.#disk.capacity = Number.POSITIVE_INFINITY;
  }

  /** Streams whose making was answered are there, those whose deletion was answered are not. Answers which are. */
  #compareNames(): Set<string> {
    const there = new Set(this.#store!.entries().map((entry) => entry.name));
    for (const [name, model] of this.#models) {
      assert.ok(there.has(name) || model.deleting || model.making, `stream ${name} is gone`);
    }
    const strangers = [...there].filter((name) => !this.#models.has(name));
    assert.deepEqual(strangers, [], "a stream is there that was deleted or never made");
    return there;
  }

  #openStream(name: string): void {
    const model = this.#models.get(name)!;
    this.#logs.set(name, this.#store!.open(name, this.#ownerOf(model), model.key));
  }

  #ownerOf(model: ModelStream) {
    const life = this.#life;
    return {
      committed: (upTo: number) => {
        if (!life.crashed) life.hold(() => model.committed(upTo));
      },
      failed: (_reason: string, first: number, last: number) => {
        if (!life.crashed) life.hold(() => model.failed(first, last));
      },
    };
  }

  async #live(): Promise<void> {
    const steps = 5 + this.#chance.below(this.#options.steps ?? 60);
    for (let step = 0; step < steps && !this.#disk.crashed; step++) {
      try {
        this.#act();
      } catch (cause) {
        if ((cause as Error).name === "AssertionError") throw cause;
        if ((cause as Error).name !== "Fault" && (cause as { code?: string }).code === undefined) throw cause;
        this.#print(`refused: ${(cause as Error).message}`);
      }
      await Promise.resolve();
      for (let turns = this.#chance.below(5); turns > 0; turns--) {
        this.#disk.step();
        await Promise.resolve();
      }
      this.#life.look();
    }
  }

  #act(): void {
    const chance = this.#chance;
    const kind = chance.below(100);
    if (this.#logs.size === 0 || (kind < 4 && this.#logs.size < names.length)) return this.#make();
    const name = chance.pick([...this.#logs.keys()]);
    const model = this.#models.get(name)!;
    const log = this.#logs.get(name)!;
    if (log.phase === "failed") return chance.below(10) === 0 ? this.#reopen(log) : undefined;
    if (kind < 50) return this.#append(model, log);
    if (kind < 60) return model.remove(log, this.#someSequence(log), chance.below(2) === 0);
    if (kind < 66) return this.#removeRange(model, log);
    if (kind < 68) return model.removeAll(log);
    if (kind < 71) return model.removeSubject(log, `s.${chance.below(4)}`, chance.below(3));
    if (kind < 73) return model.skipTo(log, log.last + chance.below(40) - 5);
    if (kind < 76) return this.#erase(model, log);
    if (kind < 84)
      return model.save(
        log,
        `k${chance.below(3)}`,
        Buffer.from(`v${++this.#unique} ${"x".repeat(chance.below(300))}`),
        this.#life,
      );
    if (kind < 86) return model.forget(log, `k${chance.below(3)}`, this.#life);
    if (kind < 90) return model.whenDurable(log, this.#life);
    if (kind < 94) {
      if (chance.below(4) === 0) this.#disk.capacity = Number.POSITIVE_INFINITY; // somebody made room
      return this.#clock.advance(chance.below(400));
    }
    if (kind < 98) return model.readSome(log, chance, this.#life);
    if (kind < 99) return this.#delete(name, model);
    if (this.#options.steps === undefined || chance.below(this.#options.steps) < 60) this.#disk.crash();
  }

  #someSequence(log: Log): number {
    return log.first + this.#chance.below(Math.max(1, log.last - log.first + 2));
  }

  #append(model: ModelStream, log: Log): void {
    const { below } = this.#chance;
    for (let count = 1 + below(below(4) === 0 ? 30 : 4); count > 0; count--) {
      const payload = Buffer.from(`${++this.#unique} ${"abcdefgh".repeat(below(below(3) === 0 ? 60 : 6))}`);
      const headers = below(3) === 0 ? Buffer.from(`NATS/1.0\r\nId: ${this.#unique}\r\n\r\n`) : undefined;
      model.append(log, `s.${below(4)}`, headers, payload, this.#clock.nowNs());
    }
  }

  #removeRange(model: ModelStream, log: Log): void {
    const first = this.#someSequence(log);
    model.removeRange(log, first, first + this.#chance.below(12));
  }

  #erase(model: ModelStream, log: Log): void {
    model.erase(log, this.#someSequence(log), this.#life);
  }

  #reopen(log: Log): void {
    const reopened = this.#life.owe("reopened", (error) => {
      if (error === undefined) this.#store!.retryJournals();
    });
    log.reopen(reopened);
  }

  #make(): void {
    const free = names.filter((name) => !this.#logs.has(name));
    const name = this.#chance.pick(free);
    const key = name > "d" ? Buffer.alloc(32, name) : undefined; // the name's own: a stream made twice can be opened
    const compression = this.#chance.below(5) === 0 ? ("zstd" as const) : ("none" as const);
    const model = new ModelStream(name, key, this.#options.print);
    model.making = true;
    if (key === undefined && compression === "none") model.onErased = (bytes) => this.#erased.add(bytes);
    this.#models.set(name, model);
    this.#logs.set(
      name,
      this.#store!.create(
        name,
        { tenant: `t${this.#chance.below(2)}`, key, compression },
        this.#ownerOf(model),
      ),
    );
    if (!this.#disk.crashed) model.making = false;
  }

  #delete(name: string, model: ModelStream): void {
    model.deleting = true;
    const log = this.#logs.get(name)!;
    this.#logs.delete(name);
    if (this.#chance.below(2) === 0) model.whenDurable(log, this.#life);
    if (this.#chance.below(2) === 0) this.#erase(model, log);
    try {
      this.#store!.delete(name);
    } catch (cause) {
      const stays = !this.#disk.crashed && this.#store!.entries().some((entry) => entry.name === name);
      if (stays) this.#logs.set(name, log);
      if (stays) model.deleting = false;
      throw cause;
    }
    this.#models.delete(name);
    model.isOver = true;
    model.refused(log, this.#someSequence(log), this.#life);
    model.readSome(log, this.#chance, this.#life);
  }

  /** The end of a life: in order, by a kill, or by a power cut, in the middle of anything. */
  async #die(): Promise<void> {
    const chance = this.#chance;
    const inMemory = this.#options.medium === "memory";
    if (!this.#disk.crashed && (chance.below(4) === 0 || inMemory)) {
      const steps = chance.below(3) === 0 && !inMemory ? chance.below(40) : 10_000;
      let closed = false;
      let answered = false;
      const life = this.#life;
      const over = life.owe("closed", (error) => {
        answered = true;
        closed = error === undefined;
      });
      for (const [name, log] of this.#logs)
        if (log.phase === "open" && chance.below(3) === 0) this.#erase(this.#models.get(name)!, log);
      for (let turns = chance.below(6); turns > 0 && this.#disk.step(); turns--) await Promise.resolve();
      this.#store!.close(over);
      this.#refusedByStore();
      for (let step = 0; step < steps && !answered; step++) {
        await Promise.resolve();
        if (chance.below(4) === 0) this.#askWhileClosing();
        if (!this.#disk.step() && this.#disk.waiting === 0) this.#clock.advance(300);
      }
      if (answered && !this.#disk.crashed) this.#ended();
      if (steps === 10_000 && !this.#disk.crashed)
        assert.ok(this.#faulty ? answered : closed, "the store does not close");
      if (closed) for (const model of this.#models.values()) model.closed();
    }
    // After a failed call rather a kill: the system then still shows what the next power cut takes.
    const kills = this.#disk.mishaps > 0 ? 2 : 1;
    this.#reborn(chance.below(3) < kills ? "kill" : "power");
  }

  #askWhileClosing(): void {
    if (this.#logs.size === 0) return;
    const name = this.#chance.pick([...this.#logs.keys()]);
    const [model, log] = [this.#models.get(name)!, this.#logs.get(name)!];
    if (this.#chance.below(4) === 0) model.refused(log, this.#someSequence(log), this.#life);
    model.readSome(log, this.#chance, this.#life);
  }

  /** A store that is closing or closed makes, opens and deletes nothing; who closes it again is answered as well. */
  #refusedByStore(): void {
    const store = this.#store!;
    const owner = { committed: () => assert.fail("late"), failed: () => assert.fail("late") };
    const isClosed = /in a store that is closed/;
    assert.throws(() => store.create("late", { tenant: "t0" }, owner), isClosed);
    for (const name of names) {
      assert.throws(() => store.open(name, owner), isClosed);
      assert.throws(() => store.delete(name), isClosed);
    }
    store.close(this.#life.owe("closed again", () => undefined));
  }

  /** The store has closed: nobody waits for an answer any more, and nothing is read. */
  #ended(): void {
    for (const [name, log] of this.#logs) {
      const model = this.#models.get(name)!;
      model.ended();
      model.refused(log, this.#someSequence(log), this.#life);
      model.readSome(log, this.#chance, this.#life);
    }
    this.#refusedByStore();
    this.#life.ended();
    const disk = this.#disk;
    this.#erased.look(disk);
    if (!(disk instanceof SimDisk)) return;
    while (disk.step()); // a deleted stream's calls may still be under way
    if (!disk.crashed) assert.equal(disk.openFiles, 0, "files are left open");
  }

  #reborn(how: "power" | "kill"): void {
    this.#life.look();
    this.#crashes++;
    this.#calls += this.#disk.calls;
    this.#print(`--- ${how}`);
    this.#disk = this.#disk.reborn(how, this.#chance.below(2 ** 31));
    this.#life = new Life(this.#disk);
    this.#erased.look(this.#disk);
    this.#plan();
    for (const [name, model] of this.#models)
      if (!this.#logs.has(name) && !model.making) model.deleting = true;
  }
}

/** Runs one seed. Throws what it found, with the seed in its words. */
export async function runSeed(room: Room, seed: number, options: RunOptions): Promise<RunResult> {
  try {
    return await new Simulation(room, seed, options).run();
  } catch (cause) {
    throw new Error(
      `seed ${seed}${options.mishapAt === undefined ? "" : ` ${JSON.stringify(options.mishapAt)}`}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
