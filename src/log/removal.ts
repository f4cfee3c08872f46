// Taking messages out, and giving their space back: a removal is noted in the log; a segment without messages is
// unlinked, one that is half empty is rewritten, once the notes that say so are on the disk.

import { assert } from "../base/assert.ts";
import type { StreamContext } from "./context.ts";
import type { StreamHeader } from "./header.ts";
import type { SequenceIndex } from "./index.ts";
import type { Losses } from "./loss.ts";
import type { Range } from "./record.ts";
import { rewrite } from "./rewrite.ts";
import type { Segment } from "./segment.ts";
import { inSlices, mergedInSlices, type Sliced } from "./slices.ts";
import type { Tail } from "./tail.ts";

/** A lazy removal is committed at the latest this long after it was made. */
const lazyMs = 250;
/** A segment being written with no message left is closed for its space when it is this large. */
const closeEmptyBytes = 64 * 1024;

export class Removal {
  readonly #context: StreamContext;
  readonly #index: SequenceIndex;
  readonly #tail: Tail;
  readonly #header: StreamHeader;
  readonly #losses: Losses;
  readonly #replaced: (old: Segment, by: Segment | undefined) => void;
  readonly #candidates = new Set<Segment>();
  #busy = false;
  #ended = false;
  #alarmed = false;
  #idle: (() => void)[] = [];

  constructor(
    context: StreamContext,
    index: SequenceIndex,
    tail: Tail,
    header: StreamHeader,
    losses: Losses,
    replaced: (old: Segment, by: Segment | undefined) => void,
  ) {
    this.#context = context;
    this.#index = index;
    this.#tail = tail;
    this.#header = header;
    this.#losses = losses;
    this.#replaced = replaced;
  }

  /** Takes one message out; answers its counted bytes, -1 when there is none. */
  remove(sequence: number): number {
    const segment = this.#index.segmentOf(sequence);
    const counted = this.#index.remove(sequence);
    if (counted < 0) return -1;
    this.#tail.note(sequence, sequence);
    this.consider(segment!);
    return counted;
  }

  /** A message is not whole any more: it is counted as lost, and its bytes are set aside before they go. */
  lose(segment: Segment, sequence: number, byte: number, length: number): void {
    const removed = this.#index.remove(sequence);
    assert(removed >= 0, "only a message that is there is lost");
    segment.lostSequences.add(sequence);
    segment.damaged.push({ from: byte, to: byte + length });
    this.#losses.damaged({
      path: segment.path,
      what: `message ${sequence} is damaged`,
      from: byte,
      to: byte + length,
    });
    this.#losses.lost(sequence, sequence);
  }

  /** The removals so far are committed soon, and at the latest with the next append. */
  commitLazily(): void {
    if (this.#alarmed || this.#ended) return;
    this.#alarmed = true;
    this.#context.clock.after(lazyMs, () => {
      this.#alarmed = false;
      if (!this.#ended && this.#tail.pendingBytes > 0) this.#tail.commitSoon();
    });
  }

  /** Nothing more is appended to the segment: what was removed of it while it was written counts from now on. */
  closed(segment: Segment): void {
    this.#tail.whenDurable((error) => {
      if (error === undefined) this.consider(segment);
    });
  }

  /** Looks whether a segment's space is worth taking back. */
  consider(segment: Segment): void {
    if (this.#ended || segment.leaving || segment.erasing > 0 || segment.gone) return;
    if (segment === this.#tail.active) {
      if (segment.live > 0 || segment.tail < Math.min(closeEmptyBytes, this.#context.limits.segmentBytes / 2))
        return;
      this.#tail.leaveActive();
    }
    if (segment.live > 0 && !this.#worthRewriting(segment)) return;
    this.#candidates.add(segment);
    this.#next();
  }

  #worthRewriting(segment: Segment): boolean {
    const dead = segment.deadBytes + segment.noteBytes;
    return dead >= this.#context.limits.compactBytesMin && dead * 2 >= segment.tail;
  }

  get isIdle(): boolean {
    return !this.#busy;
  }

  /** Calls back when no space is being given back any more. */
  whenIdle(done: () => void): void {
    if (!this.#busy) done();
    else this.#idle.push(done);
  }

  /** Begins nothing new. */
  end(): void {
    this.#ended = true;
    this.#candidates.clear();
  }

  #next(): void {
    if (this.#busy) return;
    const [segment] = this.#candidates;
    if (segment === undefined || this.#ended) {
      const idle = this.#idle;
      this.#idle = [];
      for (const done of idle) done();
      return;
    }
    this.#candidates.delete(segment);
    assert(
      !segment.gone && segment !== this.#tail.active,
      "whose space is given back is there, and written no more",
    );
    this.#busy = true;
    segment.leaving = true;
    const over = (error: Error | undefined): void => {
      this.#busy = false;
      segment.leaving = false;
      if (error !== undefined)
        this.#context.trace.log("warn", `space not given back: ${error.message}`, { path: segment.path });
      this.#next();
    };
    this.#begin(segment, over);
  }

  #begin(segment: Segment, over: (error: Error | undefined) => void): void {
    const floor = this.#index.first;
    // Where a later segment stands on the disk, a start sees from it which numbers were given out.
    const isFollowed = this.#index.segments.some(({ number, fresh }) => number > segment.number && !fresh);
    this.#header.raiseFloor(floor, isFollowed ? 0 : segment.number, (failure) => {
      if (failure !== undefined || this.#ended) return over(failure);
      const whole = segment.live === 0;
      // The rest of it was removed meanwhile: below the floor no journal brings it back, and no note need tell of it.
      const { lastSequence } = segment.places;
      if (whole && floor <= lastSequence && this.#index.first > lastSequence)
        return this.#begin(segment, over);
      inSlices(this.#context.clock, this.#carryOver(segment, whole, floor), () => {
        if (this.#ended) return over(undefined);
        this.#tail.whenDurable((error) => {
          if (this.#ended || segment.gone) return over(undefined); // or a reopening has written it anew meanwhile
          if (error !== undefined) return over(error);
          if (whole) this.#drop(segment, over);
          else this.#rewrite(segment, over);
        });
      });
    });
  }

  /** Notes again, at the end of the log, whatever this segment's notes tell that is still needed. */
  *#carryOver(segment: Segment, whole: boolean, floor: number): Sliced<void> {
    const { places } = segment;
    const { rangesAtOnce } = this.#context.limits;
    const own: Range[] =
      whole && places.length > 0 ? [{ first: places.firstSequence, last: places.lastSequence }] : [];
    const ranges = yield* mergedInSlices([...segment.removed, ...own], rangesAtOnce);
    for (const [i, { first, last }] of ranges.entries()) {
      if (i > 0 && i % rangesAtOnce === 0) yield;
      for (const part of this.#needed(Math.max(first, floor), last, segment))
        this.#tail.note(part.first, part.last);
    }
  }

  /** What of a removed range would be missed, or come back, if nothing told of it. */
  #needed(first: number, last: number, leaving: Segment): Range[] {
    const needed: Range[] = [];
    let from = first;
    const { segments } = this.#index;
    for (let i = this.#index.segmentAt(first); i < segments.length && from <= last; i++) {
      const segment = segments[i]!;
      const { places } = segment;
      if (places.firstSequence > last) break;
      const told = segment.rostered && segment.dead === 0 && segment !== leaving;
      if (!told || places.lastSequence < from) continue;
      if (from < places.firstSequence) needed.push({ first: from, last: places.firstSequence - 1 });
      from = places.lastSequence + 1;
    }
    if (from <= last) needed.push({ first: from, last });
    return needed;
  }

  #drop(segment: Segment, over: (error: Error | undefined) => void): void {
    const { disk, directory } = this.#context;
    try {
      const unlink = this.#takeName(segment);
      segment.gone = true;
      this.#tail.intake.forget(segment);
      this.#index.forget(segment);
      this.#replaced(segment, undefined);
      // The next segment leaves only when this name is gone for good: its notes may speak of this one's messages.
      disk.syncDirectory(directory, (error) => unlink(() => over(error)));
    } catch (cause) {
      over(cause as Error);
    }
  }

  /**
   * A segment's file has no name any more that a start would read. What this answers takes the file itself away, beside
   * the program: 32 MB take 20 ms. Throws the disk's error.
   */
  #takeName(segment: Segment): (then: () => void) => void {
    const { disk, handles, trace } = this.#context;
    const leftover = `${segment.path}.new`;
    handles.close(segment.path);
    disk.renameSync(segment.path, leftover);
    return (then) =>
      disk.unlink(leftover, (error) => {
        // A start unlinks what is left of it; of a deleted stream it is gone with the directory.
        if (error !== undefined && !this.#ended)
          trace.log("warn", `file left behind: ${error.message}`, { path: leftover });
        then();
      });
  }

  #rewrite(segment: Segment, over: (error: Error | undefined) => void): void {
    this.#tail.writeBehind();
    if (segment.written < segment.committed) return over(undefined);
    const lose = (sequence: number, byte: number, length: number): void =>
      this.lose(segment, sequence, byte, length);
    rewrite(this.#context, segment, [], lose, (error, made) => {
      if (error !== undefined || made === undefined) return over(segment.gone ? undefined : error);
      // Whatever ends now: its places are those of the next generation already.
      this.adopt(segment, made, () => {
        over(undefined);
        this.consider(made);
      });
    });
  }

  /** Puts a segment's next generation in its place; calls back when its own file is gone. */
  adopt(segment: Segment, made: Segment, then: () => void): void {
    if (segment.gone) return then(); // with its stream
    const at = this.#index.segments.indexOf(segment);
    this.#index.segments[at] = made;
    made.onSettle = segment.onSettle;
    made.onSyncFailed = segment.onSyncFailed;
    made.onRescue = segment.onRescue;
    segment.gone = true;
    if (this.#candidates.delete(segment)) this.#candidates.add(made); // it waited for its space to be given back
    this.#tail.intake.forget(segment);
    this.#replaced(segment, made);
    try {
      this.#takeName(segment)(then);
    } catch (cause) {
      // Its next generation has taken over; a start unlinks what is left of this one.
      this.#context.trace.log("warn", `old generation left behind: ${(cause as Error).message}`, {
        path: segment.path,
      });
      then();
    }
  }
}
