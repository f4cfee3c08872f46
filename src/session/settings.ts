// What a server's configuration says to each of its sessions. Replaced as a whole when the configuration is reloaded.

import type { TlsOptions } from "../ports/network.ts";

export interface TlsPolicy {
  readonly options: TlsOptions;
  /** Clients without TLS are served too. */
  readonly plainAllowed: boolean;
  /** TLS comes before INFO: never, always, or when the client begins it within this many milliseconds. */
  readonly handshakeFirst: "never" | "always" | number;
  /** Lower-case hex SHA-256 of the public keys a client certificate may have; absent: any. */
  readonly pinnedCertificates?: ReadonlySet<string>;
}

export interface SessionSettings {
  /** Bytes. */
  readonly maxControlLine: number;
  readonly maxPayload: number;
  readonly maxPending: number;
  /** Per connection; 0 for no limit. */
  readonly maxSubscriptions: number;
  /** Tokens of a subscription's subject; 0 for no limit. */
  readonly maxSubscriptionTokens: number;
  readonly pingIntervalMs: number;
  /** Pings that may be unanswered at a time. */
  readonly maxPingsOut: number;
  readonly writeDeadlineMs: number;
  readonly authTimeoutMs: number;
  readonly headers: boolean;
  readonly tls: TlsPolicy | undefined;
}
