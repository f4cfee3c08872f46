// The journal's bytes: what many streams committed together, so that one sync makes all of it last. A journal file is
// used again once everything in it lies, synced, where it belongs; the epoch tells its items from older ones.
//
//   file at 0 8 B "CHAPJNL" and the version, 2   8 8 B store id   16 u32 epoch   20 u32 crc32 of 0 .. 20
//        4096 items, one behind the other
//   item at 0 u32 "CHJI", behind its bytes "CHJE": the same words stand before and behind, so that damage to one of
//           them does not hide the bytes
//           4 u32 epoch   8 8 B stream id   16 u32 kind   20 u32 number   24 u32 generation   28 u32 place
//          32 u32 length of the bytes   36 u32 order in the epoch   40 u32 crc32 of the bytes
//          44 u32 crc32 of 0 .. 44, begun with the crc32 of the store id: the id is secret, so no payload can look like
//          a head

import { crc32 } from "node:zlib";
import type { DiskFile } from "../ports/disk.ts";
import { type Format, isOf } from "./format.ts";
import { SyncFault, SyncLine } from "./sync-line.ts";
import { readWholeSync, writeWholeSync } from "./transfer.ts";

export const journalHeaderBytes = 4096;
export const itemHeadBytes = 48;
const fillBytes = 512 * 1024;
/** Bytes that an item takes beside its own. */
export const itemOverhead = itemHeadBytes * 2;

const fileHeadBytes = 24;

export const journalFormat: Format = {
  what: "journal",
  magic: Buffer.from("CHAPJNL2", "latin1"),
  headBytes: fileHeadBytes,
  isSound: (head) => head.length >= fileHeadBytes && head.readUInt32LE(20) === crc32(head.subarray(0, 20)),
};
export const frontMark = 0x494a4843;
export const backMark = 0x454a4843;

export const itemRecords = 1; // number and generation of a segment, place in it; the records' own checksums count
export const itemState = 2; // number and generation of small state
export const itemForgotten = 3; // small state that is no more

export interface JournalItem {
  readonly streamId: string;
  readonly kind: number;
  readonly number: number;
  readonly generation: number;
  readonly place: number;
  readonly bytes: Buffer;
  /** Whether the bytes are what was written, as a whole. */
  readonly whole: boolean;
  /** Where the bytes lie in the journal file. */
  readonly at: number;
}

/** What an item is about, by name: one generation of a segment, or one piece of small state. */
export function debtName({
  streamId,
  kind,
  number,
  generation,
}: Omit<JournalItem, "place" | "bytes" | "whole" | "at">): string {
  return kind === itemRecords ? `${streamId} ${number} ${generation}` : `${streamId} ${number}`;
}

export function journalName(number: number): string {
  return `${number.toString(16).padStart(2, "0")}.journal`;
}

export function parseJournalName(name: string): number | undefined {
  const found = /^([0-9a-f]{2})\.journal$/.exec(name);
  return found === null ? undefined : Number.parseInt(found[1]!, 16);
}

/** Whose journal file this is, by its header; undefined when that is damaged. */
export function storeIdOf(buffer: Buffer): string | undefined {
  return isOf(journalFormat, buffer) ? buffer.toString("hex", 8, 16) : undefined;
}

/** The epoch in a journal file's header; undefined when that is damaged, or another store's. */
export function epochOf(buffer: Buffer, storeId: string): number | undefined {
  return storeIdOf(buffer) === storeId ? buffer.readUInt32LE(16) : undefined;
}

/** With what the checksum of a store's item heads begins. */
export function headSeed(storeId: string): number {
  return crc32(Buffer.from(storeId, "hex"));
}

/** Gathers a commit's items into one stretch of bytes. */
export class JournalGroup {
  readonly #seed: number;
  #buffer: Buffer;
  #length = 0;

  constructor(storeId: string, capacity: number) {
    this.#seed = headSeed(storeId);
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Nothing of what was gathered before is left in memory. */
  wipe(): void {
    this.#buffer.fill(0);
    this.#length = 0;
  }

  put(
    epoch: number,
    order: number,
    streamId: string,
    kind: number,
    number: number,
    generation: number,
    place: number,
    bytes: Uint8Array,
  ): void {
    const total = itemOverhead + bytes.length;
    if (this.#length + total > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#length + total));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    const buffer = this.#buffer;
    const at = this.#length;
    buffer.writeUInt32LE(frontMark, at);
    buffer.writeUInt32LE(epoch, at + 4);
    buffer.write(streamId, at + 8, "hex");
    buffer.writeUInt32LE(kind, at + 16);
    buffer.writeUInt32LE(number, at + 20);
    buffer.writeUInt32LE(generation, at + 24);
    buffer.writeUInt32LE(place, at + 28);
    buffer.writeUInt32LE(bytes.length, at + 32);
    buffer.writeUInt32LE(order, at + 36);
    buffer.writeUInt32LE(crc32(bytes), at + 40);
    buffer.writeUInt32LE(crc32(buffer.subarray(at, at + 44), this.#seed), at + 44);
    buffer.set(bytes, at + itemHeadBytes);
    const back = at + itemHeadBytes + bytes.length;
    buffer.copy(buffer, back, at, at + itemHeadBytes);
    buffer.writeUInt32LE(backMark, back);
    buffer.writeUInt32LE(crc32(buffer.subarray(back, back + 44), this.#seed), back + 44);
    this.#length += total;
  }
}

/** One journal file while the program runs. */
export class JournalFile {
  readonly path: string;
  readonly #file: DiskFile;
  readonly #storeId: string;
  readonly #bytesMax: number;
  epoch: number;
  tail = journalHeaderBytes;
  order = 0;
  /** From here on it is written by commits. */
  #front = journalHeaderBytes;
  /** Up to here it may hold what older epochs left, or a group that was not written. */
  #used: number;
  /** Its header is known to be on the medium: until then an older epoch may come back. */
  #isBegun = false;
  #filled: number;
  /** New space was taken since the last sync. */
  #grew = false;
  readonly #syncs: SyncLine;

  constructor(path: string, file: DiskFile, storeId: string, bytesMax: number, epoch: number) {
    this.path = path;
    this.#file = file;
    this.#storeId = storeId;
    this.#bytesMax = bytesMax;
    this.epoch = epoch;
    this.#filled = file.sizeSync();
    this.#used = this.#filled;
    this.#syncs = new SyncLine();
  }

  /** Whether a group of `length` still fits; a file that has none takes any group. */
  fits(length: number): boolean {
    return this.tail + length <= this.#bytesMax || this.tail === this.#front;
  }

  /** What was written so far came from another file, and no group did. */
  carried(): void {
    this.#front = this.tail;
  }

  /** Makes everything in it void: from now on only items of `epoch` count. Throws the disk's error. */
  begin(epoch: number): void {
    const header = Buffer.alloc(fileHeadBytes);
    journalFormat.magic.copy(header);
    header.write(this.#storeId, 8, "hex");
    header.writeUInt32LE(epoch, 16);
    header.writeUInt32LE(crc32(header.subarray(0, 20)), 20);
    this.#isBegun = false;
    writeWholeSync(this.#file, header, 0);
    this.epoch = epoch;
    this.tail = journalHeaderBytes;
    this.#front = journalHeaderBytes;
    this.order = 0;
    this.#syncs.clear();
  }

  /** Whether a sync of it failed in this epoch: nothing more may be trusted to it. */
  get suspect(): boolean {
    return this.#syncs.failure !== undefined;
  }

  /** Up to here it may hold what older epochs left; undefined while they may come back, and something of it may be needed. */
  get usedTo(): number | undefined {
    return this.#isBegun ? this.#used : undefined;
  }

  /** Behind what was written in this epoch there are zeros, on the medium; `used` is what `usedTo` said before that. */
  blanked(epoch: number, used: number): void {
    if (epoch === this.epoch && used === this.#used) this.#used = this.tail;
  }

  /**
   * Writes a group behind the last one. In new space, zeros follow it for a while: a sync over blocks that exist
   * already takes half the time. Throws the disk's error; the group then counts as not written.
   */
  writeSync(bytes: Uint8Array): void {
    const end = this.tail + bytes.length;
    this.#used = Math.max(this.#used, end);
    writeWholeSync(this.#file, bytes, this.tail);
    if (end > this.#filled) {
      const to = Math.max(end, Math.min(this.#bytesMax, end + fillBytes));
      writeWholeSync(this.#file, Buffer.alloc(to - end), end);
      this.#filled = to;
      this.#grew = true;
    }
    this.tail = end;
  }

  /** Calls back when everything written before is on the medium; after one failure, not before the next epoch. `isLone` as DiskFile.sync. */
  sync(done: (error: Error | undefined) => void, isLone = false): void {
    const start = (arrived: (error: Error | undefined) => void): void => {
      const grew = this.#grew;
      const { epoch } = this;
      this.#grew = false;
      this.#file.sync((error) => {
        if (error === undefined && epoch === this.epoch) this.#isBegun = true;
        arrived(error);
      }, isLone && !grew);
    };
    // The system's own error: a journal on a full disk puts nothing in doubt that a stream has.
    this.#syncs.sync(start, (error) => done(error instanceof SyncFault ? (error.cause as Error) : error));
  }

  syncSync(): void {
    this.#file.syncSync();
    this.#isBegun = true;
  }

  /** What lies there, or as much of it as there is. */
  readSync(at = 0, length = this.sizeSync()): Buffer {
    return readWholeSync(this.#file, at, Math.min(length, this.sizeSync() - at));
  }

  sizeSync(): number {
    return this.#file.sizeSync();
  }

  /** Replaces bytes inside an item, for secure erasure. Throws the disk's error. */
  overwriteSync(at: number, bytes: Uint8Array): void {
    writeWholeSync(this.#file, bytes, at);
  }

  closeSync(): void {
    this.#file.closeSync();
  }
}
