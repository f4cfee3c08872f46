// Opening a stream: from the files that are there to the index, the exact list of what is missing, and the sequence
// from which to go on. It removes what a cut operation left over.

import { assert } from "../base/assert.ts";
import { bodyOfLength, checkpointPath, readCheckpoint } from "./checkpoint.ts";
import type { StreamContext } from "./context.ts";
import { segmentOf } from "./context.ts";
import type { HeaderFields } from "./header.ts";
import { SequenceIndex } from "./index.ts";
import type { Losses } from "./loss.ts";
import { makeLast } from "./made-last.ts";
import { byteMask } from "./places.ts";
import { extendRanges, mergedRanges, type Range, removedLength } from "./record.ts";
import { isLeftover } from "./remains.ts";
import { isBlank } from "./scan.ts";
import { parseSegmentName, readSegmentHeader, type Segment, segmentHeaderBytes } from "./segment.ts";
import { type Loaded, scanSegment } from "./segment-scan.ts";

const goneBit = 2 ** 31;
const unsureBit = 2 ** 30;
const headersBit = 2 ** 29;

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
    if (isLeftover(name) && !kept.has(path) && disk.existsSync(path)) disk.unlinkSync(path);
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
