// A commit of src/log over a simulated disk, with streams that only gather bytes and say what they hear.

import { Commit, type CommitLimits, type CommittingStream, type Take } from "../../src/log/commit.ts";
import { Cover } from "../../src/log/cover.ts";
import { Handles } from "../../src/log/handles.ts";
import { Piece } from "../../src/log/intake.ts";
import { readJournal } from "../../src/log/journal-scan.ts";
import { Journals } from "../../src/log/journals.ts";
import { Segment, segmentName } from "../../src/log/segment.ts";
import { SmallState } from "../../src/log/small-state.ts";
import { silent } from "../../src/ports/trace.ts";
import { SimDisk } from "../world/disk.ts";

export const storeId = "00000000000000ff";
export const openFilesMax = 2;
const limits: CommitLimits = {
  groupBytesMax: 10_000,
  shareBytesMax: 2_000,
  takeBytesMax: 1_000_000,
  directAtOnce: 2,
};

/** A commit over a simulated disk, and what it said to its streams, in order. */
export class World {
  readonly disk: SimDisk;
  readonly handles: Handles;
  readonly journals: Journals;
  readonly commit: Commit;
  readonly heard: string[] = [];
  /** Paths that were synced, in order. */
  readonly synced: string[] = [];
  /** What fails, by the call and the end of its path. */
  readonly broken = new Set<string>();
  #ids = 0;

  constructor(own: Partial<CommitLimits> = {}, fileBytes = 64 * 1024, filesMax = 4, seed = 3) {
    const disk = new SimDisk(seed);
    this.disk = disk;
    this.handles = new Handles(disk, openFilesMax);
    for (const path of ["/s", "/s/journal"]) disk.makeDirectorySync(path);
    this.journals = new Journals(
      { disk, directory: "/s/journal", storeId, fileBytes, filesMax, trace: silent },
      0,
    );
    this.commit = new Commit(disk, this.handles, this.journals, { ...limits, ...own });
    disk.plan = (_, what, path) => {
      if (what === "sync" || what === "syncdir") this.synced.push(path);
      const isBroken = [...this.broken].some(
        (each) => `${what} ${path}`.startsWith(each.split("…")[0]!) && path.endsWith(each.split("…")[1]!),
      );
      return isBroken ? "EIO" : undefined;
    };
  }

  stream(name: string, tenant = "t"): Stream {
    const id = (++this.#ids).toString(16).padStart(16, "0");
    return new Stream(this, name, id, tenant);
  }

  /** Lets the turn end, and the calls under way come back. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 10; idle++) {
      await Promise.resolve();
      if (this.disk.step()) idle = 0;
    }
  }

  /** Lets the turn end; no call comes back. */
  async turn(): Promise<void> {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  get items() {
    return this.disk
      .files()
      .filter((path) => path.endsWith(".journal"))
      .flatMap((path) => readJournal(this.disk.contents(path), storeId).items);
  }

  state(number: number): SmallState {
    return new SmallState(this.disk, this.handles, "/s", storeId, number, 0, Buffer.alloc(0));
  }
}

export class Stream implements CommittingStream {
  readonly #world: World;
  readonly name: string;
  readonly id: string;
  readonly tenant: string;
  readonly directory: string;
  segment: Segment;
  #pieces: Piece[] = [];
  #given = 0;
  #inPlace = false;
  /** Called whenever the stream gives. */
  onTake: () => void = () => undefined;
  onCommitted: () => void = () => undefined;
  isSilent = false;

  constructor(world: World, name: string, id: string, tenant: string) {
    this.#world = world;
    this.name = name;
    this.id = id;
    this.tenant = tenant;
    this.directory = `/s/${id}`;
    world.disk.makeDirectorySync(this.directory);
    this.segment = this.begin(1);
  }

  begin(number: number): Segment {
    const path = `${this.directory}/${segmentName(number, 0)}`;
    const cover = new Cover("none", undefined, "");
    this.segment = new Segment(this.#world.handles, path, this.id, number, 0, 1, cover);
    this.segment.fresh = true;
    this.#world.handles.create(path);
    return this.segment;
  }

  get pendingBytes(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length - piece.taken, 0);
  }

  /** So many more bytes to commit, in a piece of their own. */
  gather(bytes: number, isQuiet = false): this {
    const { segment } = this;
    const piece = new Piece(segment, Buffer.alloc(bytes, this.name), segment.tail);
    piece.length = bytes;
    segment.tail += bytes;
    this.#pieces.push(piece);
    this.#given++;
    if (!isQuiet) this.#world.commit.enqueue(this);
    return this;
  }

  take(): Take | undefined {
    this.onTake();
    const pieces = this.#pieces.filter((piece) => piece.taken < piece.length);
    this.#world.heard.push(`${this.name} gives ${pieces.length}`);
    if (pieces.length === 0 || this.isSilent) return undefined;
    const spans = pieces.map((piece) => ({ piece, from: piece.taken, to: piece.length }));
    const bytes = this.pendingBytes;
    for (const piece of pieces) piece.taken = piece.length;
    return { stream: this, spans, bytes, lastSequence: this.#given };
  }

  landed(_: Take, inPlace: boolean): void {
    this.#inPlace = inPlace;
  }

  committed(take: Take): void {
    this.#world.heard.push(`${this.name} has ${take.lastSequence}${this.#inPlace ? " in place" : ""}`);
    this.onCommitted();
  }

  failed(take: Take, error: Error): void {
    this.#world.heard.push(`${this.name} lost ${take.lastSequence}: ${error.message.slice(0, 3)}`);
  }

  writeBehind(): Error | undefined {
    this.#world.heard.push(`${this.name} behind`);
    return undefined;
  }
}
