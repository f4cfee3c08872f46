// Builds the authenticator that a configuration asks for, and the accounts behind it.

import { DirectoryClaims } from "../account/claims-directory.ts";
import { type ClaimsStore, MemoryClaims } from "../account/claims-store.ts";
import { type Directory, globalAccountName } from "../account/directory.ts";
import { OperatorAccounts, type OperatorTrust } from "../account/operator-accounts.ts";
import { Permissions } from "../identity/permissions.ts";
import type { Clock } from "../ports/clock.ts";
import { ConfiguredAuthenticator, type ListedUser } from "../session/configured-authenticator.ts";
import type { Authenticator, ConnectionType } from "../session/identity.ts";
import { OperatorAuthenticator } from "../session/operator-authenticator.ts";
import type { ServerOptions } from "./config/options.ts";
import type { NkeyUserOptions, PermissionOptions, UserOptions } from "./config/options-access.ts";
import type { OperatorOptions } from "./config/options-operator.ts";
import type { World } from "./world.ts";

/** Operator mode's accounts; undefined where the configuration lists its users. */
export function buildOperatorAccounts(
  options: ServerOptions,
  directory: Directory,
  world: World,
  clock: Clock,
): OperatorAccounts | undefined {
  const { operator } = options;
  if (operator === undefined) return undefined;
  const store = buildStore(operator, world);
  const accounts = new OperatorAccounts({ trust: trustOf(operator), store, directory, clock, trace: world.trace });
  // The preload is what the resolver starts from; a store that has an account already keeps what it has.
  if (store.acceptsUpdates) {
    for (const [id, jwt] of operator.preload) if (store.fetch(id) === undefined) store.save(id, jwt);
  }
  return accounts;
}

function buildStore(operator: OperatorOptions, world: World): ClaimsStore {
  const { resolver, preload } = operator;
  if (resolver?.kind !== "full") return new MemoryClaims(preload);
  return new DirectoryClaims(world.disk, resolver);
}

function trustOf({ operators, trustedKeys }: OperatorOptions): OperatorTrust {
  const first = operators[0];
  return {
    operator: first?.publicKey ?? "",
    keys: new Set(trustedKeys),
    strict: first?.strictSigningKeyUsage ?? false,
  };
}

export function buildAuthenticator(
  options: ServerOptions,
  directory: Directory,
  accounts: OperatorAccounts | undefined,
  world: World,
): Authenticator {
  if (accounts !== undefined) {
    const { pinnedAccounts, defaultSentinel } = options.operator!;
    const { trace, clock } = world;
    return new OperatorAuthenticator({ accounts, clock, trace, pinnedAccounts, defaultSentinel });
  }
  const { authorization } = options;
  const users = new Map(authorization.users.map((user) => [user.user, listed(user, user.user, directory)]));
  const nkeys = new Map(authorization.nkeys.map((user) => [user.nkey, listed(user, user.nkey, directory)]));
  const { noAuthUser } = authorization;
  return new ConfiguredAuthenticator({
    users,
    nkeys,
    noAuthUser: noAuthUser === "" ? undefined : (users.get(noAuthUser) ?? nkeys.get(noAuthUser)),
    single: authorization.user === "" ? undefined : { user: authorization.user, password: authorization.password },
    token: authorization.token === "" ? undefined : authorization.token,
    globalAccount: directory.ensure(globalAccountName),
    bcrypt: world.bcrypt,
  });
}

function listed(user: UserOptions | NkeyUserOptions, name: string, directory: Directory): ListedUser {
  return {
    name,
    ...("password" in user ? { password: user.password } : {}),
    account: directory.ensure(user.account),
    ...(user.permissions === undefined ? {} : { permissions: compiled(user.permissions) }),
    connectionTypes: new Set(user.connectionTypes as ConnectionType[]),
  };
}

function compiled(options: PermissionOptions): Permissions {
  const { publish, subscribe, response } = options;
  return new Permissions({
    publish,
    subscribe,
    responses: response === undefined ? undefined : { max: response.messagesMax, expiresMs: response.expiresMs },
  });
}
