// Walking over records in bytes that may be damaged: a bad record is stepped over, never the end of the file.

import { soundLength } from "./record.ts";

export interface ScanVisitor {
  /** A whole, checked record lies at `at`. */
  record(at: number, length: number): void;
  /** Nothing whole lies in [`from`, `to`), but something whole follows. */
  damaged(from: number, to: number): void;
}

/**
 * Visits every whole record in `buffer` between `from` and `end`; the buffer's first byte is `base` of the segment.
 * Answers where the last whole record ends; what lies behind is unwritten (zeros), torn or damaged.
 */
export function scanRecords(
  buffer: Buffer,
  from: number,
  end: number,
  mark: number,
  base: number,
  visitor: ScanVisitor,
): number {
  const markBytes = Buffer.alloc(4);
  markBytes.writeUInt32LE(mark);
  let at = from;
  for (;;) {
    const length = soundLength(buffer, at, end, mark, base + at);
    if (length > 0) {
      visitor.record(at, length);
      at += length;
      continue;
    }
    const next = nextSound(buffer, at + 1, end, mark, base, markBytes);
    if (next < 0) return at;
    visitor.damaged(at, next);
    at = next;
  }
}

function nextSound(
  buffer: Buffer,
  from: number,
  end: number,
  mark: number,
  base: number,
  markBytes: Buffer,
): number {
  let at = from;
  for (;;) {
    at = buffer.indexOf(markBytes, at);
    if (at < 0 || at >= end) return -1;
    if (soundLength(buffer, at, end, mark, base + at) > 0) return at;
    at++;
  }
}

/** Whether a stretch was never written. */
export function isBlank(buffer: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (buffer[at] !== 0) return false;
  return true;
}
