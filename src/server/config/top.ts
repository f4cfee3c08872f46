// Reads a whole configuration tree into a draft: the system account first, then every key at the top.
// [nats-server opts.go processConfigFile]

import { accounts, topMappings } from "./accounts.ts";
import { authorization, checkCallout } from "./authorization.ts";
import { cluster, gateway } from "./cluster.ts";
import type { Draft } from "./draft.ts";
import { generalKeys } from "./general.ts";
import { jetStream } from "./jetstream.ts";
import { leafNodes } from "./leafnodes.ts";
import { mqtt } from "./mqtt.ts";
import { ocsp, ocspCache } from "./ocsp.ts";
import { operators, pinnedAccounts, preload, resolverTls, trustedKeys } from "./operator.ts";
import { type KeyTable, keyTable, type Reading, readKeys, type TopReader } from "./reader.ts";
import { resolver } from "./resolver.ts";
import { tenancy } from "./tenancy.ts";
import { readTls } from "./tls.ts";
import type { Tree } from "./tree.ts";
import { webSocket } from "./websocket.ts";

const tls: TopReader = (draft, entry, reading) => {
  draft.tls = readTls(entry, reading);
};

const topKeys: KeyTable<Draft> = keyTable([
  ...generalKeys,
  ["mappings maps", topMappings],
  ["accounts", accounts],
  ["authorization", authorization],
  ["cluster", cluster],
  ["gateway", gateway],
  ["leaf leafnodes", leafNodes],
  ["jetstream", jetStream],
  ["tls", tls],
  ["ocsp", ocsp],
  ["ocsp_cache", ocspCache],
  ["operator operators roots root root_operators root_operator", operators],
  ["resolver account_resolver accounts_resolver", resolver],
  ["resolver_tls", resolverTls],
  ["resolver_preload", preload],
  ["resolver_pinned_accounts", pinnedAccounts],
  ["trusted trusted_keys", trustedKeys],
  ["websocket ws", webSocket],
  ["mqtt", mqtt],
  ["tenancy", tenancy],
]);

/** Findings go to `reading.findings`; `file` is how they call the file. */
export function readTop(tree: Tree, file: string, draft: Draft, reading: Reading): void {
  if (tree.size === 0) reading.findings.warn(undefined, `${file}: config has no values or is empty`);
  readSystemAccount(tree, draft, reading);
  readKeys(tree, topKeys, draft, reading);
  checkCallout(draft, reading.findings);
}

/** Other keys depend on it, so it is read first. Only here a key must be lower case. */
function readSystemAccount(tree: Tree, draft: Draft, reading: Reading): void {
  const entry = tree.get("system_account") ?? tree.get("system");
  if (entry === undefined) return;
  if (typeof entry.value === "string") draft.systemAccount = entry.value;
  else reading.findings.refuse(entry, "system account name must be a string");
}
