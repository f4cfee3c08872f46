// Authentication by an authorization service that the configuration names: it decides on everybody but its own users.
// [nats-server auth.go processClientOrLeafAuthentication, auth_callout.go]

import type { Account } from "../account/account.ts";
import { permissionsOf } from "../identity/permissions.ts";
import type { UserClaims } from "../identity/user-claims.ts";
import type { Clock } from "../ports/clock.ts";
import { type Callout, type CalloutQuestion, claimedUser, noPermissions, withoutCallout } from "./callout.ts";
import type { Attempt, Authenticator, Identity, Outcome } from "./identity.ts";
import { cameByProxy } from "./proxies.ts";
import { lastsUntil } from "./restrictions.ts";

export interface ConfiguredCalloutParts {
  /** Who would be let in without a service. */
  readonly listed: Authenticator;
  readonly callout: Callout;
  readonly clock: Clock;
  readonly account: Account;
  readonly globalAccount: Account;
  /** Public key of the account that signs users. */
  readonly issuer: string;
  readonly xkey: string;
  /** Users that are not asked about. */
  readonly authUsers: ReadonlySet<string>;
  /** Users of these accounts are asked about; empty: all are. */
  readonly accounts: ReadonlySet<string>;
  readonly proxies: readonly string[];
  findAccount(name: string): Account | undefined;
}

export class ConfiguredCallout implements Authenticator {
  readonly required = true;
  readonly announced: boolean;
  readonly asksForSignature: boolean;
  readonly admitsSilent: boolean;
  readonly #parts: ConfiguredCalloutParts;

  constructor(parts: ConfiguredCalloutParts) {
    this.#parts = parts;
    const { announced, asksForSignature, admitsSilent } = parts.listed;
    this.announced = announced;
    this.asksForSignature = asksForSignature;
    this.admitsSilent = admitsSilent;
  }

  decide(attempt: Attempt, decided: (outcome: Outcome) => void): void {
    const { listed, callout, account, issuer, xkey } = this.#parts;
    listed.decide(attempt, (outcome) => {
      if (!this.#concerns(attempt, outcome)) return decided(outcome);
      const question: CalloutQuestion = {
        attempt,
        account,
        issuer,
        xkey,
        signedRightly: () => true,
        identify: (user, identified) => identified(this.#identify(user, attempt)),
      };
      callout.ask(question, decided);
    });
  }

  #concerns({ connect }: Attempt, outcome: Outcome): boolean {
    const { accounts, authUsers, globalAccount } = this.#parts;
    const account = outcome.kind === "admitted" ? outcome.identity.account : globalAccount;
    const delegated = account === globalAccount || accounts.size === 0 || accounts.has(account.name);
    const user = outcome.kind === "admitted" ? outcome.identity.user : claimedUser(connect);
    return delegated && !authUsers.has(user);
  }

  #identify(user: UserClaims, attempt: Attempt): Identity | string {
    const { account, issuer, clock, findAccount, proxies } = this.#parts;
    const { nats } = user;
    if (nats.proxy_required && !cameByProxy(attempt, proxies)) return "proxy connection required";
    if (nats.issuer_account !== "") {
      return `error non operator mode account "${account.name}": attempted to use issuer_account`;
    }
    if (user.iss !== issuer) {
      const expected = `expected "${issuer}" got "${user.iss}"`;
      return `wrong issuer for auth callout response on account "${account.name}", ${expected}`;
    }
    const target = findAccount(user.aud);
    if (target === undefined) {
      return `no valid account "${user.aud}" for auth callout response on account "${account.name}"`;
    }
    const until = lastsUntil(user, nats, clock.now());
    if (until === undefined)
      return `authorized user on account "${account.name}" outside of valid connect times`;
    const permissions =
      target === account ? withoutCallout(nats, noPermissions) : permissionsOf(nats, noPermissions);
    return {
      account: target,
      user: user.name === "" ? claimedUser(attempt.connect) : user.name,
      nameTag: user.name,
      tags: nats.tags,
      ...(permissions === undefined ? {} : { permissions }),
      subscriptionsMax: -1,
      payloadMax: -1,
      ...(Number.isFinite(until) ? { expiresAt: until } : {}),
    };
  }
}
