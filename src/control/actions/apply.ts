// What an action does to a cell, each step repeatable after any failure: apply an account's JWT, cut connections,
// take an account's messages and claims away. Always under the account's lock.

import { Fault } from "../../base/assert.ts";
import type { Clock } from "../../ports/clock.ts";
import { deletionClaim } from "../model/account-jwt.ts";
import { seconds } from "../model/moment.ts";
import type { Account } from "../model/records.ts";
import type { CellLink } from "../regions/cell-link.ts";
import type { ControlContext } from "./context.ts";
import { isCellFault } from "./out-of-reach.ts";

// A server closes revoked connections while it applies the claims; whoever is still listed is kicked. Looking again
// 40 times, 50 ms apart, covers a server that is slow to notice, and ends well within a client's 30 s.
const looksMax = 40;
const lookPauseMs = 50;

/** Makes the cell hold exactly `account.jwt`, unless it has confirmed that already. */
export async function applyJwt(context: ControlContext, link: CellLink, account: Account): Promise<void> {
  if (account.applied) return;
  await link.push(account.jwt);
  await context.store.transaction((tx) => tx.accounts.update(account.id, { applied: true }));
}

/**
 * Cuts an account's connections, or those of one user only. Its claims already refuse them, so none comes back.
 * @throws Fault when some are still there after two seconds.
 */
export async function cutConnections(
  context: ControlContext,
  link: CellLink,
  accountId: string,
  userKey?: string,
): Promise<void> {
  for (let look = 0; look < looksMax; look++) {
    const all = await link.connections(accountId);
    const open = userKey === undefined ? all : all.filter((connection) => connection.user === userKey);
    if (open.length === 0) return;
    // The first look only waits: the server is usually about to close them itself.
    if (look > 0) for (const connection of open) await kick(context, link, connection);
    await pause(context.clock, lookPauseMs);
  }
  throw new Fault("cut an account's connections", { account: accountId, looks: looksMax });
}

async function kick(
  context: ControlContext,
  link: CellLink,
  connection: Parameters<CellLink["kick"]>[0],
): Promise<void> {
  try {
    await link.kick(connection);
  } catch (error) {
    if (!isCellFault(error)) throw error;
    // It may have left by itself in between; the next look decides.
    context.trace.log("debug", `could not kick connection ${connection.cid}: ${error.message}`);
  }
}

/** @throws Fault when bytes are left after two seconds of purging. */
export async function purgeMessages(
  context: ControlContext,
  link: CellLink,
  accountId: string,
): Promise<void> {
  await link.purge(accountId);
  for (let look = 0; look < looksMax; look++) {
    if ((await link.storedBytes(accountId)) === 0) return;
    await pause(context.clock, lookPauseMs);
  }
  throw new Fault("purge an account's messages", { account: accountId, looks: looksMax });
}

/** Removes an account's claims from every server that may have them. */
export async function removeClaims(
  context: ControlContext,
  link: CellLink,
  accountId: string,
): Promise<void> {
  const iat = seconds(context.clock.nowNs());
  await link.remove(deletionClaim(accountId, iat, context.operator));
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
