// What monitoring shows of a server's configuration: the part of the server's own options that it reads, and nothing
// that is secret. Durations are milliseconds, sizes bytes.

import type { Endpoint } from "../ports/network.ts";

interface TlsSettings {
  readonly certificates: readonly { readonly cert: string }[];
  readonly timeoutMs: number;
  readonly map: boolean;
  readonly pinnedCerts: ReadonlySet<string>;
  readonly handshakeFirst: boolean;
  readonly handshakeFallbackMs: number;
}

export interface WebSocketSettings {
  readonly listen: Endpoint;
  readonly advertise: string;
  readonly tls: TlsSettings | undefined;
  readonly noTls: boolean;
  readonly sameOrigin: boolean;
  readonly allowedOrigins: readonly string[];
  readonly compression: boolean;
  readonly handshakeTimeoutMs: number;
  readonly jwtCookie: string;
  readonly noAuthUser: string;
  readonly authTimeoutMs: number | undefined;
}

interface ExportSettings {
  readonly subject: string;
  readonly accounts: readonly string[] | undefined;
  readonly accountTokenPosition: number;
}

export interface AccountSettings {
  readonly name: string;
  readonly exports: {
    readonly streams: readonly ExportSettings[];
    readonly services: readonly (ExportSettings & {
      readonly responseType: "singleton" | "stream" | "chunked";
      readonly latency: { readonly subject: string; readonly sampling: number } | undefined;
    })[];
  };
  readonly imports: {
    readonly streams: readonly {
      readonly account: string;
      readonly subject: string;
      readonly to: string;
      readonly prefix: string;
    }[];
    readonly services: readonly {
      readonly account: string;
      readonly subject: string;
      readonly to: string;
      readonly share: boolean;
    }[];
  };
  readonly mappings: readonly {
    readonly source: string;
    readonly destinations: readonly {
      readonly subject: string;
      readonly weight: number;
      readonly cluster: string;
    }[];
  }[];
}

export interface Settings {
  readonly digest: string;
  readonly listen: Endpoint;
  readonly tags: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly featureFlags: ReadonlyMap<string, boolean>;
  readonly monitoring: {
    readonly http: Endpoint | undefined;
    readonly https: Endpoint | undefined;
    readonly basePath: string;
  };
  readonly tls: TlsSettings | undefined;
  readonly trustedProxies: readonly string[];
  readonly limits: {
    readonly connections: number;
    readonly subscriptions: number;
    readonly controlLineBytes: number;
    readonly payloadBytes: number;
    readonly pendingBytes: number;
  };
  readonly keepalive: { readonly pingIntervalMs: number; readonly pingsMax: number };
  readonly write: { readonly deadlineMs: number; readonly onTimeout: "default" | "close" | "retry" };
  readonly authorization: { readonly timeoutMs: number };
  readonly accounts: readonly AccountSettings[];
  /** Then there are no events, and nobody answers. */
  readonly systemAccountDisabled: boolean;
  readonly operator: { readonly operators: readonly { readonly jwt: string }[] } | undefined;
  readonly webSocket: WebSocketSettings | undefined;
}

/** What is on or off in nats-server unless the configuration says otherwise. [nats-server feature_flags.go] */
const featuresByDefault: readonly (readonly [string, boolean])[] = [
  ["js_ack_fc_v2", false],
  ["js_api_reply_v2", false],
  ["js_raft_delete_range", true],
  ["js_snapshot_sources", false],
];

export function featureFlags(settings: Settings): ReadonlyMap<string, boolean> {
  return new Map([...featuresByDefault, ...settings.featureFlags]);
}
