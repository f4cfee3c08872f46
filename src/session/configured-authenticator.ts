// Authentication by what the configuration lists: users with passwords, users with nkeys, users that a certificate
// names, one user, a token, nobody. [nats-server auth.go processClientOrLeafAuthentication]

import { timingSafeEqual } from "node:crypto";
import type { Account } from "../account/account.ts";
import type { Permissions } from "../identity/permissions.ts";
import type { ConnectOptions } from "../wire/connect.ts";
import { authorizationViolation } from "../wire/violation.ts";
import { userOfCertificate } from "./certificate-user.ts";
import type { Attempt, Authenticator, ConnectionType, Identity, Outcome } from "./identity.ts";
import { signedNonce } from "./nonce.ts";
import { authenticationError, type Claim } from "./peer-name.ts";
import { cameByProxy, onlyByProxy, untrustedProxy } from "./proxies.ts";

/** A user as listed. */
export interface ListedUser {
  /** A name, or the public nkey of one that signs. */
  readonly name: string;
  /** Absent for a user that signs. */
  readonly password?: string;
  readonly account: Account;
  readonly permissions?: Permissions;
  /** Empty: any. */
  readonly connectionTypes: ReadonlySet<ConnectionType>;
  /** Only by way of a trusted proxy. */
  readonly proxyRequired: boolean;
}

export interface ListedAccess {
  readonly users: ReadonlyMap<string, ListedUser>;
  readonly nkeys: ReadonlyMap<string, ListedUser>;
  /** Name or nkey of the user taken by who brings no credentials; undefined: they are refused. */
  readonly noAuthUser: string | undefined;
  /** Whether INFO keeps quiet about authentication because of `noAuthUser`. */
  readonly quiet: boolean;
  /** The one user or token of a simple set-up. */
  readonly single: { readonly user: string; readonly password: string } | undefined;
  readonly token: string | undefined;
  /** The client's certificate says which user it is. */
  readonly mapsCertificates: boolean;
  /** Public keys of proxies that may vouch for a connection. */
  readonly proxies: readonly string[];
  /** The simple user or token is admitted by way of a trusted proxy only. */
  readonly proxyRequired: boolean;
  /** Where those without an account of their own go. */
  readonly globalAccount: Account;
  readonly checkHash: HashCheck;
}

/** Compares a password with a bcrypt hash, which takes a while. Calls back later. */
export type HashCheck = (password: string, hash: string, checked: (matches: boolean) => void) => void;

type Decided = (outcome: Outcome) => void;

export class ConfiguredAuthenticator implements Authenticator {
  readonly required: boolean;
  readonly announced: boolean;
  readonly asksForSignature: boolean;
  readonly admitsSilent: boolean;
  readonly #access: ListedAccess;

  constructor(access: ListedAccess) {
    this.#access = access;
    const listed = access.users.size + access.nkeys.size > 0;
    this.required = listed || access.single !== undefined || access.token !== undefined;
    const open = access.noAuthUser !== undefined;
    this.announced = this.required && !(open && access.quiet);
    this.asksForSignature = access.nkeys.size + access.proxies.length > 0;
    this.admitsSilent = !this.required || open;
  }

  decide(attempt: Attempt, decided: Decided): void {
    const access = this.#access;
    const connect = attempt.connect ?? nobody;
    const proxied = connect.proxySig !== "" && access.proxies.length > 0;
    if (proxied && !cameByProxy(attempt, access.proxies)) return decided(untrustedProxy);
    if (!this.required) return decided(admit({ account: access.globalAccount, user: "" }));

    if (access.nkeys.size > 0) {
      const nkey = connect.nkey !== "" ? connect.nkey : this.#silentNkey(connect);
      if (nkey !== "") return decided(this.#bySignature(nkey, proxied, attempt));
    }
    if (access.users.size > 0) {
      const listed = this.#listedUser(connect, attempt);
      if (listed === "refused") return decided(refused(connect));
      if (listed !== undefined) return this.#byPassword(listed, connect, proxied, decided);
    }
    this.#bySimpleMeans(connect, proxied, decided);
  }

  #silentNkey({ user, pass, authToken }: ConnectOptions): string {
    const { noAuthUser, nkeys } = this.#access;
    const silent = user === "" && pass === "" && authToken === "";
    return silent && noAuthUser !== undefined && nkeys.has(noAuthUser) ? noAuthUser : "";
  }

  #bySignature(nkey: string, proxied: boolean, attempt: Attempt): Outcome {
    const listed = this.#access.nkeys.get(nkey);
    if (listed === undefined || !typeAllowed(listed, attempt.type)) return refused({ ...nobody, nkey });
    if (listed.proxyRequired && !proxied) return onlyByProxy;
    const signature = attempt.connect?.sig ?? "";
    const proven = nkey === this.#access.noAuthUser || signedNonce(nkey, attempt.nonce, signature);
    return proven ? admit({ ...listed, user: nkey }) : refused({ ...nobody, nkey });
  }

  /** The listed user that a peer claims to be; undefined when it claims to be none. */
  #listedUser(connect: ConnectOptions, attempt: Attempt): ListedUser | "refused" | undefined {
    const { users, mapsCertificates, noAuthUser } = this.#access;
    if (mapsCertificates) {
      const allowed = new Set<string>();
      for (const user of users.values()) if (typeAllowed(user, attempt.type)) allowed.add(user.name);
      const named = userOfCertificate(attempt.tls?.peerCertificates[0], allowed);
      return named === undefined ? "refused" : users.get(named)!;
    }
    const { user, pass, authToken } = connect;
    const silent = user === "" && pass === "" && authToken === "";
    const name = silent && noAuthUser !== undefined && users.has(noAuthUser) ? noAuthUser : user;
    if (name === "") return undefined;
    const listed = users.get(name);
    return listed !== undefined && typeAllowed(listed, attempt.type) ? listed : "refused";
  }

  #byPassword(listed: ListedUser, connect: ConnectOptions, proxied: boolean, decided: Decided): void {
    const { noAuthUser, mapsCertificates } = this.#access;
    if (listed.proxyRequired && !proxied) return decided(onlyByProxy);
    const admitted = admit({ ...listed, user: listed.name });
    const silent = listed.name === noAuthUser && connect.user === "" && !mapsCertificates;
    if (silent) return decided(admitted);
    this.#compare(listed.password ?? "", connect.pass, (matches) => {
      decided(matches ? admitted : refused({ ...nobody, user: listed.name }));
    });
  }

  #bySimpleMeans(connect: ConnectOptions, proxied: boolean, decided: Decided): void {
    const { token, single, globalAccount } = this.#access;
    if (this.#access.proxyRequired && !proxied) return decided(onlyByProxy);
    if (token !== undefined) {
      return this.#compare(token, connect.authToken, (matches) => {
        decided(matches ? admit({ account: globalAccount, user: "[REDACTED]" }) : refused(connect));
      });
    }
    if (single === undefined || single.user !== connect.user) return decided(refused(connect));
    this.#compare(single.password, connect.pass, (matches) => {
      decided(matches ? admit({ account: globalAccount, user: single.user }) : refused(connect));
    });
  }

  #compare(expected: string, given: string, compared: (matches: boolean) => void): void {
    if (isBcrypt(expected)) return this.#access.checkHash(given, expected, compared);
    const a = Buffer.from(expected, "utf8");
    const b = Buffer.from(given, "utf8");
    compared(a.length === b.length && timingSafeEqual(a, b));
  }
}

/** What somebody says who says nothing. */
const nobody = { user: "", pass: "", authToken: "", nkey: "", sig: "", proxySig: "" } as ConnectOptions;

function typeAllowed({ connectionTypes }: ListedUser, type: ConnectionType): boolean {
  return connectionTypes.size === 0 || connectionTypes.has(type);
}

function admit({ account, user, permissions }: Pick<Identity, "account" | "user" | "permissions">): Outcome {
  const rights = permissions === undefined ? {} : { permissions };
  return { kind: "admitted", identity: { account, user, ...rights, subscriptionsMax: -1, payloadMax: -1 } };
}

function refused(claimed: Claim): Outcome {
  return { kind: "refused", violation: authorizationViolation, why: authenticationError(claimed) };
}

/** nats-server goes by the beginning alone: a hash that is none matches nothing. */
export function isBcrypt(password: string): boolean {
  return /^\$2[abxy]\$\d\d\$/.test(password);
}
