// Builds the authenticator that a configuration asks for, and the accounts behind it.

import { type Directory, globalAccountName } from "../account/directory.ts";
import type { OperatorTrust } from "../account/loaded-account.ts";
import { OperatorAccounts } from "../account/operator-accounts.ts";
import { Permissions } from "../identity/permissions.ts";
import type { Clock } from "../ports/clock.ts";
import { type Callout, calloutSubject } from "../session/callout.ts";
import { ConfiguredAuthenticator, type ListedUser } from "../session/configured-authenticator.ts";
import { ConfiguredCallout } from "../session/configured-callout.ts";
import type { Authenticator, ConnectionType } from "../session/identity.ts";
import { OperatorAuthenticator } from "../session/operator-authenticator.ts";
import type { ServerOptions } from "./config/options.ts";
import type { NkeyUserOptions, PermissionOptions, UserOptions } from "./config/options-access.ts";
import type { OperatorOptions } from "./config/options-operator.ts";
import { claimsStore } from "./resolver.ts";
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
  const store = claimsStore(operator, world, clock);
  return new OperatorAccounts({ trust: trustOf(operator), store, directory, clock, trace: world.trace });
}

function trustOf({ operators, trustedKeys }: OperatorOptions): OperatorTrust {
  const first = operators[0];
  const strict = first?.strictSigningKeyUsage ?? false;
  const strictOperators = operators.filter(({ strictSigningKeyUsage }) => strictSigningKeyUsage);
  return {
    operator: first?.publicKey ?? "",
    keys: new Set(trustedKeys),
    operatorKeys: new Set([...(first?.signingKeys ?? []), ...(first && !strict ? [first.publicKey] : [])]),
    strict,
    strictKeys: new Set(strictOperators.flatMap(({ signingKeys }) => signingKeys)),
  };
}

/** Where connections come in that authenticate by rules of their own. */
export interface AccessRules {
  readonly user: string;
  readonly password: string;
  readonly token: string;
  readonly noAuthUser: string;
  /** The client's certificate says which user it is. */
  readonly mapsCertificates: boolean;
  /** INFO keeps quiet about authentication where a no_auth_user takes in everybody else. */
  readonly quiet: boolean;
}

/** The rules for clients that speak NATS at once. */
export function clientAccess({ authorization, tls }: ServerOptions): AccessRules {
  const { user, password, token, noAuthUser } = authorization;
  return { user, password, token, noAuthUser, mapsCertificates: tls?.map ?? false, quiet: true };
}

/** The rules for WebSocket clients: their block may bring its own user, token or no_auth_user. */
export function webSocketAccess(options: ServerOptions): AccessRules {
  const ws = options.webSocket!;
  const mapsCertificates = ws.tls?.map ?? false;
  const own = ws.user !== "" || ws.token !== "" || ws.noAuthUser !== "";
  return { ...(own ? ws : options.authorization), mapsCertificates, quiet: false };
}

export function buildAuthenticator(
  options: ServerOptions,
  access: AccessRules,
  directory: Directory,
  accounts: OperatorAccounts | undefined,
  callout: Callout,
  world: World,
): Authenticator {
  if (accounts !== undefined) {
    const { pinnedAccounts, defaultSentinel } = options.operator!;
    const { trace, clock } = world;
    const { trustedProxies: proxies } = options;
    const parts = { accounts, clock, trace, pinnedAccounts, defaultSentinel, proxies, callout };
    return new OperatorAuthenticator(parts);
  }
  const { authorization, trustedProxies } = options;
  const service = authorization.callout?.account;
  const users = new Map(
    authorization.users.map((user) => [user.user, listed(user, user.user, directory, service)]),
  );
  const nkeys = new Map(
    authorization.nkeys.map((user) => [user.nkey, listed(user, user.nkey, directory, service)]),
  );
  const guest = guestOf(options, users, directory);
  if (guest !== undefined) users.set(guest.name, guest);
  const { noAuthUser } = access;
  const authenticator = new ConfiguredAuthenticator({
    users,
    nkeys,
    noAuthUser: noAuthUser === "" ? guest?.name : noAuthUser,
    quiet: access.quiet && guest === undefined,
    single: access.user === "" ? undefined : { user: access.user, password: access.password },
    token: access.token === "" ? undefined : access.token,
    mapsCertificates: access.mapsCertificates,
    proxies: trustedProxies,
    proxyRequired: authorization.proxyRequired,
    globalAccount: directory.ensure(globalAccountName),
    checkHash: world.checkHash ?? ((_password, _hash, checked) => checked(false)),
  });
  const asked = authorization.callout;
  if (asked === undefined) return authenticator;
  return new ConfiguredCallout({
    listed: authenticator,
    callout,
    clock: world.clock,
    account: directory.ensure(asked.account),
    globalAccount: directory.ensure(globalAccountName),
    issuer: asked.issuer,
    xkey: asked.xkey,
    authUsers: new Set(asked.authUsers),
    accounts: new Set(asked.allowedAccounts),
    proxies: trustedProxies,
    findAccount: (name) => directory.find(name),
  });
}

/** Takes in everybody else where the system account alone has users. [nats-server server.go configureAccounts] */
const guestName = "nats-guest";

function guestOf(
  { accounts, systemAccount, authorization }: ServerOptions,
  users: ReadonlyMap<string, ListedUser>,
  directory: Directory,
): ListedUser | undefined {
  const { user, token, noAuthUser, callout } = authorization;
  if (systemAccount === undefined || accounts.length !== 1 || accounts[0]!.name !== systemAccount)
    return undefined;
  if (user !== "" || token !== "" || noAuthUser !== "" || callout !== undefined) return undefined;
  if ([...users.values()].some(({ account }) => account.name !== systemAccount)) return undefined;
  const account = directory.ensure(globalAccountName);
  return { name: guestName, account, connectionTypes: new Set(), proxyRequired: false };
}

function listed(
  user: UserOptions | NkeyUserOptions,
  name: string,
  directory: Directory,
  serviceAccount: string | undefined,
): ListedUser {
  const permissions = user.account === serviceAccount ? withoutService(user.permissions) : user.permissions;
  return {
    name,
    ...("password" in user ? { password: user.password } : {}),
    account: directory.ensure(user.account),
    ...(permissions === undefined ? {} : { permissions: compiled(permissions) }),
    connectionTypes: new Set(user.connectionTypes as ConnectionType[]),
    proxyRequired: user.proxyRequired,
  };
}

/** In the account of an authorization service only servers may ask it. */
function withoutService(options: PermissionOptions | undefined): PermissionOptions {
  const publish = options?.publish;
  const deny = [...(publish?.deny ?? []), calloutSubject];
  const subscribe = options?.subscribe;
  return { publish: { allow: publish?.allow, deny }, subscribe, response: options?.response };
}

function compiled(options: PermissionOptions): Permissions {
  const { publish, subscribe, response } = options;
  return new Permissions({
    publish,
    subscribe,
    responses:
      response === undefined ? undefined : { max: response.messagesMax, expiresMs: response.expiresMs },
  });
}
