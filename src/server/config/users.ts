// Reads lists of users, by name and by nkey. [nats-server opts.go parseUsers]
import { isPublicKey } from "../../identity/nkey.ts";
import type { NkeyUserOptions, PermissionOptions, UserOptions } from "./options-access.ts";
import { readPermissions } from "./permissions.ts";
import { quotedList } from "./quoted.ts";
import { type KeyReader, type KeyTable, keyTable, type Reading, readKeys } from "./reader.ts";
import { type Entry, isList, isTree, shownValue } from "./tree.ts";

export const globalAccount = "$G";

const connectionTypes = new Set([
  "STANDARD",
  "WEBSOCKET",
  "LEAFNODE",
  "LEAFNODE_WS",
  "MQTT",
  "MQTT_WS",
  "IN_PROCESS",
]);

export interface Users {
  readonly users: readonly UserOptions[];
  readonly nkeys: readonly NkeyUserOptions[];
}

interface UserDraft {
  user: string;
  password: string;
  nkey: string;
  permissions: PermissionOptions | undefined;
  connectionTypes: string[];
  proxyRequired: boolean;
}

const text =
  (name: "user" | "password" | "nkey"): KeyReader<UserDraft> =>
  (draft, entry, { findings }) => {
    draft[name] = findings.text(entry);
  };

const userKeys: KeyTable<UserDraft> = keyTable([
  ["nkey", text("nkey")],
  ["user username", text("user")],
  ["pass password", text("password")],
  [
    "permission permissions authorization",
    (draft, entry, { findings }) => {
      draft.permissions = readPermissions(entry, findings);
    },
  ],
  ["allowed_connection_types connection_types clients", readConnectionTypes],
  [
    "proxy_required",
    (draft, entry, { findings }) => {
      draft.proxyRequired = findings.boolean(entry);
    },
  ],
]);

function readConnectionTypes(draft: UserDraft, entry: Entry, { findings }: Reading): void {
  const names = findings.texts(entry, "allowed connection types");
  if (names === undefined) return;
  const upper = names.map((name) => name.toUpperCase());
  draft.connectionTypes = [...new Set(upper.filter((name) => connectionTypes.has(name)))];
  const unknown = upper.filter((name) => !connectionTypes.has(name));
  if (unknown.length > 0) findings.refuse(entry, `invalid connection types ${quotedList(unknown)}`);
}

/**
 * The users of one block, bound to `account`. Undefined after a finding that makes the list worthless.
 * @param at where a finding about the list itself is placed.
 */
export function readUsers(
  entry: Entry,
  account: string,
  reading: Reading,
  at: Entry | undefined,
): Users | undefined {
  const { findings } = reading;
  if (!isList(entry.value)) {
    findings.refuse(at, `Expected users field to be an array, got ${shownValue(entry.value)}`);
    return undefined;
  }
  const users: UserOptions[] = [];
  const nkeys: NkeyUserOptions[] = [];
  for (const item of entry.value) {
    if (!isTree(item.value)) {
      findings.refuse(item, `Expected user entry to be a map/struct, got ${shownValue(item.value)}`);
      continue;
    }
    const draft: UserDraft = {
      user: "",
      password: "",
      nkey: "",
      permissions: undefined,
      connectionTypes: [],
      proxyRequired: false,
    };
    readKeys(item.value, userKeys, draft, reading);
    const mistake = userMistake(draft);
    if (mistake !== undefined) {
      findings.refuse([...item.value.values()].at(-1) ?? item, mistake);
      return undefined;
    }
    const { user, password, nkey, ...rest } = draft;
    if (nkey === "") users.push({ user, password, account, ...rest });
    else nkeys.push({ nkey, account, ...rest });
  }
  return { users, nkeys };
}

function userMistake(draft: UserDraft): string | undefined {
  if (draft.nkey === "") return draft.user === "" ? "User entry requires a user" : undefined;
  if (!isPublicKey(draft.nkey, "user")) return "Not a valid public nkey for a user";
  const named = draft.user !== "" || draft.password !== "";
  return named ? "Nkey users do not take usernames or passwords" : undefined;
}

/** Gives `permissions` to those who have none of their own. */
export function withDefaultPermissions(users: Users, permissions: PermissionOptions | undefined): Users {
  if (permissions === undefined) return users;
  return {
    users: users.users.map((user) => ({ ...user, permissions: user.permissions ?? permissions })),
    nkeys: users.nkeys.map((user) => ({ ...user, permissions: user.permissions ?? permissions })),
  };
}
