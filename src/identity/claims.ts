// Questions a server asks of claims it believes: is this user revoked, which rights has it, may this account be used?

import type { AccountClaims, UserScope } from "./account-claims.ts";
import type { UserPermissionLimits } from "./fields.ts";
import { timeIssues } from "./issues.ts";
import { type Outcome, refused } from "./jwt.ts";
import type { OperatorClaims } from "./operator-claims.ts";
import { expandTemplate } from "./template.ts";
import { saysNothing, type UserClaims } from "./user-claims.ts";
import { accountIssues } from "./validate.ts";

export { decodeAccount, decodeGeneric, decodeOperator, decodeUser, type GenericClaims } from "./decode.ts";

/** What a user may do, be it by its own JWT or by the scope of the key that signed it. */
export type UserRights = UserPermissionLimits;

/**
 * The problems that keep an account from being used now, in the words of jwt/v2; none when it is good. An account that
 * is only out of its time may still be stored: ask accountIssues then.
 */
export function validateAccount(claims: AccountClaims, nowMs: number): readonly string[] {
  return [...timeIssues(claims, nowMs), ...accountIssues(claims).blocking];
}

/** Whether a user's JWT of `issuedAt` (Unix seconds) is void. [nats-server accounts.go isRevoked] */
export function isRevoked(
  revocations: ReadonlyMap<string, number>,
  userKey: string,
  issuedAt: number,
): boolean {
  const ofAll = revocations.get("*");
  const ofUser = revocations.get(userKey);
  return (ofAll !== undefined && ofAll >= issuedAt) || (ofUser !== undefined && ofUser >= issuedAt);
}

/** Whether an operator vouches for claims issued by `issuer` for `subject`. [jwt/v2 operator_claims.go DidSign] */
export function didSign(operator: OperatorClaims, issuer: string, subject: string): boolean {
  if (operator.nats.signing_keys.includes(issuer)) return true;
  return issuer === operator.sub && (!operator.nats.strict_signing_key_usage || subject === operator.sub);
}

/**
 * What a user may do in its account: what its JWT says, or, when a scoped signing key issued it, what the scope says.
 * Refused when neither the account nor one of its signing keys issued it.
 * @param strict the operator wants signing keys used: the account's own key counts only where it is named as one.
 * [nats-server auth.go, accounts.go hasIssuer, updateAccountClaimsWithRefresh]
 */
export function userRights(user: UserClaims, account: AccountClaims, strict = false): Outcome<UserRights> {
  if (user.iss === account.sub && !strict) return { ok: true, value: user.nats };
  const keys = account.nats.signing_keys;
  if (!keys.has(user.iss)) return refused("User JWT issuer is not known");
  const scope = keys.get(user.iss);
  if (scope === undefined) return { ok: true, value: user.nats };
  if (!saysNothing(user.nats)) {
    return refused("User JWT is not valid: scoped users require no permissions or limits set");
  }
  return scopedRights(scope, user, account);
}

function scopedRights(scope: UserScope, user: UserClaims, account: AccountClaims): Outcome<UserRights> {
  return expandTemplate(scope.template, user, account);
}
