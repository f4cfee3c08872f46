// Small state (a stream's header, its owner's configuration, consumers' state): kept twice, each copy with a
// generation and a checksum, so that damage to one copy, or a write cut short, costs nothing. The newest whole copy
// counts. Copies are written only once the journal holds the same bytes on the medium.
//
//   at  0 8 B "CHAPSTA" and the version, 1      8 8 B stream id      16 u32 number      20 u32 generation
//      24 u32 length of the contents   28 u32 zero   32 u32 crc32 of 0 .. 32 and the contents   36 contents

import { crc32 } from "node:zlib";
import type { Disk, DiskFile } from "../ports/disk.ts";
import { type Format, isOf } from "./format.ts";
import type { Handles } from "./handles.ts";
import { debtName, itemState } from "./journal.ts";
import type { Debt, NewestState } from "./journal-slot.ts";
import { SyncLine } from "./sync-line.ts";
import { readWholeSync, unlessUnreadable, writeOverSync } from "./transfer.ts";

export const stateHeaderBytes = 36;
export const stateBytesMax = 16 * 1024 * 1024;

export const stateFormat: Format = {
  what: "small state",
  magic: Buffer.from("CHAPSTA1", "latin1"),
  headBytes: stateHeaderBytes + stateBytesMax,
  isSound: (bytes) => {
    if (bytes.length < stateHeaderBytes) return false;
    const end = stateHeaderBytes + bytes.readUInt32LE(24);
    return end <= bytes.length && bytes.readUInt32LE(32) === stateChecksum(bytes.subarray(0, end));
  },
};

/** Of a copy as long as its contents make it. */
function stateChecksum(copy: Buffer): number {
  return crc32(copy.subarray(stateHeaderBytes), crc32(copy.subarray(0, 32)));
}

export interface StateCopy {
  readonly generation: number;
  readonly contents: Buffer;
}

export function stateName(number: number, copy: "a" | "b"): string {
  return `${number.toString(16).padStart(8, "0")}.${copy}.state`;
}

export function parseStateName(name: string): { number: number; copy: "a" | "b" } | undefined {
  const found = /^([0-9a-f]{8})\.([ab])\.state$/.exec(name);
  if (found === null) return undefined;
  return { number: Number.parseInt(found[1]!, 16), copy: found[2] as "a" | "b" };
}

export function encodeState(
  streamId: string,
  number: number,
  generation: number,
  contents: Uint8Array,
): Buffer {
  const made = Buffer.alloc(stateHeaderBytes + contents.length);
  stateFormat.magic.copy(made);
  made.write(streamId, 8, "hex");
  made.writeUInt32LE(number, 16);
  made.writeUInt32LE(generation, 20);
  made.writeUInt32LE(contents.length, 24);
  made.set(contents, stateHeaderBytes);
  made.writeUInt32LE(stateChecksum(made), 32);
  return made;
}

/** The copy in these bytes; undefined when it is cut short, damaged, or another's. */
export function decodeState(bytes: Buffer, streamId: string, number: number): StateCopy | undefined {
  if (!isOf(stateFormat, bytes)) return undefined;
  const contents = bytes.subarray(stateHeaderBytes, stateHeaderBytes + bytes.readUInt32LE(24));
  if (bytes.toString("hex", 8, 16) !== streamId || bytes.readUInt32LE(16) !== number) return undefined;
  return { generation: bytes.readUInt32LE(20), contents };
}

/** What was found of one piece of small state. */
export interface StateFound {
  readonly newest: StateCopy | undefined;
  /** Copies that exist and are not whole. */
  readonly damaged: string[];
  /** The copies are not the same generation, or one is not there. */
  readonly uneven: boolean;
  /** The copy that is not the newest, or not whole: the one to write first. */
  readonly weaker: "a" | "b";
}

/** Reads both copies from a stream's directory. Throws nothing that a missing, damaged or unreadable copy causes. */
export function readState(disk: Disk, directory: string, streamId: string, number: number): StateFound {
  let newest: StateCopy | undefined;
  const damaged: string[] = [];
  const generations: number[] = [];
  let weaker: "a" | "b" = "a";
  for (const copy of ["a", "b"] as const) {
    const path = `${directory}/${stateName(number, copy)}`;
    if (!disk.existsSync(path)) continue;
    const found = decodeState(readFile(disk, path), streamId, number);
    if (found === undefined) {
      damaged.push(path);
      continue;
    }
    generations.push(found.generation);
    if (newest !== undefined && found.generation <= newest.generation) continue;
    newest = found;
    weaker = copy === "a" ? "b" : "a";
  }
  return { newest, damaged, uneven: generations.length < 2 || generations[0] !== generations[1], weaker };
}

/** What cannot be read is damaged: the caller reports it and reads the other copy. */
function readFile(disk: Disk, path: string): Buffer {
  return unlessUnreadable(() => readOpened(disk.openSync(path, "read")), Buffer.alloc(0));
}

function readOpened(file: DiskFile): Buffer {
  try {
    return readWholeSync(file, 0, Math.min(file.sizeSync(), stateHeaderBytes + stateBytesMax));
  } finally {
    file.closeSync();
  }
}

/** One piece of small state while the program runs: its newest contents, and whether both copies have them. */
export class SmallState implements Debt {
  readonly name: string;
  readonly #disk: Disk;
  readonly #handles: Handles;
  readonly #directory: string;
  readonly #streamId: string;
  readonly number: number;
  /** Of the newest contents that were asked to be kept. */
  generation: number;
  contents: Buffer;
  /** Set by whoever keeps it: both copies have everything that was ever asked to be kept. */
  onRest: () => void = () => undefined;
  /** The newest that the journal has on the medium; without bytes it was forgotten, and the copies are unlinked. */
  #committed: { readonly generation: number; readonly bytes: Buffer | undefined } | undefined;
  #abandoned = false;
  #writtenGeneration = 0;
  #syncedGeneration = 0;
  readonly #settles: SyncLine;

  constructor(
    disk: Disk,
    handles: Handles,
    directory: string,
    streamId: string,
    number: number,
    generation: number,
    contents: Buffer,
  ) {
    this.#disk = disk;
    this.#handles = handles;
    this.#directory = directory;
    this.#streamId = streamId;
    this.number = number;
    this.name = debtName({ streamId, kind: itemState, number, generation });
    this.generation = generation;
    this.contents = contents;
    this.#writtenGeneration = generation;
    this.#syncedGeneration = generation;
    this.#settles = new SyncLine();
  }

  /** The journal holds this generation on the medium; the copies may be written. */
  committed(generation: number, contents: Buffer | undefined): void {
    const bytes =
      contents === undefined ? undefined : encodeState(this.#streamId, this.number, generation, contents);
    this.#committed = { generation, bytes };
  }

  /** Of what was committed; to be asked once something was. */
  get newest(): NewestState {
    const { generation, bytes } = this.#committed!;
    const contents = bytes?.subarray(stateHeaderBytes);
    return { streamId: this.#streamId, number: this.number, generation, contents };
  }

  get settled(): boolean {
    return (
      this.#abandoned || this.#committed === undefined || this.#committed.generation <= this.#syncedGeneration
    );
  }

  /** Gives both files the newest committed contents. Throws the disk's error. */
  writeCopiesSync(): void {
    const committed = this.#committed;
    if (this.#abandoned || committed === undefined || committed.generation <= this.#writtenGeneration) return;
    if (committed.bytes === undefined) {
      for (const path of this.#paths()) {
        this.#handles.close(path);
        if (this.#disk.existsSync(path)) this.#disk.unlinkSync(path);
      }
    } else {
      for (const path of this.#paths()) {
        const file = this.#openCopy(path);
        writeOverSync(file, committed.bytes, 0);
      }
    }
    this.#writtenGeneration = committed.generation;
  }

  /** Both copies, and their names, are on the medium when `done` is called without an error. */
  settle(done: (error: Error | undefined) => void): void {
    this.#settles.clear(); // whatever failed before is written anew
    this.#settles.sync((arrived) => this.#writeAndSync(arrived), done);
  }

  #writeAndSync(done: (error: Error | undefined) => void): void {
    if (this.settled) return done(undefined);
    const { generation, bytes } = this.#committed!;
    let left = 1;
    let failure: Error | undefined;
    const pinned: string[] = [];
    const arrived = (error: Error | undefined): void => {
      failure ??= error;
      if (--left > 0) return;
      for (const path of pinned) this.#handles.unpin(path);
      if (this.#abandoned) return done(undefined); // its directory may be gone by now
      if (failure === undefined) this.#syncedGeneration = Math.max(this.#syncedGeneration, generation);
      else this.#writtenGeneration = 0; // only what is written again is sure to be synced by the next attempt
      if (this.generation <= this.#syncedGeneration) this.onRest();
      done(failure);
    };
    try {
      this.writeCopiesSync();
      for (const path of bytes === undefined ? [] : this.#paths()) {
        const file = this.#handles.pin(path);
        pinned.push(path);
        left++;
        file.sync(arrived);
      }
      left++;
      this.#disk.syncDirectory(this.#directory, arrived);
      arrived(undefined);
    } catch (cause) {
      arrived(cause as Error);
    }
  }

  /** Writes and syncs both copies at once, for a stream being made or closed. Throws the disk's error. */
  keepSync(contents: Buffer, first: "a" | "b" = "a"): void {
    this.generation++;
    this.contents = contents;
    const bytes = encodeState(this.#streamId, this.number, this.generation, contents);
    this.#committed = { generation: this.generation, bytes };
    const [before, after] = first === "a" ? this.#paths() : this.#paths().reverse();
    for (const path of [before!, after!]) {
      const isNew = !this.#disk.existsSync(path);
      const file = this.#openCopy(path);
      writeOverSync(file, bytes, 0);
      file.syncSync(); // one copy after the other: a cut in between leaves one of them whole
      if (isNew && this.#disk.existsSync(after!)) this.#disk.syncDirectorySync(this.#directory);
    }
    this.#writtenGeneration = this.generation;
    this.#syncedGeneration = this.generation;
  }

  /** Makes both copies whole again, from the one that is. Throws the disk's error. */
  mend(weaker: "a" | "b"): void {
    const [a, b] = this.#paths();
    const stronger = weaker === "a" ? b : a;
    if (this.#disk.existsSync(stronger)) {
      // It can be read; whether the medium has it is another question, and the weaker one is about to be overwritten.
      const file = this.#handles.file(stronger);
      writeOverSync(file, encodeState(this.#streamId, this.number, this.generation, this.contents), 0);
      file.syncSync();
    }
    this.keepSync(this.contents, weaker);
    this.#disk.syncDirectorySync(this.#directory);
  }

  /** Its stream is being deleted: nothing is owed any more. */
  abandon(): void {
    this.#abandoned = true;
    this.close();
  }

  close(): void {
    for (const path of this.#paths()) this.#handles.close(path);
  }

  #openCopy(path: string): DiskFile {
    return this.#disk.existsSync(path) ? this.#handles.file(path) : this.#handles.create(path);
  }

  #paths(): [string, string] {
    return [
      `${this.#directory}/${stateName(this.number, "a")}`,
      `${this.#directory}/${stateName(this.number, "b")}`,
    ];
  }
}
