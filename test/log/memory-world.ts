// The room's other medium in the place of the simulated disk: nothing of it outlives the process, so nothing crashes.

import { MemoryDisk } from "../../src/log/memory.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Disk } from "../../src/ports/disk.ts";
import type { FailedSync, SimDisk } from "../world/disk.ts";

/** What a simulation asks of the disk it runs on. */
export type SimulatedDisk = Disk &
  Pick<SimDisk, "calls" | "crashed" | "mishaps" | "used" | "waiting" | "crash" | "step"> & {
    capacity: number;
    failedSyncs: readonly FailedSync[];
    plan: SimDisk["plan"];
    reborn(how: "power" | "kill", seed: number): SimulatedDisk;
  };

const bytesMax = 64 * 1024 * 1024;

export class MemoryWorld extends MemoryDisk implements SimulatedDisk {
  readonly calls = 0;
  readonly crashed = false;
  readonly mishaps = 0;
  readonly waiting = 0;
  capacity = bytesMax;
  failedSyncs: readonly FailedSync[] = [];
  plan: SimDisk["plan"] = () => undefined;

  constructor(clock: Clock) {
    super(bytesMax, clock);
  }

  get used(): number {
    return this.bytes;
  }

  crash(): void {}

  step(): boolean {
    return false;
  }

  reborn(): SimulatedDisk {
    return this;
  }
}
