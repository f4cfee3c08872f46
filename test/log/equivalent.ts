// Mutants that nobody can tell from the program, each with the reason. They are not counted as survivors.

export interface Equivalent {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

const placed = "No record lies at byte 0, so a place that is gone is above the bit, never equal to it.";
const impossible = "An assertion of what is always so.";
const nothing = "From one above to one below there is nothing to add.";
const beyond = "Beyond the end of a typed array is no place that is gone.";
const more = "It writes more of what is there again than it must, and the same bytes.";
const memory = "Only memory: what is told twice, or not asked for, is the same.";

export const equivalents: readonly Equivalent[] = [
  {
    file: "commit.ts",
    from: 'assert(this.#journalFlying, "one commit of the journal at a time");',
    to: ";",
    why: impossible,
  },
  {
    file: "recovery.ts",
    from: "const index = new SequenceIndex(context.random.below(2 ** 31));",
    to: "const index = new SequenceIndex(context.random.below(2 * 31));",
    why: "Any seed gives the same answers; more of them are harder to guess.",
  },
  {
    file: "segment-scan.ts",
    from: "if (head.flags !== 0) this.#told.set(places.length, head.bodyBytes);",
    to: "if (true) this.#told.set(places.length, head.bodyBytes);",
    why: memory,
  },
  {
    file: "segment-scan.ts",
    from: "if (at === segmentHeaderBytes && segment.generation > 0) segment.rostered = true;",
    to: "if (at === segmentHeaderBytes && segment.generation >= 0) segment.rostered = true;",
    why: "A start counts as dead whatever a segment's own notes do not tell, so one that was never rewritten tells nothing it should not.",
  },
  {
    file: "segment-scan.ts",
    from: "if (at === segmentHeaderBytes && segment.generation > 0) segment.rostered = true;",
    to: "if (at === segmentHeaderBytes || segment.generation > 0) segment.rostered = true;",
    why: "As above; and a segment that was rewritten begins with its roster, so it is rostered already.",
  },
  { file: "segment-scan.ts", from: "if (number === undefined) {", to: "if (true) {", why: memory },
  { file: "segment-scan.ts", from: "this.#local.set(subject, number);", to: ";", why: memory },
  {
    file: "recovery.ts",
    from: "for (let at = 0; at < found.place.length; at++) {",
    to: "for (let at = 0; at <= found.place.length; at++) {",
    why: beyond,
  },
  {
    file: "recovery.ts",
    from: "if (found.place[at]! >= goneBit && !cursor.holds(found.firstSequence + at)) return false;",
    to: "if (found.place[at]! > goneBit && !cursor.holds(found.firstSequence + at)) return false;",
    why: placed,
  },
  {
    file: "recovery.ts",
    from: "if (word >= goneBit) continue;",
    to: "if (word > goneBit) continue;",
    why: placed,
  },
  {
    file: "recovery.ts",
    from: 'assert(body !== undefined, "where the place does not tell a length, the segment\'s contents do");',
    to: ";",
    why: impossible,
  },
  {
    file: "recovery.ts",
    from: "if (places.firstSequence > next) addUntold(missing, next, places.firstSequence - 1, removed);",
    to: "if (places.firstSequence >= next) addUntold(missing, next, places.firstSequence - 1, removed);",
    why: nothing,
  },
  {
    file: "recovery.ts",
    from: "if (places.firstSequence > next) addUntold(missing, next, places.firstSequence - 1, removed);",
    to: "if (true) addUntold(missing, next, places.firstSequence - 1, removed);",
    why: nothing,
  },
  {
    file: "recovery.ts",
    from: "for (let at = isWhole ? places.length : 0; at < places.length; at++) {",
    to: "for (let at = isWhole ? places.length : 0; at <= places.length; at++) {",
    why: beyond,
  },
  {
    file: "recovery.ts",
    from: "if (range.first > last) break;",
    to: "if (range.first > last) continue;",
    why: "Ranges ascend: all that follow are above as well.",
  },
  {
    file: "made-last.ts",
    from: "if (segments.length > 0) context.disk.syncDirectorySync(context.directory);",
    to: "if (segments.length >= 0) context.disk.syncDirectorySync(context.directory);",
    why: "The directory of a stream without segments is synced as it is opened: once more is once more.",
  },
  {
    file: "made-last.ts",
    from: "if (segments.length > 0) context.disk.syncDirectorySync(context.directory);",
    to: "if (true) context.disk.syncDirectorySync(context.directory);",
    why: "As above.",
  },
  {
    file: "made-last.ts",
    from: "return at < 0 ? 0 : found.place[at]! & byteMask;",
    to: "return at <= 0 ? 0 : found.place[at]! & byteMask;",
    why: more,
  },
  {
    file: "made-last.ts",
    from: "return at < 0 ? 0 : found.place[at]! & byteMask;",
    to: "return at >= 0 ? 0 : found.place[at]! & byteMask;",
    why: more,
  },
  {
    file: "made-last.ts",
    from: "for (let at = from; at < segment.written; at += rewriteBytes) {",
    to: "for (let at = from; at <= segment.written; at += rewriteBytes) {",
    why: "Behind the file's end nothing is read, and nothing written.",
  },
  {
    file: "made-last.ts",
    from: "const { bytes, holes } = segment.readAround(at, Math.min(rewriteBytes, segment.written - at));",
    to: "const { bytes, holes } = segment.readAround(at, Math.min(rewriteBytes, segment.written + at));",
    why: "What is read ends with the file.",
  },
  {
    file: "made-last.ts",
    from: "const { bytes, holes } = segment.readAround(at, Math.min(rewriteBytes, segment.written - at));",
    to: "const { bytes, holes } = segment.readAround(at, Math.max(rewriteBytes, segment.written - at));",
    why: more,
  },
  {
    file: "made-last.ts",
    from: "for (const { from, to } of [...holes, { from: at + bytes.length, to: at + bytes.length }]) {",
    to: "for (const { from, to } of [...holes, { from: at + bytes.length, to: at - bytes.length }]) {",
    why: "Where the last stretch ends nobody asks.",
  },
  {
    file: "recovery.ts",
    from: "segment.startAt(Math.max(found.firstSequence, index.last + 1), Math.max(1, found.place.length));",
    to: "segment.startAt(Math.max(found.firstSequence, index.last + 1), Math.min(1, found.place.length));",
    why: memory,
  },
];
