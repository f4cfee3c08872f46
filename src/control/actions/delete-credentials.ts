// Deletes credentials: their revocation is confirmed by the cell and their connections are cut before the answer.

import { revocationTime } from "../model/account-jwt.ts";
import { microseconds, seconds } from "../model/moment.ts";
import type { Account, Credential } from "../model/records.ts";
import { credentialsResource, done, notFound, type Outcome } from "../model/refusal.ts";
import type { CellLink } from "../regions/cell-link.ts";
import type { Transaction } from "../store/store.ts";
import { applyJwt, cutConnections } from "./apply.ts";
import type { Caller, ControlContext } from "./context.ts";
import { ownCredential } from "./get-credentials.ts";
import { isCellFault, outOfReach } from "./out-of-reach.ts";
import { signAgain } from "./signing.ts";

/**
 * "unavailable" when the cell could not be reached: the credentials are gone for the API then, the reconciler
 * finishes, and the same request sent again does too.
 */
export async function deleteCredentials(
  context: ControlContext,
  caller: Caller,
  region: string,
  credentialsId: string,
): Promise<Outcome<undefined>> {
  const missing = notFound(credentialsResource, credentialsId);
  // asked before the lock is: somebody else's id must not wait for its owner's work
  const known = await context.store.transaction((tx) => ownCredential(tx, caller, region, credentialsId));
  if (known === undefined) return missing;
  return context.store.withAccount(known.account.id, async () => {
    const revoked = await context.store.transaction((tx) =>
      revoke(context, tx, caller, region, credentialsId),
    );
    if (revoked === undefined) return missing;
    try {
      const link = await context.links.link(revoked.account.cellId);
      await finishCredentials(context, link, revoked.account, revoked.credential);
      return done(undefined);
    } catch (error) {
      return outOfReach(context, error, "delete credentials");
    }
  });
}

async function revoke(
  context: ControlContext,
  tx: Transaction,
  caller: Caller,
  region: string,
  credentialsId: string,
): Promise<{ readonly account: Account; readonly credential: Credential } | undefined> {
  const own = await ownCredential(tx, caller, region, credentialsId);
  if (own?.account.state !== "active" || own.credential.state === "deleting") {
    return own?.account.state === "active" ? own : undefined;
  }
  const nowNs = context.clock.nowNs();
  const { signingKeyId, userKey, iat } = own.credential;
  await tx.signingKeys.revoke({ signingKeyId, userKey, at: revocationTime(seconds(nowNs), iat) });
  await tx.credentials.update(credentialsId, { state: "deleting", updatedUs: microseconds(nowNs) });
  return { account: await signAgain(context, tx, own.account.id), credential: own.credential };
}

/**
 * Takes revoked credentials to their end. Under their account's lock; `account` is as the store has it.
 * @throws Fault when the cell cannot be reached.
 */
export async function finishCredentials(
  context: ControlContext,
  link: CellLink,
  account: Account,
  credential: Credential,
): Promise<void> {
  await applyJwt(context, link, account);
  await cutConnections(context, link, account.id, credential.userKey);
  const slimmer = await context.store.transaction((tx) => forget(context, tx, credential));
  if (slimmer === undefined) return;
  try {
    await applyJwt(context, link, slimmer);
  } catch (error) {
    if (!isCellFault(error)) throw error;
    // The credentials are revoked and gone all the same; the reconciler pushes the shorter claims.
    context.trace.log("warn", `drop a retired signing key: ${error.message}`, { account: account.id });
  }
}

/** Drops the row, and with a retired key's last one the key and its revocations: the account as newly signed then. */
async function forget(
  context: ControlContext,
  tx: Transaction,
  credential: Credential,
): Promise<Account | undefined> {
  const keys = await tx.signingKeys.of(credential.accountId);
  const key = keys.find(({ id }) => id === credential.signingKeyId);
  await tx.credentials.drop(credential.id);
  if (key === undefined) return undefined;
  await tx.signingKeys.update(key.id, { live: key.live - 1 });
  if (!key.retired || key.live > 1) return undefined;
  await tx.signingKeys.drop(key.id);
  return signAgain(context, tx, credential.accountId);
}
