// Taking out of the journals what must not be read any more, a slice of their files in one turn of the program. They are
// written meanwhile: it is over when, in one turn, nothing is left in any of them that was not gone through.

import { itemRecords, type JournalFile, type JournalItem, journalHeaderBytes } from "./journal.ts";
import { itemsFrom, readJournal, voidFrom } from "./journal-scan.ts";
import type { Journals } from "./journals.ts";

/** A slice holds at least an item's two heads. */
const sliceBytesMin = 4096;

/** How far a file was gone through, in one epoch of it. */
interface Progress {
  readonly epoch: number;
  /** Items that count: up to here. */
  at: number;
  /** What older epochs left behind them: up to here. */
  voidAt: number;
}

export class JournalErasure {
  readonly #journals: Journals;
  readonly #streamId: string;
  readonly #overwrite: (file: JournalFile, item: JournalItem) => boolean;
  readonly #progress = new Map<JournalFile, Progress>();
  /** Files to be synced. */
  readonly touched = new Set<JournalFile>();

  /** `overwrite` is shown every item of the stream, and answers whether it changed it. */
  constructor(
    journals: Journals,
    streamId: string,
    overwrite: (file: JournalFile, item: JournalItem) => boolean,
  ) {
    this.#journals = journals;
    this.#streamId = streamId;
    this.#overwrite = overwrite;
  }

  /** Goes through `bytes` or so; answers whether that was all. Throws the disk's error. */
  step(bytes: number): boolean {
    const { files } = this.#journals;
    let left = bytes;
    for (const file of files) {
      while (!this.#isThrough(file)) {
        if (left <= 0) return false;
        left -= this.#slice(file, Math.max(left, sliceBytesMin));
      }
    }
    return true;
  }

  #isThrough(file: JournalFile): boolean {
    const progress = this.#progress.get(file);
    if (progress === undefined || progress.epoch !== file.epoch) return false;
    return progress.at >= file.tail && Math.max(progress.voidAt, file.tail) >= file.sizeSync();
  }

  /** Answers how many bytes were read. */
  #slice(file: JournalFile, bytes: number): number {
    let progress = this.#progress.get(file);
    if (progress === undefined || progress.epoch !== file.epoch) {
      progress = { epoch: file.epoch, at: journalHeaderBytes, voidAt: 0 };
      this.#progress.set(file, progress);
    }
    if (progress.at < file.tail) return this.#items(file, progress, bytes);
    return this.#void(file, progress, bytes);
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
      // A head is damaged: only the file as a whole tells where the next one lies.
      const whole = readJournal(file.readSync(0, file.tail), storeId);
      for (const item of whole.items) this.#show(file, item, 0);
      progress.at = file.tail;
    }
    return read.length;
  }

  #show(file: JournalFile, item: JournalItem, base: number): void {
    if (item.streamId !== this.#streamId || item.kind !== itemRecords) return;
    if (this.#overwrite(file, { ...item, at: base + item.at })) this.touched.add(file);
  }

  /** Behind the items nothing is needed: zeros, but for other streams' items, which none of this one's lie in. */
  #void(file: JournalFile, progress: Progress, bytes: number): number {
    const at = Math.max(progress.voidAt, file.tail);
    const read = file.readSync(at, bytes);
    const isLast = at + read.length >= file.sizeSync();
    const { stretches, end } = voidFrom(
      read,
      at,
      isLast,
      this.#journals.storeId,
      progress.epoch,
      this.#streamId,
    );
    for (const { from, to } of stretches) {
      file.overwriteSync(at + from, Buffer.alloc(to - from));
      this.touched.add(file);
    }
    progress.voidAt = at + end;
    return read.length;
  }
}
