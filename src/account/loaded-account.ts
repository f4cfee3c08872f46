// An account of operator mode as its claims make it, and whom its server believes.

import type { AccountClaims } from "../identity/account-claims.ts";
import type { Account } from "./account.ts";

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
  /** "" while nobody has claims of it: then it was let in to fetch them. */
  readonly jwt: string;
  /** Its own key may not sign users, as long as it is no signing key. */
  readonly strict: boolean;
  /** Removed or expired: nobody gets in. */
  readonly disabled: boolean;
}
