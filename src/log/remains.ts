// What may hold a message beside its segment in its stream's directory: half-made and old files, indexes, copies of
// damaged bytes. Each is made zeros before it is unlinked; it is for the caller to sync the directory.

import { checkpointPath } from "./checkpoint.ts";
import type { StreamContext } from "./context.ts";
import { parseSegmentName, type Segment } from "./segment.ts";
import { writeOverSync } from "./transfer.ts";

/** Files of no living segment. Only while none is being made. Throws the disk's error, as do all. */
export function dropLeftovers(context: StreamContext, segments: readonly Segment[]): void {
  const { disk, directory } = context;
  const kept = new Set(segments.flatMap((segment) => [segment.path, checkpointPath(segment)]));
  for (const name of disk.listSync(directory)) {
    const path = `${directory}/${name}`;
    if (isLeftover(name) && !kept.has(path)) wipeFile(context, path);
  }
}

/** Whether a start unlinks such a file when it is of no segment. */
export function isLeftover(name: string): boolean {
  return name.endsWith(".new") || name.endsWith(".idx") || parseSegmentName(name) !== undefined;
}

export function dropIndex(context: StreamContext, segment: Segment): void {
  const path = checkpointPath(segment);
  if (context.disk.existsSync(path)) wipeFile(context, path);
}

/** Copies of damaged bytes of segments `from` to `to`, by number, living or not. */
export function dropSetAside(context: StreamContext, from: number, to: number): void {
  const { disk, directory } = context;
  const aside = `${directory}/damaged`;
  if (!disk.existsSync(aside)) return;
  for (const name of disk.listSync(aside)) {
    const number = Number.parseInt(name, 10);
    if (number >= from && number <= to) wipeFile(context, `${aside}/${name}`);
  }
  disk.syncDirectorySync(aside);
}

function wipeFile({ disk }: StreamContext, path: string): void {
  const file = disk.openSync(path, "write");
  try {
    writeOverSync(file, Buffer.alloc(file.sizeSync()), 0);
    file.syncSync();
  } finally {
    file.closeSync();
  }
  disk.unlinkSync(path);
}
