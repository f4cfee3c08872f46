// A segment's index, kept beside it, so that a start does not reread the log. It repeats what the segment holds and
// decides nothing: one that is missing, damaged or disagrees is left aside, and the segment is read instead.
//
//   at  0 8 B "CHAPIDX" and the version, 1   8 8 B stream id   16 u32 number   20 u32 generation
//      24 u32 bytes of the segment it covers   28 u32 slots   32 u64 first sequence   40 u32 subjects
//      44 u32 removed ranges   48 u32 told lengths   52 u32 flags: 1 rostered, 2 encrypted   56 u32 body bytes
//      60 u32 crc32 of the body   64 u32 crc32 of 0 .. 64   68 16 B salt   84 body:
//      removed ranges, 2 × u64 each · place of each slot, u32 · subject of each slot, u32, all ones for none ·
//      told lengths, slot u32 and body bytes u32 · subjects, u16 length and text

import { crc32 } from "node:zlib";
import type { StreamContext } from "./context.ts";
import { Cover, type Covering } from "./cover.ts";
import { type Format, isOf } from "./format.ts";
import { bytesOfRanges, getU64, putU64, type Range, recordHeaderBytes } from "./record.ts";
import { type Segment, segmentHeaderBytes } from "./segment.ts";
import type { Subjects } from "./subjects.ts";
import { readWholeSync, writeWhole } from "./transfer.ts";

const headBytes = 84;
const none = 0xffffffff;
const flagRostered = 1;
const flagEncrypted = 2;
/** Messages gone through in one turn of the program, of those a subject's first or of untold length; then written. */
const sliceSlots = 8192;
const slowSlots = 1024;
/** Subjects' names put together in one turn, and the one that passes it: a name of 4 KB may have 2000 tokens. */
const sliceNameBytes = 64 * 1024;
const pieceSlots = 32_768;
const pieceRanges = 4096;
const room = Buffer.alloc(sliceSlots * 8);

export const indexFormat: Format = {
  what: "index",
  magic: Buffer.from("CHAPIDX1", "latin1"),
  headBytes,
  isSound: (head) => head.length >= headBytes && head.readUInt32LE(64) === headChecksum(head),
};

/** What a segment holds, as read from its checkpoint or from itself. */
export interface SegmentContents {
  readonly firstSequence: number;
  /** One of each per sequence; see Places for the place's flags. */
  readonly place: Uint32Array;
  readonly subject: Uint32Array;
  readonly subjects: readonly string[];
  /** Body bytes of slots whose place does not tell. */
  readonly told: ReadonlyMap<number, number>;
  readonly removed: Range[];
  readonly rostered: boolean;
  /** Up to here the segment was read. */
  readonly covered: number;
}

export function checkpointPath(segment: Segment): string {
  return segment.path.replace(/\.seg$/, ".idx");
}

export function hasCheckpoint({ disk }: StreamContext, segment: Segment): boolean {
  return disk.existsSync(checkpointPath(segment));
}

/**
 * Writes the checkpoint of a segment that nothing is appended to, beside the running program: the disk is given room for
 * each slice of it before the next. A failure costs a slower start, nothing else.
 */
export function writeCheckpoint(
  context: StreamContext,
  segment: Segment,
  subjects: Subjects,
  bodyBytesOf: (byte: number) => number,
  done: (error: Error | undefined) => void,
): void {
  const { disk } = context;
  const path = checkpointPath(segment);
  const temporary = `${path}.new`;
  try {
    if (disk.existsSync(temporary)) disk.unlinkSync(temporary);
    const file = disk.openSync(temporary, "create");
    const over = (error: Error | undefined): void => {
      try {
        file.closeSync();
        if (error === undefined && !segment.gone) disk.renameSync(temporary, path);
        else if (disk.existsSync(temporary)) disk.unlinkSync(temporary);
      } catch (cause) {
        return done(cause as Error);
      }
      done(error);
    };
    const encoding = new Encoding(segment, subjects, bodyBytesOf);
    const sealing = new Sealing(context, segment, encoding);
    const step = (error: Error | undefined): void => {
      if (error !== undefined || segment.gone) return over(error);
      try {
        const from = encoding.end;
        if (encoding.gather()) return writeWhole(file, room.subarray(0, encoding.end - from), from, step);
        const at = sealing.end;
        const piece = sealing.next();
        if (piece !== undefined) return writeWhole(file, piece, at, step);
        writeWhole(file, sealing.head(), 0, (failure) =>
          failure === undefined ? file.sync(over) : over(failure),
        );
      } catch (cause) {
        over(cause as Error);
      }
    };
    step(undefined);
  } catch (cause) {
    done(cause as Error);
  }
}

/**
 * A checkpoint on its way from the index to bytes. Messages may be removed meanwhile: the places then tell. A subject's
 * number cannot come to mean another one here: while a message of the segment has it, it is not given out again.
 */
class Encoding {
  readonly #segment: Segment;
  readonly #subjects: Subjects;
  readonly #bodyBytesOf: (byte: number) => number;
  /** As the body tells them, piece by piece. */
  readonly #names: Buffer[] = [];
  /** How many they are. */
  names = 0;
  readonly #numbers = new Map<number, number>();
  /** Slots and body bytes in turn. */
  readonly told: number[] = [];
  readonly #subject: Uint32Array;
  #at = 0;

  constructor(segment: Segment, subjects: Subjects, bodyBytesOf: (byte: number) => number) {
    this.#segment = segment;
    this.#subjects = subjects;
    this.#bodyBytesOf = bodyBytesOf;
    this.#subject = new Uint32Array(segment.places.length);
  }

  /** What of the places and the subjects, 4 bytes of each a slot, was gone through so far. */
  get end(): number {
    return this.#at * 8;
  }

  /** Goes through the next messages, if there are any; answers that. */
  gather(): boolean {
    const { places, tail } = this.#segment;
    const from = this.#at;
    const end = Math.min(this.#subject.length, from + sliceSlots);
    const slowMax = this.names + this.told.length / 2 + slowSlots;
    const fresh: string[] = [];
    let nameBytes = 0;
    for (; this.#at < end && this.names + this.told.length / 2 < slowMax; this.#at++) {
      if (nameBytes >= sliceNameBytes) break;
      const at = this.#at;
      if (places.isGone(at)) {
        this.#subject[at] = none;
        continue;
      }
      const node = places.subject(at);
      let number = this.#numbers.get(node);
      if (number === undefined) {
        number = this.names++;
        this.#numbers.set(node, number);
        fresh.push(this.#subjects.name(node));
        nameBytes += fresh[fresh.length - 1]!.length;
      }
      this.#subject[at] = number;
      if (places.recordLength(at, tail) === 0) this.told.push(at, this.#bodyBytesOf(places.byte(at)));
    }
    if (fresh.length > 0) this.#names.push(bytesOfNames(fresh));
    return this.#at > from;
  }

  /** The body, piece by piece. */
  *pieces(): Generator<Buffer> {
    const { removed, places } = this.#segment;
    for (let at = 0; at < removed.length; at += pieceRanges)
      yield bytesOfRanges(removed.slice(at, at + pieceRanges));
    const slots = this.#subject.length;
    for (let at = 0; at < slots; at += pieceSlots)
      yield bytesOf(places.words(at, Math.min(slots, at + pieceSlots)));
    for (let at = 0; at < slots; at += pieceSlots) yield bytesOf(this.#subject.subarray(at, at + pieceSlots));
    for (let at = 0; at < this.told.length; at += pieceSlots)
      yield bytesOf(Uint32Array.from(this.told.slice(at, at + pieceSlots)));
    yield* this.#names;
  }
}

function bytesOf(words: Uint32Array): Buffer {
  // Both ends are little-endian: every platform Node's packages exist for is.
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}

function bytesOfNames(names: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(names.reduce((sum, name) => sum + 2 + name.length, 0));
  let at = 0;
  for (const name of names) {
    at = bytes.writeUInt16LE(name.length, at);
    at += bytes.latin1Write(name, at);
  }
  return bytes;
}

function coverOf(context: StreamContext, segment: Segment, salt: Buffer): Cover {
  return new Cover(
    "none",
    context.key,
    `${context.id} index ${segment.number} ${segment.generation} ${salt.toString("hex")}`,
  );
}

function headChecksum(head: Buffer): number {
  return crc32(head.subarray(68, headBytes), crc32(head.subarray(0, 64)));
}

/** What was gathered on its way to the file: encrypted where the stream is, summed up in the head. */
class Sealing {
  readonly #context: StreamContext;
  readonly #segment: Segment;
  readonly #encoding: Encoding;
  readonly #salt: Buffer;
  readonly #covering: Covering | undefined;
  #pieces: Generator<Buffer> | undefined;
  #isOver = false;
  #length = 0;
  #sum = 0;

  constructor(context: StreamContext, segment: Segment, encoding: Encoding) {
    this.#context = context;
    this.#segment = segment;
    this.#encoding = encoding;
    this.#salt = Buffer.from(context.random.bytes(16));
    if (context.key !== undefined) this.#covering = coverOf(context, segment, this.#salt).covering(0);
  }

  /** Where the next piece goes. */
  get end(): number {
    return headBytes + this.#length;
  }

  /** The next piece of the body; undefined when it is whole. */
  next(): Uint8Array | undefined {
    if (this.#isOver) return undefined;
    this.#pieces ??= this.#encoding.pieces();
    const { value, done } = this.#pieces.next();
    this.#isOver = done === true;
    const piece = value === undefined ? this.#covering?.end() : (this.#covering?.put(value) ?? value);
    if (piece === undefined) return undefined;
    this.#length += piece.length;
    this.#sum = crc32(piece, this.#sum);
    return piece;
  }

  head(): Buffer {
    const head = Buffer.alloc(headBytes);
    const segment = this.#segment;
    indexFormat.magic.copy(head);
    head.write(this.#context.id, 8, "hex");
    head.writeUInt32LE(segment.number, 16);
    head.writeUInt32LE(segment.generation, 20);
    head.writeUInt32LE(segment.tail, 24);
    head.writeUInt32LE(segment.places.length, 28);
    putU64(new DataView(head.buffer, head.byteOffset), 32, segment.places.firstSequence);
    head.writeUInt32LE(this.#encoding.names, 40);
    head.writeUInt32LE(segment.removed.length, 44);
    head.writeUInt32LE(this.#encoding.told.length / 2, 48);
    const encrypted = this.#covering === undefined ? 0 : flagEncrypted;
    head.writeUInt32LE((segment.rostered ? flagRostered : 0) | encrypted, 52);
    head.writeUInt32LE(this.#length, 56);
    head.writeUInt32LE(this.#sum, 60);
    this.#salt.copy(head, 68);
    head.writeUInt32LE(headChecksum(head), 64);
    return head;
  }
}

/** The checkpoint of a segment whose file is `fileBytes` long; undefined when there is none to go by. */
export function readCheckpoint(
  context: StreamContext,
  segment: Segment,
  fileBytes: number,
): SegmentContents | undefined {
  const { disk } = context;
  const path = checkpointPath(segment);
  if (!disk.existsSync(path)) return undefined;
  const file = disk.openSync(path, "read");
  let found: SegmentContents | undefined;
  try {
    found = decode(context, segment, readWholeSync(file, 0, file.sizeSync()), fileBytes);
  } catch {
    found = undefined; // unreadable, or of another key: the segment itself tells
  } finally {
    file.closeSync();
  }
  return found;
}

function decode(
  context: StreamContext,
  segment: Segment,
  bytes: Buffer,
  fileBytes: number,
): SegmentContents | undefined {
  if (!isOf(indexFormat, bytes)) return undefined;
  if (bytes.toString("hex", 8, 16) !== context.id) return undefined;
  if (bytes.readUInt32LE(16) !== segment.number || bytes.readUInt32LE(20) !== segment.generation)
    return undefined;
  const covered = bytes.readUInt32LE(24);
  const sealed = bytes.subarray(headBytes, headBytes + bytes.readUInt32LE(56));
  if (covered > fileBytes || covered < segmentHeaderBytes || crc32(sealed) !== bytes.readUInt32LE(60))
    return undefined;
  const flags = bytes.readUInt32LE(52);
  const [slots, names, ranges, told] = [
    bytes.readUInt32LE(28),
    bytes.readUInt32LE(40),
    bytes.readUInt32LE(44),
    bytes.readUInt32LE(48),
  ];
  const fixed = ranges * 16 + slots * 8 + told * 8;
  const encrypted = (flags & flagEncrypted) !== 0;
  const body = encrypted
    ? coverOf(context, segment, bytes.subarray(68, headBytes)).take(sealed, 2, 0, sealed.length - 16)
    : sealed;
  if (fixed > body.length) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let at = 0;
  const removed: Range[] = [];
  for (let i = 0; i < ranges; i++, at += 16)
    removed.push({ first: getU64(view, at), last: getU64(view, at + 8) });
  const place = takeWords(body, at, slots);
  const subject = takeWords(body, at + slots * 4, slots);
  at += slots * 8;
  const lengths = new Map<number, number>();
  for (let i = 0; i < told; i++, at += 8) lengths.set(body.readUInt32LE(at), body.readUInt32LE(at + 4));
  const subjects: string[] = [];
  for (let i = 0; i < names; i++) {
    const length = body.readUInt16LE(at);
    subjects.push(body.latin1Slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const firstSequence = getU64(new DataView(bytes.buffer, bytes.byteOffset), 32);
  return {
    firstSequence,
    place,
    subject,
    subjects,
    told: lengths,
    removed,
    rostered: (flags & flagRostered) !== 0,
    covered,
  };
}

function takeWords(body: Buffer, at: number, count: number): Uint32Array {
  const words = new Uint32Array(count);
  body.copy(new Uint8Array(words.buffer), 0, at, at + count * 4);
  return words;
}

/** Body bytes of a record from its length, where nothing covers it. */
export function bodyOfLength(length: number): number {
  return length - recordHeaderBytes;
}
