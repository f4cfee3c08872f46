// What an account's JWT says: the service's limits, the keys that may sign its users, whom it no longer lets in.

import { unlimited } from "../../identity/account-claims.ts";
import { sealToken, tokenId } from "../../identity/jwt.ts";
import type { KeyPair } from "../../identity/nkey.ts";

/** What a NATS account may use [scaleway organization-quotas]; -1 is "no limit". */
export interface AccountLimits {
  /** Bytes of all streams, replicas counted. */
  readonly diskStorage: number;
  /** Bytes; 0 refuses streams in memory. */
  readonly memoryStorage: number;
  readonly streams: number;
  /** Per stream: so nats-server enforces it. */
  readonly consumers: number;
  /** Bytes of one message's headers and payload. */
  readonly payload: number;
}

export const defaultAccountLimits: AccountLimits = {
  diskStorage: 314_572_800,
  memoryStorage: 0,
  streams: 50,
  consumers: 50,
  payload: 524_288,
};

export interface AccountTerms {
  /** The account's public nkey. */
  readonly accountId: string;
  /** Seconds; greater than that of every JWT signed for this account before. */
  readonly iat: number;
  readonly limits: AccountLimits;
  /** Public nkeys (A…). */
  readonly signingKeys: readonly string[];
  /** User nkey or "*" → seconds: users issued at or before are refused. */
  readonly revocations: ReadonlyMap<string, number>;
}

/**
 * The account JWT, signed by the operator's signing key. The same terms make the same text. The account's name stays
 * out of it: renaming is the database's business alone and needs no cell.
 */
export function accountJwt(terms: AccountTerms, operator: KeyPair): string {
  const registered = { iat: terms.iat, iss: operator.publicKey, sub: terms.accountId };
  const revocations = Object.fromEntries([...terms.revocations].sort(byKey));
  const nats = {
    limits: claimedLimits(terms.limits),
    signing_keys: [...terms.signingKeys].sort(),
    ...(terms.revocations.size === 0 ? {} : { revocations }),
    default_permissions: { pub: {}, sub: {} },
    authorization: {},
    type: "account",
    version: 2,
  };
  return sealToken({ jti: tokenId(registered), ...registered, nats }, operator);
}

// Every number is written: a reader takes an absent one for zero, which would allow nothing.
function claimedLimits(limits: AccountLimits): object {
  return {
    ...unlimited,
    payload: limits.payload,
    mem_storage: limits.memoryStorage,
    disk_storage: limits.diskStorage,
    streams: limits.streams,
    consumer: limits.consumers,
    max_ack_pending: -1,
    mem_max_stream_bytes: -1,
    disk_max_stream_bytes: -1,
  };
}

function byKey([left]: readonly [string, number], [right]: readonly [string, number]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The `iat` of the next JWT: now, unless the clock did not move on, or went back, since the last one. */
export function nextIat(nowSeconds: number, lastIat: number): number {
  return Math.max(nowSeconds, lastIat + 1);
}

/** When a user is revoked so that it surely is: not before its own `iat`, whatever the clock did in between. */
export function revocationTime(nowSeconds: number, newestIat: number): number {
  return Math.max(nowSeconds, newestIat);
}

/** What the operator signs to delete an account's claims from a cell: a generic claim, self-signed. */
export function deletionClaim(accountId: string, iat: number, operator: KeyPair): string {
  const registered = { iat, iss: operator.publicKey, name: "delete", sub: operator.publicKey };
  const nats = { accounts: [accountId], type: "generic", version: 2 };
  return sealToken({ jti: tokenId(registered), ...registered, nats }, operator);
}
