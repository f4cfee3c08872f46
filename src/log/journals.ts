// The journal files in turn: one is written, the others wait to be used again until whatever they hold lies, synced,
// in its own place.

import { assert, Fault } from "../base/assert.ts";
import type { Disk } from "../ports/disk.ts";
import type { Trace } from "../ports/trace.ts";
import { carryItems } from "./carry.ts";
import { closeEach } from "./close-each.ts";
import { debtName, JournalFile, journalHeaderBytes, journalName } from "./journal.ts";
import { readJournal } from "./journal-scan.ts";
import {
  answer,
  type Carried,
  type Debt,
  isOnItsWay,
  isUsed,
  lowestEpoch,
  type Slot,
  slotOf,
} from "./journal-slot.ts";
import { scanRecords } from "./scan.ts";
import { readWholeSync, writeWholeSync } from "./transfer.ts";

/** A segment whose file may have lost what journals have of it. */
export interface Rescued {
  readonly name: string;
  readonly mark: number;
  /** These bytes belong at `place`. */
  rescue(place: number, bytes: Uint8Array): void;
}

const settlesAtOnce = 2;

export interface JournalsOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly storeId: string;
  readonly fileBytes: number;
  readonly filesMax: number;
  readonly trace: Trace;
}

export class Journals {
  readonly #options: JournalsOptions;
  readonly #slots: Slot[] = [];
  #current: Slot | undefined;
  #epoch: number;
  #whenRoom: ((error: Error | undefined) => void) | undefined;
  #isClosed = false;

  /** `epoch` is the newest that any journal file may hold items of. */
  constructor(options: JournalsOptions, epoch: number) {
    this.#options = options;
    this.#epoch = epoch;
  }

  get storeId(): string {
    return this.#options.storeId;
  }

  get files(): readonly JournalFile[] {
    return this.#slots.map((slot) => slot.file);
  }

  /**
   * Makes last what a start read in the files' heads, before any of them is made void: one that was being made void when
   * a sync failed shows its new epoch, and a power cut would bring back the old one, behind newer ones that are void.
   */
  confirm(numbers: readonly number[]): void {
    const { disk, directory } = this.#options;
    for (const number of numbers) {
      const file = disk.openSync(`${directory}/${journalName(number)}`, "write");
      try {
        writeWholeSync(file, readWholeSync(file, 0, journalHeaderBytes), 0);
        file.syncSync();
      } finally {
        file.closeSync();
      }
    }
  }

  /** Takes in a file of an earlier run, of which everything lies in its place. Throws the disk's error. */
  adopt(number: number): void {
    this.#slots.push(
      slotOf(this.#begun(`${this.#options.directory}/${journalName(number)}`, () => undefined)),
    );
  }

  /** A file that is void, on the medium, and `then` was done. Throws the disk's error; the file is closed. */
  #begun(path: string, then: () => void): JournalFile {
    const { disk, storeId, fileBytes } = this.#options;
    const opened = disk.openSync(path, disk.existsSync(path) ? "write" : "create");
    try {
      const file = new JournalFile(path, opened, storeId, fileBytes, 0);
      file.begin(++this.#epoch);
      file.syncSync();
      then();
      return file;
    } catch (cause) {
      opened.closeSync();
      throw cause;
    }
  }

  /**
   * The file to write `length` bytes to; undefined when all are still settling, and then `whenRoom` is called once,
   * with an error when none can be settled; that may be before this returns.
   * Throws the disk's error when a new file cannot be made.
   */
  fileFor(length: number, whenRoom: (error: Error | undefined) => void): JournalFile | undefined {
    if (this.#isClosed) throw closed();
    const current = this.#current;
    if (current?.phase === "writing" && current.file.fits(length) && !current.file.suspect)
      return current.file;
    if (current !== undefined) {
      this.#current = undefined;
      this.#settle(current);
    }
    const next = this.#mayTake() ? this.#take() : undefined;
    if (next === undefined) {
      this.#whenRoom = whenRoom;
      this.retry();
      return undefined;
    }
    this.#current = next;
    return next.file;
  }

  /** The file being written holds bytes of this. */
  owe(debt: Debt): void {
    this.#current?.debts.add(debt);
  }

  /**
   * A sync of the segment failed, and the system may have let go of what it could not write: all that is committed and
   * not known to be on the medium is in these files still. Answers why one of them could not be read.
   */
  rescue(segment: Rescued): Error | undefined {
    const { storeId } = this.#options;
    try {
      for (const { file, phase } of this.#slots) {
        const items = phase === "clean" ? [] : readJournal(file.readSync(), storeId).items;
        for (const item of items) {
          if (debtName(item) !== segment.name) continue;
          // Record by record: an item of which one was erased is not whole, but the others are.
          scanRecords(item.bytes, 0, item.bytes.length, segment.mark, item.place, {
            record: (at, length) => segment.rescue(item.place + at, item.bytes.subarray(at, at + length)),
            damaged: () => undefined,
          });
        }
      }
      return undefined;
    } catch (cause) {
      return cause as Error;
    }
  }

  /** A write or sync of the file being written failed: nothing more goes into it in this epoch. */
  distrust(): void {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) this.#settle(current);
  }

  /** Tries again what could not be settled: a stream was reopened, or there is room again. */
  retry(): void {
    const stuck = this.#slots.filter(({ phase }) => phase === "stuck");
    for (const slot of stuck) slot.phase = "settling"; // all of them first: see #stick
    for (const slot of stuck) this.#settle(slot);
  }

  /** Starts a new epoch once all that was written is settled; for a clean stop. */
  settleAll(done: (error: Error | undefined) => void): void {
    this.#current = undefined;
    let left = 1;
    let failure: Error | undefined;
    const arrived = (error: Error | undefined): void => {
      failure ??= error;
      if (--left === 0) done(failure);
    };
    const slots = this.#used.sort((a, b) => a.epoch - b.epoch);
    left += slots.length;
    for (const slot of slots) slot.waiting.push(arrived); // all of them first: one that sticks answers for others
    for (const slot of slots) if (slot.phase === "writing" || slot.phase === "stuck") this.#settle(slot);
    arrived(undefined);
  }

  /** Those that hold something. */
  get #used(): Slot[] {
    return this.#slots.filter(isUsed);
  }

  /**
   * Whether one more file may be written to. A new one is not made beside one that is being made void: that has its
   * epoch already, and would be written later than a newer one.
   */
  #mayTake(): boolean {
    const isFew = this.#used.length < this.#options.filesMax;
    const isThere = this.#used.length < this.#slots.length;
    return isFew && (isThere || !this.#slots.some(({ phase }) => phase === "voiding"));
  }

  /** A file to write to, in the order of their epochs. Throws the disk's error when it must be made and cannot. */
  #take(): Slot {
    const taken = lowestEpoch(this.#slots.filter(({ phase }) => phase === "clean")) ?? this.#make();
    taken.phase = "writing";
    return taken;
  }

  #make(): Slot {
    const { disk, directory } = this.#options;
    const pathOf = (number: number): string => `${directory}/${journalName(number)}`;
    // One of that name that is no slot's is what was left when it could not be made: not one more each time.
    let number = 0;
    while (this.#slots.some(({ file }) => file.path === pathOf(number))) number++;
    const slot = slotOf(this.#begun(pathOf(number), () => disk.syncDirectorySync(directory)));
    this.#slots.push(slot);
    return slot;
  }

  #settle(slot: Slot): void {
    slot.phase = "settling";
    const waiting = [...slot.debts];
    let under = 0;
    let failure: Error | undefined;
    const next = (): void => {
      while (under < settlesAtOnce && waiting.length > 0) {
        const debt = waiting.pop()!;
        under++;
        debt.settle((error) => {
          under--;
          if (error === undefined) slot.debts.delete(debt);
          else failure ??= error;
          next();
        });
      }
      if (under === 0 && waiting.length === 0 && slot.phase === "settling") this.#settled(slot, failure);
    };
    next();
  }

  #settled(slot: Slot, failure: Error | undefined): void {
    if (slot.debts.size > 0) {
      assert(failure !== undefined, "what was settled without an error is owed no more");
      return this.#stick(slot, failure);
    }
    slot.phase = "settled";
    this.#voidOldest();
    this.#answerWaiting();
  }

  #stick(slot: Slot, cause: Error): void {
    slot.phase = "stuck";
    if (slot.keptFor !== cause.message)
      this.#options.trace.log("error", `journal file kept: ${cause.message}`, { file: slot.file.path });
    slot.keptFor = cause.message;
    answer(slot, cause);
    this.#voidOldest();
    this.#answerWaiting(cause);
  }

  /** Who waits for room hears that there is some, or of an error when nothing is on its way that could make any. */
  #answerWaiting(cause: Error = new Fault("find room in a journal")): void {
    if (this.#whenRoom === undefined) return;
    if (!this.#isRoom() && (this.#slots.some(isOnItsWay) || this.#carry())) return;
    this.#tellWaiting(cause);
  }

  #isRoom(): boolean {
    return this.#current !== undefined || this.#mayTake();
  }

  #tellWaiting(cause: Error): void {
    const whenRoom = this.#whenRoom;
    this.#whenRoom = undefined;
    whenRoom?.(this.#isRoom() ? undefined : cause);
  }

  /**
   * What stopped streams owe keeps their files, and with the oldest all others, since these become void in their order.
   * When none is left, it is written again into one more, about half a file of it, and that is the one to write on.
   * Answers whether this is under way.
   */
  #carry(): boolean {
    const used = this.#used.sort((a, b) => a.epoch - b.epoch);
    if (used[0]?.phase !== "stuck" || used[0].debts.size === 0) return false;
    const { storeId, fileBytes, filesMax, trace } = this.#options;
    if (used.length > filesMax) return false; // one more was made, and nothing can be done with it
    let into: Slot;
    try {
      into = this.#take();
    } catch (cause) {
      trace.log("error", `no journal file for what stopped streams owe: ${(cause as Error).message}`);
      return false;
    }
    into.phase = "carrying";
    into.isCopy = true;
    const carried: Carried[] = [];
    try {
      for (const slot of used) {
        if (slot.phase !== "stuck" || into.file.tail > fileBytes / 2) continue;
        carryItems(slot.file, into.file, storeId, slot.debts);
        carried.push({ slot, epoch: slot.epoch, debts: [...slot.debts] });
      }
      into.file.sync((error) => this.#carried(into, carried, error));
    } catch (cause) {
      this.#carried(into, [], cause as Error);
    }
    return true;
  }

  #carried(into: Slot, carried: readonly Carried[], error: Error | undefined): void {
    if (error !== undefined) {
      this.#options.trace.log("error", `what stopped streams owe is kept where it is: ${error.message}`);
      this.#tellWaiting(error); // the next to ask tries again
      into.phase = "settled"; // nobody owes what is in it, and it would be older than what comes
      return this.#voidOldest();
    }
    this.#options.trace.log("warn", "what stopped streams owe went into another journal file", {
      file: into.file.path,
    });
    into.file.carried();
    into.phase = "writing";
    into.isCopy = false;
    for (const { slot, epoch, debts } of carried) {
      for (const debt of debts) into.debts.add(debt);
      if (slot.epoch !== epoch) continue; // settled meanwhile, and maybe used again
      for (const debt of debts) slot.debts.delete(debt);
      if (slot.phase === "stuck") this.#settled(slot, undefined);
    }
    if (this.#current === undefined && into.waiting.length === 0) this.#current = into;
    else this.#settle(into); // a file became void meanwhile and is being written, or all of them are to be
    this.#answerWaiting();
  }

  /** What is settled waits for older files to be void first: in vain while the oldest is stuck. */
  #answerInVain(): void {
    const cause = new Fault("make a journal file void behind one that is kept");
    for (const slot of this.#slots) if (slot.phase === "settled") answer(slot, cause);
  }

  /**
   * Makes a settled file void, on the medium, before anything new is written into it: half of an old epoch must not
   * come back. Oldest first: what a newer one says (forgotten) must not be gone while an older one says otherwise.
   */
  #voidOldest(): void {
    if (this.#slots.some(({ phase }) => phase === "voiding")) return; // it has its new epoch already, but not on the medium
    const copy = this.#slots.find(({ isCopy, phase }) => isCopy && phase === "settled");
    const slot = copy ?? lowestEpoch(this.#used);
    if (slot?.phase === "stuck") this.#answerInVain();
    if (slot?.phase === "settled") this.#void(slot);
  }

  /** A file that can be neither made void nor taken away is stuck. */
  #void(slot: Slot): void {
    slot.phase = "voiding";
    const arrived = (error: Error | undefined): void => {
      const isGone = error !== undefined && this.#takeAway(slot);
      if (error !== undefined && !isGone) return this.#stick(slot, error);
      slot.phase = "clean";
      slot.epoch = slot.file.epoch;
      slot.keptFor = "";
      slot.isCopy = false;
      answer(slot, undefined);
      this.#voidOldest();
      this.#answerWaiting();
    };
    try {
      demand(this.#options.disk.existsSync(slot.file.path), slot.file.path);
      slot.file.begin(++this.#epoch);
      slot.file.sync(arrived);
    } catch (cause) {
      arrived(cause as Error);
    }
  }

  /** A file of which nothing is needed, and that cannot be made void, goes; answers whether it did, for good. */
  #takeAway(slot: Slot): boolean {
    const { disk, directory, trace } = this.#options;
    const { path } = slot.file;
    try {
      if (disk.existsSync(path)) disk.unlinkSync(path);
      disk.syncDirectorySync(directory);
      this.#slots.splice(this.#slots.indexOf(slot), 1);
      slot.file.closeSync();
      return true;
    } catch (cause) {
      trace.log("error", `journal file not taken away: ${(cause as Error).message}`, { file: path });
      return false;
    }
  }

  /** No file is written any more: whoever waits for one, or asks later, gets a Fault. Throws the disk's first error. */
  closeSync(): void {
    this.#isClosed = true;
    const whenRoom = this.#whenRoom;
    this.#whenRoom = undefined;
    this.#current = undefined;
    const files = this.#slots.splice(0).map(({ file }) => file);
    whenRoom?.(closed());
    closeEach(files);
  }
}

function closed(): Fault {
  return new Fault("write to journals that are closed");
}

/** Once its name is gone, and not yet for good, nothing more may be written to it. */
function demand(isThere: boolean, path: string): void {
  if (!isThere) throw new Fault("make a journal file void that has no name", { path });
}
