// What a user's JWT says: what the user may do, and for which account it was issued. [jwt/v2 user_claims.go]

import {
  type Registered,
  registeredFields,
  type Tagged,
  taggedFields,
  type UserPermissionLimits,
  userLimitsFields,
} from "./fields.ts";
import { struct, text } from "./shape.ts";

export interface User extends UserPermissionLimits, Tagged {
  /** The account, when a signing key of it issued the user; otherwise "" and the issuer is the account. */
  readonly issuer_account: string;
}

export interface UserClaims extends Registered {
  readonly nats: User;
}

export const userLimitsShape = struct<UserPermissionLimits>(userLimitsFields);

export const userShape = struct<User>({ ...userLimitsFields, issuer_account: text, ...taggedFields });

export const userClaimsShape = struct<UserClaims>({ ...registeredFields, nats: userShape });

/** A user without restrictions; `sub` is its public key. Not for scoped signing keys: see {@link scopedUser}. */
export function newUser(sub: string): UserClaims {
  return {
    ...userClaimsShape.zero,
    sub,
    nats: { ...userShape.zero, subs: -1, data: -1, payload: -1, type: "user", version: 2 },
  };
}

/** A user for a scoped signing key, which must say nothing of its own. */
export function scopedUser(sub: string): UserClaims {
  return { ...userClaimsShape.zero, sub, nats: { ...userShape.zero, type: "user", version: 2 } };
}

/** The account that a user belongs to. */
export function accountOf(user: UserClaims): string {
  return user.nats.issuer_account === "" ? user.iss : user.nats.issuer_account;
}

/** Whether a user says nothing of its own, so that a scoped key may sign it. An empty list is something. [jwt/v2 user_claims.go HasEmptyPermissions] */
export function saysNothing(user: User): boolean {
  return (
    user.pub.allow === undefined &&
    user.pub.deny === undefined &&
    user.sub.allow === undefined &&
    user.sub.deny === undefined &&
    user.resp === undefined &&
    user.src === undefined &&
    user.times === undefined &&
    user.times_location === "" &&
    user.subs === 0 &&
    user.data === 0 &&
    user.payload === 0 &&
    !user.bearer_token &&
    !user.proxy_required &&
    user.allowed_connection_types === undefined
  );
}
