// What the log says of each setting that a reload changed, in nats-server's words. [nats-server reload.go Apply]

import { goDuration } from "../base/go-duration.ts";
import type { OptionChange } from "./config/diff.ts";
import type { ServerOptions } from "./config/options.ts";

type Line = (after: ServerOptions, before: ServerOptions) => string;

const lines: Readonly<Record<string, Line>> = {
  Trace: (o) => `Reloaded: trace = ${o.logging.trace}`,
  TraceVerbose: (o) => `Reloaded: trace_verbose = ${o.logging.traceVerbose}`,
  TraceHeaders: (o) => `Reloaded: trace_headers = ${o.logging.traceHeaders}`,
  Debug: (o) => `Reloaded: debug = ${o.logging.debug}`,
  Logtime: (o) => `Reloaded: logtime = ${o.logging.timestamps}`,
  LogtimeUTC: (o) => `Reloaded: logtime_utc = ${o.logging.utc}`,
  LogFile: (o) => `Reloaded: log_file = ${o.logging.file ?? ""}`,
  Syslog: (o) => `Reloaded: syslog = ${o.logging.syslog}`,
  RemoteSyslog: (o) => `Reloaded: remote_syslog = ${o.logging.remoteSyslog}`,
  TLSConfig: (o) => `Reloaded: tls = ${o.tls === undefined ? "disabled" : "enabled"}`,
  TLSTimeout: (o) => `Reloaded: tls timeout = ${(o.tls?.timeoutMs ?? 0) / 1_000}`,
  TLSPinnedCerts: (o) => `Reloaded: ${o.tls?.pinnedCerts.size ?? 0} pinned_certs`,
  TLSHandshakeFirst: (o) => `Reloaded: Client TLS handshake first: ${o.tls?.handshakeFirst ?? false}`,
  TLSHandshakeFirstFallback: (o) =>
    `Reloaded: Client TLS handshake first fallback delay: ${goDuration(o.tls?.handshakeFallbackMs ?? 0)}`,
  Username: () => "Reloaded: authorization username",
  Password: () => "Reloaded: authorization password",
  Authorization: () => "Reloaded: authorization token",
  AuthTimeout: (o) => `Reloaded: authorization timeout = ${o.authorization.timeoutMs / 1_000}`,
  Tags: () => "Reloaded: tags",
  Metadata: () => "Reloaded: metadata",
  Users: () => "Reloaded: authorization users",
  Nkeys: () => "Reloaded: authorization nkey users",
  MaxConn: (o) => `Reloaded: max_connections = ${o.limits.connections}`,
  PidFile: (o) => (o.pidFile === "" ? "" : `Reloaded: pid_file = ${o.pidFile}`),
  PortsFileDir: (o) => `Reloaded: ports_file_dir = ${o.portsFileDirectory}`,
  MaxControlLine: (o) => `Reloaded: max_control_line = ${o.limits.controlLineBytes}`,
  MaxPayload: (o) => `Reloaded: max_payload = ${o.limits.payloadBytes}`,
  PingInterval: (o) => `Reloaded: ping_interval = ${goDuration(o.keepalive.pingIntervalMs)}`,
  MaxPingsOut: (o) => `Reloaded: ping_max = ${o.keepalive.pingsMax}`,
  WriteDeadline: (o) => `Reloaded: write_deadline = ${goDuration(o.write.deadlineMs)}`,
  ClientAdvertise: (o) => `Reload: client_advertise = ${o.clientAdvertise}`,
  Accounts: () => "Reloaded: accounts",
  AccountResolver: () => "Reloaded: accounts",
  ResolverPreload: () => "Reloaded: accounts",
  JetStream: () => "Reloaded: JetStream",
  DefaultSentinel: (o) => `Reloaded: default_sentinel = ${o.operator?.defaultSentinel ?? ""}`,
  ConnectErrorReports: (o) => `Reloaded: connect_error_reports = ${o.connectErrorReports}`,
  ReconnectErrorReports: (o) => `Reloaded: reconnect_error_reports = ${o.reconnectErrorReports}`,
  MaxTracedMsgLen: (o) => `Reloaded: max_traced_msg_len = ${o.logging.tracedMessageLengthMax}`,
  NoFastProducerStall: (o) => `Reloaded: fast producers will ${o.stallFastProducers ? "" : "not "}be stalled`,
  Tenancy: () => "Reloaded: tenancy",
  Proxies: ({ trustedProxies: now }, { trustedProxies: then }) => {
    const gone = then.filter((key) => !now.includes(key));
    const verb = gone.length > 0 ? "removed" : "added";
    const keys = gone.length > 0 ? gone : now.filter((key) => !then.includes(key));
    return `Reloaded: proxies trusted keys [${keys.map((key) => `"${key}"`).join(" ")}] were ${verb}`;
  },
};

export function reloadLines(
  changes: readonly OptionChange[],
  before: ServerOptions,
  after: ServerOptions,
): readonly string[] {
  const said = changes.map(({ name }) => lines[name]?.(after, before) ?? "");
  // nats-server compares accounts and users by identity: it says so of them at every reload.
  const always = after.operator === undefined ? ["Reloaded: authorization users", "Reloaded: accounts"] : [];
  // Of authorities too.
  if (after.tls !== undefined && after.tls.caFile !== "") said.push("Reloaded: tls = enabled");
  return [...new Set([...said, ...always])].filter((line) => line !== "");
}
