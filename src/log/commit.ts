// Group commit: one commit of the journal in flight while the next one fills; large shares sync their own segments
// beside it. Nothing is reported as committed before the sync that covers it came back.

import { assert } from "../base/assert.ts";
import type { Disk } from "../ports/disk.ts";
import type { Handles } from "./handles.ts";
import type { Span } from "./intake.ts";
import { itemForgotten, itemOverhead, itemRecords, itemState, JournalGroup } from "./journal.ts";
import type { Journals } from "./journals.ts";
import { Saves, type StateSave, saveBytes } from "./saves.ts";
import type { Segment } from "./segment.ts";
import type { SmallState } from "./small-state.ts";
import { writeWhole } from "./transfer.ts";
import { Turns } from "./turns.ts";

/** What one stream gives to one commit. */
export interface Take {
  readonly stream: CommittingStream;
  readonly spans: readonly Span[];
  readonly bytes: number;
  /** The highest sequence that this take makes durable. */
  readonly lastSequence: number;
}

/** A stream as the commit sees it. */
export interface CommittingStream {
  readonly id: string;
  readonly directory: string;
  /** Whose share of a group this stream's bytes count to. */
  readonly tenant: string;
  readonly pendingBytes: number;
  /** What was gathered first, about `bytesMax` of it; undefined when there is nothing, or the stream takes no more. */
  take(bytesMax: number): Take | undefined;
  /** The take is on the medium. `inPlace`: the segments have the bytes, synced; otherwise the journal has them. */
  landed(take: Take, inPlace: boolean): void;
  /** Once it landed: whoever waits for it is told. */
  committed(take: Take): void;
  failed(take: Take, error: Error): void;
  /** Gives the segments' files what the journal has already; answers why it could not. */
  writeBehind(): Error | undefined;
}

/** Takes that cannot be committed for a reason of their own. */
type Failures = ReadonlyMap<Take, Error>;

const nothing = Buffer.alloc(0);
const none: Failures = new Map();
/** A commit of no more than this may be waited for, when there is no other. */
export const loneBytesMax = 32 * 1024;

export interface CommitLimits {
  /** Bytes of one commit of the journal; a group stops filling when it reaches this. */
  readonly groupBytesMax: number;
  /** A stream with more than this syncs its own segment. */
  readonly shareBytesMax: number;
  /** Of one stream in one commit; then others get their turn. */
  readonly takeBytesMax: number;
  /** Streams that sync their own segments at once. */
  readonly directAtOnce: number;
}

export class Commit {
  readonly #disk: Disk;
  readonly #handles: Handles;
  readonly #journals: Journals;
  readonly #limits: CommitLimits;
  readonly #group: JournalGroup;
  /** Streams with something to commit. */
  readonly #waiting = new Turns<CommittingStream>();
  readonly #enqueued = new Set<CommittingStream>();
  /** Streams with a commit in flight: they wait for its end before the next. */
  readonly #flying = new Set<CommittingStream>();
  readonly #large = new Turns<CommittingStream>();
  readonly #saves: Saves;
  #journalFlying = false;
  #directFlying = 0;
  #kicked = false;
  #idle: (() => void)[] = [];

  constructor(disk: Disk, handles: Handles, journals: Journals, limits: CommitLimits) {
    this.#disk = disk;
    this.#handles = handles;
    this.#journals = journals;
    this.#limits = limits;
    this.#group = new JournalGroup(journals.storeId, limits.groupBytesMax + limits.shareBytesMax);
    this.#saves = new Saves(limits.groupBytesMax);
  }

  /** The stream has something to commit. Commits begin when the running turn's synchronous work is over. */
  enqueue(stream: CommittingStream): void {
    if (this.#enqueued.has(stream)) return;
    this.#enqueued.add(stream);
    if (this.#flying.has(stream)) return;
    this.#waiting.add(stream.tenant, stream);
    this.#kickSoon();
  }

  /**
   * Keeps small state, or with no contents forgets it; `done` when the journal has it, or something newer, on the
   * medium. Contents that are overtaken while they wait are not written.
   */
  save(
    state: SmallState,
    streamId: string,
    contents: Buffer | undefined,
    done: (error: Error | undefined) => void,
    tenant: string,
  ): void {
    this.#saves.add(state, streamId, contents, done, tenant);
    this.#kickSoon();
  }

  /** Lets go of the bytes of the last commit; a disk has them by now. */
  wipe(): void {
    this.#group.wipe();
  }

  /** Calls back when nothing is waiting or in flight. */
  whenIdle(done: () => void): void {
    this.#idle.push(done);
    this.#kickSoon();
  }

  #kickSoon(): void {
    if (this.#kicked) return;
    this.#kicked = true;
    queueMicrotask(() => {
      this.#kicked = false;
      this.kick();
    });
  }

  /** Starts whatever commit can start. */
  kick(): void {
    if (!this.#journalFlying) this.#startJournal();
    while (this.#directFlying < this.#limits.directAtOnce && !this.#large.isEmpty) {
      this.#startDirect(this.#large.next()!);
    }
    if (this.#isIdle()) {
      const waiting = this.#idle;
      this.#idle = [];
      for (const done of waiting) done();
    }
  }

  #isIdle(): boolean {
    return !this.#journalFlying && this.#isQuiet();
  }

  /** Nothing but the commit of the journal under way is waiting or in flight. */
  #isQuiet(): boolean {
    return (
      this.#directFlying === 0 && this.#enqueued.size === 0 && this.#large.isEmpty && this.#saves.isEmpty
    );
  }

  /** Streams in turn, one of each tenant, until the group is full. Large shares are sent to the other lane. */
  #gather(): CommittingStream[] {
    const gathered: CommittingStream[] = [];
    let bytes = 0;
    while (bytes < this.#limits.groupBytesMax && !this.#waiting.isEmpty) {
      const stream = this.#waiting.next()!;
      if (stream.pendingBytes > this.#limits.shareBytesMax) {
        this.#large.add(stream.tenant, stream); // and stays enqueued, so that nobody lines it up a second time
        continue;
      }
      this.#enqueued.delete(stream);
      gathered.push(stream);
      bytes += stream.pendingBytes + itemOverhead;
    }
    return gathered;
  }

  #startJournal(): void {
    const saves = this.#saves.gather();
    const takes: Take[] = [];
    for (const stream of this.#gather()) {
      const take = this.#takeFrom(stream);
      if (take !== undefined) takes.push(take);
    }
    if (takes.length === 0 && saves.length === 0) return;
    this.#journalFlying = true;
    this.#writeJournal(takes, saves);
  }

  /** What the stream asks for while it gives waits for its next turn. */
  #takeFrom(stream: CommittingStream): Take | undefined {
    this.#flying.add(stream);
    const take = stream.take(this.#limits.takeBytesMax);
    if (take !== undefined) return take;
    this.#flying.delete(stream);
    if (this.#enqueued.has(stream)) this.#waiting.add(stream.tenant, stream);
    this.#kickSoon();
    return undefined;
  }

  #writeJournal(takes: Take[], saves: StateSave[]): void {
    const bytes =
      takes.reduce((sum, take) => sum + take.bytes + itemOverhead * take.spans.length, 0) +
      saves.reduce((sum, save) => sum + saveBytes(save), 0);
    const land = (error: Error | undefined, apart = none): void =>
      this.#landJournal(takes, saves, error, apart);
    try {
      const file = this.#journals.fileFor(bytes, (error) =>
        error === undefined ? this.#writeJournal(takes, saves) : land(error),
      );
      if (file === undefined) return; // all files are settling: this group waits, and with it the lane
      const group = this.#group;
      group.clear();
      for (const save of saves) {
        const kind = save.contents === undefined ? itemForgotten : itemState;
        group.put(
          file.epoch,
          file.order++,
          save.streamId,
          kind,
          save.state.number,
          save.generation,
          0,
          save.contents ?? nothing,
        );
      }
      for (const take of takes) {
        for (const { piece, from, to } of take.spans) {
          const { segment } = piece;
          if (segment.gone) continue; // deleted while it waited; nothing of it may fail the others
          const span = piece.buffer.subarray(from, to);
          group.put(
            file.epoch,
            file.order++,
            take.stream.id,
            itemRecords,
            segment.number,
            segment.generation,
            piece.start + from,
            span,
          );
        }
      }
      file.writeSync(group.bytes);
      const isLone = takes.length + saves.length === 1 && bytes <= loneBytesMax && this.#isQuiet();
      this.#syncAll(takes, (arrived) => file.sync(arrived, isLone), land);
    } catch (cause) {
      land(cause as Error);
    }
  }

  /**
   * Syncs the journal, and beside it what is new of each take: its segment's header, and its name. Where these fail, the
   * take fails alone; of a stream that is gone, nothing does.
   */
  #syncAll(
    takes: readonly Take[],
    first: (arrived: (error: Error | undefined) => void) => void,
    land: (error: Error | undefined, apart: Failures) => void,
  ): void {
    const apart = new Map<Take, Error>();
    let left = 1;
    let failure: Error | undefined;
    const over = (): void => {
      if (--left === 0) land(failure, apart);
    };
    for (const take of takes) {
      for (const segment of freshSegments(take)) {
        const arrived = (error: Error | undefined): void => {
          if (error !== undefined && !segment.gone && !apart.has(take)) apart.set(take, error);
          over();
        };
        left += 2;
        segment.sync(arrived);
        this.#disk.syncDirectory(take.stream.directory, arrived);
      }
    }
    first((error) => {
      failure = error;
      over();
    });
  }

  #landJournal(takes: Take[], saves: StateSave[], error: Error | undefined, apart: Failures): void {
    assert(this.#journalFlying, "one commit of the journal at a time");
    if (error === undefined) {
      for (const save of saves) {
        save.state.committed(save.generation, save.contents);
        this.#journals.owe(save.state);
      }
      for (const take of takes) {
        if (apart.has(take)) continue;
        for (const { piece } of take.spans) this.#journals.owe(piece.segment);
        this.#mark(take, false);
      }
    } else this.#journals.distrust();
    this.#journalFlying = false;
    if (error === undefined && !this.#waiting.isEmpty) this.#startJournal(); // the disk works while the owners are told
    for (const save of saves) for (const done of save.done) done(error);
    for (const take of takes) this.#tell(take, error ?? apart.get(take));
    this.#kickSoon();
  }

  #mark(take: Take, inPlace: boolean): void {
    for (const { piece } of take.spans) piece.segment.fresh = false;
    take.stream.landed(take, inPlace);
  }

  #tell(take: Take, error: Error | undefined): void {
    const { stream } = take;
    if (error === undefined) stream.committed(take);
    else stream.failed(take, error);
    this.#flying.delete(stream); // only now: what the owner appended in answer waits in line once
    if (this.#enqueued.has(stream)) this.#waiting.add(stream.tenant, stream);
  }

  #startDirect(stream: CommittingStream): void {
    this.#enqueued.delete(stream);
    const take = this.#takeFrom(stream);
    if (take === undefined) return;
    this.#directFlying++;
    const land = (error: Error | undefined): void => {
      this.#directFlying--;
      if (error === undefined) this.#mark(take, true);
      this.#tell(take, error);
      this.#kickSoon();
    };
    // Bytes that a journal has already and the file has not come first: behind a hole no sync would count.
    const failure = stream.writeBehind();
    if (failure !== undefined) return land(failure);
    this.#writeSpans(take, 0, (error) => {
      if (error !== undefined) return land(error);
      const segments = [...new Set(take.spans.map((span) => span.piece.segment))].filter(({ gone }) => !gone);
      try {
        const landed = (error: Error | undefined, apart: Failures): void => land(error ?? apart.get(take));
        this.#syncAll([take], (arrived) => this.#syncSegments(segments, arrived), landed);
      } catch (cause) {
        land(cause as Error);
      }
    });
  }

  #writeSpans(take: Take, at: number, done: (error: Error | undefined) => void): void {
    const span = take.spans[at];
    if (span === undefined) return done(undefined);
    const { piece, from, to } = span;
    if (piece.segment.gone) return this.#writeSpans(take, at + 1, done);
    try {
      const file = this.#handles.pin(piece.segment.path);
      writeWhole(file, piece.buffer.subarray(from, to), piece.start + from, (error) => {
        this.#handles.unpin(piece.segment.path);
        if (error !== undefined) return done(error);
        piece.segment.written = Math.max(piece.segment.written, piece.start + to);
        this.#writeSpans(take, at + 1, done);
      });
    } catch (cause) {
      done(cause as Error);
    }
  }

  #syncSegments(segments: readonly Segment[], done: (error: Error | undefined) => void): void {
    let left = segments.length;
    if (left === 0) return done(undefined); // the stream was deleted meanwhile
    let failure: Error | undefined;
    for (const segment of segments) {
      segment.sync((error) => {
        failure ??= error;
        if (--left === 0) done(failure);
      });
    }
  }
}

function freshSegments(take: Take): Set<Segment> {
  const fresh = new Set<Segment>();
  for (const { piece } of take.spans)
    if (piece.segment.fresh && !piece.segment.gone) fresh.add(piece.segment);
  return fresh;
}
