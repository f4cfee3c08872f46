// One Idempotency-Key, one object: what a key was first used for, for 24 hours.

import { microseconds } from "../model/moment.ts";
import type { IdempotencyRecord } from "../model/records.ts";
import { type Refused, refuse } from "../model/refusal.ts";
import type { Transaction } from "../store/store.ts";
import type { Caller, ControlContext } from "./context.ts";

const keptUs = 24 * 3_600 * 1_000_000;
/** Over all organizations; beyond it the oldest are forgotten early. */
const recordsMax = 100_000;

/** What a client sent along with a creation. */
export interface IdempotencyKey {
  readonly key: string;
  /** SHA-256 hex of what was asked for. */
  readonly fingerprint: string;
}

/** The record that a key still stands for; an expired one is dropped on the way. */
export async function remembered(
  context: ControlContext,
  tx: Transaction,
  caller: Caller,
  given: IdempotencyKey,
): Promise<IdempotencyRecord | undefined> {
  const record = await tx.idempotency.get(caller.organizationId, given.key);
  if (record === undefined || record.createdUs > microseconds(context.clock.nowNs()) - keptUs) return record;
  await tx.idempotency.drop(caller.organizationId, given.key);
  return undefined;
}

export function keyUsedOtherwise(given: IdempotencyKey): Refused {
  const help = "this Idempotency-Key was used for another request; use a new key";
  return refuse({ kind: "exists", resource: "idempotency_key", resourceId: given.key, help });
}

export async function remember(
  context: ControlContext,
  tx: Transaction,
  caller: Caller,
  given: IdempotencyKey,
  resourceId: string,
  answer: string | undefined,
): Promise<void> {
  await tx.idempotency.insert({
    organizationId: caller.organizationId,
    key: given.key,
    fingerprint: given.fingerprint,
    resourceId,
    answer,
    createdUs: microseconds(context.clock.nowNs()),
  });
}

export async function expireIdempotency(context: ControlContext): Promise<void> {
  const beforeUs = microseconds(context.clock.nowNs()) - keptUs;
  await context.store.transaction((tx) => tx.idempotency.expire(beforeUs, recordsMax));
}
