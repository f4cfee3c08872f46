// Accounts that come by JWT: found in a claims store when somebody needs them, believed when a trusted operator signed
// them, and changed under their users when a new JWT arrives. [nats-server accounts.go, server.go updateAccountWithClaimJWT]

import type { AccountClaims } from "../identity/account-claims.ts";
import { decodeAccount, validateAccount } from "../identity/claims.ts";
import { accountIssues } from "../identity/validate.ts";
import type { Clock } from "../ports/clock.ts";
import type { Trace } from "../ports/trace.ts";
import type { Account } from "./account.ts";
import type { ClaimsStore } from "./claims-store.ts";
import type { Directory } from "./directory.ts";

/** Whom the server believes. */
export interface OperatorTrust {
  /** The operator's own key; "" where only trusted keys were configured. */
  readonly operator: string;
  /** Public keys whose signature on an account counts. */
  readonly keys: ReadonlySet<string>;
  /** The keys that may sign requests to delete accounts: the first operator's. */
  readonly operatorKeys: ReadonlySet<string>;
  /** The operator's own key may not sign accounts that are pushed. */
  readonly strict: boolean;
  /** Signing keys of operators that want signing keys used: by accounts that one of these signed, too. */
  readonly strictKeys: ReadonlySet<string>;
}

/** An account's claims, as they stand. */
export interface LoadedAccount {
  readonly account: Account;
  readonly claims: AccountClaims;
  readonly jwt: string;
  /** Its own key may not sign users, as long as it is no signing key. */
  readonly strict: boolean;
  /** Removed or expired: nobody gets in. */
  readonly disabled: boolean;
}

export type Change = "updated" | "removed" | "expired";

/** What became of a request to change claims: nothing but the text of the refusal tells why. */
export type ClaimsOutcome =
  | { readonly kind: "done"; readonly account: string }
  | { readonly kind: "refused"; readonly account: string; readonly text: string; readonly why: string };

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
  }

  /** The account with that id, from memory or from the store; or why there is none. */
  find(id: string): LoadedAccount | string {
    const known = this.#loaded.get(id);
    if (known !== undefined) return known;
    const jwt = this.store.fetch(id);
    if (jwt === undefined) return "account missing";
    const decoded = decodeAccount(jwt);
    if (!decoded.ok) return decoded.reason;
    if (decoded.value.sub !== id) return "account JWT is not the account's";
    const why = this.#untrusted(decoded.value);
    return why ?? this.#apply(decoded.value, jwt);
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

  /** Takes an account JWT in; what its users may do changes before this returns. `expectedId` is the subject's, if it names one. */
  update(jwt: string, expectedId?: string): ClaimsOutcome {
    const refuse = (account: string, text: string, why: string): ClaimsOutcome => ({
      kind: "refused",
      account,
      text,
      why,
    });
    const decoded = decodeAccount(jwt);
    if (!decoded.ok) return refuse("n/a", "jwt update resulted in error", decoded.reason);
    const claims = decoded.value;
    const strictly = this.trust.strict && claims.iss === this.trust.operator;
    const unsigned = "operator requires issuer to be a signing key";
    if (strictly && expectedId === undefined)
      return refuse(claims.sub, "jwt update resulted in error", unsigned);
    // What is out of its time is kept: its time may come [nats-server accounts.go claimValidate].
    const issues = accountIssues(claims).blocking;
    if (issues.length > 0) {
      return refuse(claims.sub, "jwt validation failed", `validation errors: [${issues.join(" ")}]`);
    }
    if (expectedId !== undefined && claims.sub !== expectedId) {
      return refuse(expectedId, "jwt update resulted in error", "subject does not match jwt content");
    }
    if (strictly) return refuse(claims.sub, "jwt update resulted in error", unsigned);
    this.store.save(claims.sub, jwt);
    const known = this.#loaded.get(claims.sub);
    if (known !== undefined) this.#change(claims, jwt, known);
    else if (this.isWanted?.(claims.sub)) this.find(claims.sub);
    return { kind: "done", account: claims.sub };
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

  /** A new JWT for an account in use: only one that is believed changes anything. */
  #change(claims: AccountClaims, jwt: string, before: LoadedAccount): void {
    const why = this.#untrusted(claims);
    if (why !== undefined) {
      this.#trace.log("error", `Update for account "${claims.sub}" has no effect: ${why}`);
      return;
    }
    this.onChange?.(this.#apply(claims, jwt), "updated", before);
  }

  /** Why claims do not count. [nats-server server.go verifyAccountClaims] */
  #untrusted(claims: AccountClaims): string | undefined {
    if (!this.trust.keys.has(claims.iss)) return "account is not signed by a trusted operator";
    const [issue] = validateAccount(claims, this.#clock.now());
    return issue === undefined ? undefined : `account validation failed: ${issue}`;
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
