// A connection, with what can only be said of a live or of a closed one.

import type { SessionRecord } from "../../session/facts.ts";
import type { ListedSubscription } from "./subscription-detail.ts";

export interface Row {
  readonly session: SessionRecord;
  readonly subscriptions: readonly ListedSubscription[];
  readonly closed?: { readonly reason: string; readonly at: number };
}
