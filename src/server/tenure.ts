// What becomes of sessions when the claims they came in by change. [nats-server accounts.go updateAccountClaimsWithRefresh]

import { isDeepStrictEqual } from "node:util";
import type { LoadedAccount } from "../account/loaded-account.ts";
import type { Change } from "../account/operator-accounts.ts";
import { isRevoked } from "../identity/claims.ts";
import type { UserClaims } from "../identity/user-claims.ts";
import type { Session } from "../session/session.ts";
import {
  accountAuthenticationExpired,
  accountConnectionsExceeded,
  authorizationViolation,
  type ClosedReason,
  subscriptionsOverLimit,
  userAuthenticationRevoked,
  type Violation,
} from "../wire/violation.ts";
import type { Reception } from "./reception.ts";
import { renew } from "./renewal.ts";

/** Ends the sessions that may not stay, and tells the others what they may do now. */
export function review(
  reception: Reception,
  loaded: LoadedAccount,
  change: Change,
  before: LoadedAccount,
): void {
  const { account, claims } = loaded;
  const sessions = [...reception.roster.of(account)];
  if (change !== "updated" || loaded.disabled) {
    for (const session of sessions) session.end(accountAuthenticationExpired);
    return;
  }
  for (const session of sessions) {
    const reason = grounds(session, loaded, before);
    if (reason !== undefined) session.end(reason);
    else renew(session, loaded);
  }
  // The newest go first where there are too many.
  const { conn } = claims.nats.limits;
  const left = [...reception.roster.of(account)];
  if (conn !== -1)
    for (const session of left.slice(Math.max(0, conn))) session.end(accountConnectionsExceeded);
}

/** Why a session must end under its account's new claims. */
function grounds(
  session: Session,
  loaded: LoadedAccount,
  before: LoadedAccount,
): Violation | ClosedReason | undefined {
  const { claims } = loaded;
  const { identity } = session;
  const user = identity?.claims;
  if (identity === undefined || user === undefined) return undefined;
  if (isRevoked(claims.nats.revocations, user.sub, user.iat)) return userAuthenticationRevoked;
  if (lostSigner(user, loaded, before)) return "Authentication Failure";
  if (identity.bearer === true && claims.nats.limits.disallow_bearer) return authorizationViolation;
  const { subs } = claims.nats.limits;
  return subs >= 0 && session.subscriptionCount > subs ? subscriptionsOverLimit : undefined;
}

/**
 * Whether the key that signed the user is gone, or its scope says something else now. Who named no account was signed by
 * the account itself, and stays.
 */
function lostSigner(user: UserClaims, { claims, strict }: LoadedAccount, before: LoadedAccount): boolean {
  if (user.nats.issuer_account === "") return false;
  const { signing_keys: keys } = claims.nats;
  if (!keys.has(user.iss)) return strict || user.iss !== claims.sub;
  return !isDeepStrictEqual(keys.get(user.iss), before.claims.nats.signing_keys.get(user.iss));
}
