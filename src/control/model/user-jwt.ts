// What credentials are made of: a user JWT exactly in the recorded shape and key order [scaleway mnq v1beta1, from
// recorded answers], and the SHA-1 over the whole file, which clients compare.

import { createHash } from "node:crypto";
import { sealToken, tokenId } from "../../identity/jwt.ts";
import type { KeyPair } from "../../identity/nkey.ts";

export interface UserTerms {
  /** The credentials' name. */
  readonly name: string;
  /** Public nkey (U…). */
  readonly userKey: string;
  readonly accountId: string;
  /** Seconds. */
  readonly iat: number;
}

/** No permissions and no expiry: the holder may do what the account may, until revoked. */
export function userJwt(terms: UserTerms, signingKey: KeyPair): string {
  const registered = {
    iat: terms.iat,
    iss: signingKey.publicKey,
    name: terms.name,
    sub: terms.userKey,
  };
  const nats = {
    pub: {},
    sub: {},
    subs: -1,
    data: -1,
    payload: -1,
    issuer_account: terms.accountId,
    type: "user",
    version: 2,
  };
  return sealToken({ jti: tokenId(registered), ...registered, nats }, signingKey);
}

/** Hex. */
export function checksum(credentialsFile: string): string {
  return createHash("sha1").update(credentialsFile, "utf8").digest("hex");
}
