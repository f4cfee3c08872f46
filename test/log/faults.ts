// What the disk of one life does beside its work.

import type { Chance } from "../world/chance.ts";
import type { Mishap } from "../world/disk.ts";
import type { SimulatedDisk } from "./memory-world.ts";

/** In some lives calls fail, syncs fail, or the disk fills up; or in all of them syncs fail. */
export type Faults = "some" | "syncs" | undefined;

/** Plans one life's mishaps: most have none. Answers whether there may be any. */
export function planFaults(
  disk: SimulatedDisk,
  chance: Chance,
  faults: Faults,
  print: (line: string) => void,
): boolean {
  const kind = faults === undefined ? 8 : faults === "syncs" ? 1 : chance.below(8);
  if (kind > 2) return false;
  if (kind === 0) {
    disk.capacity = disk.used + chance.below(16 * 1024);
    return true;
  }
  const rarely = 8 + chance.below(kind === 1 ? 40 : 200);
  const stays = kind === 1 && chance.below(3) === 0; // what could not be synced once never can be
  let failedRead = "";
  let failedSync = "";
  disk.plan = (_, what, path) => {
    // A read that is tried again succeeds: what lies in sectors that never answer is lost (see injury.ts).
    if (what === "read" && path === failedRead) return undefined;
    if (what === "sync" && path === failedSync) return "EIO";
    // Small state of which neither copy can be read is beyond what is promised.
    const isSecondCopy = path.endsWith(".b.state") && ["open", "size", "read"].includes(what);
    if ((kind === 1 && what !== "sync") || isSecondCopy || chance.below(rarely) > 0) return undefined;
    const mishap = chance.pick<Mishap>(
      what === "write" ? ["EIO", "ENOSPC", "short"] : ["EIO", "EIO", "ENOSPC"],
    );
    print(`${mishap} at ${what} ${path}`);
    if (what === "read") failedRead = path;
    if (stays && /\.(seg|state)$/.test(path)) failedSync = path;
    return mishap;
  };
  return true;
}
