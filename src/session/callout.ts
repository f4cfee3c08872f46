// Asking an authorization service about a peer: what is asked, and when. Who carries the question is the server's matter.
// [nats-server auth_callout.go, auth.go processClientOrLeafAuthentication]

import type { Account } from "../account/account.ts";
import type { PermissionClaims } from "../identity/fields.ts";
import { type Permissions, permissionsOf } from "../identity/permissions.ts";
import type { UserClaims } from "../identity/user-claims.ts";
import type { ConnectOptions } from "../wire/connect.ts";
import type { Attempt, Identity, Outcome } from "./identity.ts";

/** Where authorization services listen, each in its own account. */
export const calloutSubject = "$SYS.REQ.USER.AUTH";

export interface CalloutQuestion {
  readonly attempt: Attempt;
  /** Where the service listens. */
  readonly account: Account;
  /** What the request is about: the issuer of answers, or the account. */
  readonly issuer: string;
  /** The service's public curve key; "" where questions are not sealed. */
  readonly xkey: string;
  /** Whether an answer that came unsealed may be signed by this key. */
  signedRightly(issuer: string): boolean;
  /** Tells the identity of the user that the service names, or why there is none: once, at once or later. */
  identify(user: UserClaims, identified: (identity: Identity | string) => void): void;
}

/** Carries questions to services and their answers back; a question without an answer is never decided. */
export interface Callout {
  ask(question: CalloutQuestion, decided: (outcome: Outcome) => void): void;
}

/** Who a peer says it is. [nats-server client.go getRawAuthUser] */
export function claimedUser(connect: ConnectOptions | undefined): string {
  if (connect === undefined) return "";
  return connect.nkey || connect.user || (connect.authToken === "" ? "" : "[REDACTED]");
}

/** The permissions of somebody in the service's account, where only servers ask the service. */
export function withoutCallout(user: PermissionClaims, defaults: PermissionClaims): Permissions {
  const { pub, sub, resp } = permissionsOf(user, noPermissions) === undefined ? defaults : user;
  const deny = [...(pub.deny ?? []), calloutSubject];
  return permissionsOf({ pub: { allow: pub.allow, deny }, sub, resp }, defaults)!;
}

/** Claims that say nothing. */
export const noPermissions: PermissionClaims = {
  pub: { allow: undefined, deny: undefined },
  sub: { allow: undefined, deny: undefined },
  resp: undefined,
};
