// The headers of streams on a simulated disk, and a stream that is there twice.

import { decodeHeader, encodeHeader } from "../../src/log/header.ts";
import { decodeState, encodeState } from "../../src/log/small-state.ts";
import type { SimDisk } from "../world/disk.ts";

/** Both copies of every stream's header. */
export function statesOf(disk: SimDisk): string[] {
  return disk.files().filter((path) => /\/streams\/.*00000000\.[ab]\.state$/.test(path));
}

/** The stream's files once more under another id, its header changed. */
export function duplicate(disk: SimDisk, id: string, change: { order: number }): void {
  const [from] = disk.listSync("/s/streams") as [string];
  disk.makeDirectorySync(`/s/streams/${id}`);
  for (const path of statesOf(disk).filter((each) => each.includes(from))) {
    const { generation, contents } = decodeState(disk.contents(path), from, 0)!;
    const to = path.replace(from, id);
    disk.openSync(to, "create").closeSync();
    disk.replace(to, encodeState(id, 0, generation, encodeHeader({ ...decodeHeader(contents)!, ...change })));
  }
}
