// Reading a whole segment record by record, where no index tells what it holds, or not enough.

import type { SegmentContents } from "./checkpoint.ts";
import type { Losses } from "./loss.ts";
import { Places } from "./places.ts";
import {
  flagErased,
  headOf,
  kindCommitted,
  kindMessage,
  kindRemoved,
  type Range,
  recordHeaderBytes,
  removedRanges,
} from "./record.ts";
import { isBlank, scanRecords } from "./scan.ts";
import { type Segment, segmentHeaderBytes } from "./segment.ts";

/** A step in sequences inside one segment that nothing this room writes can make. */
const stepMax = 2 ** 20;

/** `begun`: everything below this sequence was committed when the segment was written. */
export type Loaded = SegmentContents & { readonly fromCheckpoint: boolean; readonly begun: number };

/** Reads a whole segment record by record. */
export function scanSegment(segment: Segment, losses: Losses, mayBeTorn: boolean, clean: boolean): Loaded {
  segment.noteBytes = 0;
  return new Scanning(segment, losses).run(mayBeTorn, clean);
}

class Scanning {
  readonly #segment: Segment;
  readonly #losses: Losses;
  readonly #bytes: Buffer;
  readonly #names: string[] = [];
  readonly #local = new Map<string, number>();
  readonly #told = new Map<number, number>();
  readonly #removed: Range[] = [];
  #places: Places | undefined;
  #begun = 0;

  constructor(segment: Segment, losses: Losses) {
    this.#segment = segment;
    this.#losses = losses;
    const { bytes, holes } = segment.readAround(0, segment.written);
    this.#bytes = bytes;
    for (const { from, to } of holes) losses.damaged({ path: segment.path, what: "unreadable", from, to });
  }

  run(mayBeTorn: boolean, clean: boolean): Loaded {
    const [segment, bytes] = [this.#segment, this.#bytes];
    const start = Math.min(segmentHeaderBytes, bytes.length);
    const end = scanRecords(bytes, start, bytes.length, segment.mark, 0, {
      record: (at, length) => (bytes[at + 12] === kindMessage ? this.#message(at) : this.#note(at, length)),
      damaged: (from, to) => {
        this.#damaged("damaged bytes", from, to);
        this.#blur();
      },
    });
    if (!isBlank(bytes, end, bytes.length)) {
      if (mayBeTorn) this.#losses.torn(segment.path, end, bytes.length);
      if (!mayBeTorn && clean) this.#damaged("bytes behind the last record", end, bytes.length);
      else segment.damaged.push({ from: end, to: bytes.length });
    }
    const made = this.#places ?? new Places(segment.places.firstSequence);
    return {
      firstSequence: made.firstSequence,
      place: made.words(),
      subject: Uint32Array.from({ length: made.length }, (_, at) => made.subject(at)),
      subjects: this.#names,
      told: this.#told,
      removed: this.#removed,
      rostered: segment.rostered,
      covered: Math.max(end, segmentHeaderBytes),
      fromCheckpoint: false,
      begun: this.#begun,
    };
  }

  #message(at: number): void {
    const bytes = this.#bytes;
    const head = headOf(bytes, at);
    this.#places ??= new Places(head.sequence);
    const places = this.#places;
    const step = head.sequence - places.lastSequence;
    if (step < 1 || step > stepMax) {
      this.#damaged("record out of order", at, at + head.length);
      this.#blur();
      return;
    }
    if ((head.flags & flagErased) !== 0) {
      this.#removed.push({ first: head.sequence, last: head.sequence });
      this.#blur();
      return;
    }
    const covered = bytes.subarray(at + recordHeaderBytes, at + head.length);
    const body =
      head.flags === 0 ? covered : this.#segment.cover.take(covered, head.flags, at, head.bodyBytes);
    const number = this.#numberOf(body.latin1Slice(0, head.subjectBytes));
    while (places.lastSequence < head.sequence - 1) places.addGone(at);
    if (head.flags !== 0) this.#told.set(places.length, head.bodyBytes);
    places.add(at, head.headersBytes > 0, head.flags !== 0, number);
  }

  /** A record that is no message. */
  #note(at: number, length: number): void {
    const [segment, bytes] = [this.#segment, this.#bytes];
    const kind = bytes[at + 12];
    segment.noteBytes += length;
    if (kind === kindRemoved) {
      for (const range of removedRanges(bytes, at, length)) this.#removed.push(range); // of any number
      if (at === segmentHeaderBytes && segment.generation > 0) segment.rostered = true;
    }
    if (kind === kindCommitted) this.#begun = Math.max(this.#begun, headOf(bytes, at).sequence);
    this.#blur();
  }

  #numberOf(subject: string): number {
    let number = this.#local.get(subject);
    if (number === undefined) {
      number = this.#names.length;
      this.#names.push(subject);
      this.#local.set(subject, number);
    }
    return number;
  }

  #damaged(what: string, from: number, to: number): void {
    this.#segment.damaged.push({ from, to });
    this.#losses.damaged({ path: this.#segment.path, what, from, to });
  }

  /** The last message's length is no more the way to the next one. */
  #blur(): void {
    const places = this.#places;
    if (places === undefined || places.length === 0) return;
    const at = places.length - 1;
    this.#told.set(at, headOf(this.#bytes, places.byte(at)).bodyBytes);
    places.blurLast();
  }
}
