// Creates a NATS account: intent in the database, keys sealed, claims pushed, then active, then answered. A creation
// that is not answered with success is rolled back, by itself or by the reconciler: never listed, never twice.

import type { NatsAccount } from "../../api-client/shapes.ts";
import { KeyPair } from "../../identity/nkey.ts";
import { formatNs, microseconds } from "../model/moment.ts";
import type { Account, SigningKey } from "../model/records.ts";
import { done, notFound, type Outcome, type Refused, refuse } from "../model/refusal.ts";
import { accountView, withPreciseTimes } from "../model/view.ts";
import type { Placement } from "../regions/cell-link.ts";
import type { Transaction } from "../store/store.ts";
import type { Caller, ControlContext } from "./context.ts";
import { type IdempotencyKey, keyUsedOtherwise, remember, remembered } from "./idempotency.ts";
import { outOfReach } from "./out-of-reach.ts";
import { firstJwt, newSigningKey } from "./signing.ts";

export interface AccountRequest {
  readonly region: string;
  readonly projectId: string;
  readonly name: string;
  readonly idempotency?: IdempotencyKey | undefined;
}

/** Every round meets a request that was cut off before its answer, rolls it back, and tries anew. */
const roundsMax = 5;

export async function createAccount(
  context: ControlContext,
  caller: Caller,
  request: AccountRequest,
): Promise<Outcome<NatsAccount>> {
  for (let round = 0; round < roundsMax; round++) {
    const before = await context.store.transaction((tx) => precheck(context, tx, caller, request));
    if (before.kind === "refused" || before.kind === "done") return before;
    if (before.kind === "clear") {
      const created = await create(context, caller, request);
      if (created.kind !== "taken") return created;
      continue;
    }
    await settle(context, before.accountId);
  }
  return refuse({
    kind: "unavailable",
    help: "another request with this Idempotency-Key is under way; try again",
  });
}

type Precheck =
  | Outcome<NatsAccount>
  | { readonly kind: "clear" }
  /** The same key's first request was not answered yet: under way, or cut off. */
  | { readonly kind: "unanswered"; readonly accountId: string };

async function precheck(
  context: ControlContext,
  tx: Transaction,
  caller: Caller,
  request: AccountRequest,
): Promise<Precheck> {
  const project = await tx.tenants.project(request.projectId);
  if (project?.organizationId !== caller.organizationId) return notFound("project", request.projectId);
  if (request.idempotency !== undefined) {
    const record = await remembered(context, tx, caller, request.idempotency);
    if (record !== undefined) {
      if (record.fingerprint !== request.idempotency.fingerprint)
        return keyUsedOtherwise(request.idempotency);
      if (record.answer !== undefined) return done(JSON.parse(record.answer) as NatsAccount);
      return { kind: "unanswered", accountId: record.resourceId };
    }
  }
  return (await overQuota(context, tx, caller)) ?? { kind: "clear" };
}

async function overQuota(
  context: ControlContext,
  tx: Transaction,
  { organizationId }: Caller,
): Promise<Refused | undefined> {
  const quota = context.limits.accountsPerOrganization;
  const current = await tx.accounts.count(organizationId);
  return current < quota
    ? undefined
    : refuse({ kind: "quota", resource: "nats_accounts", quota, current, organizationId });
}

/** Waits for whoever is creating this account; if nobody is, and it was never answered, takes it back. */
async function settle(context: ControlContext, accountId: string): Promise<void> {
  await context.store.withAccount(accountId, async () => {
    const account = await context.store.transaction((tx) => tx.accounts.get(accountId));
    if (account?.state === "pending") await abandon(context, accountId);
    else if (account === undefined)
      await context.store.transaction((tx) => tx.idempotency.dropUnanswered(accountId));
  });
}

/**
 * Turns a pending account into one on its way out, and lets its Idempotency-Key be used anew. The rest is the
 * reconciler's. Under the account's lock.
 */
export async function abandon(context: ControlContext, accountId: string): Promise<void> {
  await context.store.transaction(async (tx) => {
    await tx.accounts.update(accountId, { state: "deleting" });
    await tx.idempotency.dropUnanswered(accountId);
  });
}

async function create(
  context: ControlContext,
  caller: Caller,
  request: AccountRequest,
): Promise<Outcome<NatsAccount> | { readonly kind: "taken" }> {
  let placement: Placement;
  try {
    placement = await context.links.place(request.region);
  } catch (error) {
    return outOfReach(context, error, "place an account");
  }
  const createdNs = context.clock.nowNs();
  const { account, signingKey } = intended(context, caller, request, placement, createdNs);
  return context.store.withAccount(account.id, async () => {
    const intent = await context.store.transaction((tx) =>
      intend(context, tx, caller, request, account, signingKey),
    );
    if (intent !== undefined) return intent;
    try {
      const link = await context.links.link(account.cellId);
      await link.push(account.jwt);
      const precise = withPreciseTimes(accountView(account, placement.endpoint), formatNs(createdNs));
      await context.store.transaction((tx) => activate(tx, caller, request, account.id, precise));
      return done(precise);
    } catch (error) {
      await abandon(context, account.id);
      return outOfReach(context, error, "create an account");
    }
  });
}

function intended(
  context: ControlContext,
  caller: Caller,
  request: AccountRequest,
  placement: Placement,
  createdNs: bigint,
): { readonly account: Account; readonly signingKey: SigningKey } {
  const id = KeyPair.create("account", context.random.bytes(32)).publicKey;
  const signingKey = newSigningKey(context, id).record;
  const createdUs = microseconds(createdNs);
  const account: Account = {
    id,
    organizationId: caller.organizationId,
    projectId: request.projectId,
    region: request.region,
    cellId: placement.cellId,
    name: request.name,
    state: "pending",
    ...firstJwt(context, id, signingKey.id),
    applied: false,
    everActive: false,
    createdUs,
    updatedUs: createdUs,
  };
  return { account, signingKey };
}

/** The intent: from here on, whatever happens, a reconciler knows what to do. */
async function intend(
  context: ControlContext,
  tx: Transaction,
  caller: Caller,
  request: AccountRequest,
  account: Account,
  signingKey: SigningKey,
): Promise<Refused | { readonly kind: "taken" } | undefined> {
  if (request.idempotency !== undefined) {
    if ((await remembered(context, tx, caller, request.idempotency)) !== undefined) return { kind: "taken" };
    await remember(context, tx, caller, request.idempotency, account.id, undefined);
  }
  const refused = await overQuota(context, tx, caller);
  if (refused !== undefined) {
    await tx.idempotency.dropUnanswered(account.id);
    return refused;
  }
  await tx.accounts.insert(account);
  await tx.signingKeys.insert(signingKey);
  return undefined;
}

async function activate(
  tx: Transaction,
  caller: Caller,
  request: AccountRequest,
  accountId: string,
  answer: NatsAccount,
): Promise<void> {
  await tx.accounts.update(accountId, { state: "active", applied: true, everActive: true });
  if (request.idempotency === undefined) return;
  await tx.idempotency.answer(caller.organizationId, request.idempotency.key, JSON.stringify(answer));
}
