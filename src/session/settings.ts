// What a server's configuration says to each of its sessions. Replaced as a whole when the configuration is reloaded.

import type { TlsOptions } from "../ports/network.ts";
import type { TranscriptSettings } from "./transcript.ts";

export interface TlsPolicy {
  readonly options: TlsOptions;
  /** Clients without TLS are served too. */
  readonly plainAllowed: boolean;
  /** TLS comes before INFO: never, always, or when the client begins it within this many milliseconds. */
  readonly handshakeFirst: "never" | "always" | number;
  /** Lower-case hex SHA-256 of the public keys a client certificate may have; absent: any. */
  readonly pinnedCertificates?: ReadonlySet<string>;
  /** Whether one more handshake may begin now; absent: always. Counts those it allows. */
  readonly mayShakeHands?: () => boolean;
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
  /** A peer whose bytes miss the write deadline is closed; else it has another deadline, and another. */
  readonly closesAtWriteDeadline: boolean;
  readonly authTimeoutMs: number;
  readonly headers: boolean;
  /** Whoever sends faster than others read is held up for moments. */
  readonly stallFastProducers: boolean;
  /** A PROXY header says where connections come from. */
  readonly proxyProtocol: boolean;
  readonly tls: TlsPolicy | undefined;
  /** What is said is written down in the log; absent: it is not. */
  readonly transcript: TranscriptSettings | undefined;
}

/** The smallest of some limits of which -1 is none; -1 when all are. */
export function smallest(...limits: number[]): number {
  const stated = limits.filter((limit) => limit >= 0);
  return stated.length === 0 ? -1 : Math.min(...stated);
}
