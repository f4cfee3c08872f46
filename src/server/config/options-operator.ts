// Operator mode: whom to trust, and where account JWTs come from.

export type ResolverOptions =
  | { readonly kind: "memory" }
  | { readonly kind: "url"; readonly url: string }
  | {
      readonly kind: "full";
      readonly directory: string;
      readonly limit: number;
      /** Between two comparisons with the other servers of a cluster; 0: the default. */
      readonly intervalMs: number;
      readonly deletion: "none" | "rename" | "hard";
      readonly fetchTimeoutMs: number;
    }
  | {
      readonly kind: "cache";
      readonly directory: string;
      readonly limit: number;
      readonly ttlMs: number;
      readonly fetchTimeoutMs: number;
    };

export interface OperatorOptions {
  /** Operator JWTs that are trusted; empty if `trustedKeys` alone were configured. */
  readonly jwts: readonly string[];
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
