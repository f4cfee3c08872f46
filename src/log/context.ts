// What every part of a stream's log stands on: its names, the outside world, and the limits.

import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { Commit } from "./commit.ts";
import { type Compression, Cover } from "./cover.ts";
import type { Handles } from "./handles.ts";
import type { Pending } from "./pending.ts";
import { Segment, segmentName } from "./segment.ts";
import { SyncFault } from "./sync-line.ts";

export interface LogLimits {
  /** A segment that reaches this is closed and the next one begun. */
  readonly segmentBytes: number;
  /** Bytes appended to one stream and not taken by a commit; more are refused as "busy". */
  readonly pendingBytesMax: number;
  /** The same of all streams of one tenant, and of the store. */
  readonly tenantPendingBytesMax: number;
  readonly storePendingBytesMax: number;
  /** Committed bytes of one stream that only the journal has; more are written to the segment. */
  readonly behindBytesMax: number;
  /** A segment is rewritten when at least this many bytes, and half of it, can be given back. */
  readonly compactBytesMin: number;
  /** A damaged stretch up to this long is set aside before its segment is rewritten; a longer one is only told. */
  readonly quarantineBytesMax: number;
  /** Bytes of the journals that an erasure goes through in one turn of the program. */
  readonly eraseBytesAtOnce: number;
  /** Removed ranges, or slots, that the giving back of space goes through in one turn of the program. */
  readonly rangesAtOnce: number;
  /** How far the commits went is written down every so many bytes; a start distrusts no more than that of a stream. */
  readonly markEveryBytes: number;
  /** Sequences reserved at a time, from the first to the most. */
  readonly reserveMin: number;
  readonly reserveMax: number;
}

export const defaultLogLimits: LogLimits = {
  segmentBytes: 32 * 1024 * 1024,
  pendingBytesMax: 64 * 1024 * 1024,
  tenantPendingBytesMax: 128 * 1024 * 1024,
  storePendingBytesMax: 512 * 1024 * 1024,
  behindBytesMax: 64 * 1024,
  compactBytesMin: 1024 * 1024,
  quarantineBytesMax: 64 * 1024 * 1024,
  eraseBytesAtOnce: 1024 * 1024,
  rangesAtOnce: 16_384,
  markEveryBytes: 16 * 1024,
  reserveMin: 256,
  reserveMax: 65_536,
};

export interface StreamContext {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly directory: string;
  readonly compression: Compression;
  readonly key: Uint8Array | undefined;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  readonly handles: Handles;
  readonly pool: BufferPool;
  /** Of all streams of its tenant. */
  readonly pending: Pending;
  readonly commit: Commit;
  readonly limits: LogLimits;
  /** A segment's file is gone; what is kept beside it may go too. */
  readonly forgetFile: (segment: Segment) => void;
  /** Bytes were committed. */
  readonly wrote: (bytes: number) => void;
  /** A write found the disk full: the store refuses appends until there is room. */
  readonly foundFull: () => void;
}

/** A segment of this stream, its file not touched. */
export function segmentOf(
  context: StreamContext,
  number: number,
  generation: number,
  firstSequence: number,
): Segment {
  const path = `${context.directory}/${segmentName(number, generation)}`;
  const cover = new Cover(
    context.compression,
    context.key,
    `${context.id} segment ${number} ${generation}`,
    context.random,
  );
  return new Segment(context.handles, path, context.id, number, generation, firstSequence, cover);
}

/** Whether a disk's error says that there is no room, or none for this user. */
export function isFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/** The operating system's code of a disk's error, of its cause where it was wrapped; of a failed sync none matters. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof SyncFault) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === "string") return code;
  return cause === undefined ? undefined : codeOf(cause);
}
