// The other medium: a disk in memory, for streams that need not outlive the process. The whole room runs on it as it
// does on a real one; what was written is there at once, and nothing is ever synced.

import type { Clock } from "../ports/clock.ts";
import type { Disk, DiskFile } from "../ports/disk.ts";

const pageBytes = 64 * 1024;
/** So much may be written before who waits for a call goes on in a turn of its own. */
const turnBytes = 64 * 1024;

interface Contents {
  pages: Buffer[];
  size: number;
}

/** An error as the operating system's, for disks that are not its own. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}, in memory`), { code });
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Who calls back when: at the end of this turn of the program, or, once much was written, in another one. A disk of its
 * own has other threads for that; here whatever goes on when a call is over would make one turn of all of them.
 */
class Breaths {
  readonly #clock: Clock | undefined;
  #bytes = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock | undefined) {
    this.#clock = clock;
  }

  wrote(bytes: number): void {
    this.#bytes += bytes;
  }

  soon(call: () => void): void {
    const clock = this.#clock;
    if (clock === undefined || this.#bytes < turnBytes) return queueMicrotask(call);
    this.#waiting.push(call);
    if (this.#waiting.length === 1) clock.after(0, () => this.#goOn(clock));
  }

  #goOn(clock: Clock): void {
    const calls = this.#waiting; // what is asked for meanwhile is put behind them
    this.#bytes = 0;
    let at = 0;
    while (at < calls.length && this.#bytes < turnBytes) calls[at++]!();
    this.#waiting = calls.slice(at);
    if (this.#waiting.length > 0) clock.after(0, () => this.#goOn(clock));
  }
}

class MemoryFile implements DiskFile {
  readonly #contents: Contents;
  readonly #breaths: Breaths;
  readonly #grow: (bytes: number) => void;

  constructor(contents: Contents, breaths: Breaths, grow: (bytes: number) => void) {
    this.#contents = contents;
    this.#breaths = breaths;
    this.#grow = grow;
  }

  readSync(into: Uint8Array, offset: number, length: number, position: number): number {
    const { pages, size } = this.#contents;
    const count = Math.max(0, Math.min(length, size - position));
    for (let done = 0; done < count; ) {
      const at = position + done;
      const page = pages[Math.floor(at / pageBytes)]!;
      const part = page.subarray(at % pageBytes, Math.min(pageBytes, (at % pageBytes) + count - done));
      into.set(part, offset + done);
      done += part.length;
    }
    return count;
  }

  writeSync(from: Uint8Array, offset: number, length: number, position: number): number {
    const contents = this.#contents;
    const end = position + length;
    while (contents.pages.length * pageBytes < end) {
      this.#grow(pageBytes);
      contents.pages.push(Buffer.alloc(pageBytes));
    }
    for (let done = 0; done < length; ) {
      const at = position + done;
      const page = contents.pages[Math.floor(at / pageBytes)]!;
      const part = Math.min(pageBytes - (at % pageBytes), length - done);
      page.set(from.subarray(offset + done, offset + done + part), at % pageBytes);
      done += part;
    }
    contents.size = Math.max(contents.size, end);
    this.#breaths.wrote(length);
    return length;
  }

  write(
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | undefined, written: number) => void,
  ): void {
    let written = 0;
    let error: Error | undefined;
    try {
      written = this.writeSync(from, offset, length, position);
    } catch (cause) {
      error = cause as Error;
    }
    this.#breaths.soon(() => done(error, written));
  }

  syncSync(): void {}

  sync(done: (error: Error | undefined) => void): void {
    this.#breaths.soon(() => done(undefined));
  }

  sizeSync(): number {
    return this.#contents.size;
  }

  closeSync(): void {}
}

export class MemoryDisk implements Disk {
  readonly #bytesMax: number;
  readonly #breaths: Breaths;
  readonly #files = new Map<string, Contents>();
  /** The names in each. */
  readonly #directories = new Map<string, Set<string>>([["/", new Set()]]);
  #bytes = 0;

  /**
   * Writes beyond `bytesMax` fail with ENOSPC. With a clock, who waits for a call goes on in a turn of its own once much
   * was written; without one, for a disk that nobody shares, always in this one.
   */
  constructor(bytesMax: number, clock?: Clock) {
    this.#bytesMax = bytesMax;
    this.#breaths = new Breaths(clock);
  }

  /** Memory taken by files. */
  get bytes(): number {
    return this.#bytes;
  }

  openSync(path: string, mode: "read" | "write" | "create"): DiskFile {
    let contents = this.#files.get(path);
    if (mode === "create") {
      if (this.existsSync(path)) throw systemError("EEXIST", path);
      contents = { pages: [], size: 0 };
      this.#inside(parentOf(path), path).add(nameOf(path));
      this.#files.set(path, contents);
    }
    if (contents === undefined) throw systemError("ENOENT", path);
    return new MemoryFile(contents, this.#breaths, (bytes) => this.#grow(bytes, path));
  }

  #grow(bytes: number, path: string): void {
    if (this.#bytes + bytes > this.#bytesMax) throw systemError("ENOSPC", path);
    this.#bytes += bytes;
  }

  /** The names in a directory; ENOENT of `path` when it is none. */
  #inside(directory: string, path = directory): Set<string> {
    const names = this.#directories.get(directory);
    if (names === undefined) throw systemError("ENOENT", path);
    return names;
  }

  listSync(path: string): string[] {
    return [...this.#inside(path)].sort();
  }

  existsSync(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path);
  }

  makeDirectorySync(path: string): void {
    if (this.existsSync(path)) throw systemError("EEXIST", path);
    this.#inside(parentOf(path), path).add(nameOf(path));
    this.#directories.set(path, new Set());
  }

  renameSync(from: string, to: string): void {
    if (!this.existsSync(from)) throw systemError("ENOENT", from);
    const names = this.#inside(parentOf(to), to);
    if (this.existsSync(to)) this.unlinkSync(to);
    this.#inside(parentOf(from)).delete(nameOf(from));
    names.add(nameOf(to));
    this.#move(from, to);
  }

  #move(from: string, to: string): void {
    const contents = this.#files.get(from);
    if (contents !== undefined) {
      this.#files.delete(from);
      this.#files.set(to, contents);
      return;
    }
    const names = this.#inside(from);
    this.#directories.delete(from);
    this.#directories.set(to, names);
    for (const name of names) this.#move(`${from}/${name}`, `${to}/${name}`);
  }

  unlinkSync(path: string): void {
    const contents = this.#files.get(path);
    if (contents === undefined) throw systemError("ENOENT", path);
    this.#bytes -= contents.pages.length * pageBytes;
    this.#files.delete(path);
    this.#inside(parentOf(path)).delete(nameOf(path));
  }

  unlink(path: string, done: (error: Error | undefined) => void): void {
    this.#breaths.soon(() => {
      try {
        this.unlinkSync(path);
      } catch (cause) {
        return done(cause as Error);
      }
      done(undefined);
    });
  }

  removeDirectorySync(path: string): void {
    if (this.#inside(path).size > 0) throw systemError("ENOTEMPTY", path);
    this.#directories.delete(path);
    this.#inside(parentOf(path)).delete(nameOf(path));
  }

  syncDirectorySync(): void {}

  syncDirectory(_path: string, done: (error: Error | undefined) => void): void {
    this.#breaths.soon(() => done(undefined));
  }

  freeBytesSync(): number {
    return this.#bytesMax - this.#bytes;
  }
}

/** Limits for a store on a MemoryDisk: small files, since a page is taken for each, and no journal to speak of. */
export const memoryStoreLimits = {
  segmentBytes: 4 * 1024 * 1024,
  journalBytes: 128 * 1024,
  shareBytesMax: 0,
  freeBytesMin: 0,
} as const;
