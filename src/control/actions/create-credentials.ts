// Creates credentials: a key of their own for every set, signed by the account's signing key, the seed given out once
// and kept nowhere.

import type { NatsCredentials } from "../../api-client/shapes.ts";
import { assert } from "../../base/assert.ts";
import { formatCredentials } from "../../identity/creds.ts";
import { KeyPair } from "../../identity/nkey.ts";
import { formatNs, microseconds, seconds } from "../model/moment.ts";
import type { Account, Credential, SigningKey } from "../model/records.ts";
import {
  accountResource,
  credentialsResource,
  done,
  notFound,
  type Outcome,
  type Refused,
  refuse,
} from "../model/refusal.ts";
import { checksum, userJwt } from "../model/user-jwt.ts";
import { credentialsFileName, credentialsView, withPreciseTimes } from "../model/view.ts";
import type { Transaction } from "../store/store.ts";
import { applyJwt } from "./apply.ts";
import { type Caller, type ControlContext, newUuid } from "./context.ts";
import { ownAccount } from "./get-account.ts";
import { type IdempotencyKey, keyUsedOtherwise, remember, remembered } from "./idempotency.ts";
import { outOfReach } from "./out-of-reach.ts";
import { newSigningKey, openSigningKey, signAgain } from "./signing.ts";

export interface CredentialsRequest {
  readonly region: string;
  readonly accountId: string;
  readonly name: string;
  readonly idempotency?: IdempotencyKey | undefined;
}

export async function createCredentials(
  context: ControlContext,
  caller: Caller,
  request: CredentialsRequest,
): Promise<Outcome<NatsCredentials>> {
  const { region, accountId } = request;
  // asked before the lock is: somebody else's id must not wait for its owner's work
  const known = await context.store.transaction((tx) => ownAccount(tx, caller, region, accountId));
  if (known?.state !== "active") return notFound(accountResource, accountId);
  return context.store.withAccount(accountId, async () => {
    const ready = await context.store.transaction((tx) => prepare(context, tx, caller, request));
    if (ready.kind === "refused") return ready;
    try {
      // a signing key that the cell has not confirmed yet would make credentials that nobody lets in
      if (!ready.account.applied) {
        await applyJwt(context, await context.links.link(ready.account.cellId), ready.account);
      }
    } catch (error) {
      return outOfReach(context, error, "create credentials");
    }
    const made = issue(context, request, ready.signingKey);
    await context.store.transaction((tx) =>
      record(context, tx, caller, request, ready.signingKey, made.credential),
    );
    return done(made.answer);
  });
}

interface Ready {
  readonly kind: "ready";
  readonly account: Account;
  readonly signingKey: SigningKey;
}

/** Whether the credentials may be made, and the signing key that will sign them, a new one if the last is used up. */
async function prepare(
  context: ControlContext,
  tx: Transaction,
  caller: Caller,
  request: CredentialsRequest,
): Promise<Ready | Refused> {
  const account = await ownAccount(tx, caller, request.region, request.accountId);
  if (account?.state !== "active") return notFound(accountResource, request.accountId);
  const repeated = await repetition(context, tx, caller, request.idempotency);
  if (repeated !== undefined) return repeated;

  const keys = await tx.signingKeys.of(account.id);
  const current = keys.find((key) => !key.retired);
  assert(current !== undefined, "an account has a signing key that is not retired");
  const perKey = context.limits.credentialsPerSigningKey;
  if (current.issued < perKey) return { kind: "ready", account, signingKey: current };

  const keysMax = context.limits.signingKeysPerAccount;
  if (keys.length >= keysMax && current.live > 0) return full(caller, keysMax * perKey, keys);
  const signingKey = await rotate(context, tx, current);
  return { kind: "ready", account: await signAgain(context, tx, account.id), signingKey };
}

/** A seed cannot be shown twice, so a repeated request is told what became of the first. */
async function repetition(
  context: ControlContext,
  tx: Transaction,
  caller: Caller,
  given: IdempotencyKey | undefined,
): Promise<Refused | undefined> {
  if (given === undefined) return undefined;
  const record = await remembered(context, tx, caller, given);
  if (record === undefined) return undefined;
  if (record.fingerprint !== given.fingerprint) return keyUsedOtherwise(given);
  const help =
    "these credentials were created and their content is shown only once; delete them and create anew";
  return refuse({ kind: "exists", resource: credentialsResource, resourceId: record.resourceId, help });
}

function full({ organizationId }: Caller, quota: number, keys: readonly SigningKey[]): Refused {
  const current = keys.reduce((sum, key) => sum + key.issued, 0);
  return refuse({ kind: "quota", resource: "nats_credentials", quota, current, organizationId });
}

/** Retires a used-up signing key; one without a living credential goes at once, with its revocations. */
async function rotate(context: ControlContext, tx: Transaction, current: SigningKey): Promise<SigningKey> {
  if (current.live > 0) await tx.signingKeys.update(current.id, { retired: true });
  else await tx.signingKeys.drop(current.id);
  const fresh = newSigningKey(context, current.accountId).record;
  await tx.signingKeys.insert(fresh);
  return fresh;
}

function issue(
  context: ControlContext,
  request: CredentialsRequest,
  signingKey: SigningKey,
): { readonly credential: Credential; readonly answer: NatsCredentials } {
  const createdNs = context.clock.nowNs();
  const createdUs = microseconds(createdNs);
  const user = KeyPair.create("user", context.random.bytes(32));
  const { name, accountId } = request;
  const iat = seconds(createdNs);
  const jwt = userJwt({ name, accountId, userKey: user.publicKey, iat }, openSigningKey(context, signingKey));
  const content = formatCredentials(jwt, user.seed());
  const credential: Credential = {
    id: newUuid(context.random),
    accountId,
    signingKeyId: signingKey.id,
    userKey: user.publicKey,
    name,
    iat,
    checksum: checksum(content),
    state: "active",
    createdUs,
    updatedUs: createdUs,
  };
  const view = withPreciseTimes(credentialsView(credential, request.region), formatNs(createdNs));
  return { credential, answer: { ...view, credentials: { content, name: credentialsFileName } } };
}

async function record(
  context: ControlContext,
  tx: Transaction,
  caller: Caller,
  request: CredentialsRequest,
  signingKey: SigningKey,
  credential: Credential,
): Promise<void> {
  await tx.credentials.insert(credential);
  const { issued, live } = signingKey;
  await tx.signingKeys.update(signingKey.id, { issued: issued + 1, live: live + 1 });
  if (request.idempotency === undefined) return;
  await remember(context, tx, caller, request.idempotency, credential.id, "shown");
}
