// The store's own directory: making it, its identity, opening its journals, taking a tree away.

import type { Disk } from "../ports/disk.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import type { Handles } from "./handles.ts";
import { type JournalItem, journalHeaderBytes, journalName, parseJournalName, storeIdOf } from "./journal.ts";
import { epochCeiling, readJournal } from "./journal-scan.ts";
import { Journals } from "./journals.ts";
import { Replay } from "./replay.ts";
import { readState, SmallState, stateName } from "./small-state.ts";
import { readFileAround } from "./transfer.ts";

/** The stream id of what belongs to no stream. */
const noStream = "0000000000000000";
const stateNames = (["a", "b"] as const).map((copy) => stateName(0, copy));
/** Half of what a journal's header can hold: more than any store comes to in its life. */
const epochsRenewedFrom = 2 ** 31;

export interface Place {
  readonly disk: Disk;
  readonly random: Random;
  readonly trace: Trace;
  readonly directory: string;
}

/** Makes what is not there of the store's directories, for good. Throws the disk's error. */
export function makeDirectories({ disk, directory }: Place): void {
  for (const path of [directory, `${directory}/journal`, `${directory}/streams`, `${directory}/trash`])
    if (!disk.existsSync(path)) disk.makeDirectorySync(path);
  // The identity is made behind these, and makes last what lies beside it: what is there without it may be from a first
  // start that was cut.
  if (stateNames.some((name) => disk.existsSync(`${directory}/${name}`))) return;
  disk.syncDirectorySync(directory);
  disk.syncDirectorySync(directory.slice(0, directory.lastIndexOf("/")) || "/");
}

/**
 * The store's id, made if there is none; mends a damaged copy. It is on the disk when this returns: without it the
 * journal says nothing. Throws the disk's error.
 */
export function identity(place: Place, handles: Handles): string {
  const { disk, directory, random, trace } = place;
  const found = readState(disk, directory, noStream, 0);
  for (const path of found.damaged) trace.log("error", "a copy of the store's identity is damaged", { path });
  const generation = found.newest?.generation ?? 0;
  const contents = found.newest?.contents ?? identityInJournals(place) ?? Buffer.from(random.bytes(8));
  if (found.newest === undefined || found.uneven) {
    const state = new SmallState(disk, handles, directory, noStream, 0, generation, contents);
    state.mend(found.weaker);
    state.close();
  } else disk.syncDirectorySync(directory); // the names may be from a start that was cut
  return contents.toString("hex", 0, 8);
}

/** Both copies are lost: each journal file has it too. */
function identityInJournals({ disk, directory, trace }: Place): Buffer | undefined {
  const journal = `${directory}/journal`;
  for (const name of disk.listSync(journal)) {
    if (parseJournalName(name) === undefined) continue;
    const { bytes } = readFileAround(disk, `${journal}/${name}`, journalHeaderBytes);
    const storeId = storeIdOf(bytes);
    if (storeId === undefined) continue;
    trace.log("error", "the store's identity is lost in both copies; a journal file tells it", {
      file: name,
    });
    return Buffer.from(storeId, "hex");
  }
  return undefined;
}

/** Brings what the journals hold to its place, and makes them void. Throws a Fault, or the disk's error. */
export function openJournals(
  place: Place,
  storeId: string,
  limits: { readonly journalBytes: number; readonly journalFilesMax: number },
): Journals {
  const { disk, directory: store, trace } = place;
  const directory = `${store}/journal`;
  const read = readJournals(place, directory, storeId);
  new Replay(disk, `${store}/streams`, trace).run(read.items);
  // Near the end of the epochs (damage can make them) all files go, and epochs begin anew.
  const isOver = read.epoch >= epochsRenewedFrom;
  const isKept = (number: number): boolean => !isOver && !read.unreadable.has(number);
  const { journalBytes: fileBytes, journalFilesMax: filesMax } = limits;
  const options = { disk, directory, storeId, fileBytes, filesMax, trace };
  const journals = new Journals(options, isOver ? 0 : read.epoch);
  try {
    journals.confirm(read.numbers.filter(isKept));
    for (const number of read.numbers) {
      if (isKept(number)) journals.adopt(number);
      else dropJournal(place, directory, number);
    }
    disk.syncDirectorySync(directory); // a file's name may be from a start that was cut
    return journals;
  } catch (cause) {
    journals.closeSync();
    throw cause;
  }
}

interface JournalsFound {
  /** Oldest first. */
  readonly items: JournalItem[];
  /** The newest epoch seen anywhere. */
  readonly epoch: number;
  /** The files' numbers, in the order in which they are to be made void. */
  readonly numbers: number[];
  /** Those with sectors that cannot be read. */
  readonly unreadable: ReadonlySet<number>;
}

/** Reads every journal file. Throws the disk's error; damage is told to the trace and stepped over. */
function readJournals({ disk, trace }: Place, directory: string, storeId: string): JournalsFound {
  const files: { number: number; bytes: Buffer; isWhole: boolean }[] = [];
  for (const name of disk.listSync(directory)) {
    const number = parseJournalName(name);
    if (number === undefined) continue;
    const { bytes, holes } = readFileAround(disk, `${directory}/${name}`);
    for (const { from, to } of holes)
      trace.log("error", "a journal file cannot be read as a whole", { file: name, from, to });
    files.push({ number, bytes, isWhole: holes.length === 0 });
  }
  const ceiling = epochCeiling(
    files.map(({ bytes }) => bytes),
    storeId,
  );
  let newest = 0;
  const found: { number: number; isWhole: boolean; epoch: number; items: JournalItem[] }[] = [];
  for (const { number, bytes, isWhole } of files) {
    const contents = readJournal(bytes, storeId, ceiling);
    if (contents.damaged)
      trace.log("error", "a journal file is damaged; what can be read of it is used", {
        file: journalName(number),
      });
    newest = Math.max(newest, contents.newest);
    found.push({ number, isWhole, epoch: contents.epoch, items: contents.items });
  }
  found.sort((a, b) => a.epoch - b.epoch); // and in this order they are made void, the oldest first
  return {
    items: found.flatMap(({ items }) => items),
    epoch: newest,
    numbers: found.map(({ number }) => number),
    unreadable: new Set(found.filter(({ isWhole }) => !isWhole).map(({ number }) => number)),
  };
}

/** Takes a journal file away for good, once everything in it lies in its place. Throws the disk's error. */
function dropJournal({ disk }: Place, directory: string, number: number): void {
  disk.unlinkSync(`${directory}/${journalName(number)}`);
  disk.syncDirectorySync(directory);
}

/** What a stream's directory holds, and the directories, innermost first. Throws the disk's error. */
export function listTree(disk: Disk, path: string, files: string[], directories: string[]): void {
  for (const name of disk.listSync(path)) {
    if (name === "damaged") listTree(disk, `${path}/${name}`, files, directories);
    else files.push(`${path}/${name}`);
  }
  directories.push(path);
}

/** Takes away a stream's directory with all it holds. Throws the disk's error. */
export function removeTree(disk: Disk, path: string): void {
  const [files, directories]: [string[], string[]] = [[], []];
  listTree(disk, path, files, directories);
  for (const file of files) disk.unlinkSync(file);
  for (const directory of directories) disk.removeDirectorySync(directory);
}
