// Renames a NATS account. The name is the database's alone, so no cell takes part.

import type { NatsAccount } from "../../api-client/shapes.ts";
import { microseconds } from "../model/moment.ts";
import { accountResource, done, notFound, type Outcome } from "../model/refusal.ts";
import { accountView } from "../model/view.ts";
import type { Caller, ControlContext } from "./context.ts";
import { ownAccount } from "./get-account.ts";

/** Without a name nothing changes but the time of the last change, as an empty update is one too. */
export async function updateAccount(
  context: ControlContext,
  caller: Caller,
  region: string,
  accountId: string,
  name: string | undefined,
): Promise<Outcome<NatsAccount>> {
  return context.store.transaction(async (tx) => {
    const account = await ownAccount(tx, caller, region, accountId);
    if (account?.state !== "active") return notFound(accountResource, accountId);
    // strictly later than before, so that a list by updated_at shows the order of the changes
    const updatedUs = Math.max(microseconds(context.clock.nowNs()), account.updatedUs + 1);
    await tx.accounts.update(accountId, { name, updatedUs });
    const changed = { ...account, name: name ?? account.name, updatedUs };
    return done(accountView(changed, context.links.endpoint(account.cellId)));
  });
}
