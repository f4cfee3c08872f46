// Account JWTs that are pushed: which are taken, and what is answered, depends on whether this server keeps them all,
// caches those in use, or keeps none. [nats-server accounts.go DirAccResolver.Start, CacheDirAccResolver.Start, events.go
// accountClaimUpdate]

import type { AccountClaims } from "../identity/account-claims.ts";
import { decodeAccount } from "../identity/claims.ts";
import { accountIssues } from "../identity/validate.ts";
import type { ClaimsStore } from "./claims-store.ts";
import type { LoadedAccount, OperatorTrust } from "./loaded-account.ts";

/** What became of a request to change claims, and what is said of it. */
export type ClaimsOutcome =
  | { readonly kind: "done"; readonly account: string; readonly text: string }
  | { readonly kind: "refused"; readonly account: string; readonly text: string; readonly why: string };

export interface UpdatedAccounts {
  readonly trust: OperatorTrust;
  readonly store: ClaimsStore;
  loaded(id: string): LoadedAccount | undefined;
  /** Puts claims of an account in force that is in use; answers why not. */
  replace(claims: AccountClaims, jwt: string): string | undefined;
}

interface Words {
  readonly done: string;
  readonly wrong: string;
  readonly invalid: string;
  readonly skipped: string;
}

const words: Readonly<Record<ClaimsStore["updates"], Words>> = {
  stored: {
    done: "jwt updated",
    wrong: "jwt update resulted in error",
    invalid: "jwt validation failed",
    skipped: "jwt update skipped",
  },
  cached: {
    done: "jwt updated cache",
    wrong: "jwt update cache resulted in error",
    invalid: "jwt update cache validation failed",
    skipped: "jwt update cache skipped",
  },
  live: {
    done: "jwt updated",
    wrong: "jwt update resulted in error",
    invalid: "jwt update resulted in error",
    skipped: "jwt update skipped",
  },
};

type Step = (claims: AccountClaims) => ClaimsOutcome | undefined;

/**
 * @param named the account whose subject the JWT was sent to; undefined where the subject names none.
 * @throws Fault when the JWT cannot be stored.
 */
export function updateClaims(
  accounts: UpdatedAccounts,
  jwt: string,
  named: string | undefined,
): ClaimsOutcome {
  const { store, trust } = accounts;
  const kind = store.updates;
  const { done, wrong, invalid, skipped } = words[kind];
  const refuse = (account: string, text: string, why: string): ClaimsOutcome => {
    return { kind: "refused", account, text, why };
  };
  if (kind === "live" && jwt === "")
    return refuse(named ?? "n/a", "jwt update error", "request body is empty");
  const decoded = decodeAccount(jwt);
  if (!decoded.ok) {
    return refuse(kind === "stored" || named === undefined ? "n/a" : named, wrong, decoded.reason);
  }
  const signed: Step = ({ iss, sub }) =>
    trust.strict && iss === trust.operator
      ? refuse(named ?? sub, wrong, "operator requires issuer to be a signing key")
      : undefined;
  const meant: Step = ({ sub }) =>
    named !== undefined && sub !== named
      ? refuse(named, wrong, "subject does not match jwt content")
      : undefined;
  const inUse: Step = ({ sub }) =>
    accounts.loaded(sub) === undefined ? { kind: "done", account: sub, text: skipped } : undefined;
  // What is out of its time is kept: its time may come [nats-server accounts.go claimValidate].
  const good: Step = (claims) => {
    const issues = accountIssues(claims).blocking;
    const why = `validation errors: [${issues.join(" ")}]`;
    return issues.length === 0 ? undefined : refuse(claims.sub, invalid, why);
  };
  const kept: Step = ({ sub }) => {
    store.save(sub, jwt);
    return undefined;
  };
  const inForce: Step = (claims) => {
    if (accounts.loaded(claims.sub) === undefined) return undefined;
    const why = accounts.replace(claims, jwt);
    return why === undefined || kind !== "live" ? undefined : refuse(claims.sub, wrong, why);
  };
  const storing = named === undefined ? [signed, good] : [good, meant, signed];
  const steps: Readonly<Record<ClaimsStore["updates"], readonly Step[]>> = {
    stored: [...storing, kept, inForce],
    cached: [meant, signed, inUse, good, kept, inForce],
    live: [meant, inUse, inForce],
  };
  for (const step of steps[kind]) {
    const outcome = step(decoded.value);
    if (outcome !== undefined) return outcome;
  }
  return { kind: "done", account: decoded.value.sub, text: done };
}
