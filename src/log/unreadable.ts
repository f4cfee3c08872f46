// A stream whose header is lost in both copies: who it was, as far as its other files tell. It is not opened, nothing
// else gets its name, and its files stay as they are until it is deleted or somebody moves them away.

import type { Disk } from "../ports/disk.ts";
import { isOf } from "./format.ts";
import { decodeHeader } from "./header.ts";
import { headOf, kindMessage } from "./record.ts";
import { isBlank, scanRecords } from "./scan.ts";
import {
  markOf,
  nameDigest,
  nameDigestIn,
  parseSegmentName,
  segmentFormat,
  segmentHeaderBytes,
} from "./segment.ts";
import { stateHeaderBytes, stateName } from "./small-state.ts";
import { type Around, readFileAround, unlessUnreadable } from "./transfer.ts";

/** A header takes no more, even with the longest of names. */
const headerBytesMax = 64 * 1024;
const copies = ["a", "b"] as const;

export class UnreadableStream {
  readonly id: string;
  readonly path: string;
  /** Its segment files. */
  readonly segments: readonly string[];
  /** As a damaged copy of the header still says it; undefined where none does, or a segment says otherwise. */
  readonly name: string | undefined;
  readonly #digest: Buffer | undefined;

  /** Reads heads only. Throws the disk's error. */
  constructor(disk: Disk, path: string, id: string) {
    this.id = id;
    this.path = path;
    const names = unlessUnreadable(() => disk.listSync(path), []);
    this.segments = names.filter((name) => parseSegmentName(name) !== undefined);
    for (const segment of this.segments)
      this.#digest ??= digestIn(readFront(disk, `${path}/${segment}`, segmentHeaderBytes).bytes);
    const said = copies.flatMap(
      (copy) => nameIn(readFront(disk, `${path}/${stateName(0, copy)}`, headerBytesMax).bytes) ?? [],
    );
    this.name = said.find((name) => this.#digest === undefined || this.#digest.equals(nameDigest(name)));
  }

  /** Whether its files say that this was its name. */
  wasNamed(name: string): boolean {
    return this.#digest === undefined ? this.name === name : this.#digest.equals(nameDigest(name));
  }
}

/** How many messages lie whole in a stream's segments, removed ones among them, and their first and last sequence. */
export interface Remains {
  readonly messages: number;
  readonly first: number;
  readonly last: number;
}

/** Reads all of an unreadable stream's segments, one at a time. Throws the disk's error. */
export function remainsOf(disk: Disk, { id, path, segments }: UnreadableStream): Remains {
  const found = { messages: 0, first: 0, last: 0 };
  for (const name of segments) {
    const { number, generation } = parseSegmentName(name)!;
    const { bytes } = readFileAround(disk, `${path}/${name}`);
    scanRecords(
      bytes,
      Math.min(segmentHeaderBytes, bytes.length),
      bytes.length,
      markOf(id, number, generation),
      0,
      {
        record: (at) => {
          const { kind, sequence } = headOf(bytes, at);
          if (kind !== kindMessage) return;
          found.messages++;
          found.first = found.first === 0 ? sequence : Math.min(found.first, sequence);
          found.last = Math.max(found.last, sequence);
        },
        damaged: () => undefined,
      },
    );
  }
  return found;
}

/**
 * Whether a stream's directory without a readable header is what a cut left of its making: no file but the header's
 * copies, and these never written, or written once. Throws the disk's error.
 */
export function wasNeverMade(disk: Disk, path: string): boolean {
  const headers = copies.map((copy) => stateName(0, copy));
  return unlessUnreadable(() => disk.listSync(path), ["not known"]).every((name) => {
    if (!headers.includes(name)) return false;
    const { bytes, holes } = readFront(disk, `${path}/${name}`, stateHeaderBytes);
    if (holes.length > 0) return false;
    return (
      isBlank(bytes, 0, bytes.length) || (bytes.length === stateHeaderBytes && bytes.readUInt32LE(20) === 1)
    );
  });
}

function digestIn(head: Buffer): Buffer | undefined {
  return isOf(segmentFormat, head) ? nameDigestIn(head) : undefined;
}

/** What a damaged copy still says. */
function nameIn(copy: Buffer): string | undefined {
  if (copy.length < stateHeaderBytes) return undefined;
  return decodeHeader(copy.subarray(stateHeaderBytes, stateHeaderBytes + copy.readUInt32LE(24)))?.name;
}

/** Nothing where there is no such file, and nothing but a hole where it cannot be read. */
function readFront(disk: Disk, path: string, bytesMax: number): Around {
  const nothing = Buffer.alloc(0);
  if (!disk.existsSync(path)) return { bytes: nothing, holes: [] };
  return unlessUnreadable(() => readFileAround(disk, path, bytesMax), {
    bytes: nothing,
    holes: [{ from: 0, to: bytesMax }],
  });
}
