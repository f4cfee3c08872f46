// Taking streams away for good: a directory is renamed into the trash, which no start looks for streams in, and emptied.

import { Fault } from "../base/assert.ts";
import type { Disk } from "../ports/disk.ts";
import type { Trace } from "../ports/trace.ts";
import { listTree, removeTree } from "./layout.ts";
import { UnderWay } from "./under-way.ts";

export class Trash {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #trace: Trace;
  /** Streams that a start might still find where they were: what is left of one that could not be made, too. */
  readonly #unfinished = new Set<string>();
  readonly #burning = new UnderWay();
  #isEnding = false;

  /** `directory` is the store's. */
  constructor(disk: Disk, directory: string, trace: Trace) {
    this.#disk = disk;
    this.#directory = directory;
    this.#trace = trace;
  }

  /** Takes away what an earlier run left in it; what cannot go is told. Throws the disk's error. */
  empty(): void {
    for (const id of this.#disk.listSync(`${this.#directory}/trash`)) this.#remove(id);
  }

  /** Takes a stream's directory away; when this returns no start finds it. Throws a Fault. */
  discard(id: string): void {
    this.take(id);
    this.#syncNames(id);
    this.#remove(id);
  }

  /** Brings a stream's directory here. Throws a Fault; then it is where it was. */
  take(id: string): void {
    try {
      this.#disk.renameSync(`${this.#directory}/streams/${id}`, this.#pathOf(id));
    } catch (cause) {
      throw new Fault("delete a stream", { id, cause });
    }
  }

  /**
   * The name lies here; now for good. The files go beside the running program, or, where that fails, with the next
   * start. Throws a Fault; then `finish` goes on with it.
   */
  burn(id: string): void {
    this.#unfinished.add(id);
    this.#syncNames(id);
    this.#unfinished.delete(id);
    const path = this.#pathOf(id);
    if (!this.#disk.existsSync(path)) return;
    const files: string[] = [];
    const directories: string[] = [];
    const over = this.#burning.until((error) => {
      if (error !== undefined) this.#tellLeft(path, error);
    });
    const step = (error: Error | undefined): void => {
      if (error !== undefined || this.#isEnding) return over(error);
      const next = files.pop();
      if (next !== undefined) return this.#disk.unlink(next, step);
      try {
        for (const directory of directories) this.#disk.removeDirectorySync(directory);
        over(undefined);
      } catch (cause) {
        over(cause as Error);
      }
    };
    try {
      listTree(this.#disk, path, files, directories);
    } catch (cause) {
      return over(cause as Error);
    }
    step(undefined);
  }

  /** Calls back when no file is being taken away any more; what is left then goes with the next start. */
  end(done: () => void): void {
    this.#isEnding = true;
    this.#burning.whenNone(done);
  }

  /** What is left of a stream that could not be made; if this fails too, it goes before the next is made or deleted. */
  undo(id: string): void {
    this.#unfinished.add(id);
    try {
      this.finish();
    } catch (cause) {
      this.#trace.log("warn", `left of a stream that could not be made: ${String(cause)}`, { id });
    }
  }

  /**
   * Goes on with what failed before a start was sure not to find the stream: whose deletion is answered must not be
   * there again, be it as an earlier attempt to make or to delete it. Throws a Fault.
   */
  finish(): void {
    for (const id of this.#unfinished) {
      if (this.#disk.existsSync(`${this.#directory}/streams/${id}`)) this.take(id);
      this.burn(id);
    }
  }

  #remove(id: string): void {
    try {
      removeTree(this.#disk, this.#pathOf(id));
    } catch (cause) {
      this.#tellLeft(this.#pathOf(id), cause as Error);
    }
  }

  /** The next start tries again; they are in nobody's way. */
  #tellLeft(path: string, error: Error): void {
    this.#trace.log("warn", `a deleted stream's files are left: ${error.message}`, { path });
  }

  #syncNames(id: string): void {
    try {
      this.#disk.syncDirectorySync(`${this.#directory}/trash`);
      this.#disk.syncDirectorySync(`${this.#directory}/streams`);
    } catch (cause) {
      throw new Fault("delete a stream", { id, cause });
    }
  }

  #pathOf(id: string): string {
    return `${this.#directory}/trash/${id}`;
  }
}
