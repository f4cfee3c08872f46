// What a journal file holds of streams that stopped, written again into another.

import { debtName, itemRecords, type JournalFile, JournalGroup } from "./journal.ts";
import { readJournal } from "./journal-scan.ts";

/**
 * Writes every item of one journal file that is about one of `debts` behind what the other holds; it is for the caller to
 * sync. Items tell what they are about and where it belongs, so that their order among others does not matter: records
 * go to their place, and of small state the highest generation counts. Throws the disk's error.
 */
export function carryItems(
  from: JournalFile,
  into: JournalFile,
  storeId: string,
  debts: Iterable<{ readonly name: string }>,
): void {
  const owed = new Set<string>();
  for (const { name } of debts) owed.add(name);
  const items = readJournal(from.readSync(), storeId).items.filter((item) => {
    const isUsable = item.whole || item.kind === itemRecords; // records have checksums of their own
    return isUsable && owed.has(debtName(item));
  });
  const group = new JournalGroup(storeId, firstBytes);
  for (const { streamId, kind, number, generation, place, bytes } of items)
    group.put(into.epoch, into.order++, streamId, kind, number, generation, place, bytes);
  into.writeSync(group.bytes);
}

const firstBytes = 64 * 1024;
