// One life of a simulated store: its disk, and who is owed an answer. Every callback given away is called once, at most;
// by the time the store has closed, all of them were.

import assert from "node:assert/strict";
import type { SimulatedDisk } from "./memory-world.ts";

type Done = (error: Error | undefined) => void;

export class Life {
  readonly disk: SimulatedDisk;
  readonly #owed = new Map<number, string>();
  #given = 0;
  #broken: Error | undefined;

  constructor(disk: SimulatedDisk) {
    this.disk = disk;
  }

  get crashed(): boolean {
    return this.disk.crashed;
  }

  /** A callback to be given away. */
  owe(what: string, done: Done): Done {
    const number = ++this.#given;
    this.#owed.set(number, what);
    return (error) => {
      this.hold(() => assert.ok(this.#owed.delete(number), `${what}: answered a second time`));
      done(error);
    };
  }

  /** Makes sure of something where nobody would catch what it throws: in a callback. */
  hold(check: () => void): void {
    try {
      check();
    } catch (cause) {
      this.#broken ??= cause as Error;
    }
  }

  /** Throws what did not hold. */
  look(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** The store is closed. */
  ended(): void {
    this.look();
    assert.deepEqual([...this.#owed.values()], [], "asked for, and never answered");
  }
}
