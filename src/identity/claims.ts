// Claims read from JWTs that verify, and the questions a server asks of them: is this user revoked, which rights has it?

import { type AccountClaims, accountClaimsShape, type UserScope } from "./account-claims.ts";
import { type Registered, registeredFields, type UserPermissionLimits } from "./fields.ts";
import { type OpenToken, type Outcome, openToken, refused } from "./jwt.ts";
import { isPublicKey, type KeyKind, verifySignature } from "./nkey.ts";
import { type OperatorClaims, operatorClaimsShape } from "./operator-claims.ts";
import { isObject, Reading, type Shape, struct } from "./shape.ts";
import { expandTemplate } from "./template.ts";
import { saysNothing, type UserClaims, userClaimsShape } from "./user-claims.ts";

/** What a user may do, be it by its own JWT or by the scope of the key that signed it. */
export type UserRights = UserPermissionLimits;

export interface GenericClaims extends Registered {
  readonly nats: Readonly<Record<string, unknown>>;
}

/** The newest claims version there is. */
const versionMax = 2;

const genericShape = struct<GenericClaims>({
  ...registeredFields,
  nats: {
    zero: {},
    read: (value) => (isObject(value) ? value : {}),
    write: (value) => value,
    isOmitted: () => false,
  },
});

export function decodeOperator(token: string): Outcome<OperatorClaims> {
  return decode(token, operatorClaimsShape, "operator", ["operator"]);
}

export function decodeAccount(token: string): Outcome<AccountClaims> {
  return decode(token, accountClaimsShape, "account", ["operator", "account"]);
}

export function decodeUser(token: string): Outcome<UserClaims> {
  return decode(token, userClaimsShape, "user", ["account"]);
}

/** A token whose claims are whatever its maker wrote; a request to delete accounts is one. */
export function decodeGeneric(token: string): Outcome<GenericClaims> {
  const opened = verified(token);
  if (!opened.ok) return opened;
  return read(opened.value.body ?? {}, genericShape);
}

/** The problems that keep an account JWT from being taken, in the words of jwt/v2; none when it is good. */
export function validateAccount(claims: AccountClaims, nowMs: number): readonly string[] {
  const issues: string[] = [];
  const { limits, imports, exports, signing_keys } = claims.nats;
  if (claims.exp > 0 && claims.exp * 1_000 < nowMs) issues.push("claim is expired");
  if (claims.nbf > 0 && claims.nbf * 1_000 > nowMs) issues.push("claim is not yet valid");
  if (!isPublicKey(claims.sub, "account"))
    issues.push(`${JSON.stringify(claims.sub)} is not an account public key`);
  if (limits.tiered_limits.size > 0 && hasFlatJetStream(limits)) {
    issues.push("JetStream Limits and tiered JetStream Limits are mutually exclusive");
  }
  if (limits.tiered_limits.has(""))
    issues.push('Tiered JetStream Limits can not contain a blank "" tier name');
  if (limits.imports !== -1 && imports.length > limits.imports) {
    issues.push("the account contains more imports than allowed by the operator");
  }
  if (limits.exports !== -1 && exports.length > limits.exports) {
    issues.push("the account contains more exports than allowed by the operator");
  }
  for (const key of signing_keys.keys()) {
    if (!isPublicKey(key, "account")) issues.push(`${JSON.stringify(key)} is not an account public key`);
  }
  return issues;
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

/**
 * What a user may do in its account: what its JWT says, or, when a scoped signing key issued it, what the scope says.
 * Refused when neither the account nor one of its signing keys issued it. [nats-server auth.go, accounts.go hasIssuer]
 */
export function userRights(user: UserClaims, account: AccountClaims): Outcome<UserRights> {
  if (user.iss === account.sub) return { ok: true, value: user.nats };
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

function hasFlatJetStream(limits: AccountClaims["nats"]["limits"]): boolean {
  const { mem_storage, disk_storage, streams, consumer, max_ack_pending } = limits;
  return mem_storage !== 0 || disk_storage !== 0 || streams !== 0 || consumer !== 0 || max_ack_pending !== 0;
}

function decode<
  T extends Registered & { readonly nats: { readonly type: string; readonly version: number } },
>(token: string, shape: Shape<T>, type: string, issuers: readonly KeyKind[]): Outcome<T> {
  const opened = verified(token);
  if (!opened.ok) return opened;
  const claims = read(opened.value.body ?? {}, shape);
  if (!claims.ok) return claims;
  const { nats, iss } = claims.value;
  if (nats.type !== type) return refused(`not ${type === "user" ? "a" : "an"} ${type} claim`);
  if (nats.version > versionMax) return refused("JWT was generated by a newer version ");
  if (!issuers.some((kind) => isPublicKey(iss, kind))) {
    return refused(`unable to validate expected prefixes - ${issuers.join(", ")}`);
  }
  return claims;
}

/** Takes a token apart and checks that its `iss` signed it. */
function verified(token: string): Outcome<OpenToken> {
  const opened = openToken(token);
  if (!opened.ok) return opened;
  const { body, algorithm, signedV1, signedV2, signature } = opened.value;
  const issuer = body?.iss;
  if (typeof issuer !== "string") return refused("claim has no issuer");
  const version = algorithm === "ed25519" ? 1 : 2;
  const signed = version === 1 ? signedV1 : signedV2;
  if (!verifySignature(issuer, signed, signature))
    return refused(`claim failed V${version} signature verification`);
  return opened;
}

function read<T>(body: Readonly<Record<string, unknown>>, shape: Shape<T>): Outcome<T> {
  const reading = new Reading();
  const value = shape.read(body, reading);
  const reason = reading.reason();
  return reason === undefined ? { ok: true, value } : refused(reason);
}
