// The real disk: ports/disk on node:fs. Syncs are fdatasync, which also persists the length a reader needs. They run in
// libuv's threads, but for lone ones on a quick disk: the way there and back takes half as long as the sync itself.

import {
  close,
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  mkdirSync,
  open,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  statfsSync,
  unlink,
  unlinkSync,
  write,
  writeSync,
} from "node:fs";
import { performance } from "node:perf_hooks";
import type { Disk, DiskFile } from "../ports/disk.ts";
import { SyncPace } from "./sync-pace.ts";

const fileMode = 0o600;
const directoryMode = 0o700;

class NodeFile implements DiskFile {
  readonly #fd: number;
  readonly #pace: SyncPace;

  constructor(fd: number, pace: SyncPace) {
    this.#fd = fd;
    this.#pace = pace;
  }

  readSync(into: Uint8Array, offset: number, length: number, position: number): number {
    return readSync(this.#fd, into, offset, length, position);
  }

  writeSync(from: Uint8Array, offset: number, length: number, position: number): number {
    return writeSync(this.#fd, from, offset, length, position);
  }

  write(
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | undefined, written: number) => void,
  ): void {
    write(this.#fd, from, offset, length, position, (error, written) => done(error ?? undefined, written));
  }

  syncSync(): void {
    fdatasyncSync(this.#fd);
  }

  sync(done: (error: Error | undefined) => void, isLone = false): void {
    if (!isLone) return fdatasync(this.#fd, (error) => done(error ?? undefined));
    const from = performance.now();
    if (this.#pace.mayHold()) {
      let failure: Error | undefined;
      try {
        fdatasyncSync(this.#fd);
      } catch (cause) {
        failure = cause as Error;
      }
      this.#pace.held(performance.now() - from);
      // The loop turns before the next one: whoever commits again at once holds nobody's sockets up.
      setImmediate(done, failure);
      return;
    }
    fdatasync(this.#fd, (error) => {
      this.#pace.beside(performance.now() - from);
      done(error ?? undefined);
    });
  }

  sizeSync(): number {
    return fstatSync(this.#fd).size;
  }

  closeSync(): void {
    closeSync(this.#fd);
  }
}

/** @see Disk. Files are made with mode 0600, directories with 0700. */
export class NodeDisk implements Disk {
  readonly #pace = new SyncPace(
    () => performance.now(),
    () => performance.eventLoopUtilization().active,
  );

  openSync(path: string, mode: "read" | "write" | "create"): DiskFile {
    const flags = mode === "read" ? "r" : mode === "write" ? "r+" : "wx+";
    return new NodeFile(openSync(path, flags, fileMode), this.#pace);
  }

  listSync(path: string): string[] {
    return readdirSync(path).sort();
  }

  existsSync(path: string): boolean {
    return existsSync(path);
  }

  makeDirectorySync(path: string): void {
    mkdirSync(path, { mode: directoryMode });
  }

  renameSync(from: string, to: string): void {
    renameSync(from, to);
  }

  unlinkSync(path: string): void {
    unlinkSync(path);
  }

  unlink(path: string, done: (error: Error | undefined) => void): void {
    unlink(path, (error) => done(error ?? undefined));
  }

  removeDirectorySync(path: string): void {
    rmdirSync(path);
  }

  syncDirectorySync(path: string): void {
    const fd = openSync(path, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  syncDirectory(path: string, done: (error: Error | undefined) => void): void {
    open(path, "r", (openError, fd) => {
      if (openError !== null) return done(openError);
      fsync(fd, (error) => close(fd, (closeError) => done(error ?? closeError ?? undefined)));
    });
  }

  freeBytesSync(path: string): number {
    const stats = statfsSync(path);
    return stats.bavail * stats.bsize;
  }
}
