// Accounts that come by JWT: found in a claims store when somebody needs them, believed when a trusted operator signed
// them, and changed under their users when a new JWT arrives. [nats-server accounts.go, server.go updateAccountWithClaimJWT]

import { Fault } from "../base/assert.ts";
import { type AccountClaims, newAccount } from "../identity/account-claims.ts";
import { decodeAccount, validateAccount } from "../identity/claims.ts";
import type { Clock } from "../ports/clock.ts";
import type { Trace } from "../ports/trace.ts";
import type { Account } from "./account.ts";
import type { ClaimsSource } from "./claims-source.ts";
import type { ClaimsStore } from "./claims-store.ts";
import { type ClaimsOutcome, updateClaims } from "./claims-updates.ts";
import type { Directory } from "./directory.ts";
import type { LoadedAccount, OperatorTrust } from "./loaded-account.ts";
import { Lookups } from "./lookups.ts";

export type Change = "updated" | "removed" | "expired";

export class OperatorAccounts {
  readonly trust: OperatorTrust;
  readonly store: ClaimsStore;
  /** Told after an account's claims changed, and from what, so that its sessions can be looked at again. */
  onChange: ((loaded: LoadedAccount, change: Change, before: LoadedAccount) => void) | undefined;
  /** Told of claims as they come into force, before anybody gets in by them. */
  onApplied: ((loaded: LoadedAccount) => void) | undefined;
  /** Told of accounts that are forgotten. */
  onRemoved: ((account: Account) => void) | undefined;
  /** Whether others wait for an account that nobody has needed yet. */
  isWanted: ((id: string) => boolean) | undefined;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #trace: Trace;
  #notPinned = 0;
  readonly #loaded = new Map<string, LoadedAccount>();
  readonly #lookups: Lookups;
  readonly #expiries = new Map<string, { cancel(): void }>();

  constructor(parts: {
    readonly trust: OperatorTrust;
    readonly store: ClaimsStore;
    readonly directory: Directory;
    readonly clock: Clock;
    readonly trace: Trace;
  }) {
    this.trust = parts.trust;
    this.store = parts.store;
    this.#directory = parts.directory;
    this.#clock = parts.clock;
    this.#trace = parts.trace;
    this.#lookups = new Lookups(this, parts.clock);
  }

  /** Where JWTs are asked for that the store does not have; undefined: nowhere. */
  get source(): ClaimsSource | undefined {
    return this.#lookups.source;
  }

  set source(source: ClaimsSource | undefined) {
    this.#lookups.source = source;
  }

  /** The account with that id, or why there is none: at once where it is known here, else when the source has answered. */
  lookup(id: string, found: (account: LoadedAccount | string) => void): void {
    this.#lookups.lookup(id, found);
  }

  /** Has an account that others wait for looked up. */
  seek(id: string): void {
    this.#lookups.seek(id);
  }

  /** Asks the source for the claims of an account again; tells why there are none. */
  refresh(id: string, done: (why: string | undefined) => void): void {
    this.#lookups.refresh(id, done);
  }

  stored(id: string): string | undefined {
    return this.store.fetch(id);
  }

  /** The account with that id, from memory or from the store; or why there is none. */
  find(id: string): LoadedAccount | string {
    const known = this.#loaded.get(id);
    if (known !== undefined) return known;
    const jwt = this.store.fetch(id);
    if (jwt === undefined) return "account missing";
    const claims = this.#believed(id, jwt);
    return typeof claims === "string" ? claims : this.#apply(claims, jwt);
  }

  /** Sign-ins refused because only other accounts may connect. */
  get notPinned(): number {
    return this.#notPinned;
  }

  countNotPinned(): void {
    this.#notPinned++;
  }

  loaded(id: string): LoadedAccount | undefined {
    return this.#loaded.get(id);
  }

  /**
   * Takes an account JWT in; what its users may do changes before this returns. `named` is the account that the
   * request's subject names. @throws Fault when it cannot be stored.
   */
  update(jwt: string, named?: string): ClaimsOutcome {
    const outcome = updateClaims(this, jwt, named);
    const { account } = outcome;
    if (outcome.kind === "done" && this.loaded(account) === undefined && this.isWanted?.(account)) {
      this.find(account);
    }
    return outcome;
  }

  /** Takes in a JWT that was fetched for an account; answers why not. */
  keep(id: string, jwt: string): string | undefined {
    const claims = this.#believed(id, jwt);
    if (typeof claims === "string") return claims;
    try {
      this.store.save(id, jwt);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return error.message;
    }
    return this.#loaded.has(id) ? this.replace(claims, jwt) : undefined;
  }

  /** Lets an account in that nobody has claims of: its own key may sign users, and nothing is limited. */
  bootstrap(id: string): LoadedAccount {
    return this.#apply(newAccount(id), "");
  }

  /** Forgets an account: its users are cut, nobody gets in until its JWT comes again. */
  remove(id: string): void {
    this.store.remove(id);
    const known = this.#loaded.get(id);
    if (known === undefined) return;
    this.#expiries.get(id)?.cancel();
    const gone = { ...known, disabled: true };
    this.#loaded.set(id, gone);
    this.onChange?.(gone, "removed", known);
    this.#loaded.delete(id);
    this.onRemoved?.(known.account);
  }

  /** Puts new claims of an account in force that is in use; answers why not: only those that are believed count. */
  replace(claims: AccountClaims, jwt: string): string | undefined {
    const before = this.#loaded.get(claims.sub);
    if (before === undefined) return "account missing";
    const why = this.#untrusted(claims);
    if (why !== undefined) {
      this.#trace.log("error", `Update for account "${claims.sub}" has no effect: ${why}`);
      return why;
    }
    this.onChange?.(this.#apply(claims, jwt), "updated", before);
    return undefined;
  }

  /** The claims of an account's JWT, or why they do not count. */
  #believed(id: string, jwt: string): AccountClaims | string {
    const decoded = decodeAccount(jwt);
    if (!decoded.ok) return decoded.reason;
    if (decoded.value.sub !== id) return "account JWT is not the account's";
    return this.#untrusted(decoded.value) ?? decoded.value;
  }

  /** Why claims do not count. [nats-server server.go verifyAccountClaims] */
  #untrusted(claims: AccountClaims): string | undefined {
    const holds = this.trust.keys.has(claims.iss) && validateAccount(claims, this.#clock.now()).length === 0;
    return holds ? undefined : "account validation failed";
  }

  #apply(claims: AccountClaims, jwt: string): LoadedAccount {
    const account = this.#directory.ensure(claims.sub);
    const { conn, leaf, subs, payload } = claims.nats.limits;
    account.limits = { connections: conn, leafConnections: leaf, subscriptions: subs, payload };
    account.nameTag = claims.name;
    account.forgetRoutes();
    const nowMs = this.#clock.now();
    // A time before 1970 is over, too; only 0 is never [nats-server accounts.go checkExpiration].
    const expired = claims.exp !== 0 && claims.exp * 1_000 <= nowMs;
    const loaded: LoadedAccount = {
      account,
      claims,
      jwt,
      strict: this.trust.strictKeys.has(claims.iss),
      disabled: expired,
    };
    this.#loaded.set(claims.sub, loaded);
    this.#expiries.get(claims.sub)?.cancel();
    this.#expiries.delete(claims.sub);
    if (claims.exp > 0 && !expired) this.#expireAt(claims.sub, claims.exp * 1_000 - nowMs);
    this.onApplied?.(loaded);
    return loaded;
  }

  #expireAt(id: string, leftMs: number): void {
    const alarm = this.#clock.after(leftMs, () => {
      this.#expiries.delete(id);
      const known = this.#loaded.get(id);
      if (known === undefined) return;
      const expired = { ...known, disabled: true };
      this.#loaded.set(id, expired);
      this.onChange?.(expired, "expired", known);
    });
    this.#expiries.set(id, alarm);
  }
}
