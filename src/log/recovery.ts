// Opening a stream: from the files that are there to the index, the exact list of what is missing, and the sequence
// from which to go on. It writes nothing but the removal of what a cut operation left over.

import { assert } from "../base/assert.ts";
import { bodyOfLength, checkpointPath, readCheckpoint, type SegmentContents } from "./checkpoint.ts";
import type { StreamContext } from "./context.ts";
import { segmentOf } from "./context.ts";
import type { HeaderFields } from "./header.ts";
import { SequenceIndex } from "./index.ts";
import type { Losses } from "./loss.ts";
import { Places } from "./places.ts";
import {
  extendRanges,
  flagErased,
  headOf,
  kindCommitted,
  kindMessage,
  kindRemoved,
  mergedRanges,
  type Range,
  recordHeaderBytes,
  removedLength,
  removedRanges,
} from "./record.ts";
import { isBlank, scanRecords } from "./scan.ts";
import { parseSegmentName, readSegmentHeader, type Segment, segmentHeaderBytes } from "./segment.ts";
import { writeWholeSync } from "./transfer.ts";

const goneBit = 2 ** 31;
const unsureBit = 2 ** 30;
const headersBit = 2 ** 29;
const byteMask = 2 ** 26 - 1;
/** A step in sequences inside one segment that nothing this room writes can make. */
const stepMax = 2 ** 20;
const rewriteBytes = 1024 * 1024;

export interface Recovered {
  readonly index: SequenceIndex;
  readonly nextNumber: number;
  /** Sequences that may have been given out and are not there: never to be given out again. */
  readonly skipped: Range[];
}

/** Builds a stream's index from its directory. Throws a Fault when the directory or a whole file cannot be read. */
export function recoverStream(context: StreamContext, header: HeaderFields, losses: Losses): Recovered {
  const segments = openSegments(context, losses);
  const index = new SequenceIndex(context.random.below(2 ** 31));
  const contents: (Loaded | undefined)[] = segments.map((segment) =>
    loadSegment(context, segment, losses, segment === segments.at(-1), header.clean),
  );
  const begun = contents.reduce((highest, found) => Math.max(highest, found!.begun), 1);
  const certainBelow = Math.max(begun, header.last + 1);
  makeLast(context, segments, contents, certainBelow, header.clean);
  const removed = mergedRanges([
    ...contents.flatMap((found) => found!.removed),
    { first: 1, last: header.floor - 1 },
  ]);
  segments.forEach((segment, at) => {
    let found = contents[at]!;
    if (found.fromCheckpoint && !explains(found, removed)) found = scanSegment(segment, losses, false, true);
    segment.lacksIndex = !found.fromCheckpoint && segment.damaged.length === 0;
    addSegment(index, segment, found, removed);
    contents[at] = undefined; // let go of what is in the index now
  });
  const found = Math.max(index.last, removed.at(-1)!.last);
  const known = Math.max(found, certainBelow - 1);
  const missing = findMissing(index, removed, known);
  const skipped = tell(index, missing, certainBelow, losses);
  index.skip(known);
  const given = Math.max(
    header.clean ? 0 : header.reserved,
    ...segments.map((segment) => segment.places.firstSequence - 1),
  );
  if (given > known) {
    losses.cutOff(known + 1, given);
    skipped.push({ first: known + 1, last: given });
  }
  index.skip(given);
  const nextNumber =
    1 + segments.reduce((highest, segment) => Math.max(highest, segment.number), header.number);
  return { index, nextNumber, skipped };
}

/** `begun`: everything below this sequence was committed when the segment was written. */
type Loaded = SegmentContents & { readonly fromCheckpoint: boolean; readonly begun: number };

/** Reports what is missing, as lost below `certain`, as uncertain from there on; answers what is uncertain. */
function tell(index: SequenceIndex, missing: readonly Range[], certain: number, losses: Losses): Range[] {
  const skipped: Range[] = [];
  for (const { first, last } of missing) {
    if (first < certain) losses.lost(first, Math.min(last, certain - 1));
    if (last < certain) continue;
    losses.uncertain(Math.max(first, certain), last);
    skipped.push({ first: Math.max(first, certain), last });
  }
  // Noted as skipped from now on, so a rewrite may leave them out for good.
  for (const { lostSequences } of index.segments)
    for (const sequence of lostSequences) if (sequence >= certain) lostSequences.delete(sequence);
  return skipped;
}

/** The newest generation of each segment, by number; leftovers of cut operations are unlinked. */
function openSegments(context: StreamContext, losses: Losses): Segment[] {
  const { disk, directory } = context;
  const newest = new Map<number, number>();
  const names = disk.listSync(directory); // sorted, and so the segments are
  for (const name of names) {
    const parsed = parseSegmentName(name);
    if (parsed !== undefined)
      newest.set(parsed.number, Math.max(parsed.generation, newest.get(parsed.number) ?? 0));
  }
  const segments: Segment[] = [];
  for (const [number, generation] of newest) {
    const segment = segmentOf(context, number, generation, 1);
    const file = segment.file;
    segment.written = file.sizeSync();
    const head = segment.readAround(0, segmentHeaderBytes).bytes;
    const verdict = readSegmentHeader(head, context.id, number, generation);
    if (verdict.kind === "foreign") {
      losses.damaged({ path: segment.path, what: "file of another stream or segment" });
      context.handles.close(segment.path);
      disk.renameSync(segment.path, `${segment.path}.foreign`);
      continue;
    }
    if (verdict.kind === "damaged" && !isBlank(head, 0, head.length)) {
      losses.damaged({ path: segment.path, what: "segment header", from: 0, to: segmentHeaderBytes });
    }
    if (verdict.kind === "sound") segment.startAt(verdict.firstSequence);
    segments.push(segment);
  }
  removeLeftovers(context, names, segments);
  return segments;
}

function removeLeftovers(
  context: StreamContext,
  names: readonly string[],
  segments: readonly Segment[],
): void {
  const { disk, directory } = context;
  const kept = new Set(segments.flatMap((segment) => [segment.path, checkpointPath(segment)]));
  for (const name of names) {
    const path = `${directory}/${name}`;
    const leftover = name.endsWith(".new") || name.endsWith(".idx") || parseSegmentName(name) !== undefined;
    if (leftover && !kept.has(path) && disk.existsSync(path)) disk.unlinkSync(path);
  }
}

function loadSegment(
  context: StreamContext,
  segment: Segment,
  losses: Losses,
  isLast: boolean,
  clean: boolean,
): Loaded {
  const kept = readCheckpoint(context, segment, segment.written);
  let loaded: Loaded;
  if (kept !== undefined && kept.covered === segment.written)
    loaded = { ...kept, fromCheckpoint: true, begun: segment.generation === 0 ? kept.firstSequence : 0 };
  else loaded = scanSegment(segment, losses, isLast, clean);
  segment.tail = loaded.covered;
  segment.committed = loaded.covered;
  segment.removed = loaded.removed;
  if (loaded.fromCheckpoint && loaded.removed.length > 0)
    segment.noteBytes = removedLength(loaded.removed.length);
  segment.rostered = loaded.rostered;
  return loaded;
}

/**
 * What a reader may be shown from now on must not be forgotten by a power cut that comes later. Where a sync may have
 * failed before, the bytes are there to be read and no sync brings them to the medium: what is not known to have been
 * committed is written again. What was committed is there, or the journal had it and it was written just now.
 */
function makeLast(
  context: StreamContext,
  segments: readonly Segment[],
  contents: readonly (Loaded | undefined)[],
  certainBelow: number,
  clean: boolean,
): void {
  segments.forEach((segment, at) => {
    const found = contents[at]!;
    if (!found.fromCheckpoint) writeAgain(segment, uncertainFrom(found, certainBelow));
    if (!clean || !found.fromCheckpoint) segment.file.syncSync();
    segment.synced = segment.written;
  });
  if (segments.length > 0) context.disk.syncDirectorySync(context.directory);
}

/** Where the last message that is known to be committed lies: the segment may end in what was never committed. */
function uncertainFrom(found: Loaded, certainBelow: number): number {
  const at = Math.min(found.place.length, certainBelow - found.firstSequence) - 1;
  return at < 0 ? 0 : found.place[at]! & byteMask;
}

function writeAgain(segment: Segment, from: number): void {
  for (let at = from; at < segment.written; at += rewriteBytes) {
    const { bytes, holes } = segment.readAround(at, Math.min(rewriteBytes, segment.written - at));
    let next = at;
    for (const { from, to } of [...holes, { from: at + bytes.length, to: at + bytes.length }]) {
      writeWholeSync(segment.file, bytes.subarray(next - at, from - at), next); // what cannot be read stays as it is
      next = to;
    }
  }
}

/** Reads a whole segment record by record. */
function scanSegment(segment: Segment, losses: Losses, mayBeTorn: boolean, clean: boolean): Loaded {
  segment.noteBytes = 0;
  return new Scanning(segment, losses).run(mayBeTorn, clean);
}

class Scanning {
  readonly #segment: Segment;
  readonly #losses: Losses;
  readonly #bytes: Buffer;
  readonly #names: string[] = [];
  readonly #local = new Map<string, number>();
  readonly #told = new Map<number, number>();
  readonly #removed: Range[] = [];
  #places: Places | undefined;
  #begun = 0;

  constructor(segment: Segment, losses: Losses) {
    this.#segment = segment;
    this.#losses = losses;
    const { bytes, holes } = segment.readAround(0, segment.written);
    this.#bytes = bytes;
    for (const { from, to } of holes) losses.damaged({ path: segment.path, what: "unreadable", from, to });
  }

  run(mayBeTorn: boolean, clean: boolean): Loaded {
    const [segment, bytes] = [this.#segment, this.#bytes];
    const start = Math.min(segmentHeaderBytes, bytes.length);
    const end = scanRecords(bytes, start, bytes.length, segment.mark, 0, {
      record: (at, length) => (bytes[at + 12] === kindMessage ? this.#message(at) : this.#note(at, length)),
      damaged: (from, to) => {
        this.#damaged("damaged bytes", from, to);
        this.#blur();
      },
    });
    if (!isBlank(bytes, end, bytes.length)) {
      if (mayBeTorn) this.#losses.torn(segment.path, end, bytes.length);
      if (!mayBeTorn && clean) this.#damaged("bytes behind the last record", end, bytes.length);
      else segment.damaged.push({ from: end, to: bytes.length });
    }
    const made = this.#places ?? new Places(segment.places.firstSequence);
    return {
      firstSequence: made.firstSequence,
      place: made.words,
      subject: Uint32Array.from({ length: made.length }, (_, at) => made.subject(at)),
      subjects: this.#names,
      told: this.#told,
      removed: this.#removed,
      rostered: segment.rostered,
      covered: Math.max(end, segmentHeaderBytes),
      fromCheckpoint: false,
      begun: this.#begun,
    };
  }

  #message(at: number): void {
    const bytes = this.#bytes;
    const head = headOf(bytes, at);
    this.#places ??= new Places(head.sequence);
    const places = this.#places;
    const step = head.sequence - places.lastSequence;
    if (step < 1 || step > stepMax) {
      this.#damaged("record out of order", at, at + head.length);
      this.#blur();
      return;
    }
    if ((head.flags & flagErased) !== 0) {
      this.#removed.push({ first: head.sequence, last: head.sequence });
      this.#blur();
      return;
    }
    const covered = bytes.subarray(at + recordHeaderBytes, at + head.length);
    const body =
      head.flags === 0 ? covered : this.#segment.cover.take(covered, head.flags, at, head.bodyBytes);
    const number = this.#numberOf(body.latin1Slice(0, head.subjectBytes));
    while (places.lastSequence < head.sequence - 1) places.addGone(at);
    if (head.flags !== 0) this.#told.set(places.length, head.bodyBytes);
    places.add(at, head.headersBytes > 0, head.flags !== 0, number);
  }

  /** A record that is no message. */
  #note(at: number, length: number): void {
    const [segment, bytes] = [this.#segment, this.#bytes];
    const kind = bytes[at + 12];
    segment.noteBytes += length;
    if (kind === kindRemoved) {
      for (const range of removedRanges(bytes, at, length)) this.#removed.push(range); // of any number
      if (at === segmentHeaderBytes && segment.generation > 0) segment.rostered = true;
    }
    if (kind === kindCommitted) this.#begun = Math.max(this.#begun, headOf(bytes, at).sequence);
    this.#blur();
  }

  #numberOf(subject: string): number {
    let number = this.#local.get(subject);
    if (number === undefined) {
      number = this.#names.length;
      this.#names.push(subject);
      this.#local.set(subject, number);
    }
    return number;
  }

  #damaged(what: string, from: number, to: number): void {
    this.#segment.damaged.push({ from, to });
    this.#losses.damaged({ path: this.#segment.path, what, from, to });
  }

  /** The last message's length is no more the way to the next one. */
  #blur(): void {
    const places = this.#places;
    if (places === undefined || places.length === 0) return;
    const at = places.length - 1;
    this.#told.set(at, headOf(this.#bytes, places.byte(at)).bodyBytes);
    places.blurLast();
  }
}

/** Whether every sequence that a checkpoint leaves out is told by a note; if not, the segment itself must be read. */
function explains(found: Loaded, removed: readonly Range[]): boolean {
  const cursor = new RangeCursor(removed);
  for (let at = 0; at < found.place.length; at++) {
    if (found.place[at]! >= goneBit && !cursor.holds(found.firstSequence + at)) return false;
  }
  return true;
}

function addSegment(index: SequenceIndex, segment: Segment, found: Loaded, removed: readonly Range[]): void {
  segment.startAt(Math.max(found.firstSequence, index.last + 1), Math.max(1, found.place.length));
  index.segments.push(segment);
  const cursor = new RangeCursor(removed);
  const own = new RangeCursor(segment.rostered ? mergedRanges(found.removed) : []);
  const nodes = new Uint32Array(found.subjects.length);
  const { place, subject } = found;
  for (let at = 0; at < place.length; at++) {
    const sequence = found.firstSequence + at;
    const word = place[at]!;
    const byte = word & byteMask;
    const end = at + 1 < place.length ? place[at + 1]! & byteMask : found.covered;
    if (sequence <= index.last) continue; // an earlier segment has it
    if (cursor.holds(sequence)) {
      index.addRemoved(segment, sequence, byte, end - byte, own.holds(sequence));
      continue;
    }
    if (word >= goneBit) continue;
    const number = subject[at]!;
    let node = nodes[number]!;
    if (node === 0) node = nodes[number] = index.subjects.enter(found.subjects[number]!);
    const isUnsure = (word & unsureBit) !== 0;
    const body = isUnsure ? found.told.get(at) : bodyOfLength(end - byte);
    assert(body !== undefined, "where the place does not tell a length, the segment's contents do");
    index.add(segment, sequence, byte, body, (word & headersBit) !== 0, isUnsure, node);
  }
  segment.places.trim();
}

/** Walks ascending ranges along with ascending questions. */
class RangeCursor {
  readonly #ranges: readonly Range[];
  #at = 0;

  constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
  }

  holds(sequence: number): boolean {
    const ranges = this.#ranges;
    while (this.#at < ranges.length && ranges[this.#at]!.last < sequence) this.#at++;
    const range = ranges[this.#at];
    return range !== undefined && sequence >= range.first;
  }
}

/** Sequences up to `known` that are no message and are not told to be removed. */
function findMissing(index: SequenceIndex, removed: readonly Range[], known: number): Range[] {
  const cursor = new RangeCursor(removed);
  const missing: Range[] = [];
  let next = 1;
  for (const segment of index.segments) {
    const { places } = segment;
    if (places.length === 0) continue;
    if (places.firstSequence > next) addUntold(missing, next, places.firstSequence - 1, removed);
    const isWhole = segment.live === places.length;
    for (let at = isWhole ? places.length : 0; at < places.length; at++) {
      const sequence = places.firstSequence + at;
      if (!places.isGone(at) || cursor.holds(sequence)) continue;
      segment.lostSequences.add(sequence);
      extendRanges(missing, sequence, sequence);
    }
    next = places.lastSequence + 1;
  }
  addUntold(missing, next, known, removed);
  return mergedRanges(missing);
}

/** Adds what of `first` to `last` no range tells. */
function addUntold(missing: Range[], first: number, last: number, removed: readonly Range[]): void {
  let from = first;
  for (const range of removed) {
    if (range.last < from) continue;
    if (range.first > last) break;
    if (range.first > from) missing.push({ first: from, last: range.first - 1 });
    from = range.last + 1;
  }
  if (from <= last) missing.push({ first: from, last });
}
