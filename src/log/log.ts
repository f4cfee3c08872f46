// One stream's log, as its owner sees it: append, read, remove, and be told what is on the disk.

import { assert, Fault } from "../base/assert.ts";

import { turnSteps } from "./budget.ts";
import type { StreamContext } from "./context.ts";
import { Count } from "./count.ts";
import { Erasure } from "./erase.ts";
import { Filter } from "./filter.ts";
import type { StreamHeader } from "./header.ts";
import type { SequenceIndex } from "./index.ts";
import { Indexing } from "./indexing.ts";
import type { LogParts } from "./log-parts.ts";
import type { Counted, Looked } from "./look.ts";
import type { Losses } from "./loss.ts";
import type { LogOwner, Refusal } from "./owner.ts";
import { Purge, removeMatching } from "./purge.ts";
import { eachSubject, search, searchBack } from "./questions.ts";
import { Reader, type StoredMessage } from "./reader.ts";
import { Removal } from "./removal.ts";
import { Reopening } from "./reopening.ts";
import type { Segment } from "./segment.ts";
import type { OwnerStates } from "./states.ts";
import { Tail } from "./tail.ts";
import { UnderWay } from "./under-way.ts";
import { type LogState, type SubjectState, subjectState } from "./views.ts";

export type { LogState, SubjectState } from "./views.ts";

type Done = (error: Error | undefined) => void;

const noHeaders = Buffer.alloc(0);

export class Log {
  readonly #context: StreamContext;
  readonly #index: SequenceIndex;
  readonly #header: StreamHeader;
  readonly #losses: Losses;
  readonly #tail: Tail;
  readonly #reader: Reader;
  readonly #removal: Removal;
  readonly #erasure: Erasure;
  readonly #indexing: Indexing;
  readonly states: OwnerStates;
  readonly #everything = new Filter([]);
  readonly #take = (sequence: number): number => this.#removal.remove(sequence);
  readonly #erasing = new UnderWay();
  readonly #reopening: Reopening;
  #allDurable = false;
  /** Closing, closed or deleted: it takes nothing more, and what cannot be read is for the next start to judge. */
  #isEnding = false;

  constructor(parts: LogParts, owner: LogOwner) {
    const { context, index, header } = parts;
    this.#context = context;
    this.#index = index;
    this.#header = header;
    this.#losses = parts.losses;
    this.states = parts.states;
    this.#tail = new Tail(context, index, header, owner, parts.nextNumber);
    this.#tail.onRescue = (segment) => parts.journals.rescue(segment);
    this.#tail.onClosed = (segment) => {
      this.#removal.closed(segment);
      this.#indexing.closed(segment);
    };
    this.#reader = new Reader(this.#tail.intake);
    this.#indexing = new Indexing(context, index, this.#tail, this.#reader);
    this.#removal = new Removal(context, index, this.#tail, header, this.#losses, (old, by) =>
      this.#replaced(old, by),
    );
    this.#reopening = new Reopening(context, index, this.#tail, this.#removal);
    this.#erasure = new Erasure(context, index, this.#tail, this.#reader, parts.journals);
    index.bodyBytesOf = (segment, byte) => this.#bodyBytes(segment, byte);
    for (const segment of index.segments) this.#tail.adopt(segment);
    for (const { first, last } of parts.skipped) this.#tail.burn(first, last);
    for (const segment of [...index.segments]) this.#removal.consider(segment);
    for (const segment of index.segments) if (segment.lacksIndex) this.#indexing.closed(segment);
  }

  get name(): string {
    return this.#context.name;
  }

  get tenant(): string {
    return this.#context.tenant;
  }

  get first(): number {
    return this.#index.first;
  }

  get last(): number {
    return this.#index.last;
  }

  /** Everything up to here was reported as committed. */
  get committed(): number {
    return this.#tail.announced;
  }

  get state(): LogState {
    const { messages, bytes, first, last, subjects } = this.#index;
    return { messages, bytes, first, last, subjects: subjects.size, lost: this.#losses.count };
  }

  /** What was lost and found damaged. */
  get losses(): Losses {
    return this.#losses;
  }

  /** Bytes of typed arrays that the index of messages takes. */
  get indexBytes(): number {
    return this.#index.arrayBytes;
  }

  /** Bytes of segments on the disk or on their way to it. */
  get storedBytes(): number {
    return this.#index.segments.reduce((sum, segment) => sum + segment.tail, 0);
  }

  /** Why the last `append` answered 0. */
  get refusal(): Refusal | undefined {
    return this.#isEnding ? "closed" : this.#tail.refusal;
  }

  get phase(): "open" | "full" | "failed" | "closed" {
    return this.#tail.phase;
  }

  /**
   * Stores a message: subject in wire text, headers and payload copied. Answers its sequence, or 0 and `refusal` says
   * why. The owner's `committed` tells when it is on the disk.
   */
  append(subject: string, headers: Uint8Array | undefined, payload: Uint8Array, timestampNs: bigint): number {
    if (this.#isEnding) return 0;
    return this.#tail.append(subject, headers ?? noHeaders, payload, timestampNs);
  }

  /** Sequences up to `last` will not be given out: the next message gets at least `last` + 1. */
  skipTo(last: number): void {
    assert(Number.isSafeInteger(last), "a sequence is a safe integer");
    if (last <= this.#index.last || this.#isEnding) return;
    this.#tail.burn(this.#index.last + 1, last);
    this.#index.skip(last);
    this.#tail.commitSoon();
  }

  /**
   * The message with this sequence; undefined when there is none, or damage took it (which is then reported). A closed
   * or deleted stream answers undefined to all, as `phase` tells.
   */
  read(sequence: number): StoredMessage | undefined {
    const segment = this.#index.segmentOf(sequence);
    if (segment === undefined || this.#tail.phase === "closed") return undefined;
    const { places } = segment;
    const at = sequence - places.firstSequence;
    if (places.isGone(at)) return undefined;
    const byte = places.byte(at);
    const length = places.recordLength(at, segment.tail);
    let found: StoredMessage | undefined;
    try {
      found = this.#reader.message(segment, byte, length, sequence);
    } catch (cause) {
      assert(cause instanceof Fault, "a reader's surprises are faults");
      const what = `message ${sequence} is unreadable: ${cause.message}`;
      if (!this.#isEnding) this.#losses.damaged({ path: segment.path, what, from: byte, to: byte + length });
      return undefined;
    }
    if (found === undefined && !this.#isEnding) this.#removal.lose(segment, sequence, byte, length);
    return found;
  }

  /** The first message at or after `from`; 0 when there is none. */
  next(from: number): number {
    return this.#index.next(from);
  }

  /** The last message at or before `from`; 0 when there is none. */
  previous(from: number): number {
    return this.#index.previous(from);
  }

  /** The first message at or after `from` that matches. This and what follows: `steps` as in budget.ts, 1 or more. */
  search(from: number, filter: Filter, steps = turnSteps): Looked {
    return search(this.#index, filter, from, { left: steps });
  }

  /** The last message at or before `from` that matches. */
  searchBack(from: number, filter: Filter, steps = turnSteps): Looked {
    return searchBack(this.#index, filter, from, { left: steps });
  }

  /** Goes on with a count as far as `steps` allow; answers whether that was all. */
  count(count: Count, steps = turnSteps): boolean {
    return count.step(this.#index, { left: steps });
  }

  /** The last message of a subject; 0 when there is none. */
  lastOf(subject: string): number {
    const { subjects } = this.#index;
    const node = subjects.find(subject);
    return subjects.count(node) === 0 ? 0 : subjects.last(node);
  }

  /** What is stored under one subject; undefined when nothing is. */
  subject(subject: string): SubjectState | undefined {
    const node = this.#index.subjects.find(subject);
    return this.#index.subjects.count(node) === 0 ? undefined : subjectState(this.#index.subjects, node);
  }

  /**
   * Visits matching subjects, in no order, until `visit` answers false, which may not add or remove messages. Answers
   * where to go on, 0 when it went through: a subject that is there all the while is visited once.
   */
  eachSubject(filter: Filter, visit: (state: SubjectState) => boolean, from = 0, steps = turnSteps): number {
    const tell = (node: number): boolean => visit(subjectState(this.#index.subjects, node));
    return eachSubject(this.#index, filter, tell, from, { left: steps });
  }

  /** The first message stored at or after a time; 0 when there is none. Timestamps must have been given in order. */
  atTime(timestampNs: bigint): number {
    let low = this.#index.first;
    let high = this.#index.last + 1;
    // Every message below `low` is earlier, every one from `high` on is not.
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      const at = this.#index.next(middle);
      if (at !== 0 && at < high && this.#timeOf(at) < timestampNs) low = at + 1;
      else high = middle;
    }
    return this.#index.next(low);
  }

  /** A record's body bytes; 0, and a report, when it cannot be read. */
  #bodyBytes(segment: Segment, byte: number): number {
    try {
      return this.#reader.head(segment, byte)?.bodyBytes ?? 0;
    } catch (cause) {
      this.#losses.damaged({
        path: segment.path,
        what: `unreadable: ${(cause as Error).message}`,
        from: byte,
      });
      return 0;
    }
  }

  #timeOf(sequence: number): bigint {
    const segment = this.#index.segmentOf(sequence)!;
    const head = this.#reader.head(segment, segment.places.byte(sequence - segment.places.firstSequence));
    return head === undefined ? 0n : head.timestampNs;
  }

  /** Takes a message out; answers its counted bytes, -1 when there is none. `lazy`: no commit for this alone. */
  remove(sequence: number, lazy = false): number {
    const counted = this.#isEnding ? -1 : this.#removal.remove(sequence);
    if (counted < 0) return counted;
    if (lazy) this.#removal.commitLazily();
    else this.#tail.commitSoon();
    return counted;
  }

  /** Takes out `first` to `last`, as many as `steps` allow. */
  removeRange(first: number, last: number, steps = turnSteps): Counted {
    return this.removeMatching(this.#everything, first, last, steps);
  }

  /** Takes out what matches from `first` to `last`, as much as `steps` allow. */
  removeMatching(filter: Filter, first = 1, last = this.last, steps = turnSteps): Counted {
    if (this.#isEnding) return { count: 0, end: 0 };
    const removed = removeMatching(this.#index, this.#take, filter, first, last, { left: steps });
    if (removed.count > 0) this.#tail.commitSoon();
    return removed;
  }

  /** Goes on with a purge as far as `steps` allow; answers whether that was all, or the stream is closing. */
  purge(purge: Purge, steps = turnSteps): boolean {
    if (this.#isEnding) return true;
    const { removed } = purge;
    const isOver = purge.step(this.#index, this.#take, { left: steps });
    if (purge.removed > removed) this.#tail.commitSoon();
    return isOver;
  }

  /** Takes out everything; answers how many messages. */
  removeAll(): number {
    const { messages, first, last } = this.#index;
    if (messages === 0 || this.#isEnding) return 0;
    this.#tail.note(first, last);
    this.#index.clear();
    for (const segment of [...this.#index.segments]) this.#removal.consider(segment);
    this.#tail.commitSoon();
    return messages;
  }

  /** Takes a message out and overwrites its bytes wherever they lie; `done` when that is on the disk. */
  erase(sequence: number, done: Done): void {
    if (this.#isEnding) return done(new Fault("erase in a stream that is closed", { name: this.name }));
    const over = this.#erasing.until(done);
    const remove = (): number => this.#removal.remove(sequence);
    const erased = (segment: Segment): void => this.#erased(segment);
    this.#erasure.erase(sequence, remove, (then) => this.#whenStill(then), erased, over);
  }

  /** Calls back in a turn in which no segment and no index is being written anew. */
  #whenStill(then: () => void): void {
    const again = (): void => this.#whenStill(then);
    if (!this.#removal.isIdle) this.#removal.whenIdle(again);
    else if (!this.#indexing.isIdle) this.#indexing.whenIdle(again);
    else then();
  }

  /** Its index may be gone with a subject that only the message had; and it may be worth rewriting now. */
  #erased(segment: Segment): void {
    this.#removal.consider(segment);
    this.#indexing.erased(segment);
  }

  /** Calls back when everything done so far is on the disk, or will never be. */
  whenDurable(done: Done): void {
    this.#tail.whenDurable(done);
  }

  /**
   * Opens a stream that a failed write or sync stopped: whatever the disk may not have is written anew and synced,
   * from what can be read. Until `done` without an error nothing is taken.
   */
  reopen(done: Done): void {
    if (this.#isEnding) return done(new Fault("reopen a stream that is closed", { name: this.name }));
    this.#reopening.begin(done);
  }

  #replaced(old: Segment, by: Segment | undefined): void {
    this.#reader.forget();
    this.#context.forgetFile(old);
    if (by !== undefined) this.#indexing.write(by, () => undefined);
  }

  setFull(full: boolean): void {
    if (full) this.#tail.refuseFull();
    else this.#tail.resume();
  }

  /** Brings everything to its place and takes nothing more; `done` when the rest is for the store to close. */
  beginClose(done: Done): void {
    this.#isEnding = true;
    this.states.end();
    this.#removal.end();
    const settle = (): void => this.#settle(done);
    this.#removal.whenIdle(() => this.#reopening.whenOver(() => this.#erasing.whenNone(settle)));
  }

  #settle(done: Done): void {
    this.#tail.whenDurable((error) => {
      this.#tail.writeBehind();
      this.#allDurable = error === undefined;
      done(error);
    });
  }

  /** The exact end goes into the header, the written segment's index beside it. Throws the disk's error. */
  finishClose(done: Done): void {
    const { active } = this.#tail;
    const intact = this.#allDurable && (this.#tail.phase === "open" || this.#tail.phase === "full");
    this.#tail.close();
    const finish = (): void => {
      this.#reader.close();
      try {
        if (intact) this.#header.closeSync(this.#index.last, this.#index.first);
        this.#header.state.close();
        this.states.close();
        done(undefined);
      } catch (cause) {
        done(cause as Error);
      }
    };
    if (active === undefined || active.live === 0 || !intact) return this.#indexing.whenIdle(finish);
    this.#indexing.write(active, () => this.#indexing.whenIdle(finish));
  }

  /** Takes nothing more, without a word to the disk: the stream is being deleted. */
  abandon(): void {
    this.#isEnding = true;
    this.#erasure.end();
    this.states.end();
    this.#removal.end();
    this.#reader.close();
    this.#tail.close();
    this.#erasing.giveUp(new Fault("erase in a stream that was deleted meanwhile", { name: this.name }));
    this.#reopening.abandon();
    for (const segment of this.#index.segments) {
      segment.gone = true;
      this.#context.handles.close(segment.path);
    }
    this.#header.state.abandon();
    this.states.abandon();
  }
}

export { Count, Filter, Purge };
