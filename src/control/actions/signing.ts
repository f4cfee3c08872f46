// Signs an account's JWT from what the database holds, always inside the transaction that changed it, so that the
// text the cell must hold and the rows it speaks of never disagree.

import { assert } from "../../base/assert.ts";
import { KeyPair } from "../../identity/nkey.ts";
import { accountJwt, nextIat, revocationTime } from "../model/account-jwt.ts";
import { microseconds, seconds } from "../model/moment.ts";
import type { Account, SigningKey } from "../model/records.ts";
import type { Transaction } from "../store/store.ts";
import type { ControlContext } from "./context.ts";

const signingPurpose = "account-signing-key";

/** A new signing key of an account, sealed, and the pair itself for whoever signs at once. */
export function newSigningKey(
  context: ControlContext,
  accountId: string,
): { readonly record: SigningKey; readonly pair: KeyPair } {
  const pair = KeyPair.create("account", context.random.bytes(32));
  const seed = Buffer.from(pair.seed());
  const record: SigningKey = {
    id: pair.publicKey,
    accountId,
    sealedSeed: context.vault.seal(seed, { id: accountId, purpose: signingPurpose }),
    issued: 0,
    live: 0,
    retired: false,
    createdUs: microseconds(context.clock.nowNs()),
  };
  return { record, pair };
}

export function openSigningKey(context: ControlContext, key: SigningKey): KeyPair {
  const seed = context.vault.open(key.sealedSeed, { id: key.accountId, purpose: signingPurpose });
  const pair = KeyPair.fromSeed(seed.toString("ascii"));
  assert(pair?.publicKey === key.id, "a sealed seed is the one of its row's public key");
  return pair;
}

/** The first JWT of an account that is not in the store yet. */
export function firstJwt(
  context: ControlContext,
  accountId: string,
  signingKey: string,
): { readonly iat: number; readonly jwt: string } {
  const iat = seconds(context.clock.nowNs());
  const terms = {
    accountId,
    iat,
    limits: context.limits.account,
    signingKeys: [signingKey],
    revocations: new Map<string, number>(),
  };
  return { iat, jwt: accountJwt(terms, context.operator) };
}

/**
 * Signs again after signing keys or revocations changed, and answers the account as it is now, not applied.
 * Under the account's lock. An account on its way out lets nobody in any more.
 */
export async function signAgain(
  context: ControlContext,
  tx: Transaction,
  accountId: string,
): Promise<Account> {
  const account = await tx.accounts.get(accountId);
  assert(account !== undefined, "an account that is signed for exists");
  const nowSeconds = seconds(context.clock.nowNs());
  const iat = nextIat(nowSeconds, account.iat);
  const keys = await tx.signingKeys.of(accountId);
  const revocations =
    account.state === "deleting"
      ? new Map([["*", revocationTime(nowSeconds, await tx.credentials.newestIat(accountId))]])
      : new Map((await tx.signingKeys.revocations(accountId)).map((it) => [it.userKey, it.at]));
  const terms = {
    accountId,
    iat,
    limits: context.limits.account,
    signingKeys: keys.map((key) => key.id),
    revocations,
  };
  const jwt = accountJwt(terms, context.operator);
  await tx.accounts.setJwt(accountId, account.iat, iat, jwt);
  return { ...account, iat, jwt, applied: false };
}
