// The files of a store on a simulated disk: found, taken away, changed where they lie, and calls on them that fail.

import assert from "node:assert/strict";
import { parseSegmentName, segmentName } from "../../src/log/segment.ts";
import type { Mishap, SimDisk } from "../world/disk.ts";

export interface OnDisk {
  readonly disk: SimDisk;
}

/** The process ends at once; what was written is there. */
export function killed(disk: SimDisk): SimDisk {
  return disk.reborn("kill", 1);
}

/** Paths of the segments, oldest first. */
export function segmentsOf(disk: SimDisk): string[] {
  return disk.files().filter((path) => parseSegmentName(path.slice(path.lastIndexOf("/") + 1)) !== undefined);
}

/** The segments' names without their directory, oldest first. */
export function names({ disk }: OnDisk): string[] {
  return segmentsOf(disk).map((path) => path.slice(-segmentName(1, 0).length));
}

/** The directory of the one stream there is. */
export function folderOf({ disk }: OnDisk): string {
  const [path] = segmentsOf(disk) as [string];
  return path.slice(0, path.lastIndexOf("/"));
}

/** The first index beside a segment. */
export function indexOf(disk: SimDisk): string {
  return disk.files().find((path) => path.endsWith(".idx"))!;
}

/** Takes away every file whose name ends so. */
export function lose(disk: SimDisk, ...endings: readonly string[]): void {
  for (const path of disk.files()) if (endings.some((ending) => path.endsWith(ending))) disk.lose(path);
}

/** Changes a file where it lies. */
export function edit(disk: SimDisk, path: string, change: (bytes: Buffer) => Buffer): void {
  disk.replace(path, change(Buffer.from(disk.contents(path))));
}

/** Turns one bit of the first place where the file holds this text. */
export function damage(disk: SimDisk, path: string, text: string): void {
  edit(disk, path, (bytes) => {
    const at = bytes.indexOf(text);
    assert.ok(at >= 0, `${path} does not hold "${text}"`);
    bytes[at]! ^= 1;
    return bytes;
  });
}

/** From now on calls of this kind fail whose path ends so. */
export function refuse(disk: SimDisk, what: string, ending: RegExp, code: Mishap = "EIO"): void {
  disk.plan = (_, call, path) => (call === what && ending.test(path) ? code : undefined);
}

/** The n-th call of this kind fails whose path ends so; answers how many there were. */
export function refuseOnce(
  { disk }: OnDisk,
  what: string,
  ending: string,
  nth = 1,
  code: Mishap = "EIO",
): { met: number } {
  const counted = { met: 0 };
  disk.plan = (_, call, path) =>
    call === what && path.endsWith(ending) && ++counted.met === nth ? code : undefined;
  return counted;
}
