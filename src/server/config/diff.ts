// Which settings differ between two configurations, and which of those a running server can take over.
// [nats-server reload.go diffOptions; settings have the names that its messages use]
import { isDeepStrictEqual } from "node:util";
import type { ServerOptions } from "./options.ts";

export interface OptionChange {
  /** nats-server's name for the setting: "MaxPayload", "Users". */
  readonly name: string;
  readonly reloadable: boolean;
}

export interface OptionsDiff {
  /** What changed, in nats-server's order. */
  readonly changes: readonly OptionChange[];
  /** Why the new configuration cannot be taken over while the server runs; undefined if it can. */
  readonly refusal: string | undefined;
}

type Read = (options: ServerOptions) => unknown;

/** What a change of one setting means: it can be taken over, it cannot (text says why), or it is none. */
type Judgement = "reloadable" | "none" | { readonly refusal: string };

interface Row {
  readonly name: string;
  readonly read: Read;
  readonly judge: (before: ServerOptions, after: ServerOptions) => Judgement;
}

const reloadable = (name: string, read: Read): Row => ({ name, read, judge: () => "reloadable" });

function notSupported(name: string, before: unknown, after: unknown): Judgement {
  return { refusal: `config reload not supported for ${name}: old=${shown(before)}, new=${shown(after)}` };
}

const fixed = (name: string, read: Read): Row => ({
  name,
  read,
  judge: (before, after) => notSupported(name, read(before), read(after)),
});

/** As Go prints plain values; of records only what they are, for they may hold secrets. */
function shown(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "object" && value !== null ? "…" : String(value);
}

function judgePort(before: ServerOptions, after: ServerOptions): Judgement {
  // Any free port: the one that is open is one.
  if (after.listen.port === 0) return "none";
  return notSupported("Port", before.listen.port, after.listen.port);
}

/** It can only be dropped, and only together with the user. */
function judgeNoAuthUser(before: ServerOptions, after: ServerOptions): Judgement {
  const [was, becomes] = [before.authorization.noAuthUser, after.authorization.noAuthUser];
  const remains = after.authorization.users.some(({ user }) => user === was);
  return was !== "" && becomes === "" && !remains ? "reloadable" : notSupported("NoAuthUser", was, becomes);
}

function judgeSystemAccount(before: ServerOptions, after: ServerOptions): Judgement {
  const [was, becomes] = [before.systemAccount ?? "$SYS", after.systemAccount ?? ""];
  return was === "$SYS" && becomes === "" ? "reloadable" : notSupported("SystemAccount", was, becomes);
}

function judgeStoreDirectory(before: ServerOptions, after: ServerOptions): Judgement {
  if (!before.jetStream.enabled) return "reloadable";
  if (after.jetStream.storeDirectory !== "") {
    return { refusal: "config reload not supported for jetstream storage directory" };
  }
  if (!after.jetStream.enabled) return "reloadable";
  return { refusal: "config reload not supported for jetstream storage dir" };
}

const judgeJetStreamBytes =
  (name: "memoryBytesMax" | "storeBytesMax") =>
  (before: ServerOptions, after: ServerOptions): Judgement => {
    if (!before.jetStream.enabled) return "reloadable";
    const [was, becomes] = [before.jetStream[name], after.jetStream[name]];
    const unsupported = "config reload not supported for";
    if (was !== -1 && becomes !== -1 && becomes > was) return "reloadable";
    if (was !== -1 && becomes === -1) {
      if (!after.jetStream.enabled) return "reloadable";
      return { refusal: `${unsupported} jetstream max memory and max store` };
    }
    if (was === -1) return { refusal: `${unsupported} jetstream dynamic max memory and store` };
    return { refusal: `${unsupported} decreasing jetstream max memory and store` };
  };

function judgeConcurrentIo(before: ServerOptions, after: ServerOptions): Judgement {
  if (!after.jetStream.enabled) return "none";
  return notSupported("JetStreamConcurrentIOs", before.jetStream.concurrentIo, after.jetStream.concurrentIo);
}

function judgeResolver(before: ServerOptions, after: ServerOptions): Judgement {
  const [was, becomes] = [before.operator?.resolver, after.operator?.resolver];
  if ((was === undefined) === (becomes === undefined)) return "reloadable";
  return { refusal: "config reload does not support moving to or from an account resolver" };
}

function judgeTrustedKeys(before: ServerOptions, after: ServerOptions): Judgement {
  // With operators these are the operators' own keys, which are compared below.
  if ((before.operator?.operators.length ?? 0) > 0) return "none";
  return notSupported("TrustedKeys", before.operator?.trustedKeys, after.operator?.trustedKeys);
}

/** All but its certificates, which can be replaced. */
function webSocketWithoutTls({ webSocket }: ServerOptions): unknown {
  return webSocket === undefined ? undefined : { ...webSocket, tls: webSocket.tls !== undefined };
}

/** What of a tls block makes the TLS context. */
function tlsContext({ tls }: ServerOptions): unknown {
  if (tls === undefined) return undefined;
  const { certificates, ca, verify, insecure, cipherSuites, curvePreferences, minVersion } = tls;
  return { certificates, ca, verify, insecure, cipherSuites, curvePreferences, minVersion };
}

const rows: readonly Row[] = [
  fixed("ServerName", (o) => o.serverName),
  fixed("Host", (o) => o.listen.host),
  { name: "Port", read: (o) => o.listen.port, judge: judgePort },
  reloadable("ClientAdvertise", (o) => o.clientAdvertise),
  reloadable("Trace", (o) => o.logging.trace),
  reloadable("Debug", (o) => o.logging.debug),
  reloadable("TraceVerbose", (o) => o.logging.traceVerbose),
  reloadable("TraceHeaders", (o) => o.logging.traceHeaders),
  fixed("NoSublistCache", (o) => !o.interestCache),
  fixed("NoHeaderSupport", (o) => !o.headers),
  reloadable("Logtime", (o) => o.logging.timestamps),
  reloadable("LogtimeUTC", (o) => o.logging.utc),
  reloadable("MaxConn", (o) => o.limits.connections),
  fixed("MaxSubs", (o) => o.limits.subscriptions),
  fixed("MaxSubTokens", (o) => o.limits.subscriptionTokens),
  reloadable("Nkeys", (o) => o.authorization.nkeys),
  reloadable("Users", (o) => o.authorization.users),
  reloadable("Accounts", (o) => o.accounts),
  { name: "NoAuthUser", read: (o) => o.authorization.noAuthUser, judge: judgeNoAuthUser },
  reloadable("DefaultSentinel", (o) => o.operator?.defaultSentinel ?? ""),
  { name: "SystemAccount", read: (o) => o.systemAccount, judge: judgeSystemAccount },
  fixed("NoSystemAccount", (o) => o.systemAccountDisabled),
  reloadable("Username", (o) => o.authorization.user),
  reloadable("Password", (o) => o.authorization.password),
  fixed("ProxyRequired", (o) => o.authorization.proxyRequired),
  fixed("ProxyProtocol", (o) => o.proxyProtocol),
  reloadable("Authorization", (o) => o.authorization.token),
  fixed("AuthCallout", (o) => o.authorization.callout),
  reloadable("PingInterval", (o) => o.keepalive.pingIntervalMs),
  reloadable("MaxPingsOut", (o) => o.keepalive.pingsMax),
  fixed("HTTPHost", (o) => (o.monitoring.http ?? o.monitoring.https)?.host),
  fixed("HTTPPort", (o) => o.monitoring.http?.port),
  fixed("HTTPBasePath", (o) => o.monitoring.basePath),
  fixed("HTTPSPort", (o) => o.monitoring.https?.port),
  reloadable("AuthTimeout", (o) => o.authorization.timeoutMs),
  reloadable("MaxControlLine", (o) => o.limits.controlLineBytes),
  reloadable("MaxPayload", (o) => o.limits.payloadBytes),
  fixed("MaxPending", (o) => o.limits.pendingBytes),
  reloadable("NoFastProducerStall", (o) => !o.stallFastProducers),
  reloadable("JetStream", (o) => o.jetStream.enabled),
  fixed("NoJetStreamStrict", (o) => !o.jetStream.strict),
  {
    name: "JetStreamMaxMemory",
    read: (o) => o.jetStream.memoryBytesMax,
    judge: judgeJetStreamBytes("memoryBytesMax"),
  },
  {
    name: "JetStreamMaxStore",
    read: (o) => o.jetStream.storeBytesMax,
    judge: judgeJetStreamBytes("storeBytesMax"),
  },
  fixed("JetStreamDomain", (o) => o.jetStream.domain),
  fixed("JetStreamExtHint", (o) => o.jetStream.extensionHint),
  fixed("JetStreamKey", (o) => secret(o.jetStream.encryptionKey)),
  fixed("JetStreamOldKey", (o) => secret(o.jetStream.previousEncryptionKey)),
  fixed("JetStreamCipher", (o) => o.jetStream.cipher),
  fixed("JetStreamUniqueTag", (o) => o.jetStream.uniqueTag),
  reloadable("JetStreamLimits", (o) => o.jetStream.limits),
  fixed("JetStreamMaxCatchup", (o) => o.jetStream.outstandingCatchupBytes),
  fixed("JetStreamRequestQueueLimit", (o) => o.jetStream.requestQueueMax),
  fixed("JetStreamInfoQueueLimit", (o) => o.jetStream.infoQueueMax),
  { name: "JetStreamConcurrentIOs", read: (o) => o.jetStream.concurrentIo, judge: judgeConcurrentIo },
  fixed("StreamMaxBufferedMsgs", (o) => o.jetStream.bufferedMessagesMax),
  fixed("StreamMaxBufferedSize", (o) => o.jetStream.bufferedBytesMax),
  { name: "StoreDir", read: (o) => o.jetStream.storeDirectory, judge: judgeStoreDirectory },
  fixed("SyncInterval", (o) => o.jetStream.syncIntervalMs),
  fixed("SyncAlways", (o) => o.jetStream.syncAlways),
  fixed("JsAccDefaultDomain", (o) => o.jetStream.defaultDomains),
  fixed("Websocket", webSocketWithoutTls),
  fixed("ProfPort", (o) => o.profilingPort),
  reloadable("PidFile", (o) => o.pidFile),
  reloadable("PortsFileDir", (o) => o.portsFileDirectory),
  reloadable("LogFile", (o) => o.logging.file),
  fixed("LogSizeLimit", (o) => o.logging.fileBytesMax),
  fixed("LogMaxFiles", (o) => o.logging.filesMax),
  reloadable("Syslog", (o) => o.logging.syslog),
  reloadable("RemoteSyslog", (o) => o.logging.remoteSyslog),
  reloadable("TLSTimeout", (o) => o.tls?.timeoutMs),
  fixed("TLSMap", (o) => o.tls?.map ?? false),
  reloadable("TLSConfig", tlsContext),
  reloadable("TLSPinnedCerts", (o) => o.tls?.pinnedCerts ?? new Set()),
  fixed("TLSRateLimit", (o) => o.tls?.connectionRateLimit ?? 0),
  reloadable("TLSHandshakeFirst", (o) => o.tls?.handshakeFirst ?? false),
  reloadable("TLSHandshakeFirstFallback", (o) => o.tls?.handshakeFallbackMs ?? 0),
  fixed("AllowNonTLS", (o) => o.allowNonTls),
  reloadable("WriteDeadline", (o) => o.write.deadlineMs),
  fixed("WriteTimeout", (o) => o.write.onTimeout),
  fixed("MaxClosedClients", (o) => o.limits.closedConnections),
  fixed("LameDuckDuration", (o) => o.lameDuck.durationMs),
  fixed("LameDuckGracePeriod", (o) => o.lameDuck.gracePeriodMs),
  reloadable("MaxTracedMsgLen", (o) => o.logging.tracedMessageLengthMax),
  { name: "TrustedKeys", read: (o) => o.operator?.trustedKeys ?? [], judge: judgeTrustedKeys },
  fixed("TrustedOperators", (o) => o.operator?.operators.map(({ jwt }) => jwt) ?? []),
  { name: "AccountResolver", read: (o) => o.operator?.resolver, judge: judgeResolver },
  reloadable("ResolverPreload", (o) => o.operator?.preload ?? new Map()),
  reloadable("ResolverPinnedAccounts", (o) => o.operator?.pinnedAccounts),
  reloadable("ConnectErrorReports", (o) => o.connectErrorReports),
  reloadable("ReconnectErrorReports", (o) => o.reconnectErrorReports),
  reloadable("Tags", (o) => o.tags),
  reloadable("Metadata", (o) => o.metadata),
  fixed("FeatureFlags", (o) => o.featureFlags),
  reloadable("Tenancy", (o) => o.tenancy),
  reloadable("Proxies", (o) => o.trustedProxies),
];

/** Keeps a key out of messages while a change of it is still seen. */
function secret(key: string): unknown {
  return { key };
}

/** `before` is what the server runs with, its listen port as opened. */
export function diffOptions(before: ServerOptions, after: ServerOptions): OptionsDiff {
  const changes: OptionChange[] = [];
  let refusal: string | undefined;
  for (const { name, read, judge } of rows) {
    if (isDeepStrictEqual(read(before), read(after))) continue;
    const judgement = judge(before, after);
    if (judgement === "none") continue;
    changes.push({ name, reloadable: judgement === "reloadable" });
    if (judgement !== "reloadable") refusal ??= judgement.refusal;
  }
  return { changes, refusal };
}
