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
  /** What is left of streams that could not be made. */
  readonly #unmade = new Set<string>();
  readonly #burning = new UnderWay();
  #isEnding = false;

  /** `directory` is the store's. */
  constructor(disk: Disk, directory: string, trace: Trace) {
    this.#disk = disk;
    this.#directory = directory;
    this.#trace = trace;
  }

  /** Takes away what an earlier run left in it. Throws the disk's error. */
  empty(): void {
    const path = `${this.#directory}/trash`;
    for (const id of this.#disk.listSync(path)) removeTree(this.#disk, `${path}/${id}`);
  }

  /** Takes a stream's directory away; when this returns no start finds it. Throws a Fault, or the disk's error. */
  discard(id: string): void {
    this.take(id);
    this.burn(id);
  }

  /** Brings a stream's directory here. Throws the disk's error; then it is where it was. */
  take(id: string): void {
    this.#disk.renameSync(`${this.#directory}/streams/${id}`, this.#pathOf(id));
  }

  /** The name lies here; now for good, and then the files. Throws a Fault when the disk fails. */
  burn(id: string): void {
    const path = this.#pathOf(id);
    try {
      this.#syncNames();
      if (this.#disk.existsSync(path)) removeTree(this.#disk, path);
    } catch (cause) {
      throw new Fault("delete a stream", { id, cause });
    }
  }

  /** As `burn`, but for the files: they go beside the running program, or, where that fails, with the next start. */
  burnBeside(id: string): void {
    const path = this.#pathOf(id);
    try {
      this.#syncNames();
    } catch (cause) {
      throw new Fault("delete a stream", { id, cause });
    }
    const files: string[] = [];
    const directories: string[] = [];
    const over = this.#burning.until((error) => {
      if (error !== undefined)
        this.#trace.log("warn", `a deleted stream's files are left: ${error.message}`, { path });
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
    this.#unmade.add(id);
    try {
      this.discardUnmade();
    } catch (cause) {
      this.#trace.log("warn", `left of a stream that could not be made: ${String(cause)}`, { id });
    }
  }

  /** A stream that is deleted must not be there again at the next start as an earlier attempt to make it. */
  discardUnmade(): void {
    for (const id of this.#unmade) {
      if (this.#disk.existsSync(`${this.#directory}/streams/${id}`)) this.discard(id);
      else this.burn(id);
      this.#unmade.delete(id);
    }
  }

  #syncNames(): void {
    this.#disk.syncDirectorySync(`${this.#directory}/trash`);
    this.#disk.syncDirectorySync(`${this.#directory}/streams`);
  }

  #pathOf(id: string): string {
    return `${this.#directory}/trash/${id}`;
  }
}
