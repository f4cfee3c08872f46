// All the streams of one broker: their directories, and the journal they share.
//
//   DIR/00000000.{a,b}.state      the store's own identity
//   DIR/journal/NN.journal
//   DIR/streams/ID/               one stream: NNNNNNNN.GGGG.seg, .idx beside it, NNNNNNNN.{a,b}.state, damaged/
//   DIR/trash/ID/                 a deleted stream on its way out

import { Fault } from "../base/assert.ts";
import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { Random } from "../ports/random.ts";
import type { Trace } from "../ports/trace.ts";
import { BufferPool } from "./buffer-pool.ts";
import { checkpointPath } from "./checkpoint.ts";
import { closeEach } from "./close-each.ts";
import { Commit, type CommitLimits } from "./commit.ts";
import { defaultLogLimits, type LogLimits, type StreamContext } from "./context.ts";
import type { Compression } from "./cover.ts";
import { closeLogs } from "./ending.ts";
import { FreeSpace } from "./free-space.ts";
import { Handles } from "./handles.ts";
import { decodeHeader, encodeHeader, type HeaderFields, StreamHeader } from "./header.ts";
import type { Journals } from "./journals.ts";
import { identity, makeDirectories, openJournals } from "./layout.ts";
import { Log } from "./log.ts";
import { Losses } from "./loss.ts";
import type { LogOwner } from "./owner.ts";
import { type Pending, TenantsPending } from "./pending.ts";
import { recoverStream } from "./recovery.ts";
import { readState, SmallState } from "./small-state.ts";
import { OwnerStates } from "./states.ts";
import { Trash } from "./trash.ts";
import { UnreadableStream, wasNeverMade } from "./unreadable.ts";
import { demandKnownVersions } from "./versions.ts";

export interface StoreLimits extends LogLimits, CommitLimits {
  readonly journalBytes: number;
  readonly journalFilesMax: number;
  readonly openFilesMax: number;
  /** Below this much free space appends are refused; removals and reads go on. */
  readonly freeBytesMin: number;
}

export const defaultStoreLimits: StoreLimits = {
  ...defaultLogLimits,
  groupBytesMax: 256 * 1024,
  shareBytesMax: 64 * 1024,
  takeBytesMax: 1024 * 1024,
  directAtOnce: 2,
  journalBytes: 32 * 1024 * 1024,
  journalFilesMax: 8,
  openFilesMax: 512,
  freeBytesMin: 64 * 1024 * 1024,
};

export interface StoreOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  /** Made if it is not there; its parent must be. */
  readonly directory: string;
  readonly limits?: Partial<StoreLimits>;
}

export interface StreamOptions {
  /** Whose share of a commit the stream's bytes count to. */
  readonly tenant: string;
  readonly compression?: Compression;
  /** 32 bytes; the stream is encrypted under it, and cannot be opened without. */
  readonly key?: Uint8Array;
}

/** A stream that is there but was not opened. */
export interface StreamEntry {
  readonly name: string;
  readonly tenant: string;
  readonly encrypted: boolean;
}

type Done = (error: Error | undefined) => void;

interface Known {
  readonly id: string;
  readonly header: HeaderFields;
  readonly state: SmallState;
  /** Why nothing must be written to it before the next start. */
  readonly failure: Error | undefined;
  log: Log | undefined;
}

export class Store {
  readonly #options: StoreOptions;
  readonly #limits: StoreLimits;
  readonly #handles: Handles;
  readonly #pool = new BufferPool();
  readonly #journals: Journals;
  readonly #commit: Commit;
  readonly #streams = new Map<string, Known>();
  readonly #pending: TenantsPending;
  readonly #trash: Trash;
  readonly #space: FreeSpace;
  #unreadable: UnreadableStream[] = [];
  /** Streams are numbered as they are made. */
  #order = 0;
  #phase: "open" | "closing" | "closed" = "open";
  readonly #closers: Done[] = [];
  /** Why the store could not be closed in order. */
  #failure: Error | undefined;

  /**
   * Opens the store in a directory, making it if needed: brings the journal's contents to their places, finds the
   * streams. No other process may have it open.
   * @throws VersionFault, with nothing touched, when it holds files of another version; Fault when the disk fails.
   */
  constructor(options: StoreOptions) {
    this.#options = options;
    this.#limits = { ...defaultStoreLimits, ...options.limits };
    this.#pending = new TenantsPending(this.#limits.storePendingBytesMax, this.#limits.tenantPendingBytesMax);
    const { disk, directory, trace } = options;
    this.#trash = new Trash(disk, directory, trace);
    this.#space = new FreeSpace(options, this.#limits.freeBytesMin, (full) => this.#setFull(full));
    this.#handles = new Handles(disk, this.#limits.openFilesMax);
    let journals: Journals | undefined;
    try {
      demandKnownVersions(disk, directory);
      makeDirectories(options);
      const storeId = identity(options, this.#handles);
      journals = openJournals(options, storeId, this.#limits);
      this.#journals = journals;
      this.#commit = new Commit(disk, this.#handles, this.#journals, this.#limits);
      this.#trash.empty();
      for (const id of disk.listSync(`${directory}/streams`)) this.#find(id);
      disk.syncDirectorySync(`${directory}/streams`); // what a cut making left is there for good, or not at all
    } catch (cause) {
      this.#letGo(journals); // why it did not open counts, and not why something was not closed
      throw cause instanceof Fault ? cause : new Fault("open the store", { directory, cause });
    }
  }

  #find(id: string): void {
    const { disk, directory, trace } = this.#options;
    const path = `${directory}/streams/${id}`;
    if (!/^[0-9a-f]{16}$/.test(id)) return;
    const found = readState(disk, path, id, 0);
    const header = found.newest === undefined ? undefined : decodeHeader(found.newest.contents);
    if (header === undefined) {
      if (wasNeverMade(disk, path)) return this.#trash.discard(id);
      const unreadable = new UnreadableStream(disk, path, id);
      this.#unreadable.push(unreadable);
      const { name, segments } = unreadable;
      trace.log("error", "a stream's header is lost, both copies; its files are left alone", {
        path,
        name,
        segments: segments.length,
      });
      return;
    }
    const other = this.#streams.get(header.name);
    if (other !== undefined) {
      // Made or deleted with a failure, and made again: the later one counts.
      if (other.header.order > header.order) return this.#trash.discard(id);
      this.#trash.discard(other.id);
    }
    const { generation, contents } = found.newest!;
    const state = new SmallState(disk, this.#handles, path, id, 0, generation, contents);
    for (const damaged of found.damaged)
      trace.log("error", "a copy of a stream's header is damaged", { path: damaged });
    const failure = found.uneven ? this.#mend(state, found.weaker, path) : undefined;
    this.#order = Math.max(this.#order, header.order);
    this.#streams.set(header.name, { id, header, state, failure, log: undefined });
  }

  /** Answers why the copies of a header cannot be made whole: the other streams open all the same. */
  #mend(state: SmallState, weaker: "a" | "b", path: string): Error | undefined {
    try {
      state.mend(weaker);
      return undefined;
    } catch (cause) {
      state.close();
      this.#options.trace.log("error", `a stream is not opened: ${(cause as Error).message}`, { path });
      return cause as Error;
    }
  }

  /** Streams that are there, opened or not. */
  entries(): StreamEntry[] {
    return [...this.#streams.values()].map(({ header: { name, tenant, encrypted } }) => ({
      name,
      tenant,
      encrypted,
    }));
  }

  /** Streams whose header is lost in both copies: not opened, not touched, and no other is made under their name. */
  get unreadable(): readonly UnreadableStream[] {
    return this.#unreadable;
  }

  /** Whether appends are refused for want of room. */
  get full(): boolean {
    return this.#space.full;
  }

  /**
   * Makes a stream; it is on the disk when this returns. The name must not be taken, nor have been an unreadable
   * stream's: what that one's segments hold has been acknowledged under it. Once deleted, it is free.
   * @throws Fault when it is, when the store is closed, and when the disk fails; then there is no such stream.
   */
  create(name: string, options: StreamOptions, owner: LogOwner): Log {
    this.#demandOpen("make a stream", name);
    if (this.#streams.has(name)) throw new Fault("make a stream that is there", { name });
    const left = this.#unreadable.find((stream) => stream.wasNamed(name));
    if (left !== undefined)
      throw new Fault(`make a stream whose damaged files are still there, in ${left.path}`, { name });
    const { disk, directory, random } = this.#options;
    const id = Buffer.from(random.bytes(8)).toString("hex");
    const path = `${directory}/streams/${id}`;
    const header: HeaderFields = {
      name,
      tenant: options.tenant,
      compression: options.compression ?? "none",
      encrypted: options.key !== undefined,
      reserved: 0,
      floor: 1,
      clean: true,
      last: 0,
      number: 0,
      order: this.#order + 1,
    };
    this.#order++;
    const state = new SmallState(disk, this.#handles, path, id, 0, 0, Buffer.alloc(0));
    try {
      this.#trash.finish();
      disk.makeDirectorySync(path);
      state.keepSync(encodeHeader(header)); // and its directory
      disk.syncDirectorySync(`${directory}/streams`);
      const known: Known = { id, header, state, failure: undefined, log: undefined };
      const log = this.#open(known, options.key, owner);
      this.#streams.set(name, known);
      return log;
    } catch (cause) {
      state.close();
      this.#trash.undo(id);
      throw new Fault("make a stream", { name, cause });
    }
  }

  /**
   * Opens a stream that is there: reads its index, or its segments where that is missing.
   * @throws Fault when there is no such stream, the key is wrong or missing, the store is closed, or the disk fails or
   * has failed it at the start.
   */
  open(name: string, owner: LogOwner, key?: Uint8Array): Log {
    this.#demandOpen("open a stream", name);
    const known = this.#streams.get(name);
    if (known === undefined || known.log !== undefined) throw new Fault("open a stream", { name });
    if (known.failure !== undefined) throw new Fault("open a stream", { name, cause: known.failure });
    if (known.header.encrypted && key === undefined)
      throw new Fault("open an encrypted stream without its key", { name });
    const { disk, directory } = this.#options;
    try {
      disk.syncDirectorySync(`${directory}/streams/${known.id}`); // its names may be from a start that was cut
      return this.#open(known, key, owner);
    } catch (cause) {
      throw cause instanceof Fault ? cause : new Fault("open a stream", { name, cause });
    }
  }

  #open(known: Known, key: Uint8Array | undefined, owner: LogOwner): Log {
    const { tenant } = known.header;
    const pending = this.#pending.enter(tenant);
    try {
      return this.#openIn(this.#contextOf(known, key, pending), known, owner);
    } catch (cause) {
      this.#pending.leave(tenant);
      throw cause;
    }
  }

  #openIn(context: StreamContext, known: Known, owner: LogOwner): Log {
    const { header, state, id } = known;
    const losses = new Losses(context.trace, header.name);
    const recovered = recoverStream(context, header, losses);
    const states = new OwnerStates(context);
    states.recover(losses);
    const { reserveMin, reserveMax } = this.#limits;
    const streamHeader = new StreamHeader(state, this.#commit, id, header, reserveMin, reserveMax);
    const log = new Log(
      { context, states, losses, journals: this.#journals, header: streamHeader, ...recovered },
      owner,
    );
    known.log = log;
    if (this.#space.full) log.setFull(true);
    return log;
  }

  #contextOf({ id, header }: Known, key: Uint8Array | undefined, pending: Pending): StreamContext {
    const { disk, clock, random, trace, directory } = this.#options;
    return {
      id,
      name: header.name,
      tenant: header.tenant,
      directory: `${directory}/streams/${id}`,
      compression: header.compression,
      key: header.encrypted ? key : undefined,
      disk,
      clock,
      random,
      trace,
      handles: this.#handles,
      pool: this.#pool,
      pending,
      commit: this.#commit,
      limits: this.#limits,
      foundFull: () => this.#space.foundFull(),
      wrote: (bytes) => this.#space.wrote(bytes),
      forgetFile: (segment) => {
        const path = checkpointPath(segment);
        try {
          if (disk.existsSync(path)) disk.unlinkSync(path);
        } catch (cause) {
          trace.log("warn", `checkpoint left behind: ${(cause as Error).message}`, { path }); // the next start unlinks it
        }
      },
    };
  }

  /**
   * Deletes a stream and all it holds; when this returns no start brings it back.
   * @throws Fault when the disk fails, or the store is closed. Asked for again it goes on where it failed.
   */
  delete(name: string): void {
    this.#demandOpen("delete a stream", name);
    this.#trash.finish();
    const known = this.#streams.get(name);
    if (known === undefined) return this.#deleteUnreadable(name);
    this.#trash.take(known.id); // if this fails nothing happened: it goes on as it was
    known.log?.abandon();
    if (known.log !== undefined) this.#pending.leave(known.header.tenant);
    known.state.close();
    this.#streams.delete(name);
    this.#trash.burn(known.id);
  }

  #deleteUnreadable(name: string): void {
    for (const stream of this.#unreadable.filter((each) => each.wasNamed(name))) {
      this.#trash.take(stream.id);
      this.#unreadable = this.#unreadable.filter((each) => each !== stream);
      this.#trash.burn(stream.id);
    }
  }

  #setFull(full: boolean): void {
    for (const { log } of this.#streams.values()) log?.setFull(full);
    if (!full) this.#journals.retry();
  }

  /** Tries again to bring to its place what a stopped stream owes; to be called once it was reopened. */
  retryJournals(): void {
    this.#journals.retry();
  }

  /**
   * Brings everything to its place and closes; the next start reads no log. Nothing more is made, opened or deleted.
   * Calls back with the first error, the same whoever asks.
   */
  close(done: Done): void {
    if (this.#phase === "closed") return done(this.#failure);
    this.#closers.push(done);
    if (this.#phase === "closing") return;
    this.#phase = "closing";
    this.#space.end();
    const logs = [...this.#streams.values()].flatMap(({ log }) => (log === undefined ? [] : [log]));
    closeLogs(logs, this.#commit, this.#journals, (error) => {
      this.#trash.end(() => {
        this.#phase = "closed";
        const late = this.#letGo(this.#journals);
        this.#failure = error ?? late;
        for (const each of this.#closers.splice(0)) each(this.#failure);
      });
    });
  }

  /** Closes every file; answers why it could not. */
  #letGo(journals: Journals | undefined): Error | undefined {
    try {
      closeEach(journals === undefined ? [this.#handles] : [this.#handles, journals]);
      return undefined;
    } catch (cause) {
      return cause as Error;
    }
  }

  #demandOpen(attempted: string, name: string): void {
    if (this.#phase !== "open") throw new Fault(`${attempted} in a store that is closed`, { name });
  }
}
