// From sequence to place, and from subject to sequences: everything about a stream's messages that is kept in memory.

import { assert } from "../base/assert.ts";
import { type Budget, farSteps } from "./budget.ts";
import { far } from "./places.ts";
import { countedBytes, recordHeaderBytes } from "./record.ts";
import type { Segment } from "./segment.ts";
import { type Node, Subjects } from "./subjects.ts";

/** Sequences left out between two messages that are still worth a slot each; a longer gap starts a new segment. */
export const gapSlotsMax = 1024;
/** Steps back along a subject before the search from the other end gets its turn: few at first, as most hold few. */
const firstSearchSlice = 8;
const searchSliceMax = 1024;
/** Slots gone through in order for each of them: what they cost is much the same. */
const slotsForStepBack = 64;
const slotsForStep = 8;

/** Tells the body bytes of a record whose length the index does not know. */
export type BodyBytesOf = (segment: Segment, byte: number) => number;

export class SequenceIndex {
  #subjects: Subjects;
  readonly #seed: number;
  /** Set by the stream, which knows what is still in memory. Must not throw. */
  bodyBytesOf!: BodyBytesOf;
  /** By first sequence, ascending. The last one is the one being written. */
  readonly segments: Segment[] = [];
  #messages = 0;
  #bytes = 0;
  #first = 1;
  #last = 0;
  #hit = 0;
  /** Neighbours of one subject that lie too far from each other for their places to tell: few, as a gap makes them. */
  readonly #farBefore = new Map<number, number>();
  readonly #farAfter = new Map<number, number>();

  constructor(seed: number) {
    this.#subjects = new Subjects(seed);
    this.#seed = seed;
  }

  get subjects(): Subjects {
    return this.#subjects;
  }

  get messages(): number {
    return this.#messages;
  }

  /** As nats-server counts them, see countedBytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The first message's sequence; one above `last` when there is no message. */
  get first(): number {
    return this.#first;
  }

  /** The highest sequence ever given out or skipped. */
  get last(): number {
    return this.#last;
  }

  /** Bytes of typed arrays beside per-subject state. */
  get arrayBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.places.bytes, 0);
  }

  /** A message was appended at `byte` of the last segment. */
  add(
    segment: Segment,
    sequence: number,
    byte: number,
    body: number,
    hasHeaders: boolean,
    isUnsure: boolean,
    node: Node,
  ): void {
    assert(sequence > this.#last, "sequences only grow");
    this.fill(segment, sequence, byte);
    segment.places.add(byte, hasHeaders, isUnsure, node);
    segment.live++;
    const { subjects } = this;
    if (subjects.count(node) > 0) {
      const before = subjects.last(node);
      const { places } = segment;
      places.setBefore(places.length - 1, sequence - before);
      const holder = before >= places.firstSequence ? segment : this.segmentOf(before)!;
      holder.places.setAfter(before - holder.places.firstSequence, sequence - before);
      if (sequence - before >= far) this.#joinFar(before, sequence);
    }
    subjects.add(node, sequence);
    if (this.#messages++ === 0) this.#first = sequence;
    this.#bytes += countedBytes(body, hasHeaders);
    this.#last = sequence;
  }

  /** Gives slots to the sequences before `sequence` that the segment does not hold. */
  fill(segment: Segment, sequence: number, byte: number): void {
    const { places } = segment;
    for (let missing = sequence - 1 - places.lastSequence; missing > 0; missing--) places.addGone(byte);
  }

  /** No sequence up to `last` will be given out. */
  skip(last: number): void {
    if (last <= this.#last) return;
    if (this.#messages === 0) this.#first = last + 1;
    this.#last = last;
  }

  /** The segment that accounts for a sequence. */
  segmentOf(sequence: number): Segment | undefined {
    const { segments } = this;
    const hit = segments[this.#hit];
    if (hit !== undefined && sequence >= hit.places.firstSequence && sequence <= hit.places.lastSequence)
      return hit;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (segments[middle]!.places.firstSequence <= sequence) low = middle;
      else high = middle - 1;
    }
    const found = segments[low];
    if (found === undefined || sequence < found.places.firstSequence || sequence > found.places.lastSequence)
      return undefined;
    this.#hit = low;
    return found;
  }

  /** Whether there is a message with this sequence. */
  has(sequence: number): boolean {
    const segment = this.segmentOf(sequence);
    return segment !== undefined && !segment.places.isGone(sequence - segment.places.firstSequence);
  }

  /** The first message at or after `from`; 0 when there is none. */
  next(from: number): number {
    if (this.#messages === 0 || from > this.#last) return 0;
    const start = Math.max(from, this.#first);
    for (let i = this.segmentAt(start); i < this.segments.length; i++) {
      const { places, live } = this.segments[i]!;
      if (live === 0) continue;
      const at = places.nextLive(Math.max(0, start - places.firstSequence));
      if (at < places.length) return places.firstSequence + at;
    }
    return 0;
  }

  /** How many messages there are at or after `from`. */
  countFrom(from: number): number {
    let count = 0;
    for (let i = this.segments.length - 1; i >= 0; i--) {
      const { places, live } = this.segments[i]!;
      if (places.lastSequence < from) return count;
      const isWhole = places.firstSequence >= from;
      count += isWhole ? live : places.liveFrom(from - places.firstSequence);
    }
    return count;
  }

  /** The last message at or before `from`; 0 when there is none. */
  previous(from: number): number {
    if (this.#messages === 0 || from < this.#first) return 0;
    let i = this.segmentAt(from);
    let at = this.#previousIn(i, from);
    while (at < 0) at = this.#previousIn(--i, from); // there is one: the first message
    return this.segments[i]!.places.firstSequence + at;
  }

  /** The slot of a segment's last message at or before `from`; -1 when there is none. */
  #previousIn(segment: number, from: number): number {
    const { places, live } = this.segments[segment]!;
    return live === 0 ? -1 : places.previousLive(Math.min(places.length - 1, from - places.firstSequence));
  }

  /** Takes a message out; answers its counted bytes, -1 when there was none. */
  remove(sequence: number): number {
    const segment = this.segmentOf(sequence);
    if (segment === undefined) return -1;
    const { places } = segment;
    const at = sequence - places.firstSequence;
    if (places.isGone(at)) return -1;
    const length = places.recordLength(at, segment.tail);
    const body = length === 0 ? this.bodyBytesOf(segment, places.byte(at)) : length - recordHeaderBytes;
    this.#unlink(segment, at, sequence);
    places.drop(at);
    segment.live--;
    segment.dead++;
    segment.deadBytes += length === 0 ? body + recordHeaderBytes : length;
    const counted = countedBytes(body, places.hasHeaders(at));
    this.#bytes -= counted;
    if (--this.#messages === 0) this.#first = this.#last + 1;
    else if (sequence === this.#first) this.#first = this.next(sequence + 1);
    return counted;
  }

  #unlink(segment: Segment, at: number, sequence: number): void {
    const { places } = segment;
    const { subjects } = this;
    const node = places.subject(at);
    const before = this.#before(segment, at, sequence);
    const after = this.#after(segment, at, sequence);
    if (before !== 0) this.#setAfter(before, after === 0 ? 0 : after - before);
    if (after !== 0) this.#setBefore(after, before === 0 ? 0 : after - before);
    if (before !== 0 && sequence - before >= far) this.#partFar(before, sequence);
    if (after !== 0 && after - sequence >= far) this.#partFar(sequence, after);
    if (before !== 0 && after - before >= far) this.#joinFar(before, after);
    subjects.take(
      node,
      sequence === subjects.first(node) ? after : subjects.first(node),
      sequence === subjects.last(node) ? before : subjects.last(node),
    );
  }

  #joinFar(before: number, after: number): void {
    this.#farAfter.set(before, after);
    this.#farBefore.set(after, before);
  }

  #partFar(before: number, after: number): void {
    this.#farAfter.delete(before);
    this.#farBefore.delete(after);
  }

  #setAfter(sequence: number, steps: number): void {
    const { places } = this.segmentOf(sequence)!;
    places.setAfter(sequence - places.firstSequence, steps);
  }

  #setBefore(sequence: number, steps: number): void {
    const { places } = this.segmentOf(sequence)!;
    places.setBefore(sequence - places.firstSequence, steps);
  }

  /** The message of the same subject before one that is there; 0 when there is none. */
  previousLike(sequence: number): number {
    const segment = this.segmentOf(sequence)!;
    return this.#before(segment, sequence - segment.places.firstSequence, sequence);
  }

  /** The message of the same subject after one that is there; 0 when there is none. */
  nextLike(sequence: number): number {
    const segment = this.segmentOf(sequence)!;
    return this.#after(segment, sequence - segment.places.firstSequence, sequence);
  }

  /** The previous message of the same subject; 0 when there is none. */
  #before(segment: Segment, at: number, sequence: number): number {
    const steps = segment.places.before(at);
    return steps === far ? this.#farBefore.get(sequence)! : steps === 0 ? 0 : sequence - steps;
  }

  /** The next message of the same subject; 0 when there is none. */
  #after(segment: Segment, at: number, sequence: number): number {
    const steps = segment.places.after(at);
    return steps === far ? this.#farAfter.get(sequence)! : steps === 0 ? 0 : sequence + steps;
  }

  /** The subject of a message that is there. */
  nodeOf(sequence: number): Node {
    const { places } = this.segmentOf(sequence)!;
    return places.subject(sequence - places.firstSequence);
  }

  /**
   * The first message of a subject at or after `from`; 0 when there is none. Below 0 the budget is used up, and nothing
   * of it lies below the positive of that.
   */
  nextOf(node: Node, from: number, budget: Budget): number {
    const { subjects } = this;
    if (node === 0 || subjects.count(node) === 0 || from > subjects.last(node)) return 0;
    if (from <= subjects.first(node)) return subjects.first(node);
    // From both ends in turn: forward through the index, backward along the subject. Whichever is nearer wins.
    let low = from;
    let high = subjects.last(node);
    let slots = slotsForStep;
    let slice = firstSearchSlice;
    do {
      const end = Math.min(low + slots, high + 1);
      const found = this.#scan(node, low, end - 1);
      if (found !== 0) return found;
      low = this.next(end); // there is one, and stretches without a message are passed at once
      for (let i = 0; i < slice; i++) {
        const before = this.previousLike(high);
        if (before < low) return high;
        high = before;
      }
      budget.left -= slots / slotsForStep + slice * farSteps;
      slots = slice * slotsForStepBack;
      slice = Math.min(slice * 2, searchSliceMax);
    } while (budget.left >= 0);
    return -low;
  }

  /** The first message of a subject in [`from`, `to`]; 0 when there is none. */
  #scan(node: Node, from: number, to: number): number {
    for (let i = this.segmentAt(from); i < this.segments.length; i++) {
      const { places, live } = this.segments[i]!;
      if (places.firstSequence > to) return 0;
      if (live === 0) continue;
      const end = Math.min(places.length, to - places.firstSequence + 1);
      const at = places.findSubject(node, Math.max(0, from - places.firstSequence), end);
      if (at < end) return places.firstSequence + at;
    }
    return 0;
  }

  /** The place in `segments` of the last one that begins at or before `sequence`, at least 0. */
  segmentAt(sequence: number): number {
    const { segments } = this;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (segments[middle]!.places.firstSequence <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Takes every message out at once. */
  clear(): void {
    for (const segment of this.segments) {
      segment.places.dropAll();
      segment.dead += segment.live;
      if (segment.live > 0) segment.deadBytes = segment.tail;
      segment.live = 0;
    }
    this.#subjects = new Subjects(this.#seed);
    this.#farBefore.clear();
    this.#farAfter.clear();
    this.#messages = 0;
    this.#bytes = 0;
    this.#first = this.#last + 1;
  }

  /** A message that was removed, as some note tells; `isTold`: as the segment's own notes tell. */
  addRemoved(segment: Segment, sequence: number, byte: number, length: number, isTold: boolean): void {
    this.fill(segment, sequence, byte);
    segment.places.addGone(byte);
    if (!isTold) segment.dead++;
    segment.deadBytes += length;
    this.skip(sequence);
  }

  /** Forgets a segment that holds no message. */
  forget(segment: Segment): void {
    assert(segment.live === 0, "only a segment without messages is forgotten");
    const at = this.segments.indexOf(segment);
    if (at >= 0) this.segments.splice(at, 1);
    this.#hit = 0;
  }
}
