// Whom a cell trusts: the operator's half of its configuration, and the users by which the control plane enters it.

import { unlimited } from "../../identity/account-claims.ts";
import { sealToken, tokenId } from "../../identity/jwt.ts";
import { KeyPair } from "../../identity/nkey.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { SystemUser } from "./system-line.ts";

export interface Trust {
  readonly operatorJwt: string;
  readonly systemAccountId: string;
  readonly systemAccountJwt: string;
  /** A new user of the system account, minted in memory and valid for `lifetimeMs`. */
  systemUser(lifetimeMs: number): SystemUser;
}

export interface TrustKeys {
  readonly operator: KeyPair;
  /** Public keys (O…) that sign accounts for the operator. */
  readonly operatorSigningKeys: readonly string[];
  readonly systemAccount: KeyPair;
  /** When the keys were made, in seconds: the same keys always give the same JWTs, byte for byte. */
  readonly since: number;
}

const seedBytes = 32;
/** A clock that stands a little behind ours must not find the user from the future, nor expired. */
const clockSkewSeconds = 60;

export function trustIn(keys: TrustKeys, clock: Clock, random: Random): Trust {
  const { operator, systemAccount, since } = keys;
  const operatorClaims = {
    signing_keys: keys.operatorSigningKeys,
    system_account: systemAccount.publicKey,
    type: "operator",
    version: 2,
  };
  const accountClaims = {
    limits: unlimited,
    default_permissions: { pub: {}, sub: {} },
    type: "account",
    version: 2,
  };
  return {
    systemAccountId: systemAccount.publicKey,
    operatorJwt: signed("chappe", operator.publicKey, since, operator, operatorClaims),
    systemAccountJwt: signed("SYS", systemAccount.publicKey, since, operator, accountClaims),
    systemUser(lifetimeMs) {
      const user = KeyPair.create("user", random.bytes(seedBytes));
      const now = Math.floor(clock.now() / 1_000);
      const claims = { pub: {}, sub: {}, subs: -1, data: -1, payload: -1, type: "user", version: 2 };
      const expires = now + Math.ceil(lifetimeMs / 1_000) + clockSkewSeconds;
      const jwt = signed("control-plane", user.publicKey, now, systemAccount, claims, expires);
      return { jwt, sign: (nonce) => user.sign(nonce) };
    },
  };
}

function signed(name: string, sub: string, iat: number, signer: KeyPair, nats: object, exp?: number): string {
  const registered = { ...(exp === undefined ? {} : { exp }), iat, iss: signer.publicKey, name, sub };
  return sealToken({ ...registered, jti: tokenId(registered), nats }, signer);
}
