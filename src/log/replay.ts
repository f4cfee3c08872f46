// Bringing what the journals hold to where it belongs, before any stream is opened. It may be done any number of
// times over, and a crash in the middle of it costs nothing: whole records are never overwritten, older state never
// replaces newer.

import { Fault } from "../base/assert.ts";
import type { Disk, DiskFile } from "../ports/disk.ts";
import type { Trace } from "../ports/trace.ts";
import { decodeHeader } from "./header.ts";
import { itemForgotten, itemRecords, itemState, type JournalItem } from "./journal.ts";
import { headOf, kindMessage, soundLength } from "./record.ts";
import { scanRecords } from "./scan.ts";
import { markOf, parseSegmentName, segmentHeader, segmentName } from "./segment.ts";
import { encodeState, readState, stateName } from "./small-state.ts";
import { readWholeSync, writeWholeSync } from "./transfer.ts";

export class Replay {
  readonly #disk: Disk;
  readonly #streams: string;
  readonly #trace: Trace;
  readonly #open = new Map<string, DiskFile>();
  readonly #touched = new Set<string>();
  readonly #directories = new Set<string>();
  readonly #segments = new Map<string, Set<number>>();
  /** Items brought to their place. */
  restored = 0;

  constructor(disk: Disk, streams: string, trace: Trace) {
    this.#disk = disk;
    this.#streams = streams;
    this.#trace = trace;
  }

  /** Everything in `items`, oldest first, lies synced in its place when this returns. Throws Fault if it cannot. */
  run(items: readonly JournalItem[]): void {
    try {
      this.#replayStates(items);
      for (const item of items) if (item.kind === itemRecords) this.#replayRecords(item);
      for (const path of this.#touched) this.#file(path).syncSync();
      for (const directory of this.#directories) this.#disk.syncDirectorySync(directory);
    } catch (cause) {
      throw new Fault("replay the journal", { cause });
    } finally {
      for (const file of this.#open.values()) file.closeSync();
      this.#open.clear();
    }
    if (this.restored > 0) this.#trace.log("info", `journal: ${this.restored} items brought to their place`);
  }

  #file(path: string): DiskFile {
    let file = this.#open.get(path);
    if (file === undefined) {
      file = this.#disk.openSync(path, this.#disk.existsSync(path) ? "write" : "create");
      this.#open.set(path, file);
    }
    return file;
  }

  #directoryOf(item: JournalItem): string | undefined {
    const directory = `${this.#streams}/${item.streamId}`;
    return this.#disk.existsSync(directory) ? directory : undefined;
  }

  /** Of each piece of small state only the newest generation matters. */
  #replayStates(items: readonly JournalItem[]): void {
    const newest = new Map<string, JournalItem>();
    for (const item of items) {
      if ((item.kind !== itemState && item.kind !== itemForgotten) || !item.whole) continue;
      const name = `${item.streamId} ${item.number}`;
      const before = newest.get(name);
      if (before === undefined || item.generation >= before.generation) newest.set(name, item);
    }
    for (const item of newest.values()) {
      const directory = this.#directoryOf(item);
      if (directory === undefined) continue;
      if (item.kind === itemForgotten) this.#forget(directory, item);
      else this.#keep(directory, item);
    }
  }

  #keep(directory: string, item: JournalItem): void {
    const found = readState(this.#disk, directory, item.streamId, item.number);
    const isNewest = found.newest !== undefined && found.newest.generation > item.generation;
    if (isNewest) return;
    const bytes = encodeState(item.streamId, item.number, item.generation, item.bytes);
    for (const copy of ["a", "b"] as const) {
      const path = `${directory}/${stateName(item.number, copy)}`;
      const isNew = !this.#disk.existsSync(path);
      this.#directories.add(directory); // a name that is there may still be unsynced, from a replay that was cut
      const file = this.#file(path);
      if (!isNew && readWholeSync(file, 0, bytes.length).equals(bytes)) {
        this.#touched.add(path); // a reader may see what the medium does not have
        continue;
      }
      writeWholeSync(file, bytes, 0);
      this.#touched.add(path);
      this.restored++;
    }
  }

  #forget(directory: string, item: JournalItem): void {
    for (const copy of ["a", "b"] as const) {
      const path = `${directory}/${stateName(item.number, copy)}`;
      this.#directories.add(directory);
      if (this.#disk.existsSync(path)) this.#disk.unlinkSync(path);
    }
  }

  #replayRecords(item: JournalItem): void {
    const directory = this.#directoryOf(item);
    if (directory === undefined) return;
    const path = `${directory}/${segmentName(item.number, item.generation)}`;
    const mark = markOf(item.streamId, item.number, item.generation);
    if (!this.#disk.existsSync(path) && !this.#restoreFile(directory, path, item, mark)) return;
    this.#touched.add(path);
    this.#directories.add(directory);
    const file = this.#file(path);
    const there = readWholeSync(file, item.place, item.bytes.length); // a shorter file lacks even zeros
    if (item.whole && there.equals(item.bytes)) return;
    scanRecords(item.bytes, 0, item.bytes.length, mark, item.place, {
      record: (at, length) => {
        if (soundLength(there, at, there.length, mark, item.place + at) > 0) return;
        writeWholeSync(file, item.bytes.subarray(at, at + length), item.place + at);
        this.restored++;
      },
      damaged: (from, to) =>
        this.#trace.log("warn", "damaged bytes in the journal", {
          streamId: item.streamId,
          from: item.at + from,
          to: item.at + to,
        }),
    });
  }

  /** A segment that the journal knows and the directory does not: damage, unless its messages were all removed. */
  #restoreFile(directory: string, path: string, item: JournalItem, mark: number): boolean {
    if (this.#numbers(directory).has(item.number)) return false; // rewritten since
    const header = readState(this.#disk, directory, item.streamId, 0).newest;
    const fields = header === undefined ? undefined : decodeHeader(header.contents);
    if (fields === undefined) return false;
    let first = 0;
    scanRecords(item.bytes, 0, item.bytes.length, mark, item.place, {
      record: (at) => {
        const head = headOf(item.bytes, at);
        if (first === 0 && head.kind === kindMessage && head.sequence >= fields.floor) first = head.sequence;
      },
      damaged: () => undefined,
    });
    if (first === 0) return false;
    writeWholeSync(this.#file(path), segmentHeader(item.streamId, item.number, item.generation, first), 0);
    this.#numbers(directory).add(item.number);
    this.#trace.log("error", "a segment file is missing; the journal restores what it has of it", { path });
    return true;
  }

  #numbers(directory: string): Set<number> {
    let numbers = this.#segments.get(directory);
    if (numbers === undefined) {
      numbers = new Set();
      for (const name of this.#disk.listSync(directory)) {
        const parsed = parseSegmentName(name);
        if (parsed !== undefined) numbers.add(parsed.number);
      }
      this.#segments.set(directory, numbers);
    }
    return numbers;
  }
}
