// Whole reads and writes over a disk that may do less than it was asked.

import { Fault } from "../base/assert.ts";
import type { Disk, DiskFile } from "../ports/disk.ts";

/** Writes all of it, however many calls that takes. Throws the disk's error. */
export function writeWholeSync(file: DiskFile, from: Uint8Array, position: number): void {
  let at = 0;
  while (at < from.length) {
    const written = file.writeSync(from, at, from.length - at, position + at);
    if (written <= 0)
      throw new Fault("write to a file that takes no more bytes", { position: position + at });
    at += written;
  }
}

/** As `writeWholeSync`, beside the running program. */
export function writeWhole(
  file: DiskFile,
  from: Uint8Array,
  position: number,
  done: (error: Error | undefined) => void,
): void {
  let at = 0;
  const step = (): void => {
    file.write(from, at, from.length - at, position + at, (error, written) => {
      if (error !== undefined) return done(error);
      if (written <= 0)
        return done(new Fault("write to a file that takes no more bytes", { position: position + at }));
      at += written;
      if (at >= from.length) return done(undefined);
      step();
    });
  };
  step();
}

/** Reads `length` bytes, or as many as there are. */
export function readWholeSync(file: DiskFile, position: number, length: number): Buffer {
  const into = Buffer.allocUnsafeSlow(length);
  let at = 0;
  while (at < length) {
    const count = file.readSync(into, at, length - at, position + at);
    if (count === 0) break;
    at += count;
  }
  return at === length ? into : into.subarray(0, at);
}

/** What a disk keeps or loses as a whole; the operating system reads and writes no less. */
const pageBytes = 4096;
/** More than this unreadable in one call is no bad sector but a disk that does not answer. */
const unreadableBytesMax = 1024 * 1024;
/** A sector may answer after all: what does not is lost. */
const readTries = 4;

export interface Around {
  /** With zeros where nothing could be read. */
  readonly bytes: Buffer;
  readonly holes: readonly { readonly from: number; readonly to: number }[];
}

function isUnreadable(error: unknown): boolean {
  return (error as { code?: unknown }).code === "EIO";
}

/**
 * As `readWholeSync`, around sectors that cannot be read. Throws the disk's error where it is another one, where more
 * than a page was asked for and nothing can be read, and where too much is unreadable.
 */
export function readAroundSync(file: DiskFile, position: number, length: number): Around {
  const bytes = Buffer.alloc(length);
  const holes: { from: number; to: number }[] = [];
  let lacking = 0;
  let tries = 0;
  let at = 0;
  let end = length;
  while (at < length) {
    let error: unknown;
    const count = tried(
      () => file.readSync(bytes, at, end - at, position + at),
      (cause) => void (error = cause),
    );
    if (count === 0) break;
    if (count !== undefined) {
      at += count;
      end = length;
      tries = 0;
      continue;
    }
    const page = Math.min(length, pageBytes - ((position + at) % pageBytes) + at);
    end = page; // again, no further than the page
    if (++tries < readTries) continue;
    tries = 0;
    const left = Math.min(page, file.sizeSync() - position);
    if (left <= at) break;
    lacking += left - at;
    if (lacking > unreadableBytesMax || (lacking > pageBytes && lacking === left)) throw error;
    const last = holes[holes.length - 1];
    if (last !== undefined && last.to === position + at) last.to = position + left;
    else holes.push({ from: position + at, to: position + left });
    at = left;
    end = length;
  }
  return { bytes: bytes.subarray(0, at), holes };
}

/** As `readAroundSync`, of a file that is not open: its first `bytesMax` bytes. Throws the disk's error. */
export function readFileAround(disk: Disk, path: string, bytesMax = Number.POSITIVE_INFINITY): Around {
  const file = disk.openSync(path, "read");
  try {
    return readAroundSync(file, 0, Math.min(file.sizeSync(), bytesMax));
  } finally {
    file.closeSync();
  }
}

function tried<T>(read: () => T, failed: (cause: unknown) => void): T | undefined {
  try {
    return read();
  } catch (cause) {
    if (!isUnreadable(cause)) throw cause;
    failed(cause);
    return undefined;
  }
}

/** What a question to the disk answers, or `otherwise` where that cannot be read. Throws its other errors. */
export function unlessUnreadable<T, U>(ask: () => T, otherwise: U): T | U {
  return tried(ask, () => undefined) ?? otherwise;
}

/**
 * As `writeWholeSync`, over sectors that cannot be read too: such a page is written whole, for a part of it cannot be
 * put beside the rest. Zeros stand where nothing else is known, and up to the end of the last page.
 */
export function writeOverSync(file: DiskFile, from: Uint8Array, position: number): void {
  try {
    writeWholeSync(file, from, position);
  } catch (cause) {
    if (!isUnreadable(cause)) throw cause;
    const start = position - (position % pageBytes);
    const end = Math.ceil((position + from.length) / pageBytes) * pageBytes;
    const pages = Buffer.alloc(end - start);
    readAroundSync(file, start, end - start).bytes.copy(pages);
    pages.set(from, position - start);
    writeWholeSync(file, pages, start);
  }
}
