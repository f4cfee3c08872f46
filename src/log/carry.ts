// What a journal file holds of streams that stopped, written again into another.

import {
  debtName,
  itemForgotten,
  itemRecords,
  itemState,
  type JournalFile,
  JournalGroup,
} from "./journal.ts";
import { readJournal } from "./journal-scan.ts";
import type { Debt } from "./journal-slot.ts";

const firstBytes = 64 * 1024;
const nothing = Buffer.alloc(0);

/**
 * Writes whatever of one journal file is about `debts` behind what the other holds; it is for the caller to sync. Records
 * go to their place, so that their order among other items does not matter; of small state the newest goes, and nothing
 * older, which might outlive what came after it. Throws the disk's error.
 */
export function carryItems(
  from: JournalFile,
  into: JournalFile,
  storeId: string,
  debts: Iterable<Debt>,
): void {
  const group = new JournalGroup(storeId, firstBytes);
  const owed = new Set<string>();
  for (const { name, newest } of debts) {
    if (newest === undefined) {
      owed.add(name);
      continue;
    }
    const { streamId, number, generation, contents } = newest;
    const kind = contents === undefined ? itemForgotten : itemState;
    group.put(into.epoch, into.order++, streamId, kind, number, generation, 0, contents ?? nothing);
  }
  // Items that are not whole go too: records have checksums of their own.
  for (const item of readJournal(from.readSync(), storeId).items) {
    const { streamId, kind, number, generation, place, bytes } = item;
    if (kind === itemRecords && owed.has(debtName(item)))
      group.put(into.epoch, into.order++, streamId, kind, number, generation, place, bytes);
  }
  into.writeSync(group.bytes);
}
