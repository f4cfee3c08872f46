// The end of a stream that is written: appended records become takes for the commit, and committed sequences are
// announced, each once, in order, never before the disk has them and a reservation above them.

import { assert, Fault } from "../base/assert.ts";
import { Behind } from "./behind.ts";
import type { CommittingStream, Take } from "./commit.ts";
import { isFull, type StreamContext, segmentOf } from "./context.ts";
import { coverBytesMax } from "./cover.ts";
import { Due } from "./due.ts";
import type { StreamHeader } from "./header.ts";
import { gapSlotsMax, type SequenceIndex } from "./index.ts";
import { Intake, type Span } from "./intake.ts";
import { Notes } from "./notes.ts";
import type { LogOwner, Refusal } from "./owner.ts";
import { Pending } from "./pending.ts";
import {
  kindMessage,
  putCommitted,
  putHead,
  putRemoved,
  recordBytesMax,
  recordHeaderBytes,
  removedLength,
  seal,
  subjectBytesMax,
} from "./record.ts";
import { type Segment, segmentHeader, segmentHeaderBytes } from "./segment.ts";
import { writeWholeSync } from "./transfer.ts";

type Waiter = (error: Error | undefined) => void;

export class Tail implements CommittingStream {
  readonly id: string;
  readonly tenant: string;
  readonly directory: string;
  readonly #context: StreamContext;
  readonly #index: SequenceIndex;
  readonly #header: StreamHeader;
  readonly #owner: LogOwner;
  readonly #covered: boolean;
  readonly intake: Intake;
  readonly #behind: Behind;
  #phase: "open" | "full" | "failed" | "closed" = "open";
  #active: Segment | undefined;
  #nextNumber: number;
  #durable: number;
  #announced: number;
  /** Up to here the owner heard of every append: that it is committed, or that it failed. */
  #answered: number;
  #sinceMark = 0;
  readonly #notes = new Notes();
  #waiters: Waiter[] = [];
  readonly #dueWaiters = new Due<Waiter>();
  #refusal: Refusal | undefined;
  #stoppedBy: Error | undefined;
  /** The take whose landing counts; one that was overtaken by a failure does not. */
  #flying: Take | undefined;
  #flyingEnd = 0;
  /** Set by the stream, see Segment. */
  onRescue!: (segment: Segment) => Error | undefined;
  /** Set by the stream. A segment was closed: nothing more is appended to it. */
  onClosed!: (segment: Segment) => void;

  constructor(
    context: StreamContext,
    index: SequenceIndex,
    header: StreamHeader,
    owner: LogOwner,
    nextNumber: number,
  ) {
    this.id = context.id;
    this.tenant = context.tenant;
    this.directory = context.directory;
    this.#context = context;
    this.#index = index;
    this.#header = header;
    this.#owner = owner;
    this.#covered = context.compression !== "none" || context.key !== undefined;
    this.#nextNumber = nextNumber;
    this.#durable = index.last;
    this.#announced = index.last;
    this.#answered = index.last;
    this.intake = new Intake(context.pool, new Pending(context.limits.pendingBytesMax, context.pending));
    this.#behind = new Behind(context, this.intake, (error) => this.#stop(error));
  }

  /** Takes in a segment of an earlier run. */
  adopt(segment: Segment): void {
    segment.onSettle = (which, done) => this.#behind.settle(which, done);
    segment.onSyncFailed = (error) => this.#stop(error);
    segment.onRescue = this.onRescue;
  }

  get phase(): "open" | "full" | "failed" | "closed" {
    return this.#phase;
  }

  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  get pendingBytes(): number {
    return this.intake.pendingBytes + this.#notes.bytes;
  }

  get active(): Segment | undefined {
    return this.#active;
  }

  get announced(): number {
    return this.#announced;
  }

  /** Takes a message; answers its sequence, or 0 with `refusal` telling why not. */
  append(subject: string, headers: Uint8Array, payload: Uint8Array, timestampNs: bigint): number {
    const headersBytes = headers.length;
    const bodyBytes = subject.length + headersBytes + payload.length;
    const length = recordHeaderBytes + bodyBytes;
    if (this.#phase !== "open" || !this.#hasRoom(subject, length)) return 0;
    const sequence = this.#index.last + 1;
    const segment = this.#segmentFor(length, sequence);
    if (segment === undefined) return 0;
    const byte = segment.tail;
    const covered = this.#covered
      ? segment.cover.put(Buffer.concat([Buffer.from(subject, "latin1"), headers, payload]), byte)
      : undefined;
    const stored = covered === undefined ? length : recordHeaderBytes + covered.body.length;
    const piece = this.intake.room(segment, stored);
    const at = piece.length;
    const { buffer, view } = piece;
    putHead(
      view,
      at,
      segment.mark,
      kindMessage,
      sequence,
      timestampNs,
      subject.length,
      headersBytes,
      bodyBytes,
    );
    let place = at + recordHeaderBytes;
    if (covered !== undefined) buffer.set(covered.body, place);
    else {
      for (let i = 0; i < subject.length; i++) buffer[place + i] = subject.charCodeAt(i);
      place += subject.length;
      if (headersBytes > 0) buffer.set(headers, place);
      buffer.set(payload, place + headersBytes);
    }
    seal(buffer, view, at, byte, stored, covered === undefined ? 0 : covered.flags);
    this.intake.grew(piece, stored);
    piece.lastSequence = sequence;
    const node = this.#index.subjects.enter(subject);
    this.#index.add(segment, sequence, byte, bodyBytes, headersBytes > 0, this.#covered, node);
    if (sequence > this.#header.reserveAt) this.#reserve(sequence);
    this.#context.commit.enqueue(this);
    return sequence;
  }

  #hasRoom(subject: string, length: number): boolean {
    const most = length + (this.#covered ? coverBytesMax : 0);
    if (most > recordBytesMax || subject.length > subjectBytesMax) this.#refusal = "too large";
    else if (this.intake.isFull) this.#refusal = "busy";
    else return true;
    return false;
  }

  /** The segment that the next `length` bytes go to; undefined, with the refusal set, when none can be made. */
  #segmentFor(length: number, sequence: number): Segment | undefined {
    const active = this.#active;
    if (active !== undefined) {
      const fits =
        active.tail + length + coverBytesMax <= this.#context.limits.segmentBytes ||
        active.tail === segmentHeaderBytes;
      const near = active.places.length === 0 || sequence - active.places.lastSequence <= gapSlotsMax;
      if (fits && near) {
        if (active.places.length === 0) active.startAt(sequence);
        return active;
      }
      this.leaveActive();
    }
    return this.#begin(sequence);
  }

  /** Nothing more is appended to the segment now written. */
  leaveActive(): void {
    const active = this.#active;
    this.#active = undefined;
    if (active !== undefined) this.onClosed(active);
  }

  #begin(sequence: number): Segment | undefined {
    const { handles } = this.#context;
    const segment = segmentOf(this.#context, this.#nextNumber++, 0, sequence);
    this.adopt(segment);
    segment.fresh = true;
    try {
      const file = handles.create(segment.path);
      writeWholeSync(file, segmentHeader(this.id, segment.number, 0, sequence, this.#context.name), 0);
      segment.written = segmentHeaderBytes;
    } catch (cause) {
      this.#stop(cause as Error);
      return undefined;
    }
    this.#index.segments.push(segment);
    this.#active = segment;
    return segment;
  }

  /** These sequences are no messages any more; the next commit makes it last. */
  note(first: number, last: number): void {
    this.#notes.add(first, last);
  }

  /** These sequences never were messages; the next commit makes it last. */
  burn(first: number, last: number): void {
    this.#notes.burn(first, last);
  }

  /** Asks for a commit even if only notes wait for one. */
  commitSoon(): void {
    if (this.#phase !== "closed") this.#context.commit.enqueue(this);
  }

  /** Calls back when everything appended and noted so far is on the disk, or will never be. */
  whenDurable(done: Waiter): void {
    if (this.#phase === "failed" || this.#phase === "closed") return done(this.#inVain());
    this.#waiters.push(done);
    this.commitSoon();
  }

  take(bytesMax: number): Take | undefined {
    if (this.#phase !== "open" && this.#phase !== "full") return undefined;
    this.#writeNotes();
    this.#writeCommitted();
    if (this.#notes.isEmpty)
      for (const waiter of this.#waiters.splice(0)) this.#dueWaiters.add(waiter, this.intake.end);
    const spans = this.intake.take(bytesMax);
    if (spans.length === 0) {
      this.#landWaiters(
        this.intake.end,
        this.#notes.isEmpty ? undefined : new Fault("note what was removed, for want of room"),
      );
      return undefined;
    }
    const bytes = spans.reduce((sum, span) => sum + span.to - span.from, 0);
    const isAll = this.intake.pendingBytes === 0 && this.#notes.isEmpty;
    const lastSequence = isAll ? this.#index.last : lastOf(spans);
    this.#flying = { stream: this, spans, bytes, lastSequence };
    this.#flyingEnd = this.intake.takenEnd;
    return this.#flying;
  }

  /** Of the notes that wait, what one turn of the program may write; the rest goes with the next takes. */
  #writeNotes(): void {
    for (let left = this.#context.limits.rangesAtOnce; left > 0 && !this.#notes.isEmpty; ) {
      const ranges = this.#notes.next(left);
      left -= ranges.length;
      const length = removedLength(ranges.length);
      const active = this.#active;
      const fits =
        active !== undefined &&
        (active.tail + length <= this.#context.limits.segmentBytes || active.places.length === 0);
      if (active !== undefined && !fits) this.leaveActive();
      const segment = this.#active ?? this.#begin(this.#index.last + 1);
      if (segment === undefined) return;
      const piece = this.intake.room(segment, length);
      putRemoved(piece.buffer, piece.view, piece.length, segment.tail, segment.mark, ranges);
      this.intake.grew(piece, length);
      segment.places.blurLast();
      segment.noteBytes += length;
      segment.removed.push(...ranges);
      this.#notes.written(ranges, this.intake.end);
    }
  }

  /** Now and then, how far the last commits went: recovery then knows what a crash may have cut. */
  #writeCommitted(): void {
    this.#sinceMark += this.intake.pendingBytes;
    const active = this.#active;
    if (active === undefined || this.intake.pendingBytes === 0) return;
    if (this.#sinceMark < this.#context.limits.markEveryBytes) return;
    if (active.tail + recordHeaderBytes > this.#context.limits.segmentBytes) return;
    this.#sinceMark = 0;
    const piece = this.intake.room(active, recordHeaderBytes);
    const below = Math.min(this.#durable + 1, this.#notes.burntFrom);
    putCommitted(piece.buffer, piece.view, piece.length, active.tail, active.mark, below);
    this.intake.grew(piece, recordHeaderBytes);
    active.places.blurLast();
    active.noteBytes += recordHeaderBytes;
  }

  landed(take: Take, inPlace: boolean): void {
    if (take !== this.#flying) return;
    for (const { piece, to } of take.spans) {
      piece.committed = Math.max(piece.committed, to);
      piece.segment.committed = Math.max(piece.segment.committed, piece.start + to);
      if (inPlace) this.intake.wrote(piece, to);
    }
    this.#notes.landed(this.#flyingEnd);
    this.intake.release();
    this.#durable = Math.max(this.#durable, take.lastSequence);
  }

  committed(take: Take): void {
    if (take !== this.#flying) return;
    this.#flying = undefined;
    this.#announce();
    this.#landWaiters(this.#flyingEnd, undefined);
    if (this.pendingBytes > 0) this.commitSoon(); // the take was not all of it
    this.#context.wrote(take.bytes);
    if (this.intake.unwrittenBytes > this.#context.limits.behindBytesMax) this.writeBehind();
  }

  /** The one line from which acknowledgements come. */
  #announce(): void {
    const upTo = Math.min(this.#durable, this.#header.reserved);
    if (upTo <= this.#answered || this.#phase === "closed") return;
    this.#announced = upTo;
    this.#answered = upTo;
    this.#owner.committed(upTo);
  }

  #landWaiters(upTo: number, error: Error | undefined): void {
    for (const done of this.#dueWaiters.landed(upTo)) done(error);
  }

  #reserve(sequence: number): void {
    this.#header.reserve(sequence, (error) => {
      if (error === undefined) this.#announce();
      else this.#stop(error);
    });
  }

  failed(take: Take, error: Error): void {
    if (take === this.#flying) this.#stop(error);
  }

  /** Nothing uncommitted will be: it is forgotten, its sequences are burnt, and the owner hears of it. */
  #stop(error: Error): void {
    const full = isFull(error);
    if (this.#phase === "failed" || this.#phase === "closed") return;
    this.#phase = full ? "full" : "failed";
    this.#stoppedBy = error;
    this.#refusal = this.#phase;
    if (full) this.#context.foundFull();
    const first = this.#answered + 1;
    const { last } = this.#index;
    for (let s = this.#index.previous(last); s >= first; s = this.#index.previous(s - 1))
      this.#index.remove(s);
    this.#answered = last; // what of it is durable is not announced, though its reservation may yet land
    this.#active = undefined;
    this.#flying = undefined;
    this.intake.rollBack();
    for (const segment of this.#index.segments) segment.tail = Math.min(segment.tail, segment.committed);
    this.#notes.lost(this.intake.end);
    if (last >= first) this.burn(first, last);
    this.#context.trace.log(
      "error",
      `stream ${this.#context.name}: ${full ? "disk full" : "stopped"}: ${error.message}`,
    );
    this.#owner.failed(this.#phase, first, last, error);
    this.#failWaiters(error);
  }

  #inVain(): Fault {
    return new Fault("commit on a stream that stopped", { name: this.#context.name, cause: this.#stoppedBy });
  }

  #failWaiters(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) this.#dueWaiters.add(waiter, this.intake.end);
    this.#landWaiters(this.intake.end, error);
  }

  resume(): void {
    if (this.#phase !== "full") return;
    this.#phase = "open";
    this.#refusal = undefined;
    this.writeBehind();
    if (!this.#notes.isEmpty) this.commitSoon();
  }

  /** The segments were rewritten from what the disk holds; appends are taken again. */
  reopened(): void {
    assert(this.#phase === "failed", "only a stream that stopped is reopened");
    this.#phase = "open";
    this.#refusal = undefined;
    if (!this.#notes.isEmpty) this.commitSoon();
  }

  close(): void {
    this.#phase = "closed";
    this.#refusal = "closed";
    this.#flying = undefined;
    this.intake.letGo();
    this.#failWaiters(this.#inVain());
  }

  /** The store is out of room, or has it again. */
  refuseFull(): void {
    if (this.#phase !== "open") return;
    this.#phase = "full";
    this.#refusal = "full";
  }

  /** Gives the segments' files what is committed; answers why it could not. */
  writeBehind(): Error | undefined {
    return this.#behind.write();
  }
}

function lastOf(spans: readonly Span[]): number {
  return spans.reduce((last, { piece }) => Math.max(last, piece.lastSequence), 0);
}
