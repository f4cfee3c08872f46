// Everything that reaches a disk. Synchronous where a start or an administrative act may wait, with a callback where
// a running server may not. Paths are absolute. Every call throws (or calls back with) the operating system's error,
// whose `code` is ENOENT, EIO, ENOSPC and so on. A callback is never called before the call that took it returned.

export interface DiskFile {
  /** Reads up to `length` bytes at `position` into `into` at `offset`; answers how many, 0 at the end. */
  readSync(into: Uint8Array, offset: number, length: number, position: number): number;
  /** May write less than asked; answers how many. Into the operating system's memory: only a sync makes it last. */
  writeSync(from: Uint8Array, offset: number, length: number, position: number): number;
  /** As `writeSync`, beside the running program. `from` must not change until `done`. */
  write(
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | undefined, written: number) => void,
  ): void;
  /** Returns when contents and length are on the medium. */
  syncSync(): void;
  /**
   * Calls back when everything written before this call is on the medium. `isLone` says that little was written and
   * nothing else is under way: a disk whose syncs are quick may then hold the program until it is there.
   */
  sync(done: (error: Error | undefined) => void, isLone?: boolean): void;
  sizeSync(): number;
  closeSync(): void;
}

export interface Disk {
  /** "read" needs the file, "write" reads and writes and needs it, "create" reads and writes and refuses an existing one. */
  openSync(path: string, mode: "read" | "write" | "create"): DiskFile;
  /** Names in a directory, sorted; without "." and "..". */
  listSync(path: string): string[];
  existsSync(path: string): boolean;
  makeDirectorySync(path: string): void;
  /** Atomic replacement of `to`; durable only after both directories were synced. */
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  /** As `unlinkSync`, beside the running program: what a large file holds is not given back in no time. */
  unlink(path: string, done: (error: Error | undefined) => void): void;
  /** Removes a directory that is empty. */
  removeDirectorySync(path: string): void;
  /** Returns when the directory's names (created, renamed, unlinked) are on the medium. */
  syncDirectorySync(path: string): void;
  /** As `syncDirectorySync`, beside the running program. */
  syncDirectory(path: string, done: (error: Error | undefined) => void): void;
  /** Bytes free to this process on the file system that holds `path`. */
  freeBytesSync(path: string): number;
}
