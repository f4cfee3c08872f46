// Deletes a NATS account with everything in it, in an order of which every step can be repeated after a crash:
// deleting → revoke everyone → no connection left → messages purged, usage zero → claims deleted → row gone.

import type { Account } from "../model/records.ts";
import { accountResource, done, notFound, type Outcome } from "../model/refusal.ts";
import type { CellLink } from "../regions/cell-link.ts";
import { applyJwt, cutConnections, purgeMessages, removeClaims } from "./apply.ts";
import type { Caller, ControlContext } from "./context.ts";
import { ownAccount } from "./get-account.ts";
import { outOfReach } from "./out-of-reach.ts";
import { signAgain } from "./signing.ts";

/**
 * Done when nothing of the account is left anywhere. "unavailable" when the cell could not be reached: the account is
 * gone for the API then, the reconciler finishes, and the same request sent again does too.
 */
export async function deleteAccount(
  context: ControlContext,
  caller: Caller,
  region: string,
  accountId: string,
): Promise<Outcome<undefined>> {
  // asked before the lock is: somebody else's id must not wait for its owner's work
  const known = await context.store.transaction((tx) => ownAccount(tx, caller, region, accountId));
  if (known === undefined || !known.everActive) return notFound(accountResource, accountId);
  return context.store.withAccount(accountId, async () => {
    const account = await context.store.transaction(async (tx) => {
      const found = await ownAccount(tx, caller, region, accountId);
      if (found?.state !== "active") return found;
      await tx.accounts.update(accountId, { state: "deleting" });
      return signAgain(context, tx, accountId);
    });
    if (account === undefined) return notFound(accountResource, accountId);
    try {
      await finishDeletion(context, await context.links.link(account.cellId), account);
      return done(undefined);
    } catch (error) {
      return outOfReach(context, error, "delete an account");
    }
  });
}

/** Takes an account in state "deleting" to its end. Under its lock. @throws Fault when the cell cannot be reached. */
export async function finishDeletion(
  context: ControlContext,
  link: CellLink,
  account: Account,
): Promise<void> {
  if (account.everActive) {
    await applyJwt(context, link, account);
    await cutConnections(context, link, account.id);
    await purgeMessages(context, link, account.id);
  }
  await removeClaims(context, link, account.id);
  await context.store.transaction((tx) => tx.accounts.drop(account.id));
}
