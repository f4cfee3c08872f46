// What a start found, made to last: written again where it is not known to be on the medium, and synced.

import type { StreamContext } from "./context.ts";
import { byteMask } from "./places.ts";
import type { Segment } from "./segment.ts";
import type { Loaded } from "./segment-scan.ts";
import { writeWholeSync } from "./transfer.ts";

const rewriteBytes = 1024 * 1024;

/**
 * What a reader may be shown from now on must not be forgotten by a power cut that comes later. Where a sync may have
 * failed before, the bytes are there to be read and no sync brings them to the medium: what is not known to have been
 * committed is written again. What was committed is there, or the journal had it and it was written just now.
 */
export function makeLast(
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
