// One file of a stream: a header, then records, only ever appended. The header tells whose file it is and which; the
// mark in each record tells the same, so that a damaged header costs nothing and a stale or misplaced file is seen.
//
//   at  0 8 B  "CHAPSEG" and the version, 2
//       8 8 B  stream id
//      16 u32  number          20 u32  generation: how often it was rewritten to give space back
//      24 u64  first sequence it may hold
//      32 u32  mark            36 16 B the first of the SHA-256 of the stream's name; zeros: not told
//      52 .. 60 zero
//      60 u32  crc32 of 0 .. 60
//      64      records

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Fault } from "../base/assert.ts";
import type { DiskFile } from "../ports/disk.ts";
import type { Cover } from "./cover.ts";
import { type Format, isOf } from "./format.ts";
import type { Handles } from "./handles.ts";
import { debtName, itemRecords } from "./journal.ts";
import type { Debt } from "./journal-slot.ts";
import { Places } from "./places.ts";
import { getU64, putU64, type Range } from "./record.ts";
import { isBlank } from "./scan.ts";
import { SyncLine } from "./sync-line.ts";
import { type Around, readAroundSync, readWholeSync } from "./transfer.ts";

export const segmentHeaderBytes = 64;

export const segmentFormat: Format = {
  what: "segment",
  magic: Buffer.from("CHAPSEG2", "latin1"),
  headBytes: segmentHeaderBytes,
  isSound: (head) =>
    head.length >= segmentHeaderBytes && head.readUInt32LE(60) === crc32(head.subarray(0, 60)),
};

/** What a segment's header says, or why it says nothing. */
export type HeaderVerdict =
  | { readonly kind: "sound"; readonly firstSequence: number }
  | { readonly kind: "damaged" }
  | { readonly kind: "foreign" };

/** The mark of a segment's records, never 0. */
export function markOf(streamId: string, number: number, generation: number): number {
  return crc32(`${streamId} ${number} ${generation}`) || 1;
}

export function segmentName(number: number, generation: number): string {
  return `${number.toString(16).padStart(8, "0")}.${generation.toString(16).padStart(4, "0")}.seg`;
}

/** Number and generation of a segment's file name; undefined for any other name. */
export function parseSegmentName(name: string): { number: number; generation: number } | undefined {
  const found = /^([0-9a-f]{8})\.([0-9a-f]{4})\.seg$/.exec(name);
  if (found === null) return undefined;
  return { number: Number.parseInt(found[1]!, 16), generation: Number.parseInt(found[2]!, 16) };
}

export function segmentHeader(
  streamId: string,
  number: number,
  generation: number,
  firstSequence: number,
  streamName?: string,
): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes);
  segmentFormat.magic.copy(header);
  header.write(streamId, 8, "hex");
  header.writeUInt32LE(number, 16);
  header.writeUInt32LE(generation, 20);
  putU64(new DataView(header.buffer, header.byteOffset), 24, firstSequence);
  header.writeUInt32LE(markOf(streamId, number, generation), 32);
  if (streamName !== undefined) nameDigest(streamName).copy(header, 36);
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60);
  return header;
}

/** By which the name of a stream is told in its segments, in case its header is lost. */
export function nameDigest(streamName: string): Buffer {
  return createHash("sha256").update(streamName).digest().subarray(0, 16);
}

/** What a sound header tells of the stream's name; undefined when nothing. */
export function nameDigestIn(header: Buffer): Buffer | undefined {
  const digest = header.subarray(36, 52);
  return isBlank(digest, 0, digest.length) ? undefined : digest;
}

export function readSegmentHeader(
  header: Buffer,
  streamId: string,
  number: number,
  generation: number,
): HeaderVerdict {
  if (!isOf(segmentFormat, header)) return { kind: "damaged" };
  const same =
    header.toString("hex", 8, 16) === streamId &&
    header.readUInt32LE(16) === number &&
    header.readUInt32LE(20) === generation;
  if (!same) return { kind: "foreign" };
  return { kind: "sound", firstSequence: getU64(new DataView(header.buffer, header.byteOffset), 24) };
}

/** A stretch of a file in which no whole record was found. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export class Segment implements Debt {
  readonly name: string;
  readonly number: number;
  readonly generation: number;
  readonly path: string;
  readonly mark: number;
  readonly cover: Cover;
  readonly #handles: Handles;
  places: Places;
  /** Where its records end, counting those that are still on their way to the file. */
  tail = segmentHeaderBytes;
  /** Up to here the file has been given the bytes. */
  written = 0;
  /** Its name, or its header, is not known to be on the medium yet. */
  fresh = false;
  live = 0;
  /** Messages removed, of a rostered segment those that its own notes do not tell. */
  dead = 0;
  deadBytes = 0;
  /** Bytes of removal notes; not messages, and as good as dead once nothing they tell of is left. */
  noteBytes = 0;
  /** Sequences removed, as told by notes that lie in this segment. */
  removed: Range[] = [];
  damaged: Stretch[] = [];
  /** A start had to read it, and every later one would. Not set where there is damage: an index would forget it. */
  lacksIndex = false;
  /** A rewrite or unlink of this segment is under way. */
  leaving = false;
  /** Erasures under way in it: until they are over it stays as it is. */
  erasing = 0;
  /** Up to here its records are committed. */
  committed = segmentHeaderBytes;
  /** Its file is unlinked, or replaced by one of the next generation. */
  gone = false;
  /** A note in the segment itself tells every sequence of its range that it does not hold. */
  rostered = false;
  /** Sequences that should lie here and were not found whole. */
  lostSequences = new Set<number>();
  /** Set by the stream: brings everything committed into the file and syncs it. */
  onSettle: (segment: Segment, done: (error: Error | undefined) => void) => void = (_, done) =>
    done(undefined);
  /** Set by the stream: a sync failed, and what the medium has of this file is not known any more. */
  onSyncFailed: (error: Error) => void = () => undefined;
  /** What the last sync known to have succeeded covers. */
  synced = 0;
  /** Set by the stream: hands over what the journals have of it; answers why they could not be read. */
  onRescue: (segment: Segment) => Error | undefined = () => undefined;
  #unrescued: Error | undefined;
  /** Of a suspect segment only; no more than the journals hold of it. */
  readonly #rescued: { readonly place: number; readonly bytes: Buffer }[] = [];
  readonly #syncs: SyncLine;

  constructor(
    handles: Handles,
    path: string,
    streamId: string,
    number: number,
    generation: number,
    firstSequence: number,
    cover: Cover,
  ) {
    this.#handles = handles;
    this.path = path;
    this.number = number;
    this.generation = generation;
    this.name = debtName({ streamId, kind: itemRecords, number, generation });
    this.mark = markOf(streamId, number, generation);
    this.cover = cover;
    this.places = new Places(firstSequence);
    this.#syncs = new SyncLine();
  }

  /** The first sequence of an empty segment, once it is known, with room for so many. */
  startAt(sequence: number, room?: number): void {
    if (this.places.firstSequence !== sequence || room !== undefined)
      this.places = new Places(sequence, room);
  }

  settle(done: (error: Error | undefined) => void): void {
    if (this.gone) done(undefined);
    else this.onSettle(this, done);
  }

  /** Whether the medium may lack committed bytes that a reader is shown, and no sync will bring them there. */
  get suspect(): boolean {
    return this.#syncs.failure !== undefined;
  }

  /** Calls back when everything the file was given before is on the medium; after one failure, never again without. */
  sync(done: (error: Error | undefined) => void): void {
    const wasSuspect = this.suspect;
    this.#syncs.sync(
      (arrived) => {
        if (this.gone) return arrived(undefined);
        const upTo = this.written;
        this.#handles.pin(this.path).sync((error) => {
          this.#handles.unpin(this.path);
          if (error === undefined) this.synced = Math.max(this.synced, upTo);
          arrived(error);
        });
      },
      (error) => {
        if (error !== undefined && !wasSuspect && !this.gone) {
          this.#unrescued = this.onRescue(this);
          this.onSyncFailed(error);
        }
        done(error);
      },
    );
  }

  get file(): DiskFile {
    return this.#handles.file(this.path);
  }

  /** What a journal has of this segment, and the file may have lost: from now on readers get it from here. */
  rescue(place: number, bytes: Uint8Array): void {
    if (place + bytes.length > this.synced) this.#rescued.push({ place, bytes: Buffer.from(bytes) });
  }

  /** Bytes from the file; fewer where it ends. Throws a Fault while only a journal is sure to have them, and cannot be read. */
  read(position: number, length: number): Buffer {
    this.#rescueFor(position + length);
    return this.#overlaid(readWholeSync(this.file, position, length), position, length);
  }

  /** As `read`, with zeros for sectors that cannot be read. */
  readAround(position: number, length: number): Around {
    this.#rescueFor(position + length);
    const { bytes, holes } = readAroundSync(this.file, position, length);
    let left = holes;
    for (const { place, bytes: over } of this.#rescued)
      left = left.flatMap(({ from, to }) => [
        ...(from < place ? [{ from, to: Math.min(to, place) }] : []),
        ...(to > place + over.length ? [{ from: Math.max(from, place + over.length), to }] : []),
      ]);
    return { bytes: this.#overlaid(bytes, position, length), holes: left };
  }

  #rescueFor(end: number): void {
    if (this.#unrescued !== undefined) this.#unrescued = this.onRescue(this);
    if (this.#unrescued !== undefined && end > this.synced)
      throw new Fault("read what a failed sync left in doubt", { path: this.path, cause: this.#unrescued });
  }

  #overlaid(found: Buffer, position: number, length: number): Buffer {
    return this.#rescued.reduce((bytes, { place, bytes: over }) => {
      const [from, to] = [Math.max(position, place), Math.min(position + length, place + over.length)];
      if (from >= to) return bytes;
      const whole = to - position > bytes.length ? Buffer.concat([bytes], to - position) : bytes;
      over.copy(whole, from - position, from - place, to - place);
      return whole;
    }, found);
  }
}
