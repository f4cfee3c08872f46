// Reads a whole configuration tree into a draft: the system account first, then every key at the top.
// [nats-server opts.go processConfigFile]
import type { Draft } from "./draft.ts";
import { generalKeys } from "./general.ts";
import { type KeyTable, keyTable, type Reading, readKeys } from "./reader.ts";
import type { Tree } from "./tree.ts";

const topKeys: KeyTable<Draft> = keyTable([...generalKeys]);

/** Findings go to `reading.findings`; `file` is how they call the file. */
export function readTop(tree: Tree, file: string, draft: Draft, reading: Reading): void {
  if (tree.size === 0) reading.findings.warn(undefined, `${file}: config has no values or is empty`);
  readSystemAccount(tree, draft, reading);
  readKeys(tree, topKeys, draft, reading);
}

/** Other keys depend on it, so it is read first. Only here a key must be lower case. */
function readSystemAccount(tree: Tree, draft: Draft, reading: Reading): void {
  const entry = tree.get("system_account") ?? tree.get("system");
  if (entry === undefined) return;
  if (typeof entry.value === "string") draft.systemAccount = entry.value;
  else reading.findings.refuse(entry, "system account name must be a string");
}
