// One set of credentials, without the file: that was in the creation's answer.

import type { NatsCredentials } from "../../api-client/shapes.ts";
import type { Account, Credential } from "../model/records.ts";
import { credentialsResource, done, notFound, type Outcome } from "../model/refusal.ts";
import { credentialsView } from "../model/view.ts";
import type { Transaction } from "../store/store.ts";
import type { Caller, ControlContext } from "./context.ts";
import { ownAccount } from "./get-account.ts";

export async function getCredentials(
  context: ControlContext,
  caller: Caller,
  region: string,
  credentialsId: string,
): Promise<Outcome<NatsCredentials>> {
  const own = await context.store.transaction((tx) => ownCredential(tx, caller, region, credentialsId));
  if (own?.credential.state !== "active" || own.account.state !== "active") {
    return notFound(credentialsResource, credentialsId);
  }
  return done(credentialsView(own.credential, region));
}

/** The caller's credentials of whatever state, with their account; undefined for another organization's as for none. */
export async function ownCredential(
  tx: Transaction,
  caller: Caller,
  region: string,
  credentialsId: string,
): Promise<{ readonly credential: Credential; readonly account: Account } | undefined> {
  const credential = await tx.credentials.get(credentialsId);
  if (credential === undefined) return undefined;
  const account = await ownAccount(tx, caller, region, credential.accountId);
  return account === undefined ? undefined : { credential, account };
}
