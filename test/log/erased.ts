// What the store answered to be erased is in no file any more, after whatever crash.

import assert from "node:assert/strict";
import { SimDisk } from "../world/disk.ts";

/** So many of the last ones are looked for. */
const keptMax = 32;

export class Erased {
  readonly #kept: Buffer[] = [];

  /** Bytes as they lay in a file, and nothing else does: of a stream that is neither compressed nor encrypted. */
  add(bytes: Buffer): void {
    if (this.#kept.push(bytes) > keptMax) this.#kept.shift();
  }

  look(disk: unknown): void {
    if (!(disk instanceof SimDisk)) return;
    for (const path of disk.files()) {
      const contents = disk.contents(path);
      for (const bytes of this.#kept)
        assert.ok(
          !contents.includes(bytes),
          `${path} holds "${bytes.toString("latin1", 0, 12)}", which was erased`,
        );
    }
  }
}
