// What an account's JWT says: its limits, keys, revocations, and what it shares with other accounts.
// [jwt/v2 account_claims.go, exports.go, imports.go, signingkeys.go]

import {
  type NatsLimits,
  natsLimitsFields,
  type PermissionClaims,
  permissionFields,
  type Registered,
  registeredFields,
  type Tagged,
  taggedFields,
  type UserPermissionLimits,
} from "./fields.ts";
import {
  always,
  type Fields,
  flag,
  int64,
  isObject,
  list,
  mapOf,
  optional,
  type Reading,
  type Shape,
  struct,
  text,
  uint8,
  uint64,
} from "./shape.ts";
import { userLimitsShape } from "./user-claims.ts";

/** -1 is "no limit". A number that is absent is 0: nothing allowed. */
export interface AccountLimits {
  readonly imports: number;
  readonly exports: number;
  /** Whether exports may hold wildcards. */
  readonly wildcards: boolean;
  readonly disallow_bearer: boolean;
  readonly conn: number;
  readonly leaf: number;
}

/** Bytes where a name says bytes or storage; -1 is "no limit", 0 for both storages means no JetStream. */
export interface JetStreamLimits {
  readonly mem_storage: number;
  readonly disk_storage: number;
  readonly streams: number;
  readonly consumer: number;
  readonly max_ack_pending: number;
  readonly mem_max_stream_bytes: number;
  readonly disk_max_stream_bytes: number;
  readonly max_bytes_required: boolean;
}

export interface OperatorLimits extends NatsLimits, AccountLimits, JetStreamLimits {
  /** By tier ("R1", "R3"). Where there are any, the flat JetStream limits are all zero. */
  readonly tiered_limits: ReadonlyMap<string, JetStreamLimits>;
}

/** A signing key whose users all have the same rights, and none of their own. */
export interface UserScope {
  readonly kind: "user_scope";
  readonly key: string;
  readonly role: string;
  readonly template: UserPermissionLimits;
  readonly description: string;
}

export type ExportType = "stream" | "service" | "";

export interface ServiceLatency {
  /** Percent; 0 asks the request's headers. */
  readonly sampling: number;
  readonly results: string;
}

export interface Export {
  readonly name: string;
  readonly subject: string;
  readonly type: ExportType;
  readonly token_req: boolean;
  readonly revocations: ReadonlyMap<string, number>;
  /** "" is "Singleton". */
  readonly response_type: string;
  /** Nanoseconds. */
  readonly response_threshold: number;
  readonly service_latency: ServiceLatency | undefined;
  /** Counted from 1; 0 is none. */
  readonly account_token_position: number;
  readonly advertise: boolean;
  readonly allow_trace: boolean;
  readonly description: string;
  readonly info_url: string;
}

export interface Import {
  readonly name: string;
  readonly subject: string;
  readonly account: string;
  readonly token: string;
  readonly to: string;
  readonly local_subject: string;
  readonly type: ExportType;
  readonly share: boolean;
  readonly allow_trace: boolean;
}

export interface WeightedMapping {
  readonly subject: string;
  /** Percent; 0 stands for 100. */
  readonly weight: number;
  readonly cluster: string;
}

export interface ExternalAuthorization {
  readonly auth_users: readonly string[];
  readonly allowed_accounts: readonly string[];
  readonly xkey: string;
}

export interface MessageTrace {
  readonly dest: string;
  /** Percent; 0 stands for 100. */
  readonly sampling: number;
}

export interface Account extends Tagged {
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  readonly limits: OperatorLimits;
  /** By public key; undefined for a key without a scope. */
  readonly signing_keys: ReadonlyMap<string, UserScope | undefined>;
  /** By user key or "*": tokens issued at that second or before are void. */
  readonly revocations: ReadonlyMap<string, number>;
  readonly default_permissions: PermissionClaims;
  readonly mappings: ReadonlyMap<string, readonly WeightedMapping[]>;
  readonly authorization: ExternalAuthorization;
  readonly trace: MessageTrace | undefined;
  readonly cluster_traffic: string;
  readonly description: string;
  readonly info_url: string;
}

export interface AccountClaims extends Registered {
  readonly nats: Account;
}

/** "stream" or "service"; "" only where the field is absent. [jwt/v2 types.go ExportType] */
export const exportTypeShape: Shape<ExportType> = {
  zero: "",
  read(value, reading) {
    if (value === "stream" || value === "service") return value;
    reading.fail(`has unknown export type ${JSON.stringify(value) ?? ""}`);
    return "";
  },
  write: (value) => value,
  isOmitted: (value) => value === "",
};

const samplingShape: Shape<number> = {
  ...int64,
  read: (value, reading) =>
    typeof value === "string" && value.toLowerCase() === "headers" ? 0 : int64.read(value, reading),
  write: (value) => (value === 0 ? "headers" : value),
  isOmitted: () => false,
};

const infoFields = { description: text, info_url: text };

const exportShape = struct<Export>({
  name: text,
  subject: text,
  type: exportTypeShape,
  token_req: flag,
  revocations: mapOf(int64),
  response_type: text,
  response_threshold: int64,
  service_latency: optional(struct<ServiceLatency>({ sampling: samplingShape, results: always(text) })),
  account_token_position: uint64,
  advertise: flag,
  allow_trace: flag,
  ...infoFields,
});

const importShape = struct<Import>({
  name: text,
  subject: text,
  account: text,
  token: text,
  to: text,
  local_subject: text,
  type: exportTypeShape,
  share: flag,
  allow_trace: flag,
});

const accountLimitsFields: Fields<AccountLimits> = {
  imports: int64,
  exports: int64,
  wildcards: flag,
  disallow_bearer: flag,
  conn: int64,
  leaf: int64,
};

const jetStreamLimitsFields: Fields<JetStreamLimits> = {
  mem_storage: int64,
  disk_storage: int64,
  streams: int64,
  consumer: int64,
  max_ack_pending: int64,
  mem_max_stream_bytes: int64,
  disk_max_stream_bytes: int64,
  max_bytes_required: flag,
};

export const jetStreamLimitsShape = struct<JetStreamLimits>(jetStreamLimitsFields);

const limitsRecord = struct<OperatorLimits>({
  ...natsLimitsFields,
  ...accountLimitsFields,
  ...jetStreamLimitsFields,
  tiered_limits: mapOf(jetStreamLimitsShape),
});

/** Tiers make the flat JetStream limits void, whatever they say. [jwt/v2 decoder_account.go loadAccount] */
const limitsShape: Shape<OperatorLimits> = {
  ...limitsRecord,
  read(value, reading) {
    const limits = limitsRecord.read(value, reading);
    return limits.tiered_limits.size === 0 ? limits : { ...limits, ...jetStreamLimitsShape.zero };
  },
};

/** A null among shared subjects is a pointer to nothing, which no reader survives. */
function present<T>(shape: Shape<T>, what: string): Shape<T> {
  return {
    ...shape,
    read(value, reading) {
      if (value === null) reading.fail(`is null: null ${what} is not allowed`);
      return shape.read(value, reading);
    },
  };
}

const scopeRecord = struct<UserScope>({
  kind: always(text as Shape<"user_scope">),
  key: always(text),
  role: always(text),
  template: userLimitsShape,
  description: always(text),
});

/** Limits that a template does not name are "no limit", unlike everywhere else. [jwt/v2 signingkeys.go NewUserScope] */
function readScope(value: Readonly<Record<string, unknown>>, reading: Reading): UserScope {
  const scope = scopeRecord.read(value, reading);
  const said = Object.hasOwn(value, "template") && isObject(value.template) ? value.template : {};
  const unsaid = (name: string) => !Object.hasOwn(said, name) || said[name] === null;
  const { subs, data, payload } = scope.template;
  const template = {
    ...scope.template,
    subs: unsaid("subs") ? -1 : subs,
    data: unsaid("data") ? -1 : data,
    payload: unsaid("payload") ? -1 : payload,
  };
  return { ...scope, template };
}

const signingKeysShape: Shape<ReadonlyMap<string, UserScope | undefined>> = {
  zero: new Map(),
  read(value, reading) {
    const keys = new Map<string, UserScope | undefined>();
    if (value === null) return keys;
    if (!Array.isArray(value)) {
      reading.fail("is not a list");
      return keys;
    }
    for (const item of value) {
      if (typeof item === "string") keys.set(item, undefined);
      if (!isObject(item)) continue;
      if (!Object.hasOwn(item, "kind") || item.kind !== "user_scope") {
        reading.fail("has an unknown signing key scope");
        return keys;
      }
      const scope = readScope(item, reading);
      keys.set(scope.key, scope);
    }
    return keys;
  },
  write: (keys) =>
    [...keys.keys()].sort().map((key) => {
      const scope = keys.get(key);
      return scope === undefined ? key : scopeRecord.write(scope);
    }),
  isOmitted: (keys) => keys.size === 0,
};

const permissionsShape = struct<PermissionClaims>(permissionFields);

const accountShape = struct<Account>({
  imports: list(present(importShape, "import")),
  exports: list(present(exportShape, "export")),
  limits: limitsShape,
  signing_keys: signingKeysShape,
  revocations: mapOf(int64),
  default_permissions: permissionsShape,
  mappings: mapOf(list(struct<WeightedMapping>({ subject: always(text), weight: uint8, cluster: text }))),
  authorization: struct<ExternalAuthorization>({
    auth_users: list(text),
    allowed_accounts: list(text),
    xkey: text,
  }),
  trace: optional(struct<MessageTrace>({ dest: text, sampling: int64 })),
  cluster_traffic: text,
  ...infoFields,
  ...taggedFields,
});

export const accountClaimsShape = struct<AccountClaims>({ ...registeredFields, nats: accountShape });

/** What an account JWT says that sets no limit: an absent number would mean zero. [jwt/v2 account_claims.go NoLimit] */
export const unlimited = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
} as const;

/** Everything unlimited, JetStream off; `sub` is the account's public key. [jwt/v2 account_claims.go NewAccountClaims] */
export function newAccount(sub: string): AccountClaims {
  const limits: OperatorLimits = { ...limitsShape.zero, ...unlimited };
  return {
    ...accountClaimsShape.zero,
    sub,
    nats: { ...accountShape.zero, limits, type: "account", version: 2 },
  };
}
