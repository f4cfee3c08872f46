// Authentication in operator mode: a user's JWT, believed through its account to a trusted operator, and a signature
// that shows whose it is. [nats-server auth.go processClientOrLeafAuthentication]

import type { LoadedAccount } from "../account/loaded-account.ts";
import type { OperatorAccounts } from "../account/operator-accounts.ts";
import { decodeUser, isRevoked, type UserRights, userRights } from "../identity/claims.ts";
import { type Permissions, permissionsOf } from "../identity/permissions.ts";
import { accountOf, type UserClaims } from "../identity/user-claims.ts";
import { userIssues } from "../identity/validate.ts";
import type { Clock } from "../ports/clock.ts";
import type { Trace } from "../ports/trace.ts";
import { authorizationViolation } from "../wire/violation.ts";
import { type Callout, type CalloutQuestion, claimedUser, withoutCallout } from "./callout.ts";
import type { Attempt, Authenticator, Identity, Outcome } from "./identity.ts";
import { signedNonce } from "./nonce.ts";
import { cameByProxy, onlyByProxy, untrustedProxy } from "./proxies.ts";
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
  /** Public keys of proxies that may vouch for a connection. */
  readonly proxies: readonly string[];
  /** Asks the authorization services of accounts that have one. */
  readonly callout: Callout;
}

/** What a peer shows: its own JWT, or the sentinel's. */
interface Presented {
  readonly jwt: string;
  readonly user: UserClaims;
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
    const presented = this.#presented(attempt);
    if (typeof presented === "string") return this.#refuse(attempt, presented, decided);
    const { accounts, pinnedAccounts, proxies } = this.#parts;
    const { user } = presented;
    const signed = proxies.length > 0 && (attempt.connect?.proxySig ?? "") !== "";
    if (signed && !cameByProxy(attempt, proxies)) return decided(untrustedProxy);
    if (user.nats.proxy_required && !signed) return decided(onlyByProxy);
    const flaw = this.#flawOf(user);
    if (flaw !== undefined) return this.#refuse(attempt, flaw, decided);
    const id = accountOf(user);
    if (pinnedAccounts !== undefined && !pinnedAccounts.has(id)) {
      accounts.countNotPinned();
      return this.#refuse(attempt, `Account ${id} not listed as operator pinned account`, decided);
    }
    accounts.lookup(id, (found) => this.#decideFor(attempt, presented, found, decided));
  }

  #decideFor(
    attempt: Attempt,
    presented: Presented,
    found: LoadedAccount | string,
    decided: (outcome: Outcome) => void,
  ): void {
    const question = typeof found === "string" ? undefined : this.#question(attempt, presented, found);
    if (question !== undefined) return this.#parts.callout.ask(question, decided);
    const judged = this.#judge(attempt, presented, found);
    if (typeof judged === "string") this.#refuse(attempt, judged, decided);
    else decided({ kind: "admitted", identity: judged });
  }

  /** The peer is never told why. */
  #refuse(attempt: Attempt, why: string, decided: (outcome: Outcome) => void): void {
    this.#parts.trace.log("debug", `${attempt.logName} - ${why}`);
    decided({ kind: "refused", violation: authorizationViolation, why: "authentication error" });
  }

  /** What an account asks its authorization service about a peer; undefined where it has none, or need not ask it. */
  #question(attempt: Attempt, { user }: Presented, found: LoadedAccount): CalloutQuestion | undefined {
    const { auth_users, xkey } = found.claims.nats.authorization;
    if (auth_users.length === 0 || auth_users.includes(user.sub)) return undefined;
    return {
      attempt,
      account: found.account,
      issuer: found.account.name,
      xkey,
      signedRightly: (issuer) => issuer === found.account.name || found.claims.nats.signing_keys.has(issuer),
      identify: (answered, identified) => {
        const id = accountOf(answered);
        if (!mayName(found, id)) {
          const where = `as valid account option for auth callout for account "${found.account.name}"`;
          return identified(`account "${answered.iss}" not permitted ${where}`);
        }
        this.#parts.accounts.lookup(id, (target) => identified(this.#identify(answered, target, attempt)));
      },
    };
  }

  /** The user that an authorization service names instead of the one who came. */
  #identify(user: UserClaims, target: LoadedAccount | string, attempt: Attempt): Identity | string {
    const id = accountOf(user);
    if (typeof target === "string") return `no valid account "${id}" for auth callout response: ${target}`;
    if (user.nats.proxy_required && !cameByProxy(attempt, this.#parts.proxies))
      return "proxy connection required";
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
  #presented({ connect }: Attempt): Presented | string {
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

  #flawOf(user: UserClaims): string | undefined {
    const lapsed = outsideValidity(user, this.#parts.clock.now());
    if (lapsed !== undefined) return lapsed;
    const issues = userIssues(user).blocking;
    return issues.length > 0 ? `User JWT no longer valid: ${issues.join(" ")}` : undefined;
  }

  /** The identity, or why there is none; the peer is never told which. */
  #judge(attempt: Attempt, { jwt, user }: Presented, found: LoadedAccount | string): Identity | string {
    if (attempt.connect === undefined) return missing;
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

/** Whether the authorization service of an account may let users into that one. */
function mayName({ account, claims }: LoadedAccount, id: string): boolean {
  const { allowed_accounts: allowed } = claims.nats.authorization;
  return id === account.name || allowed.includes(id) || (allowed.length === 1 && allowed[0] === "*");
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
