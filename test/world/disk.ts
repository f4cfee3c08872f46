// A disk made from a seed, for tests: it remembers what was synced and what was not, and a crash keeps any part of
// what was not. It can fail, tear, shorten or end any call, fill up, and be damaged where it lies.

import type { Disk, DiskFile } from "../../src/ports/disk.ts";
import { type Chance, chanceOf } from "./chance.ts";

/** What a call is made to do instead of its work. */
export type Mishap = "EIO" | "ENOSPC" | "EDQUOT" | "short" | "crash";

const sectorBytes = 512;
const pageBytes = 4096;

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${path}`), { code });
}

/** What becomes of pages whose sync failed: all unsynced still; taken for synced; or that, and reads show the old ones. */
export type FailedSync = "dirty" | "clean" | "reverted";

interface Snapshot {
  readonly number: number;
  readonly size: number;
  /** Sectors not synced yet, each with the number of its last write and its bytes. */
  readonly sectors: ReadonlyMap<number, { readonly write: number; readonly bytes: Buffer }>;
}

function grown(buffer: Buffer, length: number): Buffer {
  if (length <= buffer.length) return buffer;
  const made = Buffer.alloc(Math.max(length, buffer.length * 2, pageBytes));
  buffer.copy(made);
  return made;
}

/** One file's contents: what a reader sees, what the medium has, and which sectors the next sync will write. */
class Inode {
  data: Buffer = Buffer.alloc(0);
  size = 0;
  synced: Buffer = Buffer.alloc(0);
  syncedSize = 0;
  /** Snapshots are numbered, so that a slow sync cannot undo a later one. */
  #taken = 0;
  #persisted = 0;
  #writes = 0;
  /** Pages in which a sector cannot be read. */
  readonly bad = new Set<number>();
  /** Sectors written since they were last synced, each with the number of its last write. */
  readonly dirty = new Map<number, number>();
  /** Sectors that count as synced since a sync failed, and are not. */
  readonly forgotten = new Set<number>();
  /** What the medium held of a sector before it was last synced. */
  readonly older = new Map<number, Buffer>();

  write(from: Uint8Array, position: number): void {
    const end = position + from.length;
    this.data = grown(this.data, end);
    this.data.set(from, position);
    const before = this.size;
    this.size = Math.max(this.size, end);
    for (let s = Math.floor(Math.min(position, before) / sectorBytes); s * sectorBytes < end; s++) {
      this.dirty.set(s, ++this.#writes);
      this.forgotten.delete(s);
    }
  }

  /** How many of these bytes can be read; undefined when not even the first. */
  readable(position: number, count: number): number | undefined {
    for (let page = Math.floor(position / pageBytes); page * pageBytes < position + count; page++) {
      if (!this.bad.has(page)) continue;
      const before = page * pageBytes - position;
      return before > 0 ? before : undefined;
    }
    return count;
  }

  /** A page written as a whole can be read again; part of one cannot be written where the rest cannot be read. */
  heal(position: number, count: number): boolean {
    for (const page of this.bad) {
      const [from, to] = [page * pageBytes, (page + 1) * pageBytes];
      if (to <= position || from >= position + count) continue;
      if (from < position || to > position + count) return false;
      this.bad.delete(page);
    }
    return true;
  }

  /** These bytes and no others, on the medium too. */
  rest(bytes: Uint8Array): void {
    this.data = Buffer.from(bytes);
    this.synced = Buffer.from(bytes);
    this.size = bytes.length;
    this.syncedSize = bytes.length;
    this.dirty.clear();
  }

  /** Everything a sync that starts now will make durable. */
  snapshot(): Snapshot {
    const sectors = new Map<number, { write: number; bytes: Buffer }>();
    for (const [sector, write] of this.dirty) {
      const from = sector * sectorBytes;
      const bytes = Buffer.alloc(sectorBytes);
      if (from < this.size) this.data.copy(bytes, 0, from, Math.min(from + sectorBytes, this.size));
      sectors.set(sector, { write, bytes });
    }
    return { number: ++this.#taken, size: this.size, sectors };
  }

  persist(snapshot: Snapshot): void {
    if (snapshot.number <= this.#persisted) return;
    this.#persisted = snapshot.number;
    for (const [sector, { write, bytes }] of snapshot.sectors) {
      const now = this.dirty.get(sector);
      if (now === undefined || now < write) continue; // a sync failed on it since: it counts as clean
      this.#medium(sector, bytes, snapshot.size);
      if (now === write) this.dirty.delete(sector);
    }
    if (snapshot.size < this.syncedSize) this.synced.fill(0, snapshot.size, this.syncedSize);
    this.synced = grown(this.synced, snapshot.size);
    this.syncedSize = snapshot.size;
  }

  /** The sync of a snapshot failed: some of it may be on the medium, and no later sync will write the rest. */
  fail(snapshot: Snapshot, how: FailedSync, chance: Chance): void {
    if (how === "dirty" || snapshot.number <= this.#persisted) return;
    this.#persisted = snapshot.number;
    const none = chance.below(2) === 0;
    for (const [sector, { write, bytes }] of snapshot.sectors) {
      if (this.dirty.get(sector) !== write) continue; // written again meanwhile
      this.dirty.delete(sector);
      if (!none && chance.below(2) === 0) this.#medium(sector, bytes, snapshot.size);
      else this.forgotten.add(sector);
    }
    if (how === "reverted") this.evict();
  }

  /** The system needs the memory: what counts as synced is read from the medium when it is asked for again. */
  evict(): void {
    for (const sector of this.forgotten) this.#revert(sector);
    this.forgotten.clear();
  }

  #medium(sector: number, bytes: Buffer, size: number): void {
    const from = sector * sectorBytes;
    const end = Math.min(from + sectorBytes, size);
    if (from >= end) return;
    if (from < this.syncedSize) {
      this.older.set(
        sector,
        Buffer.from(this.synced.subarray(from, Math.min(from + sectorBytes, this.syncedSize))),
      );
    }
    this.synced = grown(this.synced, end);
    bytes.copy(this.synced, from, 0, end - from);
  }

  #revert(sector: number): void {
    const from = sector * sectorBytes;
    this.data.fill(0, from, Math.min(from + sectorBytes, this.size));
    if (from < this.syncedSize)
      this.synced.copy(this.data, from, from, Math.min(from + sectorBytes, this.syncedSize, this.size));
  }

  /** What the medium holds after the power went: each unsynced unit on its own is old or new. */
  afterPowerCut(chance: Chance): Inode {
    const unit = chance.below(2) === 0 ? sectorBytes : pageBytes;
    const sizes = [
      this.syncedSize,
      this.size,
      this.syncedSize + unit * chance.below(1 + Math.ceil(Math.abs(this.size - this.syncedSize) / unit)),
    ];
    const size = Math.min(Math.max(this.size, this.syncedSize), sizes[chance.below(3)]!);
    const made = Buffer.alloc(size);
    this.synced.copy(made, 0, 0, Math.min(size, this.syncedSize));
    const mood = chance.below(4); // keep nothing, keep everything, keep some (twice as often)
    const kept = new Map<number, boolean>();
    for (const sector of this.dirty.keys()) {
      const at = Math.floor((sector * sectorBytes) / unit);
      let keep = kept.get(at);
      if (keep === undefined) {
        keep = mood === 0 ? false : mood === 1 ? true : chance.below(2) === 0;
        kept.set(at, keep);
      }
      if (!keep) continue;
      const from = sector * sectorBytes;
      this.data.copy(made, from, from, Math.min(from + sectorBytes, this.size, size));
    }
    const inode = new Inode();
    inode.rest(made);
    for (const [sector, bytes] of this.older) inode.older.set(sector, bytes);
    return inode;
  }
}

type NameChange =
  | { readonly kind: "add"; readonly path: string; readonly inode: Inode | "directory" }
  | { readonly kind: "drop"; readonly path: string }
  | {
      readonly kind: "move";
      readonly from: string;
      readonly path: string;
      readonly inode: Inode | "directory";
    };

interface Waiting {
  readonly finish: () => void;
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

export class SimDisk implements Disk {
  readonly #chance: Chance;
  #names = new Map<string, Inode | "directory">();
  #durableNames = new Map<string, Inode | "directory">();
  #changes: NameChange[] = [];
  #changesMade = 0;
  readonly #changeNumbers = new Map<NameChange, number>();
  #waiting: Waiting[] = [];
  /** What each open file's number stands for. */
  readonly #numbers: (Inode | undefined)[] = [];
  #crashed = false;
  /** Calls made so far; the n-th call can be made to fail. */
  calls = 0;
  syncs = 0;
  /** Calls that failed or were cut short. */
  mishaps = 0;
  /** Answers a mishap for the call about to be made. */
  plan: (call: number, what: string, path: string) => Mishap | undefined = () => undefined;
  /** What a failed sync leaves; by chance one of these. */
  failedSyncs: readonly FailedSync[] = ["dirty", "clean", "clean", "reverted"];
  /** Bytes that files may hold in all. */
  capacity = Number.POSITIVE_INFINITY;
  /** Set by tests that need a disk which lies. */
  readonly lies = { directorySyncs: false, syncs: false };

  constructor(seed: number) {
    this.#chance = chanceOf(seed);
    this.#names.set("/", "directory");
    this.#durableNames.set("/", "directory");
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  get openFiles(): number {
    return this.#numbers.filter((inode) => inode !== undefined).length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Finishes one waiting call, any of them; answers whether there was one. */
  step(): boolean {
    if (this.#waiting.length === 0 || this.#crashed) return false;
    const [next] = this.#waiting.splice(this.#chance.below(this.#waiting.length), 1);
    next!.finish();
    return true;
  }

  /** The machine stops here. Whoever still holds this disk gets errors from it. */
  crash(): void {
    this.#crashed = true;
    this.#waiting = [];
  }

  /** The disk as the next start finds it. After a power cut anything unsynced may be gone; after a kill nothing is. */
  reborn(how: "power" | "kill", seed: number): SimDisk {
    this.crash();
    const next = new SimDisk(seed);
    next.capacity = this.capacity;
    next.failedSyncs = this.failedSyncs;
    Object.assign(next.lies, this.lies);
    const names = how === "kill" ? this.#names : this.#namesAfterPowerCut();
    const made = new Map<Inode, Inode>();
    for (const [path, inode] of names) {
      if (!isReached(names, path)) continue;
      let kept: Inode | "directory" = inode;
      if (inode !== "directory") {
        const mayEvict = how === "kill" && this.failedSyncs.includes("reverted");
        if (mayEvict && this.#chance.below(2) === 0) inode.evict();
        kept = made.get(inode) ?? (how === "kill" ? inode : inode.afterPowerCut(this.#chance));
        made.set(inode, kept);
      }
      next.#names.set(path, kept);
      if (how === "power") next.#durableNames.set(path, kept);
    }
    if (how === "kill") {
      next.#durableNames = this.#durableNames;
      next.#changes = this.#changes;
    }
    return next;
  }

  #namesAfterPowerCut(): Map<string, Inode | "directory"> {
    const names = new Map(this.#durableNames);
    const mood = this.#chance.below(3);
    let cut = mood === 0 ? this.#chance.below(this.#changes.length + 1) : Number.POSITIVE_INFINITY;
    for (const change of this.#changes) {
      if (cut-- <= 0) break;
      if (mood === 1 && this.#chance.below(2) === 0) continue;
      applyChange(names, change);
    }
    return names;
  }

  #before(what: string, path: string): Mishap | undefined {
    if (this.#crashed) throw systemError("EIO", `${path} (the machine has stopped)`);
    const mishap = this.plan(++this.calls, what, path);
    if (mishap !== undefined) this.mishaps++;
    if (mishap === "crash") {
      this.crash();
      throw systemError("EIO", `${path} (the machine stops)`);
    }
    if (mishap !== undefined && mishap !== "short") throw systemError(mishap, `${what} ${path}`);
    return mishap;
  }

  #rename(change: NameChange): void {
    applyChange(this.#names, change);
    this.#changes.push(change);
    this.#changeNumbers.set(change, ++this.#changesMade);
  }

  openSync(path: string, mode: "read" | "write" | "create"): DiskFile {
    this.#before("open", path);
    let inode = this.#names.get(path);
    if (mode === "create") {
      if (inode !== undefined) throw systemError("EEXIST", path);
      if (this.#names.get(parentOf(path)) !== "directory") throw systemError("ENOENT", path);
      inode = new Inode();
      this.#rename({ kind: "add", path, inode });
    }
    if (inode === undefined) throw systemError("ENOENT", path);
    if (inode === "directory") throw systemError("EISDIR", path);
    return this.#handle(inode, path);
  }

  /** The lowest free number, as an operating system gives it: of a file closed under a call, the next one's. */
  #handle(inode: Inode, path: string): DiskFile {
    let number = this.#numbers.indexOf(undefined);
    if (number < 0) number = this.#numbers.length;
    this.#numbers[number] = inode;
    const called = (): Inode => {
      const found = this.#numbers[number];
      if (found === undefined) throw systemError("EBADF", path);
      return found;
    };
    return {
      readSync: (into, offset, length, position) => {
        this.#before("read", path);
        const inode = called();
        const { data, size } = inode;
        const count = inode.readable(position, Math.max(0, Math.min(length, size - position)));
        if (count === undefined) throw systemError("EIO", `read ${path} at ${position}`);
        into.set(data.subarray(position, position + count), offset);
        return count;
      },
      writeSync: (from, offset, length, position) =>
        this.#write(called(), path, from.subarray(offset, offset + length), position),
      write: (from, offset, length, position, done) => {
        this.#later(done, () =>
          this.#write(called(), path, from.subarray(offset, offset + length), position),
        );
      },
      syncSync: () => {
        const found = called();
        this.#sync(found, found.snapshot(), path);
      },
      sync: (done) => {
        const asked = called();
        const snapshot = asked.snapshot();
        this.#later(done, () => {
          const found = called(); // whose number it is by now
          this.#sync(found, found === asked ? snapshot : found.snapshot(), path);
          return 0;
        });
      },
      sizeSync: () => {
        this.#before("size", path);
        return called().size;
      },
      closeSync: () => {
        called();
        this.#numbers[number] = undefined;
      },
    };
  }

  /** Does the work when its turn comes. */
  #later(done: (error: Error | undefined, result: number) => void, work: () => number): void {
    const finish = () => {
      let result = 0;
      let failure: Error | undefined;
      try {
        result = work();
      } catch (cause) {
        failure = cause as Error;
      }
      done(failure, result);
    };
    this.#waiting.push({ finish });
  }

  #sync(inode: Inode, snapshot: Snapshot, path: string): void {
    try {
      this.#before("sync", path);
    } catch (cause) {
      if (!this.#crashed) inode.fail(snapshot, this.#chance.pick(this.failedSyncs), this.#chance);
      throw cause;
    }
    this.syncs++;
    if (!this.lies.syncs) inode.persist(snapshot);
  }

  #write(inode: Inode, path: string, bytes: Uint8Array, position: number): number {
    const mishap = this.#before("write", path);
    let length = bytes.length;
    if (mishap === "short" && length > 1) length = 1 + this.#chance.below(length - 1);
    const growth = position + length - inode.size;
    const room = this.capacity === Number.POSITIVE_INFINITY ? growth : Math.max(0, this.capacity - this.used);
    if (growth > 0 && growth > room) length -= growth - room;
    if (length <= 0 && bytes.length > 0) throw systemError("ENOSPC", `write ${path}`);
    if (!inode.heal(position, length)) throw systemError("EIO", `write ${path} at ${position}`);
    inode.write(bytes.subarray(0, length), position);
    return length;
  }

  /** Bytes that files hold in all. */
  get used(): number {
    let used = 0;
    for (const inode of this.#names.values()) if (inode !== "directory") used += inode.size;
    return used;
  }

  listSync(path: string): string[] {
    this.#before("list", path);
    if (this.#names.get(path) !== "directory") throw systemError("ENOENT", path);
    const prefix = path === "/" ? "/" : `${path}/`;
    const names: string[] = [];
    for (const name of this.#names.keys()) {
      if (name.length > prefix.length && name.startsWith(prefix) && !name.includes("/", prefix.length)) {
        names.push(name.slice(prefix.length));
      }
    }
    return names.sort();
  }

  existsSync(path: string): boolean {
    return this.#names.has(path);
  }

  makeDirectorySync(path: string): void {
    this.#before("mkdir", path);
    if (this.#names.has(path)) throw systemError("EEXIST", path);
    if (this.#names.get(parentOf(path)) !== "directory") throw systemError("ENOENT", path);
    this.#rename({ kind: "add", path, inode: "directory" });
  }

  renameSync(from: string, to: string): void {
    this.#before("rename", from);
    const inode = this.#names.get(from);
    if (inode === undefined) throw systemError("ENOENT", from);
    this.#rename({ kind: "move", from, path: to, inode });
  }

  unlinkSync(path: string): void {
    this.#before("unlink", path);
    if (!this.#names.has(path)) throw systemError("ENOENT", path);
    this.#rename({ kind: "drop", path });
  }

  unlink(path: string, done: (error: Error | undefined) => void): void {
    const finish = () => {
      let failure: Error | undefined;
      try {
        this.unlinkSync(path);
      } catch (cause) {
        failure = cause as Error;
      }
      done(failure);
    };
    this.#waiting.push({ finish });
  }

  removeDirectorySync(path: string): void {
    this.#before("rmdir", path);
    if (this.listSync(path).length > 0) throw systemError("ENOTEMPTY", path);
    this.#rename({ kind: "drop", path });
  }

  syncDirectorySync(path: string): void {
    this.#before("syncdir", path);
    if (this.#names.get(path) !== "directory") throw systemError("ENOENT", path);
    this.#persistNames(path, this.#changesMade);
  }

  syncDirectory(path: string, done: (error: Error | undefined) => void): void {
    const upTo = this.#changesMade;
    const finish = () => {
      let failure: Error | undefined;
      try {
        this.#before("syncdir", path);
        if (this.#names.get(path) !== "directory") throw systemError("ENOENT", path); // opened only now
        this.#persistNames(path, upTo);
      } catch (cause) {
        failure = cause as Error;
      }
      done(failure);
    };
    this.#waiting.push({ finish });
  }

  #persistNames(directory: string, upTo: number): void {
    this.syncs++;
    if (this.lies.directorySyncs) return;
    // From the last to the first: what is moved has its name from an earlier change, which lasts no less.
    const lasting = new Set<NameChange>();
    const moved = new Set<string>();
    for (const change of this.#changes.toReversed()) {
      const touches =
        parentOf(change.path) === directory ||
        (change.kind === "move" && parentOf(change.from) === directory);
      const isDone = (this.#changeNumbers.get(change) ?? 0) <= upTo;
      if (!(isDone && touches) && !moved.has(change.path)) continue;
      lasting.add(change);
      if (change.kind === "move") moved.add(change.from);
    }
    for (const change of this.#changes) if (lasting.has(change)) applyChange(this.#durableNames, change);
    const rest = this.#changes.filter((change) => !lasting.has(change));
    this.#changes = rest;
  }

  freeBytesSync(path: string): number {
    this.#before("statfs", path);
    return this.capacity === Number.POSITIVE_INFINITY ? 2 ** 50 : Math.max(0, this.capacity - this.used);
  }

  /** For tests: the contents of a file as a reader sees them, to be looked at or damaged in place. */
  contents(path: string): Buffer {
    const inode = this.#names.get(path);
    if (inode === undefined || inode === "directory") throw systemError("ENOENT", path);
    return inode.data.subarray(0, inode.size);
  }

  /** For tests: replaces a file's contents, on the medium too. */
  replace(path: string, bytes: Uint8Array): void {
    const inode = this.#names.get(path);
    if (inode === undefined || inode === "directory") throw systemError("ENOENT", path);
    inode.rest(bytes);
  }

  /** For tests: the page with this byte cannot be read until it is written anew. */
  spoil(path: string, position: number): void {
    const inode = this.#names.get(path);
    if (inode === undefined || inode === "directory") throw systemError("ENOENT", path);
    inode.bad.add(Math.floor(position / pageBytes));
  }

  /** For tests: another disk with the same contents, everything synced. */
  copy(seed: number): SimDisk {
    const next = new SimDisk(seed);
    for (const [path, inode] of this.#names) {
      let kept: Inode | "directory" = "directory";
      if (inode !== "directory") {
        kept = new Inode();
        kept.rest(inode.data.subarray(0, inode.size));
        for (const [sector, bytes] of inode.older) kept.older.set(sector, bytes);
      }
      next.#names.set(path, kept);
      next.#durableNames.set(path, kept);
    }
    return next;
  }

  /** For tests: some sector of a file holds again what it held before it was last synced; answers where, or -1. */
  makeStale(path: string): number {
    const inode = this.#names.get(path);
    if (inode === undefined || inode === "directory") throw systemError("ENOENT", path);
    const sectors = [...inode.older].filter(
      ([sector, bytes]) =>
        !bytes.equals(inode.data.subarray(sector * sectorBytes, sector * sectorBytes + bytes.length)),
    );
    if (sectors.length === 0) return -1;
    // Heads are what a file is judged by: the first sector that can be stale as often as all others.
    const [sector, bytes] = this.#chance.below(2) === 0 ? sectors[0]! : this.#chance.pick(sectors);
    const from = sector * sectorBytes;
    const made = Buffer.from(inode.data.subarray(0, inode.size));
    made.fill(0, from, Math.min(from + sectorBytes, inode.size));
    bytes.copy(made, from);
    inode.rest(made);
    return from;
  }

  /** For tests: every file there is, with its path. */
  files(): string[] {
    return [...this.#names]
      .filter(([, inode]) => inode !== "directory")
      .map(([path]) => path)
      .sort();
  }

  /** For tests: the file is gone, from the medium too. */
  lose(path: string): void {
    this.#names.delete(path);
    this.#durableNames.delete(path);
    this.#changes = this.#changes.filter((change) => change.path !== path);
  }
}

/** Whether every directory on the way to it is there. */
function isReached(names: ReadonlyMap<string, Inode | "directory">, path: string): boolean {
  const parent = parentOf(path);
  return path === "/" || (names.get(parent) === "directory" && isReached(names, parent));
}

function applyChange(names: Map<string, Inode | "directory">, change: NameChange): void {
  switch (change.kind) {
    case "add":
      names.set(change.path, change.inode);
      return;
    case "drop":
      names.delete(change.path);
      return;
    case "move": {
      const { from, path, inode } = change;
      const there = names.get(from);
      if (inode !== "directory") {
        // The file that was moved and no other: its new name tells which one, whatever has the old name by now.
        if (there === inode) names.delete(from);
        names.set(path, inode);
        return;
      }
      if (there === undefined) return;
      names.delete(from);
      names.set(path, there);
      for (const [below, each] of [...names]) {
        if (!below.startsWith(`${from}/`)) continue;
        names.delete(below);
        names.set(path + below.slice(from.length), each);
      }
    }
  }
}
