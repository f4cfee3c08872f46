// Reads authorization blocks: the server's own, and the simple ones of WebSocket and MQTT.
// [nats-server opts.go parseAuthorization, parseAuthCallout, parseSimpleAuth]
import { isPublicKey } from "../../identity/nkey.ts";
import type { Draft } from "./draft.ts";
import { parseDuration } from "./duration.ts";
import type { Findings } from "./findings.ts";
import type { AuthCalloutOptions, PermissionOptions } from "./options-access.ts";
import { readPermissions } from "./permissions.ts";
import { quoted } from "./quoted.ts";
import { type KeyReader, type KeyTable, keyTable, type Reading, readKeys, type TopReader } from "./reader.ts";
import { type Entry, isList, isTree, shownValue } from "./tree.ts";
import { globalAccount, readUsers, type Users, withDefaultPermissions } from "./users.ts";

const timeoutSecondsLong = 60;

export interface AuthorizationDraft {
  user: string;
  password: string;
  token: string;
  timeoutSeconds: number;
  /** Undefined: no list was given. */
  users: Users | undefined;
  defaultPermissions: PermissionOptions | undefined;
  callout: AuthCalloutOptions | undefined;
  proxyRequired: boolean;
}

function emptyAuthorization(): AuthorizationDraft {
  return {
    user: "",
    password: "",
    token: "",
    timeoutSeconds: 0,
    users: undefined,
    defaultPermissions: undefined,
    callout: undefined,
    proxyRequired: false,
  };
}

const text =
  (name: "user" | "password" | "token"): KeyReader<AuthorizationDraft> =>
  (auth, entry, { findings }) => {
    auth[name] = findings.text(entry);
  };

const secrets: readonly (readonly [string, KeyReader<AuthorizationDraft>])[] = [
  ["user username", text("user")],
  ["pass password", text("password")],
  ["token", text("token")],
];

const authorizationKeys: KeyTable<AuthorizationDraft> = keyTable([
  ...secrets,
  ["timeout", readTimeout],
  [
    "users",
    (auth, entry, reading) => {
      auth.users = readUsers(entry, globalAccount, reading, entry);
    },
  ],
  [
    "default_permission default_permissions permissions",
    (auth, entry, { findings }) => {
      auth.defaultPermissions = readPermissions(entry, findings);
    },
  ],
  [
    "auth_callout auth_hook",
    (auth, entry, { findings }) => {
      auth.callout = readCallout(entry, findings);
    },
  ],
  [
    "proxy_required",
    (auth, entry, { findings }) => {
      auth.proxyRequired = findings.boolean(entry);
    },
  ],
]);

const simpleKeys: KeyTable<AuthorizationDraft> = keyTable([
  ...secrets,
  [
    "timeout",
    (auth, { value }) => {
      auth.timeoutSeconds = typeof value === "bigint" || typeof value === "number" ? Number(value) : 1;
    },
  ],
]);

/** Seconds, with a fraction, or a duration. [also leafnodes.authorization, tls] */
export function readSeconds(entry: Entry, findings: Findings, block: string): number {
  if (typeof entry.value === "bigint" || typeof entry.value === "number") return Number(entry.value);
  if (typeof entry.value !== "string") {
    findings.refuse(entry, `error parsing ${block} config, 'timeout' wrong type`);
    return 0;
  }
  const read = parseDuration(entry.value);
  if (read.kind === "duration") return read.ms / 1_000;
  findings.refuse(entry, `error parsing ${block} config, 'timeout' ${read.message}`);
  return 0;
}

function readTimeout(auth: AuthorizationDraft, entry: Entry, { findings }: Reading, key: string): void {
  auth.timeoutSeconds = readSeconds(entry, findings, "authorization");
  warnOfLongTimeout(auth.timeoutSeconds, entry, findings, key);
}

export function warnOfLongTimeout(seconds: number, entry: Entry, findings: Findings, key: string): void {
  if (seconds <= timeoutSecondsLong) return;
  const value = `timeout of ${shownValue(entry.value)} (${seconds.toFixed(6)} seconds) is high`;
  const advice = "consider keeping it under 60 seconds. possibly caused by unquoted duration";
  findings.warnUse(entry, key, `${value}, ${advice}; use '1m' instead of 1m, for example`);
}

/** An authorization block with its users' permissions filled in. */
export function readAuthorization(entry: Entry, reading: Reading): AuthorizationDraft {
  const auth = emptyAuthorization();
  readKeys(reading.findings.tree(entry), authorizationKeys, auth, reading);
  if (auth.users !== undefined) auth.users = withDefaultPermissions(auth.users, auth.defaultPermissions);
  return auth;
}

export function readSimpleAuthorization(entry: Entry, reading: Reading): AuthorizationDraft {
  const auth = emptyAuthorization();
  readKeys(reading.findings.tree(entry), simpleKeys, auth, reading);
  return auth;
}

/** The names and nkeys known so far, to find those given twice. */
export function knownNames(draft: Draft): Set<string> {
  return new Set([...draft.users.map((user) => user.user), ...draft.nkeys.map((user) => user.nkey)]);
}

/** The server's own authorization block. */
export const authorization: TopReader = (draft, entry, reading) => {
  const { findings } = reading;
  const auth = readAuthorization(entry, reading);
  draft.user = auth.user;
  draft.password = auth.password;
  draft.proxyRequired = auth.proxyRequired;
  draft.token = auth.token;
  draft.authTimeoutSeconds = auth.timeoutSeconds;
  draft.callout = auth.callout;
  if ((auth.user !== "" || auth.password !== "") && auth.token !== "") {
    return findings.refuse(entry, "Cannot have a user/pass and token");
  }
  const names = knownNames(draft);
  if (auth.users !== undefined || names.size > 0) {
    if (auth.user !== "") {
      return findings.refuse(entry, "Can not have a single user/pass and a users array");
    }
    if (auth.token !== "") return findings.refuse(entry, "Can not have a token and a users array");
  }
  const { users, nkeys } = auth.users ?? { users: [], nkeys: [] };
  for (const { user } of users) {
    if (names.has(user)) return findings.refuse(entry, `Duplicate user ${quoted(user)} detected`);
    names.add(user);
  }
  draft.users.push(...users);
  for (const { nkey } of nkeys) {
    if (names.has(nkey)) return findings.refuse(entry, `Duplicate nkey ${quoted(nkey)} detected`);
    names.add(nkey);
  }
  draft.nkeys.push(...nkeys);
};

interface CalloutDraft {
  issuer: string;
  account: string;
  authUsers: string[];
  xkey: string;
  allowedAccounts: string[];
}

/** One key of a callout. Answers what is wrong with it. */
type CalloutReader = (callout: CalloutDraft, entry: Entry, findings: Findings) => string | undefined;

const names =
  (field: "authUsers" | "allowedAccounts", said: string): CalloutReader =>
  (callout, entry, findings) => {
    if (!isList(entry.value)) return `Expected ${said} field to be an array, got *conf.token`;
    for (const item of entry.value) callout[field].push(findings.text(item));
    return undefined;
  };

const calloutKeys: ReadonlyMap<string, CalloutReader> = new Map<string, CalloutReader>([
  ["issuer", readIssuer],
  ["account", readAccount],
  ["acc", readAccount],
  ["auth_users", names("authUsers", "auth_users")],
  ["users", names("authUsers", "auth_users")],
  ["xkey", readXkey],
  ["key", readXkey],
  ["allowed_accounts", names("allowedAccounts", "allowed accounts")],
]);

function readIssuer(callout: CalloutDraft, entry: Entry, findings: Findings): string | undefined {
  callout.issuer = findings.text(entry);
  if (isPublicKey(callout.issuer, "account")) return undefined;
  return `Expected callout user to be a valid public account nkey, got ${quoted(callout.issuer)}`;
}

function readAccount(callout: CalloutDraft, entry: Entry, findings: Findings): undefined {
  callout.account = findings.text(entry);
}

function readXkey(callout: CalloutDraft, entry: Entry, findings: Findings): string | undefined {
  callout.xkey = findings.text(entry);
  if (isPublicKey(callout.xkey, "curve")) return undefined;
  return `Expected callout xkey to be a valid public xkey, got ${quoted(callout.xkey)}`;
}

function readCallout(entry: Entry, findings: Findings): AuthCalloutOptions | undefined {
  if (!isTree(entry.value)) {
    const shown = shownValue(entry.value);
    findings.refuse(entry, `Expected authorization callout to be a map/struct, got ${shown}`);
    return undefined;
  }
  const callout: CalloutDraft = { issuer: "", account: "", authUsers: [], xkey: "", allowedAccounts: [] };
  let last = entry;
  for (const [key, item] of entry.value) {
    last = item;
    const read = calloutKeys.get(key.toLowerCase());
    if (read === undefined) {
      if (!item.referenced) {
        findings.refuse(item, `Unknown field ${quoted(key)} parsing authorization callout`);
      }
      continue;
    }
    const mistake = read(callout, item, findings);
    if (mistake === undefined) continue;
    findings.refuse(item, mistake);
    return undefined;
  }
  callout.account ||= globalAccount;
  if (callout.issuer !== "" && callout.authUsers.length > 0) return callout;
  const missing = callout.issuer === "" ? "an issuer" : "authorized users";
  findings.refuse(last, `Authorization callouts require ${missing} to be specified`);
  return undefined;
}

/** Accounts that a callout may be asked about must be configured. Runs after the whole file was read. */
export function checkCallout(draft: Draft, findings: Findings): void {
  for (const account of draft.callout?.allowedAccounts ?? []) {
    if (draft.accounts.some(({ name }) => name === account)) continue;
    const name = quoted(account);
    findings.refuse(undefined, `auth_callout allowed account ${name} not found in configured accounts`);
  }
}
