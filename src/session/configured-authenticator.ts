// Authentication by what the configuration lists: users with passwords, users with nkeys, one user, a token, nobody.
// [nats-server auth.go processClientOrLeafAuthentication]

import { timingSafeEqual } from "node:crypto";
import type { Account } from "../account/account.ts";
import { verifySignature } from "../identity/nkey.ts";
import type { Permissions } from "../identity/permissions.ts";
import { authorizationViolation } from "../wire/violation.ts";
import type { Attempt, Authenticator, ConnectionType, Identity, Outcome } from "./identity.ts";

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
}

export interface ListedAccess {
  readonly users: ReadonlyMap<string, ListedUser>;
  readonly nkeys: ReadonlyMap<string, ListedUser>;
  /** The user taken by who brings no credentials; undefined: they are refused. */
  readonly noAuthUser: ListedUser | undefined;
  /** The one user or token of a simple set-up. */
  readonly single: { readonly user: string; readonly password: string } | undefined;
  readonly token: string | undefined;
  /** Where those without an account of their own go. */
  readonly globalAccount: Account;
  /** Compares a bcrypt hash. */
  readonly bcrypt: ((password: string, hash: string) => boolean) | undefined;
}

const unknownUser: Outcome = { kind: "refused", violation: authorizationViolation, why: "authentication error" };

export class ConfiguredAuthenticator implements Authenticator {
  readonly required: boolean;
  readonly asksForSignature: boolean;
  readonly admitsSilent: boolean;
  readonly #access: ListedAccess;

  constructor(access: ListedAccess) {
    this.#access = access;
    this.required =
      access.users.size + access.nkeys.size > 0 || access.single !== undefined || access.token !== undefined;
    this.asksForSignature = access.nkeys.size > 0;
    this.admitsSilent = !this.required || access.noAuthUser !== undefined;
  }

  decide(attempt: Attempt, decided: (outcome: Outcome) => void): void {
    decided(this.#decide(attempt));
  }

  #decide(attempt: Attempt): Outcome {
    const access = this.#access;
    if (!this.required) return admit({ account: access.globalAccount, user: "" });
    const connect = attempt.connect;
    if (connect === undefined || isAnonymous(connect)) {
      return access.noAuthUser === undefined ? unknownUser : this.#listed(access.noAuthUser, attempt);
    }
    if (connect.nkey !== "") return this.#bySignature(connect.nkey, connect.sig, attempt);
    const listed = access.users.get(connect.user);
    if (listed !== undefined) {
      const matches = this.#passwordMatches(listed.password ?? "", connect.pass);
      return matches ? this.#listed(listed, attempt) : refusal(connect.user);
    }
    if (access.token !== undefined) {
      const matches = this.#passwordMatches(access.token, connect.authToken);
      return matches ? admit({ account: access.globalAccount, user: "[REDACTED]" }) : unknownUser;
    }
    const single = access.single;
    if (single !== undefined && single.user === connect.user && this.#passwordMatches(single.password, connect.pass)) {
      return admit({ account: access.globalAccount, user: single.user });
    }
    return refusal(connect.user);
  }

  #bySignature(nkey: string, signature: string, attempt: Attempt): Outcome {
    const listed = this.#access.nkeys.get(nkey);
    if (listed === undefined) return refusal(`Nkey "${nkey}"`);
    if (!signedNonce(nkey, attempt.nonce, signature)) return refusal(`Nkey "${nkey}"`);
    return this.#listed(listed, attempt);
  }

  #listed(user: ListedUser, attempt: Attempt): Outcome {
    if (user.connectionTypes.size > 0 && !user.connectionTypes.has(attempt.type)) return refusal(user.name);
    const { account, permissions, name } = user;
    return admit({ account, user: name, permissions });
  }

  #passwordMatches(expected: string, given: string): boolean {
    const { bcrypt } = this.#access;
    if (isBcrypt(expected)) return bcrypt?.(given, expected) ?? false;
    const a = Buffer.from(expected, "utf8");
    const b = Buffer.from(given, "utf8");
    return a.length === b.length && timingSafeEqual(a, b);
  }
}

/** Whether a nonce was signed by the key's owner; the signature is base64, of either alphabet. */
export function signedNonce(publicKey: string, nonce: string, signature: string): boolean {
  if (nonce === "" || signature === "") return false;
  return verifySignature(publicKey, Buffer.from(nonce, "latin1"), Buffer.from(signature, "base64"));
}

function admit(who: { account: Account; user: string; permissions?: Permissions | undefined }): Outcome {
  const identity: Identity = { ...who, subscriptionsMax: -1, payloadMax: -1 };
  return { kind: "admitted", identity };
}

function refusal(user: string): Outcome {
  return { kind: "refused", violation: authorizationViolation, why: `authentication error - User "${user}"` };
}

function isAnonymous(connect: NonNullable<Attempt["connect"]>): boolean {
  const { user, pass, authToken, nkey, jwt } = connect;
  return user === "" && pass === "" && authToken === "" && nkey === "" && jwt === "";
}

export function isBcrypt(password: string): boolean {
  return /^\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}$/.test(password);
}
