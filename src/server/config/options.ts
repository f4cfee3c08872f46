// What a server is told to be, fully resolved: every default is filled in, and undefined means that a thing is off or
// was left open on purpose. Durations are milliseconds (fractions possible), sizes are bytes; counts beyond 2^53 are cut
// down to it. Subjects, names and passwords are real Unicode text as written: whoever takes one onto the message
// path converts it to wire text. [nats-server opts.go Options, setBaselineOptions]
import type { GuardLimits } from "../../session/guard-limits.ts";
import type { AccountOptions, AuthorizationOptions } from "./options-access.ts";
import type { JetStreamOptions } from "./options-jetstream.ts";
import type { OperatorOptions } from "./options-operator.ts";
import type { TlsOptions } from "./options-tls.ts";

/** Where to listen. Port 0 means any free port (-1 in a configuration). */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface MonitoringOptions {
  readonly http: Endpoint | undefined;
  readonly https: Endpoint | undefined;
  /** Begins with a slash, has no slash at its end unless it is "/". */
  readonly basePath: string;
}

export interface LoggingOptions {
  readonly debug: boolean;
  readonly trace: boolean;
  /** Also traces the system account. */
  readonly traceVerbose: boolean;
  /** Traces headers without payloads. */
  readonly traceHeaders: boolean;
  readonly timestamps: boolean;
  readonly utc: boolean;
  /** Undefined: standard error. */
  readonly file: string | undefined;
  /** 0: the file is never rotated. */
  readonly fileBytesMax: number;
  /** Rotated files kept; 0: all. */
  readonly filesMax: number;
  readonly syslog: boolean;
  readonly remoteSyslog: string;
  /** Characters of a traced message that are printed; 0: all. */
  readonly tracedMessageLengthMax: number;
}

export interface LimitOptions {
  /** -1: unlimited. */
  readonly connections: number;
  /** 0: unlimited. */
  readonly subscriptions: number;
  /** 0: unlimited. */
  readonly subscriptionTokens: number;
  readonly controlLineBytes: number;
  readonly payloadBytes: number;
  readonly pendingBytes: number;
  /** Closed connections remembered for monitoring. */
  readonly closedConnections: number;
}

export interface KeepaliveOptions {
  readonly pingIntervalMs: number;
  /** Unanswered pings after which a connection is stale. */
  readonly pingsMax: number;
}

export interface WriteOptions {
  readonly deadlineMs: number;
  /** What happens to a connection whose write takes longer. "default": what its kind does by itself. */
  readonly onTimeout: "default" | "close" | "retry";
}

export interface LameDuckOptions {
  readonly durationMs: number;
  readonly gracePeriodMs: number;
}

export interface WebSocketOptions {
  readonly listen: Endpoint;
  readonly advertise: string;
  readonly tls: TlsOptions | undefined;
  /** Plain connections are accepted; has no effect if `tls` is set. */
  readonly noTls: boolean;
  readonly sameOrigin: boolean;
  readonly allowedOrigins: readonly string[];
  readonly compression: boolean;
  /** 0: nats-server's default of 2 s, applied by the transport. */
  readonly handshakeTimeoutMs: number;
  /** 0: as for other connections. */
  readonly pingIntervalMs: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly jwtCookie: string;
  readonly userCookie: string;
  readonly passwordCookie: string;
  readonly tokenCookie: string;
  readonly noAuthUser: string;
  /** Any of these set takes the place of the server's own authorization for WebSocket connections. */
  readonly user: string;
  readonly password: string;
  readonly token: string;
  /** Undefined: as for other connections. */
  readonly authTimeoutMs: number | undefined;
}

export interface ServerOptions {
  /** "" when the server runs by flags alone. */
  readonly configFile: string;
  /** `sha256:<hex>` of what the file says, "" without a file. */
  readonly digest: string;
  /** Undefined: the server is called by its public key. */
  readonly serverName: string | undefined;
  /** Lower case, without duplicates. */
  readonly tags: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly featureFlags: ReadonlyMap<string, boolean>;
  readonly listen: Endpoint;
  /** host:port told to clients instead of the listen address; "" if none. */
  readonly clientAdvertise: string;
  readonly monitoring: MonitoringOptions;
  readonly tls: TlsOptions | undefined;
  /** Plain connections are accepted beside TLS. */
  readonly allowNonTls: boolean;
  readonly proxyProtocol: boolean;
  /** Public keys of proxies that are trusted to vouch for a connection. */
  readonly trustedProxies: readonly string[];
  readonly limits: LimitOptions;
  readonly keepalive: KeepaliveOptions;
  readonly write: WriteOptions;
  readonly lameDuck: LameDuckOptions;
  readonly logging: LoggingOptions;
  readonly pidFile: string;
  readonly portsFileDirectory: string;
  readonly headers: boolean;
  readonly interestCache: boolean;
  readonly stallFastProducers: boolean;
  readonly authorization: AuthorizationOptions;
  /** As configured, without $SYS and (unless it has mappings) $G. Empty in operator mode. */
  readonly accounts: readonly AccountOptions[];
  /** Undefined: "$SYS", unless `systemAccountDisabled`. */
  readonly systemAccount: string | undefined;
  readonly systemAccountDisabled: boolean;
  readonly operator: OperatorOptions | undefined;
  readonly jetStream: JetStreamOptions;
  readonly webSocket: WebSocketOptions | undefined;
  /** `unguarded` where the configuration has no such block. */
  readonly tenancy: GuardLimits;
  readonly connectErrorReports: number;
  readonly reconnectErrorReports: number;
  /** Profiling port, 0: none. Accepted, never opened. */
  readonly profilingPort: number;
  /** Top-level blocks that were read and found well-formed but that this server does not act on, in their order. */
  readonly unsupported: readonly string[];
}
