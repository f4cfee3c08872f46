// Reads the accounts of a configuration: users, limits, JetStream, traces, exports and imports.
// [nats-server opts.go parseAccounts]
import { isPublicKey } from "../../identity/nkey.ts";
import { isLiteral, isValidPattern } from "../../subject/subject.ts";
import { knownNames } from "./authorization.ts";
import type { Draft } from "./draft.ts";
import { readExports } from "./exports.ts";
import type { Findings } from "./findings.ts";
import { readImports } from "./imports.ts";
import { readAccountJetStream } from "./jetstream.ts";
import { linkMistakes } from "./links.ts";
import { atoi } from "./listen.ts";
import { readMappings } from "./mappings.ts";
import type {
  AccountJetStreamOptions,
  AccountOptions,
  MappingOptions,
  PermissionOptions,
  ServiceExportOptions,
  ServiceImportOptions,
  StreamExportOptions,
  StreamImportOptions,
} from "./options-access.ts";
import { readPermissions } from "./permissions.ts";
import { quoted, quotedValue } from "./quoted.ts";
import { type KeyTable, keyTable, type Reading, readKeys, type TopReader } from "./reader.ts";
import { type Entry, isList, isTree, shownValue, type Tree, typeName } from "./tree.ts";
import { globalAccount, readUsers, type Users, withDefaultPermissions } from "./users.ts";

export interface AccountDraft {
  readonly name: string;
  nkey: string;
  users: Users;
  usersAt: Entry | undefined;
  exports: { streams: StreamExportOptions[]; services: ServiceExportOptions[] };
  imports: { streams: StreamImportOptions[]; services: ServiceImportOptions[] };
  mappings: MappingOptions[];
  limits: { connections: number; subscriptions: number; payloadBytes: number; leafNodes: number };
  jetStream: AccountJetStreamOptions | undefined;
  ownClusterTraffic: boolean;
  defaultPermissions: PermissionOptions | undefined;
  traceDestination: string;
  /** Percent; 0: not said. */
  traceSampling: number;
}

function newAccount(name: string): AccountDraft {
  return {
    name,
    nkey: "",
    users: { users: [], nkeys: [] },
    usersAt: undefined,
    exports: { streams: [], services: [] },
    imports: { streams: [], services: [] },
    mappings: [],
    limits: { connections: -1, subscriptions: -1, payloadBytes: -1, leafNodes: -1 },
    jetStream: undefined,
    ownClusterTraffic: false,
    defaultPermissions: undefined,
    traceDestination: "",
    traceSampling: 0,
  };
}

function finished(account: AccountDraft): AccountOptions {
  const { users: _users, usersAt: _at, traceDestination, traceSampling, ...rest } = account;
  const trace =
    traceDestination === "" ? undefined : { destination: traceDestination, sampling: traceSampling };
  return { ...rest, trace };
}

const accountKeys: KeyTable<AccountDraft> = keyTable([
  [
    "nkey",
    (account, entry, { findings }) => {
      if (isPublicKey(entry.value, "account")) account.nkey = entry.value;
      else findings.refuse(entry, `Not a valid public nkey for an account: ${quotedValue(entry.value)}`);
    },
  ],
  [
    "imports",
    (account, entry, reading) => {
      account.imports = readImports(entry, reading);
    },
  ],
  [
    "exports",
    (account, entry, reading) => {
      account.exports = readExports(entry, reading);
    },
  ],
  ["jetstream", (account, entry, { findings }) => readAccountJetStream(account, entry, findings)],
  [
    "users",
    (account, entry, reading) => {
      account.usersAt = entry;
      account.users = readUsers(entry, account.name, reading, undefined) ?? { users: [], nkeys: [] };
    },
  ],
  [
    "default_permissions",
    (account, entry, { findings }) => {
      account.defaultPermissions = readPermissions(entry, findings);
    },
  ],
  [
    "mappings maps",
    (account, entry, { findings }) => {
      account.mappings = readMappings(entry, findings);
    },
  ],
  ["limits", readLimits],
  ["msg_trace trace_dest", readTrace],
]);

const limitNames: ReadonlyMap<string, keyof AccountDraft["limits"]> = new Map([
  ["max_connections", "connections"],
  ["max_conn", "connections"],
  ["max_subscriptions", "subscriptions"],
  ["max_subs", "subscriptions"],
  ["max_payload", "payloadBytes"],
  ["max_pay", "payloadBytes"],
  ["max_leafnodes", "leafNodes"],
  ["max_leafs", "leafNodes"],
]);

function readLimits(account: AccountDraft, entry: Entry, { findings }: Reading): void {
  if (!isTree(entry.value)) {
    const shown = shownValue(entry.value);
    findings.refuse(entry, `Expected account limits to be a map/struct, got ${shown}`);
    return;
  }
  for (const [key, item] of entry.value) {
    const limit = limitNames.get(key.toLowerCase());
    if (limit !== undefined) account.limits[limit] = findings.integer32(item);
    else if (!item.referenced) findings.refuse(item, `Unknown field ${quoted(key)} parsing account limits`);
  }
}

function readTrace(account: AccountDraft, entry: Entry, { findings }: Reading, key: string) {
  const found = traceMistake(account, entry, key);
  if (found !== undefined) return findings.refuse(found.at, found.mistake);
  if (account.traceDestination !== "" && account.traceSampling === 0) account.traceSampling = 100;
  if (account.traceDestination === "" && account.traceSampling > 0) {
    findings.warn(entry, "Trace destination sampling ignored since no destination was set");
    account.traceSampling = 0;
  }
}

function traceMistake(account: AccountDraft, entry: Entry, topKey: string) {
  if (typeof entry.value === "string") return traceDestination(account, entry, topKey);
  if (!isTree(entry.value)) {
    const expected = `Expected account message trace ${quoted(topKey)} to be a string or a map/struct`;
    return { at: entry, mistake: `${expected}, got ${typeName(entry.value)}` };
  }
  for (const [key, item] of entry.value) {
    const name = key.toLowerCase();
    let found: { at: Entry; mistake: string } | undefined;
    if (name === "dest") found = traceDestination(account, item, key);
    else if (name === "sampling") found = traceSampling(account, item, key);
    else if (!item.referenced) {
      const where = `account message trace map/struct ${quoted(topKey)}`;
      found = { at: item, mistake: `Unknown field ${quoted(key)} parsing ${where}` };
    }
    if (found !== undefined) return found;
  }
  return undefined;
}

function traceDestination(account: AccountDraft, entry: Entry, key: string) {
  const { value } = entry;
  if (typeof value !== "string") {
    return { at: entry, mistake: `Field ${quoted(key)} should be a string, got ${typeName(value)}` };
  }
  if (!isValidPattern(value) || !isLiteral(value)) {
    return { at: entry, mistake: `Trace destination ${quoted(value)} is not valid` };
  }
  account.traceDestination = value;
  return undefined;
}

function traceSampling(account: AccountDraft, entry: Entry, key: string) {
  const { value } = entry;
  if (typeof value !== "string" && typeof value !== "bigint") {
    const field = `Trace destination sampling field ${quoted(key)}`;
    return {
      at: entry,
      mistake: `${field} should be an integer or a percentage, got ${typeName(value)}`,
    };
  }
  const percent = atoi(String(value).replace(typeof value === "string" ? /%$/ : /$^/, ""));
  if (percent === undefined) {
    return { at: entry, mistake: `Invalid trace destination sampling value ${quoted(String(value))}` };
  }
  if (percent <= 0 || percent > 100) {
    const range = `sampling value ${percent} is invalid, needs to be [1..100]`;
    return { at: entry, mistake: `Ttrace destination ${range}` };
  }
  account.traceSampling = percent;
  return undefined;
}

/** A list of names, or a map from name to account. */
export const accounts: TopReader = (draft, entry, reading) => {
  if (isList(entry.value)) readNames(entry.value, draft, reading.findings);
  else if (isTree(entry.value)) readAccounts(entry.value, draft, reading);
  const { findings } = reading;
  if (findings.errors.length > 0) return;
  for (const mistake of linkMistakes(draft.accounts, draft.systemAccountDisabled)) {
    findings.refuse(entry, mistake);
  }
};

function readNames(items: readonly Entry[], draft: Draft, findings: Findings): void {
  const names = new Set<string>();
  for (const item of items) {
    const name = findings.text(item);
    if (name === globalAccount) findings.refuse(item, `${quoted(name)} is a Reserved Account`);
    else if (names.has(name)) findings.refuse(item, `Duplicate Account Entry: ${name}`);
    else draft.accounts.push(finished(newAccount(name)));
    names.add(name);
  }
}

function readAccounts(tree: Tree, draft: Draft, reading: Reading): void {
  const { findings } = reading;
  const names = knownNames(draft);
  for (const [name, entry] of tree) {
    // A map that some variable refers to is no account.
    if (entry.referenced) continue;
    if (!isTree(entry.value)) {
      findings.refuse(entry, "Expected map entries for accounts");
      continue;
    }
    if (name === globalAccount) {
      findings.refuse(entry, `${quoted(name)} is a Reserved Account`);
      continue;
    }
    const account = newAccount(name);
    readKeys(entry.value, accountKeys, account, reading);
    draft.accounts.push(finished(account));
    addUsers(account, draft, names, findings);
  }
}

/** The users of all accounts share one name space with those of the authorization block. */
function addUsers(account: AccountDraft, draft: Draft, names: Set<string>, findings: Findings) {
  const { users, nkeys } = withDefaultPermissions(account.users, account.defaultPermissions);
  if (users.length > 0 || nkeys.length > 0) {
    if (draft.user !== "") {
      return findings.refuse(account.usersAt, "Can not have a single user/pass and accounts");
    }
    if (draft.token !== "") return findings.refuse(account.usersAt, "Can not have a token and accounts");
  }
  for (const { nkey } of nkeys) {
    if (names.has(nkey)) findings.refuse(account.usersAt, `Duplicate nkey ${quoted(nkey)} detected`);
    names.add(nkey);
  }
  draft.nkeys.push(...nkeys);
  for (const { user } of users) {
    if (names.has(user)) findings.refuse(account.usersAt, `Duplicate user ${quoted(user)} detected`);
    names.add(user);
  }
  draft.users.push(...users);
}

/** Mappings at the top belong to the global account. */
export const topMappings: TopReader = (draft, entry, { findings }) => {
  const account = newAccount(globalAccount);
  account.mappings = readMappings(entry, findings);
  draft.accounts.push(finished(account));
};
