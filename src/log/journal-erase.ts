// Taking out of the journals what must not be read any more, a slice of their files in one turn of the program. They are
// written meanwhile: it is over when, in one turn, nothing is left in any of them that was not gone through.

import {
  itemHeadBytes,
  itemRecords,
  type JournalFile,
  type JournalItem,
  journalHeaderBytes,
} from "./journal.ts";
import { itemsFrom, readJournal } from "./journal-scan.ts";
import type { Journals } from "./journals.ts";
import { isBlank } from "./scan.ts";

/** A slice holds at least an item's two heads. */
const sliceBytesMin = 4096;

type Done = (error: Error | undefined) => void;

/** How far a file was gone through, in one epoch of it. */
interface Progress {
  readonly epoch: number;
  /** Items that count: up to here. */
  at: number;
  /** What older epochs left, or may have, ended here when it began. */
  readonly used: number;
  /** From here on it is zeros. */
  blankFrom: number;
}

export class JournalErasure {
  readonly #journals: Journals;
  readonly #streamId: string;
  readonly #overwrite: (file: JournalFile, item: JournalItem) => boolean;
  readonly #progress = new Map<JournalFile, Progress>();
  /** Files to be synced. */
  readonly #touched = new Set<JournalFile>();
  /** Its header is not known to be on the medium. */
  #held: JournalFile | undefined;

  /** `overwrite` is shown every item of the stream, and answers whether a copy was in it, erased before or not. */
  constructor(
    journals: Journals,
    streamId: string,
    overwrite: (file: JournalFile, item: JournalItem) => boolean,
  ) {
    this.#journals = journals;
    this.#streamId = streamId;
    this.#overwrite = overwrite;
  }

  /** Goes through `bytes` or so; "held": all but what `whenBegun` waits for. Throws the disk's error. */
  step(bytes: number): "on" | "held" | "over" {
    let left = bytes;
    this.#held = undefined;
    for (const file of this.#journals.files) {
      // One that cannot be trusted until it is begun anew: its sync tells why.
      if (file.suspect) this.#touched.add(file);
      else if (file.usedTo === undefined) this.#held = file;
      else
        for (let progress = this.#of(file, file.usedTo); !isThrough(file, progress); ) {
          if (left <= 0) return "on";
          left -= this.#slice(file, progress, Math.max(left, sliceBytesMin));
        }
    }
    return this.#held === undefined ? "over" : "held";
  }

  /** Calls back when a file that was held is so no more, or why it is. Whoever began it syncs it, but may have failed. */
  whenBegun(then: Done): void {
    this.#held!.sync(then);
  }

  /** Calls back when what was changed is on the medium. */
  sync(done: Done): void {
    let left = this.#touched.size + 1;
    let failure: Error | undefined;
    const arrived = (error: Error | undefined): void => {
      failure ??= error;
      if (--left === 0) done(failure);
    };
    for (const file of this.#touched) {
      const progress = this.#progress.get(file);
      file.sync((error) => {
        if (error === undefined && progress !== undefined) file.blanked(progress.epoch, progress.used);
        arrived(error);
      });
    }
    arrived(undefined);
  }

  #of(file: JournalFile, used: number): Progress {
    let progress = this.#progress.get(file);
    if (progress === undefined || progress.epoch !== file.epoch) {
      progress = { epoch: file.epoch, at: journalHeaderBytes, used, blankFrom: used };
      this.#progress.set(file, progress);
    }
    return progress;
  }

  /** Answers how many bytes were read, or written. */
  #slice(file: JournalFile, progress: Progress, bytes: number): number {
    if (progress.at < file.tail) return this.#items(file, progress, bytes);
    // Nothing is needed behind the items. What is read there is no guide to what the medium has.
    const from = Math.max(file.tail, progress.blankFrom - bytes);
    this.#blank(file, from, progress.blankFrom);
    const length = progress.blankFrom - from;
    progress.blankFrom = from;
    return length;
  }

  #items(file: JournalFile, progress: Progress, bytes: number): number {
    const { storeId } = this.#journals;
    const read = file.readSync(progress.at, Math.min(bytes, file.tail - progress.at));
    const { items, end } = itemsFrom(read, storeId, progress.epoch, this.#streamId);
    for (const item of items) this.#show(file, item, progress.at);
    if (end.kind === "on") progress.at += end.at;
    else if (end.kind === "more" && end.bytes <= file.tail - progress.at) {
      progress.at += end.at;
      return read.length + this.#items(file, progress, end.bytes);
    } else {
      this.#broken(file);
      progress.at = file.tail;
    }
    return read.length;
  }

  /** A head is damaged: only the file as a whole tells where the next one lies. What no head tells of goes. */
  #broken(file: JournalFile): void {
    const bytes = file.readSync(0, file.tail);
    let end = journalHeaderBytes;
    const gap = (to: number): void => {
      if (end < to && !isBlank(bytes, end, to)) this.#blank(file, end, to);
    };
    for (const item of readJournal(bytes, this.#journals.storeId).items) {
      this.#show(file, item, 0);
      gap(item.at - itemHeadBytes);
      end = item.at + item.bytes.length + itemHeadBytes;
    }
    gap(bytes.length);
    this.#touched.add(file);
  }

  #show(file: JournalFile, item: JournalItem, base: number): void {
    if (item.streamId !== this.#streamId || item.kind !== itemRecords) return;
    if (this.#overwrite(file, { ...item, at: base + item.at })) this.#touched.add(file);
  }

  #blank(file: JournalFile, from: number, to: number): void {
    file.overwriteSync(from, Buffer.alloc(to - from));
    this.#touched.add(file);
  }
}

function isThrough(file: JournalFile, progress: Progress): boolean {
  return progress.at >= file.tail && progress.blankFrom <= file.tail;
}
