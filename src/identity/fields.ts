// The claims that more than one kind of JWT has: who, when, what may be said and heard, how much.
// Names are the JWT's own. Times are Unix seconds unless a name says otherwise. [jwt/v2 claims.go, types.go]

import {
  always,
  type Fields,
  flag,
  int64,
  list,
  listOrNone,
  optional,
  type Shape,
  struct,
  text,
} from "./shape.ts";

/** The registered claims; zero (0 or "") where absent. */
export interface Registered {
  readonly aud: string;
  /** 0: never expires. */
  readonly exp: number;
  readonly jti: string;
  readonly iat: number;
  readonly iss: string;
  readonly name: string;
  /** 0: valid from the beginning. */
  readonly nbf: number;
  readonly sub: string;
}

export interface Tagged {
  readonly tags: readonly string[];
  readonly type: string;
  readonly version: number;
}

/** Subjects and patterns, Unicode text; a subscription's may be followed by a blank and a queue name. */
export interface Permission {
  /** Undefined: everything. Some readers take an empty list for "nothing". */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[] | undefined;
}

export interface ResponsePermission {
  /** 0 stands for 1, a negative number for any number. */
  readonly max: number;
  /** Nanoseconds; 0 stands for two minutes, a negative number for ever. */
  readonly ttl: number;
}

export interface PermissionClaims {
  readonly pub: Permission;
  readonly sub: Permission;
  readonly resp: ResponsePermission | undefined;
}

/** -1 is "no limit", 0 is none. */
export interface NatsLimits {
  readonly subs: number;
  readonly data: number;
  readonly payload: number;
}

/** Wall clock times "HH:MM:SS"; a range may run over midnight. */
export interface TimeRange {
  readonly start: string;
  readonly end: string;
}

/** What a user may do, whether it says so itself or its signing key does. */
export interface UserPermissionLimits extends PermissionClaims, NatsLimits {
  /** Networks in CIDR form. */
  readonly src: readonly string[] | undefined;
  readonly times: readonly TimeRange[] | undefined;
  readonly times_location: string;
  readonly bearer_token: boolean;
  readonly proxy_required: boolean;
  readonly allowed_connection_types: readonly string[] | undefined;
}

export const registeredFields: Fields<Registered> = {
  aud: text,
  exp: int64,
  jti: text,
  iat: int64,
  iss: text,
  name: text,
  nbf: int64,
  sub: text,
};

export const taggedFields: Fields<Tagged> = { tags: list(text), type: text, version: int64 };

export const natsLimitsFields: Fields<NatsLimits> = { subs: int64, data: int64, payload: int64 };

const permission = struct<Permission>({ allow: listOrNone(text), deny: listOrNone(text) });

export const permissionFields: Fields<PermissionClaims> = {
  pub: permission,
  sub: permission,
  resp: optional(struct<ResponsePermission>({ max: always(int64), ttl: always(int64) })),
};

/** A list, or one text with commas in it, which is split, trimmed and lowered. [jwt/v2 types.go CIDRList] */
const networks: Shape<readonly string[] | undefined> = {
  ...listOrNone(text),
  read(value, reading) {
    if (typeof value !== "string") return listOrNone(text).read(value, reading);
    const parts = value
      .toLowerCase()
      .split(",")
      .map((part) => part.trim());
    return [...new Set(parts.filter((part) => part !== ""))];
  },
};

export const userLimitsFields: Fields<UserPermissionLimits> = {
  ...permissionFields,
  src: networks,
  times: listOrNone(struct<TimeRange>({ start: text, end: text })),
  times_location: text,
  ...natsLimitsFields,
  bearer_token: flag,
  proxy_required: flag,
  allowed_connection_types: listOrNone(text),
};
