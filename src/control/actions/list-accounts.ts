// A page of an organization's NATS accounts in one region, or of one of its projects.

import type { ListNatsAccountsResponse } from "../../api-client/shapes.ts";
import type { Page } from "../model/page.ts";
import { accountView } from "../model/view.ts";
import type { Caller, ControlContext } from "./context.ts";

/** A project of somebody else, or of nobody, has no accounts to show. */
export async function listAccounts(
  context: ControlContext,
  caller: Caller,
  filter: { readonly region: string; readonly projectId?: string | undefined },
  page: Page,
): Promise<ListNatsAccountsResponse> {
  const own = { organizationId: caller.organizationId, ...filter };
  const found = await context.store.transaction((tx) => tx.accounts.list(own, page));
  return {
    nats_accounts: found.items.map((account) => accountView(account, context.links.endpoint(account.cellId))),
    total_count: found.totalCount,
  };
}
