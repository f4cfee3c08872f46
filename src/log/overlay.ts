// A disk seen through glass: reads come from the real one, writes stay in memory. An audit opens a store on it.

import type { Disk, DiskFile } from "../ports/disk.ts";
import { MemoryDisk } from "./memory.ts";
import { readWholeSync, writeWholeSync } from "./transfer.ts";

const overlayBytesMax = 2 ** 40; // bounded by what a start rewrites: the journal's items and damaged copies

export class OverlayDisk implements Disk {
  readonly #under: Disk;
  readonly #over = new MemoryDisk(overlayBytesMax);
  readonly #gone = new Set<string>();

  constructor(under: Disk) {
    this.#under = under;
  }

  #isUnder(path: string): boolean {
    return !this.#gone.has(path) && this.#under.existsSync(path);
  }

  /** Makes the directories above a path in memory, as they are below. */
  #makeParents(path: string): void {
    const parts = path.split("/").slice(1, -1);
    let at = "";
    for (const part of parts) {
      at += `/${part}`;
      if (!this.#over.existsSync(at)) this.#over.makeDirectorySync(at);
    }
  }

  openSync(path: string, mode: "read" | "write" | "create"): DiskFile {
    if (this.#over.existsSync(path)) return this.#over.openSync(path, mode);
    if (mode === "read" && this.#isUnder(path)) return this.#under.openSync(path, "read");
    if (mode === "create" || !this.#isUnder(path)) {
      this.#makeParents(path);
      return this.#over.openSync(path, mode);
    }
    return new CopyOnWrite(this.#under.openSync(path, "read"), (contents) => {
      this.#makeParents(path);
      const copy = this.#over.existsSync(path)
        ? this.#over.openSync(path, "write")
        : this.#over.openSync(path, "create");
      if (copy.sizeSync() === 0) writeWholeSync(copy, contents, 0);
      return copy;
    });
  }

  listSync(path: string): string[] {
    const under = this.#isUnder(path)
      ? this.#under.listSync(path).filter((name) => !this.#gone.has(`${path}/${name}`))
      : [];
    const over = this.#over.existsSync(path) ? this.#over.listSync(path) : [];
    return [...new Set([...under, ...over])].sort();
  }

  existsSync(path: string): boolean {
    return this.#over.existsSync(path) || this.#isUnder(path);
  }

  makeDirectorySync(path: string): void {
    this.#makeParents(path);
    this.#over.makeDirectorySync(path);
  }

  renameSync(from: string, to: string): void {
    this.#copyUp(from);
    this.#makeParents(to);
    this.#over.renameSync(from, to);
    this.#gone.add(from);
  }

  /** Brings a file, or a directory with all it holds, into memory. */
  #copyUp(path: string): void {
    if (!this.#isUnder(path)) return;
    this.#makeParents(path);
    let names: string[] | undefined;
    try {
      names = this.#under.listSync(path);
    } catch {
      names = undefined; // a file: told apart by trying, as the port has no other way
    }
    if (names !== undefined) {
      if (!this.#over.existsSync(path)) this.#over.makeDirectorySync(path);
      for (const name of names) this.#copyUp(`${path}/${name}`);
      return;
    }
    if (this.#over.existsSync(path)) return;
    const file = this.#under.openSync(path, "read");
    writeWholeSync(this.#over.openSync(path, "create"), readWholeSync(file, 0, file.sizeSync()), 0);
    file.closeSync();
  }

  unlinkSync(path: string): void {
    if (this.#over.existsSync(path)) this.#over.unlinkSync(path);
    this.#gone.add(path);
  }

  removeDirectorySync(path: string): void {
    if (this.#over.existsSync(path)) this.#over.removeDirectorySync(path);
    this.#gone.add(path);
  }

  syncDirectorySync(): void {}

  syncDirectory(path: string, done: (error: Error | undefined) => void): void {
    this.#over.syncDirectory(path, done);
  }

  freeBytesSync(): number {
    return overlayBytesMax;
  }
}

/** A file of the disk below until it is first written, then its copy in memory. */
class CopyOnWrite implements DiskFile {
  #file: DiskFile;
  readonly #copy: (contents: Buffer) => DiskFile;
  #copied = false;

  constructor(file: DiskFile, copy: (contents: Buffer) => DiskFile) {
    this.#file = file;
    this.#copy = copy;
  }

  #own(): DiskFile {
    if (this.#copied) return this.#file;
    const under = this.#file;
    this.#file = this.#copy(readWholeSync(under, 0, under.sizeSync()));
    this.#copied = true;
    under.closeSync();
    return this.#file;
  }

  readSync(into: Uint8Array, offset: number, length: number, position: number): number {
    return this.#file.readSync(into, offset, length, position);
  }

  writeSync(from: Uint8Array, offset: number, length: number, position: number): number {
    return this.#own().writeSync(from, offset, length, position);
  }

  write(
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | undefined, written: number) => void,
  ): void {
    this.#own().write(from, offset, length, position, done);
  }

  syncSync(): void {}

  sync(done: (error: Error | undefined) => void): void {
    queueMicrotask(() => done(undefined));
  }

  truncateSync(length: number): void {
    this.#own().truncateSync(length);
  }

  sizeSync(): number {
    return this.#file.sizeSync();
  }

  closeSync(): void {
    this.#file.closeSync();
  }
}
