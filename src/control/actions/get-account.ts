// One NATS account, as its organization sees it.

import type { NatsAccount } from "../../api-client/shapes.ts";
import type { Account } from "../model/records.ts";
import { accountResource, done, notFound, type Outcome } from "../model/refusal.ts";
import { accountView } from "../model/view.ts";
import type { Transaction } from "../store/store.ts";
import type { Caller, ControlContext } from "./context.ts";

export async function getAccount(
  context: ControlContext,
  caller: Caller,
  region: string,
  accountId: string,
): Promise<Outcome<NatsAccount>> {
  const account = await context.store.transaction((tx) => ownAccount(tx, caller, region, accountId));
  if (account?.state !== "active") return notFound(accountResource, accountId);
  return done(accountView(account, context.links.endpoint(account.cellId)));
}

/** The caller's account of whatever state; undefined for another organization's as for none. */
export async function ownAccount(
  tx: Transaction,
  caller: Caller,
  region: string,
  accountId: string,
): Promise<Account | undefined> {
  const account = await tx.accounts.get(accountId);
  const own = account?.organizationId === caller.organizationId && account.region === region;
  return own ? account : undefined;
}
