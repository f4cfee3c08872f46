// Reading a journal file that may be damaged, and that ends in what older epochs left. Items are walked by their
// lengths: what tenants stored lies inside of them and is not searched while the way from head to head holds.

import { crc32 } from "node:zlib";
import {
  backMark,
  epochOf,
  frontMark,
  headSeed,
  itemHeadBytes,
  itemOverhead,
  type JournalItem,
  journalHeaderBytes,
} from "./journal.ts";

/** Epochs go up by one over all files: one further above every file's header than this is nothing the store wrote. */
const epochStepMax = 65_536;

export interface JournalContents {
  readonly epoch: number;
  /** The newest epoch of any item in the file, valid or not: a new epoch must be above it. */
  readonly newest: number;
  readonly items: JournalItem[];
  /** The file's header, or item heads between sound ones, were damaged. */
  readonly damaged: boolean;
}

/** The highest epoch that an item in any of a store's journal files can have, by the headers that are sound. */
export function epochCeiling(buffers: readonly Buffer[], storeId: string): number {
  const epochs = buffers.flatMap((buffer) => epochOf(buffer, storeId) ?? []);
  return epochs.length === 0 ? 0xffffffff : ceilingOf(Math.max(...epochs));
}

function ceilingOf(epoch: number): number {
  return Math.min(0xffffffff, epoch + epochStepMax);
}

/** Reads a journal file's valid items in order. Heads of an epoch above `ceiling` are none. */
export function readJournal(
  buffer: Buffer,
  storeId: string,
  ceiling = epochCeiling([buffer], storeId),
): JournalContents {
  const walk = new JournalWalk(buffer, storeId, ceiling);
  const header = epochOf(buffer, storeId);
  let first: number | undefined;
  let newest = header ?? 0;
  walk.run(undefined, (head) => {
    const epoch = buffer.readUInt32LE(head + 4);
    first ??= epoch;
    newest = Math.max(newest, epoch);
  });
  // An epoch begins at the front, with its header on the medium before: a first head that is newer than the header tells
  // of one that is lost, or of a sector that holds again what it held before.
  const epoch = Math.max(header ?? 0, first ?? 0);
  const items: JournalItem[] = [];
  const isBroken = walk.run(epoch, (head, at, length) => items.push(itemAt(buffer, head, at, length)));
  return { epoch, newest, items, damaged: isBroken || (header !== epoch && buffer.length > 0) };
}

/** Where a walk over part of a file stopped. */
type WalkEnd =
  | { readonly kind: "on"; readonly at: number }
  /** Before an item that takes so many bytes. */
  | { readonly kind: "more"; readonly at: number; readonly bytes: number }
  | { readonly kind: "broken" };

/** A stream's items of an epoch in part of a file, which begins with a head; those of others are passed. */
export function itemsFrom(
  buffer: Buffer,
  storeId: string,
  epoch: number,
  streamId: string,
): { readonly items: JournalItem[]; readonly end: WalkEnd } {
  const walk = new JournalWalk(buffer, storeId, epoch);
  const items: JournalItem[] = [];
  let at = 0;
  while (at < buffer.length && walk.isHead(at, frontMark, epoch)) {
    const length = buffer.readUInt32LE(at + 32);
    const total = length + itemOverhead;
    const isOurs = streamIdAt(buffer, at) === streamId;
    if (isOurs && at + total > buffer.length) return { items, end: { kind: "more", at, bytes: total } };
    if (isOurs) items.push(itemAt(buffer, at, at + itemHeadBytes, length));
    at += total;
  }
  return { items, end: at === 0 ? { kind: "broken" } : { kind: "on", at } };
}

class JournalWalk {
  readonly #buffer: Buffer;
  readonly #seed: number;
  readonly #ceiling: number;

  constructor(buffer: Buffer, storeId: string, ceiling: number) {
    this.#buffer = buffer;
    this.#seed = headSeed(storeId);
    this.#ceiling = ceiling;
  }

  /** Visits every item of an epoch, or of any; answers whether something else lay between them. */
  run(epoch: number | undefined, visit: (head: number, at: number, length: number) => void): boolean {
    const buffer = this.#buffer;
    let isBroken = false;
    let at = journalHeaderBytes;
    while (at < buffer.length) {
      if (!this.isHead(at, frontMark, epoch)) {
        const next = this.#next(at, epoch);
        if (next === undefined) break;
        isBroken = true;
        at = next.at;
        if (next.mark === backMark) {
          const length = buffer.readUInt32LE(at + 32);
          visit(at, at - length, length);
          at += itemHeadBytes;
          continue;
        }
      }
      const length = buffer.readUInt32LE(at + 32);
      visit(at, at + itemHeadBytes, length);
      at += length + itemOverhead;
    }
    return isBroken;
  }

  isHead(at: number, mark: number, epoch: number | undefined): boolean {
    const buffer = this.#buffer;
    if (at + itemHeadBytes > buffer.length || buffer.readUInt32LE(at) !== mark) return false;
    const its = buffer.readUInt32LE(at + 4);
    if (epoch === undefined ? its > this.#ceiling : its !== epoch) return false;
    if (buffer.readUInt32LE(at + 44) !== crc32(buffer.subarray(at, at + 44), this.#seed)) return false;
    return mark === frontMark || at - buffer.readUInt32LE(at + 32) - itemHeadBytes >= journalHeaderBytes;
  }

  /** The next sound head, front or back. */
  #next(from: number, epoch: number | undefined): { at: number; mark: number } | undefined {
    const front = this.#search(frontMark, from, epoch, this.#buffer.length);
    const back = this.#search(backMark, from, epoch, front < 0 ? this.#buffer.length : front);
    if (back >= 0) return { at: back, mark: backMark };
    return front < 0 ? undefined : { at: front, mark: frontMark };
  }

  #search(mark: number, from: number, epoch: number | undefined, end: number): number {
    const words = Buffer.alloc(epoch === undefined ? 4 : 8);
    words.writeUInt32LE(mark);
    if (epoch !== undefined) words.writeUInt32LE(epoch, 4);
    const within = this.#buffer.subarray(0, end);
    let at = within.indexOf(words, from);
    while (at >= 0 && !this.isHead(at, mark, epoch)) at = within.indexOf(words, at + 1);
    return at;
  }
}

function streamIdAt(buffer: Buffer, head: number): string {
  return buffer.toString("hex", head + 8, head + 16);
}

function itemAt(buffer: Buffer, head: number, at: number, length: number): JournalItem {
  const bytes = buffer.subarray(at, Math.min(at + length, buffer.length));
  return {
    streamId: streamIdAt(buffer, head),
    kind: buffer.readUInt32LE(head + 16),
    number: buffer.readUInt32LE(head + 20),
    generation: buffer.readUInt32LE(head + 24),
    place: buffer.readUInt32LE(head + 28),
    bytes,
    whole: bytes.length === length && crc32(bytes) === buffer.readUInt32LE(head + 40),
    at,
  };
}
