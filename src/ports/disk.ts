// Everything that reaches a disk. Synchronous where a start or an administrative act may wait, asynchronous where
// a running server may not. Paths are absolute. Every call throws (or rejects with) the operating system's error,
// whose `code` is ENOENT, EIO, ENOSPC and so on.

export interface DiskFile {
  /** Reads up to `length` bytes at `position` into `into` at `offset`; answers how many, 0 at the end. */
  readSync(into: Uint8Array, offset: number, length: number, position: number): number;
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** May write less than asked; answers how many. */
  writeSync(from: Uint8Array, offset: number, length: number, position: number): number;
  write(from: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** Returns when contents and length are on the medium. */
  syncSync(): void;
  sync(done: (error: Error | undefined) => void): void;
  truncateSync(length: number): void;
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
  /** Atomic replacement of `to`; durable only after `syncDirectorySync` of the directory. */
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  /** Removes a directory that is empty. */
  removeDirectorySync(path: string): void;
  syncDirectorySync(path: string): void;
  /** Bytes free to this process on the file system that holds `path`. */
  freeBytesSync(path: string): number;
}
