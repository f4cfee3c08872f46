// The files kept open: at most so many, the longest unused closed first, none while something is under way on it.

import type { Disk, DiskFile } from "../ports/disk.ts";
import { closeEach } from "./close-each.ts";

interface Handle {
  readonly file: DiskFile;
  pins: number;
}

export class Handles {
  readonly #disk: Disk;
  readonly #openMax: number;
  readonly #open = new Map<string, Handle>();
  /** Closed for everybody, with a call under way. */
  readonly #leaving = new Map<string, Handle[]>();

  constructor(disk: Disk, openMax: number) {
    this.#disk = disk;
    this.#openMax = openMax;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The file at `path`, opened for reading and writing if it is not open yet. Throws the disk's error. */
  file(path: string): DiskFile {
    const handle = this.#open.get(path);
    if (handle !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, handle);
      return handle.file;
    }
    const file = this.#disk.openSync(path, "write");
    this.#keep(path, file);
    return file;
  }

  create(path: string): DiskFile {
    const file = this.#disk.openSync(path, "create");
    this.#keep(path, file);
    return file;
  }

  /** Keeps a file open until `unpin`: a call on it has not come back yet. */
  pin(path: string): DiskFile {
    const file = this.file(path);
    this.#open.get(path)!.pins++;
    return file;
  }

  unpin(path: string): void {
    const leaving = this.#leaving.get(path);
    const handle = leaving?.find(({ pins }) => pins > 0) ?? this.#open.get(path);
    if (handle !== undefined) handle.pins--;
    if (
      leaving === undefined ||
      leaving.some(({ pins }) => pins > 0) ||
      (this.#open.get(path)?.pins ?? 0) > 0
    )
      return;
    this.#leaving.delete(path);
    closeEach(leaving.map(({ file }) => file));
  }

  /**
   * Closes a file; if a call on it has not come back yet, once it has. The operating system gives a closed file's
   * number to the next one opened, and a late write or sync would reach that one.
   */
  close(path: string): void {
    const handle = this.#open.get(path);
    if (handle === undefined) return;
    this.#open.delete(path);
    if (handle.pins === 0) return handle.file.closeSync();
    const leaving = this.#leaving.get(path);
    if (leaving === undefined) this.#leaving.set(path, [handle]);
    else leaving.push(handle);
  }

  /** Closes every file. Throws the first of the disk's errors, when all are closed. */
  closeSync(): void {
    closeEach([...this.#open.keys()].map((path) => ({ closeSync: () => this.close(path) })));
  }

  #keep(path: string, file: DiskFile): void {
    this.#open.set(path, { file, pins: 0 });
    for (const [oldPath, handle] of this.#open) {
      if (this.#open.size <= this.#openMax) return;
      if (handle.pins === 0 && oldPath !== path) this.close(oldPath);
    }
  }
}
