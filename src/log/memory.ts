// The other medium: a disk in memory, for streams that need not outlive the process. The whole room runs on it as it
// does on a real one; what was written is there at once, and nothing is ever synced.

import type { Disk, DiskFile } from "../ports/disk.ts";

const pageBytes = 64 * 1024;

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

class MemoryFile implements DiskFile {
  readonly #contents: Contents;
  readonly #grow: (bytes: number) => void;

  constructor(contents: Contents, grow: (bytes: number) => void) {
    this.#contents = contents;
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
    return length;
  }

  write(
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | undefined, written: number) => void,
  ): void {
    queueMicrotask(() => {
      try {
        done(undefined, this.writeSync(from, offset, length, position));
      } catch (cause) {
        done(cause as Error, 0);
      }
    });
  }

  syncSync(): void {}

  sync(done: (error: Error | undefined) => void): void {
    queueMicrotask(() => done(undefined));
  }

  sizeSync(): number {
    return this.#contents.size;
  }

  closeSync(): void {}
}

export class MemoryDisk implements Disk {
  readonly #bytesMax: number;
  readonly #names = new Map<string, Contents | "directory">([["/", "directory"]]);
  #bytes = 0;

  /** Writes beyond `bytesMax` fail with ENOSPC. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Memory taken by files. */
  get bytes(): number {
    return this.#bytes;
  }

  openSync(path: string, mode: "read" | "write" | "create"): DiskFile {
    let contents = this.#names.get(path);
    if (mode === "create") {
      if (contents !== undefined) throw systemError("EEXIST", path);
      if (this.#names.get(parentOf(path)) !== "directory") throw systemError("ENOENT", path);
      contents = { pages: [], size: 0 };
      this.#names.set(path, contents);
    }
    if (contents === undefined || contents === "directory") throw systemError("ENOENT", path);
    return new MemoryFile(contents, (bytes) => this.#grow(bytes, path));
  }

  #grow(bytes: number, path: string): void {
    if (this.#bytes + bytes > this.#bytesMax) throw systemError("ENOSPC", path);
    this.#bytes += bytes;
  }

  listSync(path: string): string[] {
    if (this.#names.get(path) !== "directory") throw systemError("ENOENT", path);
    const prefix = path === "/" ? "/" : `${path}/`;
    const inside = [...this.#names.keys()].filter(
      (name) => name.length > prefix.length && name.startsWith(prefix),
    );
    return inside
      .map((name) => name.slice(prefix.length))
      .filter((name) => !name.includes("/"))
      .sort();
  }

  existsSync(path: string): boolean {
    return this.#names.has(path);
  }

  makeDirectorySync(path: string): void {
    if (this.#names.has(path)) throw systemError("EEXIST", path);
    if (this.#names.get(parentOf(path)) !== "directory") throw systemError("ENOENT", path);
    this.#names.set(path, "directory");
  }

  renameSync(from: string, to: string): void {
    const moved = this.#names.get(from);
    if (moved === undefined) throw systemError("ENOENT", from);
    if (this.#names.has(to)) this.unlinkSync(to);
    for (const [path, contents] of [...this.#names]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#names.delete(path);
      this.#names.set(to + path.slice(from.length), contents);
    }
  }

  unlinkSync(path: string): void {
    const contents = this.#names.get(path);
    if (contents === undefined || contents === "directory") throw systemError("ENOENT", path);
    this.#bytes -= contents.pages.length * pageBytes;
    this.#names.delete(path);
  }

  unlink(path: string, done: (error: Error | undefined) => void): void {
    queueMicrotask(() => {
      try {
        this.unlinkSync(path);
      } catch (cause) {
        return done(cause as Error);
      }
      done(undefined);
    });
  }

  removeDirectorySync(path: string): void {
    if (this.listSync(path).length > 0) throw systemError("ENOTEMPTY", path);
    this.#names.delete(path);
  }

  syncDirectorySync(): void {}

  syncDirectory(_path: string, done: (error: Error | undefined) => void): void {
    queueMicrotask(() => done(undefined));
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
