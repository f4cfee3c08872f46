// Whole reads and writes over a disk that may do less than it was asked.

import { Fault } from "../base/assert.ts";
import type { DiskFile } from "../ports/disk.ts";

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
