// Fills in the defaults: a draft becomes the options that a server is built from.
// [nats-server opts.go setBaselineOptions, const.go]
import { posix } from "node:path";
import type { Draft } from "./draft.ts";
import type { Endpoint, MonitoringOptions, ServerOptions, WebSocketOptions } from "./options.ts";
import type { JetStreamOptions } from "./options-jetstream.ts";
import type { OperatorOptions } from "./options-operator.ts";

export const defaults = {
  host: "0.0.0.0",
  port: 4222,
  connections: 64 * 1024,
  pingIntervalMs: 120_000,
  pingsMax: 2,
  authTimeoutMs: 2_000,
  controlLineBytes: 4_096,
  payloadBytes: 1024 * 1024,
  pendingBytes: 64 * 1024 * 1024,
  writeDeadlineMs: 10_000,
  closedConnections: 10_000,
  lameDuckDurationMs: 120_000,
  lameDuckGracePeriodMs: 10_000,
  connectErrorReports: 3_600,
  reconnectErrorReports: 1,
  syncIntervalMs: 120_000,
  jetStreamRequestQueue: 10_000,
  jetStreamConcurrentIo: 4_096,
  jetStreamConsumers: 1_000,
} as const;

/** @param digest of the configuration file, "" without one. */
export function resolve(draft: Draft, configFile: string, digest: string): ServerOptions {
  const host = draft.host || defaults.host;
  return {
    configFile,
    digest,
    serverName: draft.serverName || undefined,
    tags: draft.tags,
    metadata: draft.metadata,
    featureFlags: draft.featureFlags,
    listen: { host, port: listenPort(draft.port || defaults.port) },
    clientAdvertise: draft.clientAdvertise,
    monitoring: monitoring(draft, host),
    tls: draft.tls,
    allowNonTls: draft.allowNonTls,
    proxyProtocol: draft.proxyProtocol,
    trustedProxies: draft.trustedProxies,
    limits: {
      connections: draft.maxConnections || defaults.connections,
      subscriptions: draft.maxSubscriptions,
      subscriptionTokens: draft.maxSubscriptionTokens,
      controlLineBytes: draft.maxControlLine || defaults.controlLineBytes,
      payloadBytes: draft.maxPayload || defaults.payloadBytes,
      pendingBytes: draft.maxPending || defaults.pendingBytes,
      closedConnections: draft.maxClosedClients || defaults.closedConnections,
    },
    keepalive: {
      pingIntervalMs: draft.pingIntervalMs || defaults.pingIntervalMs,
      pingsMax: draft.pingsMax || defaults.pingsMax,
    },
    write: { deadlineMs: draft.writeDeadlineMs || defaults.writeDeadlineMs, onTimeout: draft.writeTimeout },
    lameDuck: {
      durationMs: draft.lameDuckDurationMs || defaults.lameDuckDurationMs,
      gracePeriodMs: draft.lameDuckGracePeriodMs || defaults.lameDuckGracePeriodMs,
    },
    logging: logging(draft),
    pidFile: draft.pidFile,
    portsFileDirectory: draft.portsFileDirectory,
    headers: !draft.headersDisabled,
    interestCache: !draft.interestCacheDisabled,
    stallFastProducers: !draft.fastProducerStallDisabled,
    authorization: authorization(draft),
    accounts: draft.accounts,
    systemAccount: draft.systemAccount || undefined,
    systemAccountDisabled: draft.systemAccountDisabled,
    operator: operator(draft),
    jetStream: jetStream(draft),
    webSocket: webSocket(draft),
    tenancy: draft.tenancy,
    connectErrorReports: draft.connectErrorReports || defaults.connectErrorReports,
    reconnectErrorReports: draft.reconnectErrorReports || defaults.reconnectErrorReports,
    profilingPort: draft.profilingPort,
    unsupported: draft.unsupported,
  };
}

/** What is -1 in a configuration is 0 to an operating system: any free port. */
function listenPort(port: number): number {
  return port === -1 ? 0 : port;
}

function monitoring(draft: Draft, host: string): MonitoringOptions {
  const at = (port: number): Endpoint | undefined =>
    port === 0 ? undefined : { host: draft.httpHost || host, port: listenPort(port) };
  const basePath = posix.normalize(`/${draft.httpBasePath}`);
  return {
    http: at(draft.httpPort),
    https: at(draft.httpsPort),
    basePath: basePath.length > 1 ? basePath.replace(/\/$/, "") : basePath,
  };
}

function logging(draft: Draft): ServerOptions["logging"] {
  return {
    debug: draft.debug,
    trace: draft.trace,
    traceVerbose: draft.traceVerbose,
    traceHeaders: draft.traceHeaders,
    timestamps: draft.logtime,
    utc: draft.logtimeUtc,
    file: draft.logFile || undefined,
    fileBytesMax: draft.logSizeLimit,
    filesMax: draft.logMaxFiles,
    syslog: draft.syslog,
    remoteSyslog: draft.remoteSyslog,
    tracedMessageLengthMax: draft.tracedMessageLengthMax,
  };
}

function authorization(draft: Draft): ServerOptions["authorization"] {
  const withTls = draft.tls === undefined ? defaults.authTimeoutMs : draft.tls.timeoutMs + 1_000;
  return {
    user: draft.user,
    password: draft.password,
    token: draft.token,
    timeoutMs: draft.authTimeoutSeconds === 0 ? withTls : draft.authTimeoutSeconds * 1_000,
    users: draft.users,
    nkeys: draft.nkeys,
    noAuthUser: draft.noAuthUser,
    proxyRequired: draft.proxyRequired,
    callout: draft.callout,
  };
}

function operator(draft: Draft): OperatorOptions | undefined {
  const { operators, resolver, systemAccount } = draft;
  if (operators.length === 0 && draft.trustedKeys.length === 0) return undefined;
  const expanded = operators.flatMap(({ publicKey, signingKeys, strictSigningKeyUsage }) =>
    strictSigningKeyUsage ? signingKeys : [publicKey, ...signingKeys],
  );
  // The system account can always connect.
  const pinned = draft.pinnedAccounts === undefined ? undefined : new Set(draft.pinnedAccounts);
  if (pinned !== undefined && pinned.size > 0 && systemAccount !== "") pinned.add(systemAccount);
  return {
    operators,
    trustedKeys: [...draft.trustedKeys, ...expanded],
    resolver: resolver?.kind === "url" ? { ...resolver, tls: draft.resolverTls } : resolver,
    preload: draft.preload,
    pinnedAccounts: pinned !== undefined && pinned.size === 0 ? undefined : pinned,
    defaultSentinel: draft.defaultSentinel,
  };
}

function jetStream(draft: Draft): JetStreamOptions {
  const { jetStream: js } = draft;
  const requestQueueMax = js.requestQueueMax > 0 ? js.requestQueueMax : defaults.jetStreamRequestQueue;
  return {
    ...js,
    limits: { ...js.limits, consumersDefault: js.limits.consumersDefault || defaults.jetStreamConsumers },
    memoryBytesMax: js.memoryBytesMax ?? -1,
    storeBytesMax: js.storeBytesMax ?? -1,
    syncIntervalMs: js.syncIntervalMs ?? defaults.syncIntervalMs,
    requestQueueMax,
    infoQueueMax: js.infoQueueMax > 0 ? js.infoQueueMax : requestQueueMax,
    concurrentIo: js.concurrentIo > 0 ? js.concurrentIo : defaults.jetStreamConcurrentIo,
  };
}

function webSocket(draft: Draft): WebSocketOptions | undefined {
  const { host, port, authTimeoutSeconds, ...ws } = draft.webSocket;
  if (port === 0) return undefined;
  return {
    ...ws,
    listen: { host: host || defaults.host, port: listenPort(port) },
    authTimeoutMs: authTimeoutSeconds === 0 ? undefined : authTimeoutSeconds * 1_000,
  };
}
