// A page of an organization's credentials in one region, or of one of its projects or NATS accounts.

import type { ListNatsCredentialsResponse } from "../../api-client/shapes.ts";
import type { Page } from "../model/page.ts";
import { credentialsView } from "../model/view.ts";
import type { Caller, ControlContext } from "./context.ts";

export interface CredentialsFilter {
  readonly region: string;
  readonly projectId?: string | undefined;
  readonly accountId?: string | undefined;
}

/** A project or account of somebody else, or of nobody, has no credentials to show. */
export async function listCredentials(
  context: ControlContext,
  caller: Caller,
  filter: CredentialsFilter,
  page: Page,
): Promise<ListNatsCredentialsResponse> {
  const own = { organizationId: caller.organizationId, ...filter };
  const found = await context.store.transaction((tx) => tx.credentials.list(own, page));
  return {
    nats_credentials: found.items.map((credential) => credentialsView(credential, filter.region)),
    total_count: found.totalCount,
  };
}
