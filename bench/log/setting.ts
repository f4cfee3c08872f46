// What every bench of the log stands on: a directory on the disk to be measured, a store in it, and the machine's name.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Store, type StoreLimits } from "../../src/log/store.ts";
import { realClock } from "../../src/node/clock.ts";
import { NodeDisk } from "../../src/node/disk.ts";
import { realRandom } from "../../src/node/random.ts";
import type { DiskFile } from "../../src/ports/disk.ts";
import { silent } from "../../src/ports/trace.ts";
import { load } from "./table.ts";

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string" }, records: { type: "string" }, only: { type: "string" } },
  allowPositionals: true,
});

/** How long each row is measured. */
export const seconds = Number(values.seconds ?? "0.7");
export const recordsAsked = values.records === undefined ? undefined : Number(values.records);
/** Rows that hold this text in their name. */
export const only = values.only;
/** On the block device to be measured. */
export const place = positionals[0] ?? "/var/tmp";
export const base = mkdtempSync(join(place, "chappe-bench-"));
process.on("exit", () => rmSync(base, { recursive: true, force: true }));
let work = base;

/** Stores are in the directory of another bench from now on, which takes it away in the end. */
export function workIn(directory: string): void {
  work = directory;
}

/** The real disk, and how often it was asked to sync, files and directories. */
export class CountingDisk extends NodeDisk {
  syncs = 0;

  override openSync(path: string, mode: "read" | "write" | "create"): DiskFile {
    const file = super.openSync(path, mode);
    const sync = file.sync.bind(file);
    const syncSync = file.syncSync.bind(file);
    file.sync = (done, isLone) => {
      this.syncs++;
      sync(done, isLone);
    };
    file.syncSync = () => {
      this.syncs++;
      syncSync();
    };
    return file;
  }

  override syncDirectorySync(path: string): void {
    this.syncs++;
    super.syncDirectorySync(path);
  }

  override syncDirectory(path: string, done: (error: Error | undefined) => void): void {
    this.syncs++;
    super.syncDirectory(path, done);
  }
}

export function openStore(
  name: string,
  disk: NodeDisk = new NodeDisk(),
  limits: Partial<StoreLimits> = {},
): Store {
  const directory = join(work, name);
  return new Store({ disk, clock: realClock, random: realRandom(), trace: silent, directory, limits });
}

export function close(store: Store): Promise<void> {
  return new Promise((resolve, reject) => store.close((error) => (error ? reject(error) : resolve())));
}

export function failed(_reason: string, _first: number, _last: number, error: Error): never {
  throw error;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Device, file system and its options, processors, memory, load. */
export function describe(): void {
  const [, line = ""] = execFileSync("df", ["-T", base], { encoding: "utf8" }).split("\n");
  const [device = "?", system = "?", , , , , mount = "?"] = line.split(/\s+/);
  const options = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((each) => each.split(" "))
    .find((each) => each[1] === mount)?.[3];
  console.log(
    `disk: ${device}, ${system} (${options ?? "?"}); machine: ${cpus().length} × ${cpus()[0]?.model ?? "?"}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, load ${load()}; node ${process.version}`,
  );
}
