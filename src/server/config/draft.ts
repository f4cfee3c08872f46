// The options while they are being gathered from a file and from flags: "", 0 and undefined mean "not said".
// One owner: `configure` makes a draft, the block readers fill it in, `resolve` turns it into ServerOptions.
import { type GuardLimits, unguarded } from "../../session/guard-limits.ts";
import type { AccountOptions, AuthCalloutOptions, NkeyUserOptions, UserOptions } from "./options-access.ts";
import type { JetStreamLimitOptions, JetStreamOptions } from "./options-jetstream.ts";
import type { ResolverOptions, TrustedOperator } from "./options-operator.ts";
import type { TlsOptions } from "./options-tls.ts";

export interface WebSocketDraft {
  host: string;
  port: number;
  advertise: string;
  noTls: boolean;
  tls: TlsOptions | undefined;
  sameOrigin: boolean;
  allowedOrigins: readonly string[];
  handshakeTimeoutMs: number;
  compression: boolean;
  user: string;
  password: string;
  token: string;
  authTimeoutSeconds: number;
  jwtCookie: string;
  userCookie: string;
  passwordCookie: string;
  tokenCookie: string;
  noAuthUser: string;
  headers: Map<string, string>;
  pingIntervalMs: number;
}

/** As options, but not yet complete; `undefined` where 0 or "" would mean something. */
export interface JetStreamDraft {
  enabled: boolean;
  strict: boolean;
  storeDirectory: string;
  memoryBytesMax: number | undefined;
  storeBytesMax: number | undefined;
  domain: string;
  uniqueTag: string;
  syncIntervalMs: number | undefined;
  syncAlways: boolean;
  limits: JetStreamLimitOptions;
  encryptionKey: string;
  previousEncryptionKey: string;
  cipher: JetStreamOptions["cipher"];
  extensionHint: string;
  bufferedMessagesMax: number;
  bufferedBytesMax: number;
  requestQueueMax: number;
  infoQueueMax: number;
  concurrentIo: number;
  outstandingCatchupBytes: number;
  defaultDomains: Map<string, string>;
}

/** What of a cluster, gateway, leaf node or MQTT block other options are checked against. */
export interface NeighbourDraft {
  clusterName: string;
  clusterHost: string;
  clusterPort: number;
  gatewayName: string;
  gatewayPort: number;
  leafNodePort: number;
  leafNodeRemotes: number;
  mqttPort: number;
}

export class Draft {
  host = "";
  /** 0: not said; -1: any. */
  port = 0;
  clientAdvertise = "";
  serverName = "";
  debug = false;
  trace = false;
  traceVerbose = false;
  traceHeaders = false;
  /** True without a file or flag: the flag's default. */
  logtime = true;
  logtimeUtc = false;
  logFile = "";
  logSizeLimit = 0;
  logMaxFiles = 0;
  syslog = false;
  remoteSyslog = "";
  tracedMessageLengthMax = 0;
  interestCacheDisabled = false;
  headersDisabled = false;
  fastProducerStallDisabled = false;
  accounts: AccountOptions[] = [];
  users: UserOptions[] = [];
  nkeys: NkeyUserOptions[] = [];
  user = "";
  password = "";
  token = "";
  /** Seconds; 0: not said. */
  authTimeoutSeconds = 0;
  proxyRequired = false;
  callout: AuthCalloutOptions | undefined = undefined;
  noAuthUser = "";
  defaultSentinel = "";
  systemAccount = "";
  systemAccountDisabled = false;
  httpHost = "";
  httpPort = 0;
  httpsPort = 0;
  httpBasePath = "";
  pidFile = "";
  portsFileDirectory = "";
  profilingPort = 0;
  maxControlLine = 0;
  maxPayload = 0;
  maxPending = 0;
  maxConnections = 0;
  maxSubscriptions = 0;
  maxSubscriptionTokens = 0;
  maxClosedClients = 0;
  proxyProtocol = false;
  trustedProxies: string[] = [];
  pingIntervalMs = 0;
  pingsMax = 0;
  writeDeadlineMs = 0;
  writeTimeout: "default" | "close" | "retry" = "default";
  lameDuckDurationMs = 0;
  lameDuckGracePeriodMs = 0;
  tls: TlsOptions | undefined = undefined;
  allowNonTls = false;
  connectErrorReports = 0;
  reconnectErrorReports = 0;
  tags: string[] = [];
  metadata = new Map<string, string>();
  featureFlags = new Map<string, boolean>();
  operators: TrustedOperator[] = [];
  trustedKeys: string[] = [];
  resolver: ResolverOptions | undefined = undefined;
  resolverTls: TlsOptions | undefined = undefined;
  preload = new Map<string, string>();
  pinnedAccounts: Set<string> | undefined = undefined;
  jetStream: JetStreamDraft = {
    enabled: false,
    strict: true,
    storeDirectory: "",
    memoryBytesMax: undefined,
    storeBytesMax: undefined,
    domain: "",
    uniqueTag: "",
    syncIntervalMs: undefined,
    syncAlways: false,
    limits: noJetStreamLimits(),
    encryptionKey: "",
    previousEncryptionKey: "",
    cipher: "default",
    extensionHint: "",
    bufferedMessagesMax: 0,
    bufferedBytesMax: 0,
    requestQueueMax: 0,
    infoQueueMax: 0,
    concurrentIo: 0,
    outstandingCatchupBytes: 0,
    defaultDomains: new Map(),
  };
  webSocket: WebSocketDraft = {
    host: "",
    port: 0,
    advertise: "",
    noTls: false,
    tls: undefined,
    sameOrigin: false,
    allowedOrigins: [],
    handshakeTimeoutMs: 0,
    compression: false,
    user: "",
    password: "",
    token: "",
    authTimeoutSeconds: 0,
    jwtCookie: "",
    userCookie: "",
    passwordCookie: "",
    tokenCookie: "",
    noAuthUser: "",
    headers: new Map(),
    pingIntervalMs: 0,
  };
  neighbours: NeighbourDraft = {
    clusterName: "",
    clusterHost: "",
    clusterPort: 0,
    gatewayName: "",
    gatewayPort: 0,
    leafNodePort: 0,
    leafNodeRemotes: 0,
    mqttPort: 0,
  };
  tenancy: GuardLimits = unguarded;
  unsupported: string[] = [];
}

export function noJetStreamLimits(): JetStreamLimitOptions {
  return {
    ackPending: 0,
    highAvailabilityAssets: 0,
    requestBatch: 0,
    duplicateWindowMs: 0,
    batchesPerStream: 0,
    batches: 0,
    batchMessages: 0,
    batchTimeoutMs: 0,
    consumersDefault: 0,
  };
}
