// The gate of a store: one that holds a whole file of another version is refused before anything is read by rules that
// may not be its own. Taken for damage, such a file would be mended to death.

import { Fault } from "../base/assert.ts";
import type { Disk } from "../ports/disk.ts";
import { indexFormat } from "./checkpoint.ts";
import { type Format, magicBytes, otherVersion, versionText } from "./format.ts";
import { journalFormat } from "./journal.ts";
import { segmentFormat } from "./segment.ts";
import { stateFormat } from "./small-state.ts";
import { readAroundSync, unlessUnreadable } from "./transfer.ts";

/** By the ending of their names, which stays in every version. */
const formats: ReadonlyMap<string, Format> = new Map([
  ["state", stateFormat],
  ["journal", journalFormat],
  ["seg", segmentFormat],
  ["idx", indexFormat],
]);

/** A store was written by another version of this program. */
export class VersionFault extends Fault {
  readonly path: string;
  readonly version: string;
  /** The version of such a file that this program reads. */
  readonly reads: string;

  constructor(path: string, what: string, version: string, reads: string) {
    super(`${path} is a ${what} of version ${version}; this program reads version ${reads}`, { path });
    this.path = path;
    this.version = version;
    this.reads = reads;
  }
}

/**
 * Looks at the head of every file of a store, but for what is on its way out, and changes nothing. What cannot be read
 * is damaged, of whichever version it was: who needs it tells of it.
 * @throws VersionFault at the first that is whole and of another version; the disk's error.
 */
export function demandKnownVersions(disk: Disk, directory: string): void {
  if (!disk.existsSync(directory)) return;
  for (const name of disk.listSync(directory)) demandKnown(disk, `${directory}/${name}`);
  for (const path of [`${directory}/journal`, ...streamsIn(disk, directory)]) {
    if (!disk.existsSync(path)) continue;
    for (const name of unlessUnreadable(() => disk.listSync(path), [])) demandKnown(disk, `${path}/${name}`);
  }
}

function streamsIn(disk: Disk, directory: string): string[] {
  const streams = `${directory}/streams`;
  if (!disk.existsSync(streams)) return [];
  const ids = disk.listSync(streams).filter((id) => /^[0-9a-f]{16}$/.test(id));
  return ids.map((id) => `${streams}/${id}`);
}

function demandKnown(disk: Disk, path: string): void {
  const format = formats.get(path.slice(path.lastIndexOf(".") + 1));
  if (format !== undefined) unlessUnreadable(() => demandKnownAs(format, disk, path), undefined);
}

function demandKnownAs(format: Format, disk: Disk, path: string): void {
  const file = disk.openSync(path, "read");
  try {
    const start = readAroundSync(file, 0, magicBytes);
    if (start.holes.length > 0 || start.bytes.equals(format.magic)) return;
    const { bytes } = readAroundSync(file, 0, Math.min(file.sizeSync(), format.headBytes));
    const version = otherVersion(format, bytes);
    if (version !== undefined) throw new VersionFault(path, format.what, version, versionText(format.magic));
  } finally {
    file.closeSync();
  }
}
