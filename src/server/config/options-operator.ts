// Operator mode: whom to trust, and where account JWTs come from.
import type { TlsOptions } from "./options-tls.ts";

export type ResolverOptions =
  | { readonly kind: "memory" }
  /** Ends with a slash; an account's public key goes behind it. */
  | { readonly kind: "url"; readonly url: string; readonly tls: TlsOptions | undefined }
  | {
      readonly kind: "full";
      readonly directory: string;
      /** JWTs kept; Number.MAX_SAFE_INTEGER stands for any number. */
      readonly limit: number;
      /** Between two comparisons with the other servers of a cluster. */
      readonly intervalMs: number;
      readonly deletion: "none" | "rename" | "hard";
      readonly fetchTimeoutMs: number;
    }
  | {
      readonly kind: "cache";
      readonly directory: string;
      readonly limit: number;
      /** 0: kept until the limit pushes them out. */
      readonly ttlMs: number;
      readonly fetchTimeoutMs: number;
    };

/** An operator that is trusted, as its JWT says. */
export interface TrustedOperator {
  readonly jwt: string;
  readonly publicKey: string;
  readonly name: string;
  readonly signingKeys: readonly string[];
  readonly systemAccount: string;
  readonly accountServerUrl: string;
  readonly assertServerVersion: string;
  readonly strictSigningKeyUsage: boolean;
}

export interface OperatorOptions {
  /** Empty if `trusted_keys` alone were configured. */
  readonly operators: readonly TrustedOperator[];
  /** Public operator keys whose signatures on accounts count: of the operators and their signing keys. */
  readonly trustedKeys: readonly string[];
  readonly resolver: ResolverOptions | undefined;
  /** Account public key to account JWT. */
  readonly preload: ReadonlyMap<string, string>;
  /** Only these accounts may connect, the system account among them; undefined: all. */
  readonly pinnedAccounts: ReadonlySet<string> | undefined;
  /** JWT used for connections that bring none; "" if none. */
  readonly defaultSentinel: string;
}
