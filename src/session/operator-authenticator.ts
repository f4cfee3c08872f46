// Authentication in operator mode: a user's JWT, believed through its account to a trusted operator, and a signature
// that shows whose it is. [nats-server auth.go processClientOrLeafAuthentication]

import type { LoadedAccount, OperatorAccounts } from "../account/operator-accounts.ts";
import { decodeUser, isRevoked, type UserRights, userRights } from "../identity/claims.ts";
import { type Permissions, permissionsOf } from "../identity/permissions.ts";
import { accountOf, type UserClaims } from "../identity/user-claims.ts";
import { userIssues } from "../identity/validate.ts";
import type { Clock } from "../ports/clock.ts";
import type { Trace } from "../ports/trace.ts";
import { authorizationViolation } from "../wire/violation.ts";
import { type Callout, type CalloutQuestion, claimedUser, withoutCallout } from "./callout.ts";
import { signedNonce } from "./configured-authenticator.ts";
import type { Attempt, Authenticator, Identity, Outcome } from "./identity.ts";
import { connectWindow, lastsUntil, sourceAllowed } from "./restrictions.ts";

const missing = "Authentication requires a user JWT";

const knownTypes = new Set([
  "STANDARD",
  "WEBSOCKET",
  "LEAFNODE",
  "LEAFNODE_WS",
  "MQTT",
  "MQTT_WS",
  "IN_PROCESS",
]);

export interface OperatorAuthenticatorParts {
  readonly accounts: OperatorAccounts;
  readonly clock: Clock;
  readonly trace: Trace;
  /** Only these accounts get in; undefined: all. */
  readonly pinnedAccounts: ReadonlySet<string> | undefined;
  /** The JWT of who brings none; "" for nobody's. */
  readonly defaultSentinel: string;
  /** Asks the authorization services of accounts that have one. */
  readonly callout: Callout;
}

export class OperatorAuthenticator implements Authenticator {
  readonly required = true;
  readonly announced = true;
  readonly asksForSignature = true;
  readonly admitsSilent = false;
  readonly #parts: OperatorAuthenticatorParts;

  constructor(parts: OperatorAuthenticatorParts) {
    this.#parts = parts;
  }

  decide(attempt: Attempt, decided: (outcome: Outcome) => void): void {
    const question = this.#question(attempt);
    if (question !== undefined) return this.#parts.callout.ask(question, decided);
    const judged = this.#judge(attempt);
    if (typeof judged !== "string") return decided({ kind: "admitted", identity: judged });
    this.#parts.trace.log("debug", `${attempt.logName} - ${judged}`);
    decided({ kind: "refused", violation: authorizationViolation, why: "authentication error" });
  }

  /** What an account asks its authorization service about a peer; undefined where it has none, or need not ask it. */
  #question(attempt: Attempt): CalloutQuestion | undefined {
    const presented = this.#presented(attempt);
    if (typeof presented === "string") return undefined;
    const { user } = presented;
    const { accounts, pinnedAccounts } = this.#parts;
    if (pinnedAccounts !== undefined && !pinnedAccounts.has(accountOf(user))) return undefined;
    const found = accounts.find(accountOf(user));
    if (typeof found === "string") return undefined;
    const { auth_users, xkey } = found.claims.nats.authorization;
    if (auth_users.length === 0 || auth_users.includes(user.sub)) return undefined;
    return {
      attempt,
      account: found.account,
      issuer: found.account.name,
      xkey,
      signedRightly: (issuer) => issuer === found.account.name || found.claims.nats.signing_keys.has(issuer),
      identify: (answered) => this.#identify(answered, found, attempt),
    };
  }

  /** The user that an authorization service names instead of the one who came. */
  #identify(user: UserClaims, asked: LoadedAccount, attempt: Attempt): Identity | string {
    const id = accountOf(user);
    const { allowed_accounts } = asked.claims.nats.authorization;
    const allowed =
      allowed_accounts.includes(id) || (allowed_accounts.length === 1 && allowed_accounts[0] === "*");
    if (id !== asked.account.name && !allowed) {
      const where = `as valid account option for auth callout for account "${asked.account.name}"`;
      return `account "${user.iss}" not permitted ${where}`;
    }
    const target = this.#parts.accounts.find(id);
    if (typeof target === "string") return `no valid account "${id}" for auth callout response: ${target}`;
    if (target.disabled) return `account "${id}" has expired`;
    const rights = userRights(user, target.claims, target.strict);
    if (!rights.ok) return rights.reason;
    const until = lastsUntil(user, rights.value, this.#parts.clock.now());
    if (until === undefined) return `authorized user on account "${id}" outside of valid connect times`;
    return {
      account: target.account,
      user: user.name === "" ? claimedUser(attempt.connect) : user.name,
      nameTag: user.name,
      tags: user.nats.tags,
      ...permissionsPart(rights.value, target),
      subscriptionsMax: -1,
      payloadMax: -1,
      ...(Number.isFinite(until) ? { expiresAt: until } : {}),
    };
  }

  /** The user's JWT, or the sentinel where there is none that reads; a text says why there is none at all. */
  #presented({ connect }: Attempt): { readonly jwt: string; readonly user: UserClaims } | string {
    const { defaultSentinel } = this.#parts;
    const jwt = connect?.jwt ?? "";
    const own = decodeUser(jwt);
    if (own.ok) return { jwt, user: own.value };
    if (defaultSentinel === "") return jwt === "" ? missing : `User JWT not valid: ${own.reason}`;
    const sentinel = decodeUser(defaultSentinel);
    return sentinel.ok
      ? { jwt: defaultSentinel, user: sentinel.value }
      : `User JWT not valid: ${sentinel.reason}`;
  }

  /** The identity, or why there is none; the peer is never told which. */
  #judge(attempt: Attempt): Identity | string {
    if (attempt.connect === undefined) return missing;
    const presented = this.#presented(attempt);
    if (typeof presented === "string") return presented;
    const { jwt, user } = presented;
    const nowMs = this.#parts.clock.now();
    const lapsed = outsideValidity(user, nowMs);
    if (lapsed !== undefined) return lapsed;
    const issues = userIssues(user).blocking;
    if (issues.length > 0) return `User JWT no longer valid: ${issues.join(" ")}`;
    const { pinnedAccounts } = this.#parts;
    if (pinnedAccounts !== undefined && !pinnedAccounts.has(accountOf(user))) {
      this.#parts.accounts.countNotPinned();
      return `Account ${accountOf(user)} not listed as operator pinned account`;
    }
    const found = this.#parts.accounts.find(accountOf(user));
    if (typeof found === "string") return `Account JWT lookup error: ${found}`;
    const rights = userRights(user, found.claims, found.strict);
    if (!rights.ok) return rights.reason;
    const refusal = this.#refusal(attempt, user, rights.value, found);
    return refusal ?? this.#identity(jwt, user, rights.value, found);
  }

  #refusal(attempt: Attempt, user: UserClaims, rights: UserRights, found: LoadedAccount): string | undefined {
    if (found.disabled) return "Account JWT has expired";
    if (rights.bearer_token && found.claims.nats.limits.disallow_bearer)
      return "Account does not allow bearer tokens";
    if (!typeAllowed(rights, attempt)) return "Connection type not allowed";
    const signature = attempt.connect?.sig ?? "";
    if (!rights.bearer_token && !signedNonce(user.sub, attempt.nonce, signature))
      return "Signature not verified";
    if (isRevoked(found.claims.nats.revocations, user.sub, user.iat)) return "User authentication revoked";
    if (!sourceAllowed(rights.src, attempt.host)) return `Bad src Ip ${attempt.host}`;
    const window = connectWindow(rights.times, rights.times_location, this.#parts.clock.now());
    return window === undefined ? "Outside connect times" : undefined;
  }

  #identity(jwt: string, user: UserClaims, rights: UserRights, found: LoadedAccount): Identity {
    const until = lastsUntil(user, rights, this.#parts.clock.now()) ?? this.#parts.clock.now();
    return {
      account: found.account,
      user: user.sub,
      userKey: user.sub,
      nameTag: user.name,
      tags: user.nats.tags,
      jwt,
      issuerKey: user.iss,
      claims: user,
      bearer: rights.bearer_token,
      ...permissionsPart(rights, found),
      subscriptionsMax: rights.subs,
      payloadMax: rights.payload,
      ...(Number.isFinite(until) ? { expiresAt: until } : {}),
    };
  }
}

function permissionsPart(rights: UserRights, found: LoadedAccount): { permissions?: Permissions } {
  const { default_permissions, authorization } = found.claims.nats;
  const asks = authorization.auth_users.length > 0;
  const permissions = asks
    ? withoutCallout(rights, default_permissions)
    : permissionsOf(rights, default_permissions);
  return permissions === undefined ? {} : { permissions };
}

function outsideValidity(user: UserClaims, nowMs: number): string | undefined {
  if (user.exp > 0 && user.exp * 1_000 <= nowMs) return "User JWT no longer valid: claim is expired";
  if (user.nbf > 0 && user.nbf * 1_000 > nowMs) return "User JWT no longer valid: claim is not yet valid";
  return undefined;
}

/** Unknown names are passed over as long as a known one remains. */
function typeAllowed(rights: UserRights, attempt: Attempt): boolean {
  const named = rights.allowed_connection_types ?? [];
  if (named.length === 0) return true;
  const known = named.map((name) => name.toUpperCase()).filter((name) => knownTypes.has(name));
  return known.includes(attempt.type);
}
