// One journal file in its turn: what it holds, of whom, and who waits until it holds nothing.

import type { JournalFile } from "./journal.ts";

/** What counts of all that journals say of one piece of small state. */
export interface NewestState {
  readonly streamId: string;
  readonly number: number;
  readonly generation: number;
  /** Absent when it was forgotten. */
  readonly contents: Buffer | undefined;
}

/** Something of which a journal holds bytes: a segment, small state. */
export interface Debt {
  /** As `debtName` of the items that are about it. */
  readonly name: string;
  /** Of small state, what was committed last. Older items of it must not outlive newer ones. */
  readonly newest?: NewestState | undefined;
  /** Calls back when what was committed of it so far is on the medium in its own place. */
  settle(done: (error: Error | undefined) => void): void;
}

export interface Slot {
  readonly file: JournalFile;
  readonly debts: Set<Debt>;
  /** The epoch of what it holds; its file's is newer from when it begins to be made void. */
  epoch: number;
  /** It holds nothing that older files do not hold too: it may be void before them. */
  isCopy: boolean;
  /** Why it was stuck when that was last told. */
  keptFor: string;
  /**
   * carrying: what stopped streams owe is being written into it; settled: nothing in it is needed; voiding: its header is
   * being made to say so; clean: it does, on the medium.
   */
  phase: "clean" | "carrying" | "writing" | "settling" | "stuck" | "settled" | "voiding";
  /** Called when it is clean, or cannot be made so now. */
  readonly waiting: ((error: Error | undefined) => void)[];
}

/** What a file held of stopped streams when that was written into another. */
export interface Carried {
  readonly slot: Slot;
  readonly epoch: number;
  readonly debts: readonly Debt[];
}

export function slotOf(file: JournalFile): Slot {
  return {
    file,
    epoch: file.epoch,
    debts: new Set(),
    isCopy: false,
    keptFor: "",
    phase: "clean",
    waiting: [],
  };
}

export function isUsed({ phase }: Slot): boolean {
  return phase !== "clean";
}

/** Whether what keeps it may be over soon. */
export function isOnItsWay({ phase }: Slot): boolean {
  return phase === "settling" || phase === "voiding" || phase === "carrying";
}

export function lowestEpoch(slots: readonly Slot[]): Slot | undefined {
  let lowest: Slot | undefined;
  for (const slot of slots) if (lowest === undefined || slot.epoch < lowest.epoch) lowest = slot;
  return lowest;
}

/** Answers whoever waits for a file. */
export function answer(slot: Slot, error: Error | undefined): void {
  for (const done of slot.waiting.splice(0)) done(error);
}
