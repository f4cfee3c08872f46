// What the claims of an account mean for a session that stays: limits, and the default permissions of users that have
// none of their own. [nats-server accounts.go updateAccountClaimsWithRefresh, client.go updateDefaultPermissions]

import type { LoadedAccount } from "../account/loaded-account.ts";
import { userRights } from "../identity/claims.ts";
import { type Permissions, permissionsOf } from "../identity/permissions.ts";
import type { Identity } from "../session/identity.ts";
import type { Session } from "../session/session.ts";

export function renew(session: Session, loaded: LoadedAccount): void {
  const { identity } = session;
  const permissions = identity === undefined ? undefined : permissionsNow(identity, loaded);
  if (identity === undefined || permissions?.key === identity.permissions?.key) return session.applyLimits();
  const { permissions: _before, ...rest } = identity;
  session.revise(permissions === undefined ? rest : { ...rest, permissions });
}

function permissionsNow(identity: Identity, { claims, strict }: LoadedAccount): Permissions | undefined {
  const rights = identity.claims === undefined ? undefined : userRights(identity.claims, claims, strict);
  if (rights === undefined || !rights.ok) return identity.permissions;
  return permissionsOf(rights.value, claims.nats.default_permissions);
}
