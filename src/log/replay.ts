// Bringing what the journals hold to where it belongs, before any stream is opened. It may be done any number of
// times over, and a crash in the middle of it costs nothing: whole records are never overwritten, older state never
// replaces newer. What a reader sees there already is written all the same: an earlier run's sync may have failed, and
// then the system shows what the medium does not have, and no sync brings it there.

import { Fault } from "../base/assert.ts";
import type { Disk, DiskFile } from "../ports/disk.ts";
import type { Trace } from "../ports/trace.ts";
import { closeEach } from "./close-each.ts";
import { decodeHeader } from "./header.ts";
import { itemForgotten, itemRecords, itemState, type JournalItem } from "./journal.ts";
import { headOf, kindMessage, soundLength } from "./record.ts";
import { scanRecords } from "./scan.ts";
import { markOf, parseSegmentName, segmentHeader, segmentName } from "./segment.ts";
import { encodeState, readState, stateName } from "./small-state.ts";
import { readAroundSync, writeOverSync, writeWholeSync } from "./transfer.ts";

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
      const files = [...this.#open.values()];
      this.#open.clear();
      closeEach(files);
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

  /**
   * One copy after the other, each synced before the next is touched: the journal's item may be gone with the next power
   * cut, if the commit that wrote it was cut itself. For the same reason the newer copy is made last as it is, first.
   */
  #keep(directory: string, item: JournalItem): void {
    const { streamId, number } = item;
    const { newest, weaker } = readState(this.#disk, directory, streamId, number);
    const stronger = weaker === "a" ? "b" : "a";
    this.#directories.add(directory); // a name that is there may still be unsynced, from a replay that was cut
    const write = (copy: "a" | "b", generation: number, contents: Uint8Array): void => {
      const path = `${directory}/${stateName(number, copy)}`;
      const isNew = !this.#disk.existsSync(path);
      const file = this.#file(path);
      writeOverSync(file, encodeState(streamId, number, generation, contents), 0);
      file.syncSync();
      if (isNew) this.#disk.syncDirectorySync(directory);
    };
    if (newest !== undefined) write(stronger, newest.generation, newest.contents);
    if (newest !== undefined && newest.generation > item.generation) return;
    if (newest?.generation !== item.generation) this.restored++;
    write(weaker, item.generation, item.bytes);
    write(stronger, item.generation, item.bytes);
  }

  #forget(directory: string, item: JournalItem): void {
    const { newest } = readState(this.#disk, directory, item.streamId, item.number);
    if (newest !== undefined && newest.generation > item.generation) return; // what was kept since, damaged in the journal
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
    const found = readAroundSync(file, item.place, item.bytes.length).bytes; // a shorter file lacks even zeros
    const there = Buffer.alloc(item.bytes.length);
    let end = found.copy(there);
    scanRecords(item.bytes, 0, item.bytes.length, mark, item.place, {
      record: (at, length) => {
        if (soundLength(found, at, found.length, mark, item.place + at) > 0) return;
        item.bytes.copy(there, at, at, at + length);
        end = Math.max(end, at + length);
        this.restored++;
      },
      damaged: (from, to) =>
        this.#trace.log("warn", "damaged bytes in the journal", {
          streamId: item.streamId,
          from: item.at + from,
          to: item.at + to,
        }),
    });
    writeOverSync(file, there.subarray(0, end), item.place);
  }

  /** A segment that the journal knows and the directory does not: damage, unless its messages were all removed. */
  #restoreFile(directory: string, path: string, item: JournalItem, mark: number): boolean {
    if (this.#numbers(directory).has(item.number)) return false; // rewritten since
    const header = readState(this.#disk, directory, item.streamId, 0).newest;
    const fields = header === undefined ? undefined : decodeHeader(header.contents);
    const floor = fields?.floor ?? 0; // of a stream whose header is lost, all that is left is kept
    let first = 0;
    scanRecords(item.bytes, 0, item.bytes.length, mark, item.place, {
      record: (at) => {
        const head = headOf(item.bytes, at);
        if (first === 0 && head.kind === kindMessage && head.sequence >= floor) first = head.sequence;
      },
      damaged: () => undefined,
    });
    if (first === 0) return false;
    const { streamId, number, generation } = item;
    writeWholeSync(this.#file(path), segmentHeader(streamId, number, generation, first, fields?.name), 0);
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
