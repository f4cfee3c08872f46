// The room on the disk: looked at every few megabytes written and, while there is too little, several times a second.

import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { Trace } from "../ports/trace.ts";

const checkEveryBytes = 4 * 1024 * 1024;
const retryMs = 250;

export interface Surroundings {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly directory: string;
}

export class FreeSpace {
  readonly #around: Surroundings;
  readonly #freeBytesMin: number;
  readonly #changed: (full: boolean) => void;
  #full = false;
  #sinceCheck = 0;
  #ended = false;

  /** Below `freeBytesMin` the disk counts as full; `changed` hears whenever it becomes so, or is so no more. */
  constructor(around: Surroundings, freeBytesMin: number, changed: (full: boolean) => void) {
    this.#around = around;
    this.#freeBytesMin = freeBytesMin;
    this.#changed = changed;
  }

  get full(): boolean {
    return this.#full;
  }

  /** So many bytes were written; looks at the disk if it is time. */
  wrote(bytes: number): void {
    this.#sinceCheck += bytes;
    if (this.#sinceCheck < checkEveryBytes) return;
    this.#sinceCheck = 0;
    const free = this.#free();
    if (free !== undefined) this.#set(free < this.#freeBytesMin);
  }

  /** A write found no room. */
  foundFull(): void {
    this.#set(true);
  }

  end(): void {
    this.#ended = true;
  }

  #set(full: boolean): void {
    if (full === this.#full || this.#ended) return;
    this.#full = full;
    const { trace } = this.#around;
    if (full) trace.log("error", "the disk is full: appends are refused");
    else trace.log("info", "there is room on the disk again");
    this.#changed(full);
    if (full) this.#lookLater();
  }

  #lookLater(): void {
    this.#around.clock.after(retryMs, () => this.#retry());
  }

  #retry(): void {
    if (this.#ended || !this.#full) return;
    const free = this.#free();
    if (free !== undefined && free >= this.#freeBytesMin) this.#set(false);
    else this.#lookLater();
  }

  /** Bytes free; undefined when the disk does not say: then what was true of it stays true. */
  #free(): number | undefined {
    const { disk, directory, trace } = this.#around;
    try {
      return disk.freeBytesSync(directory);
    } catch (cause) {
      trace.log("warn", `free space not known: ${(cause as Error).message}`, { directory });
      return undefined;
    }
  }
}
