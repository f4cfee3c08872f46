// The store's own directory: making it, its identity, reading its journals, taking a tree away.

import type { Disk } from "../ports/disk.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import type { Handles } from "./handles.ts";
import { type JournalItem, parseJournalName, readJournal } from "./journal.ts";
import { readState, SmallState } from "./small-state.ts";
import { readWholeSync } from "./transfer.ts";

/** The stream id of what belongs to no stream. */
const noStream = "0000000000000000";

export interface Place {
  readonly disk: Disk;
  readonly random: Random;
  readonly trace: Trace;
  readonly directory: string;
}

/** Makes what is not there of the store's directories, for good. Throws the disk's error. */
export function makeDirectories({ disk, directory }: Place): void {
  let made = false;
  for (const path of [directory, `${directory}/journal`, `${directory}/streams`, `${directory}/trash`]) {
    if (disk.existsSync(path)) continue;
    disk.makeDirectorySync(path);
    made = true;
  }
  if (!made) return;
  disk.syncDirectorySync(directory);
  disk.syncDirectorySync(directory.slice(0, directory.lastIndexOf("/")) || "/");
}

/** The store's id, made if there is none; mends a damaged copy. Throws the disk's error. */
export function identity({ disk, directory, random, trace }: Place, handles: Handles): string {
  const found = readState(disk, directory, noStream, 0);
  for (const path of found.damaged) trace.log("error", "a copy of the store's identity is damaged", { path });
  const generation = found.newest?.generation ?? 0;
  const contents = found.newest?.contents ?? Buffer.from(random.bytes(8));
  if (found.newest === undefined || found.uneven) {
    const state = new SmallState(disk, handles, directory, noStream, 0, generation, contents);
    state.mend(found.weaker);
    state.close();
  }
  return contents.toString("hex", 0, 8);
}

/** Bytes free; undefined when the disk does not say: then what was true of it stays true. */
export function freeBytes({ disk, directory, trace }: Place): number | undefined {
  try {
    return disk.freeBytesSync(directory);
  } catch (cause) {
    trace.log("warn", `free space not known: ${(cause as Error).message}`, { directory });
    return undefined;
  }
}

export interface JournalsFound {
  /** Oldest first. */
  readonly items: JournalItem[];
  /** The newest epoch seen anywhere. */
  readonly epoch: number;
  /** The files' numbers, in the order in which they are to be made void. */
  readonly numbers: number[];
}

/** Reads every journal file. Throws the disk's error; damage is told to the trace and stepped over. */
export function readJournals({ disk, trace }: Place, directory: string, storeId: string): JournalsFound {
  const found: { number: number; epoch: number; items: JournalItem[] }[] = [];
  let newest = 0;
  for (const name of disk.listSync(directory)) {
    const number = parseJournalName(name);
    if (number === undefined) continue;
    const file = disk.openSync(`${directory}/${name}`, "read");
    const contents = readJournal(readWholeSync(file, 0, file.sizeSync()), storeId);
    file.closeSync();
    if (contents.damaged)
      trace.log("error", "a journal file is damaged; what can be read of it is used", { file: name });
    newest = Math.max(newest, contents.newest);
    found.push({ number, epoch: contents.epoch, items: contents.items });
  }
  found.sort((a, b) => a.epoch - b.epoch); // and in this order they are made void, the oldest first
  return {
    items: found.flatMap(({ items }) => items),
    epoch: newest,
    numbers: found.map(({ number }) => number),
  };
}

/** Calls `each` for every item, and `done` when all have called back. */
export function all<T>(
  items: readonly T[],
  each: (item: T, next: () => void) => void,
  done: () => void,
): void {
  let left = items.length + 1;
  const next = (): void => {
    if (--left === 0) done();
  };
  for (const item of items) each(item, next);
  next();
}

/** Takes away a stream's directory with all it holds. Throws the disk's error. */
export function removeTree(disk: Disk, path: string): void {
  for (const name of disk.listSync(path)) {
    if (name === "damaged") removeTree(disk, `${path}/${name}`);
    else disk.unlinkSync(`${path}/${name}`);
  }
  disk.removeDirectorySync(path);
}
