// A disk seen through glass: reads come from the real one, writes stay in memory. An audit opens a store on it.

import type { Disk, DiskFile } from "../ports/disk.ts";
import { MemoryDisk, systemError } from "./memory.ts";
import { readWholeSync, writeWholeSync } from "./transfer.ts";

const overlayBytesMax = 2 ** 40; // bounded by what a start rewrites: the journal's items and damaged copies

export class OverlayDisk implements Disk {
  readonly #under: Disk;
  readonly #over = new MemoryDisk(overlayBytesMax);
  /** Names of the disk below that were unlinked or renamed, with all that is below them. */
  readonly #gone = new Set<string>();

  constructor(under: Disk) {
    this.#under = under;
  }

  #isUnder(path: string): boolean {
    for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/")))
      if (this.#gone.has(at)) return false;
    return this.#under.existsSync(path);
  }

  #demand(path: string): void {
    if (!this.existsSync(path)) throw systemError("ENOENT", path);
  }

  /** Makes the directories above a name in memory, as they are below. */
  #makeParents(path: string): void {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent === "" || this.#over.existsSync(parent)) return;
    this.#demand(parent);
    this.#makeParents(parent);
    this.#over.makeDirectorySync(parent);
  }

  #demandFree(path: string): void {
    if (this.existsSync(path)) throw systemError("EEXIST", path);
  }

  openSync(path: string, mode: "read" | "write" | "create"): DiskFile {
    if (mode === "create") return this.#create(path);
    if (this.#over.existsSync(path)) return this.#over.openSync(path, mode);
    this.#demand(path);
    const file = this.#under.openSync(path, "read");
    if (mode === "read") return file;
    return new CopyOnWrite(
      file,
      () => (this.#over.existsSync(path) ? this.#over.openSync(path, "write") : undefined),
      () => this.#copyFile(path),
    );
  }

  #create(path: string): DiskFile {
    this.#demandFree(path);
    this.#makeParents(path);
    return this.#over.openSync(path, "create");
  }

  #copyFile(path: string): DiskFile {
    const under = this.#under.openSync(path, "read");
    this.#makeParents(path);
    const copy = this.#over.openSync(path, "create");
    writeWholeSync(copy, readWholeSync(under, 0, under.sizeSync()), 0);
    under.closeSync();
    return copy;
  }

  listSync(path: string): string[] {
    this.#demand(path);
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
    this.#demandFree(path);
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
    let names: string[];
    try {
      names = this.listSync(path);
    } catch {
      // A file: told apart by trying, as the port has no other way.
      if (!this.#over.existsSync(path)) this.#copyFile(path);
      return;
    }
    this.#makeParents(`${path}/`);
    for (const name of names) this.#copyUp(`${path}/${name}`);
  }

  unlinkSync(path: string): void {
    this.#demand(path);
    if (this.#over.existsSync(path)) this.#over.unlinkSync(path);
    this.#gone.add(path);
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

/** A file of the disk below until somebody first writes to it, then its copy in memory. */
class CopyOnWrite implements DiskFile {
  #file: DiskFile;
  readonly #find: () => DiskFile | undefined;
  readonly #copy: () => DiskFile;
  #isCopy = false;

  /** `find` answers the copy that another handle made; `copy` makes it. */
  constructor(file: DiskFile, find: () => DiskFile | undefined, copy: () => DiskFile) {
    this.#file = file;
    this.#find = find;
    this.#copy = copy;
  }

  #seen(): DiskFile {
    const copy = this.#isCopy ? undefined : this.#find();
    return copy === undefined ? this.#file : this.#goOnWith(copy);
  }

  #own(): DiskFile {
    const file = this.#seen();
    return this.#isCopy ? file : this.#goOnWith(this.#copy());
  }

  #goOnWith(copy: DiskFile): DiskFile {
    this.#file.closeSync();
    this.#file = copy;
    this.#isCopy = true;
    return copy;
  }

  readSync(into: Uint8Array, offset: number, length: number, position: number): number {
    return this.#seen().readSync(into, offset, length, position);
  }

  writeSync(from: Uint8Array, offset: number, length: number, position: number): number {
    // A start writes again what it is not sure of: no reason to hold a copy of a segment.
    const there = readWholeSync(this.#seen(), position, length);
    if (there.length === length && there.compare(from, offset, offset + length) === 0) return length;
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

  sizeSync(): number {
    return this.#seen().sizeSync();
  }

  closeSync(): void {
    this.#file.closeSync();
  }
}
