// The server's settings and what it has done so far. [nats-server monitor.go Varz]

import { X509Certificate } from "node:crypto";
import { decodeOperator } from "../../identity/claims.ts";
import { operatorClaimsShape } from "../../identity/operator-claims.ts";
import { goMap, sparse } from "../go-json.ts";
import { featureFlags, type Settings, type WebSocketSettings } from "../settings.ts";
import type { SubjectServer } from "../subject-server.ts";
import { timestamp, timestampOfMs } from "../timestamps.ts";
import { uptime } from "../uptime.ts";

const nsPerMs = 1_000_000;

export function varz(server: SubjectServer): object {
  server.forwarder.settle();
  const settings = server.options();
  return {
    ...identityPart(server),
    ...settingsPart(server, settings),
    ...runtimePart(server),
    ...trafficPart(server),
    http_req_stats: goMap(server.totals.httpRequests),
    config_load_time: timestamp(server.configuredAt()),
    config_digest: settings.digest,
    ...sparse({ tags: settings.tags }),
    ...(settings.metadata.size > 0 ? { metadata: goMap(settings.metadata) } : {}),
    feature_flags: goMap(featureFlags(settings)),
    ...operatorPart(settings),
    ...sparse({ system_account: settings.systemAccountDisabled ? "" : server.system.name }),
    ...sparse({ pinned_account_fails: server.notPinned() }),
    slow_consumer_stats: byKind(server.totals.slowConsumers),
    stale_connection_stats: byKind(server.totals.staleConnections),
    disk_io_wait_stats: { waiters: 0, waits: 0, wait_time: 0, max_wait_time: 0 },
    ...proxiesPart(settings),
    ...certificateEnd(settings.tls),
  };
}

/** Connections of clients; there are no others here. */
export function byKind(clients: number): object {
  return { clients, routes: 0, gateways: 0, leafs: 0 };
}

function identityPart(server: SubjectServer): object {
  const { identity } = server;
  const { listen, authRequired, tlsRequired, tlsVerify } = server.door();
  return {
    server_id: identity.id,
    server_name: identity.name,
    version: identity.version,
    proto: 1,
    git_commit: identity.build,
    go: identity.runtime,
    host: identity.host,
    port: listen?.port ?? server.options().listen.port,
    ...sparse({ auth_required: authRequired, tls_required: tlsRequired, tls_verify: tlsVerify }),
  };
}

function settingsPart(server: SubjectServer, settings: Settings): object {
  const { monitoring, limits, keepalive, write, authorization, tls, webSocket } = settings;
  const { http, https } = monitoring;
  return {
    max_connections: limits.connections,
    ...sparse({ max_subscriptions: limits.subscriptions }),
    ping_interval: Math.round(keepalive.pingIntervalMs * nsPerMs),
    ping_max: keepalive.pingsMax,
    http_host: (http ?? https ?? settings.listen).host,
    http_port: portAsked(http),
    http_base_path: monitoring.basePath === "/" ? "" : monitoring.basePath,
    https_port: portAsked(https),
    auth_timeout: authorization.timeoutMs / 1_000,
    max_control_line: limits.controlLineBytes,
    max_payload: limits.payloadBytes,
    max_pending: limits.pendingBytes,
    cluster: {},
    gateway: {},
    leaf: {},
    mqtt: {},
    websocket: webSocket === undefined ? {} : webSocketPart(webSocket),
    jetstream: {},
    tls_timeout: tls === undefined ? 2 : tls.timeoutMs / 1_000,
    write_deadline: Math.round(write.deadlineMs * nsPerMs),
    ...sparse({ write_timeout: write.onTimeout === "default" ? "" : write.onTimeout }),
    start: timestamp(server.startedAt),
  };
}

/** Any free port is what a configuration calls -1. */
function portAsked(endpoint: { readonly port: number } | undefined): number {
  return endpoint === undefined ? 0 : endpoint.port || -1;
}

function webSocketPart(ws: WebSocketSettings): object {
  const { tls } = ws;
  return sparse({
    host: ws.listen.host,
    port: ws.listen.port || -1,
    advertise: ws.advertise,
    no_auth_user: ws.noAuthUser,
    jwt_cookie: ws.jwtCookie,
    handshake_timeout: ws.handshakeTimeoutMs * nsPerMs,
    auth_timeout: (ws.authTimeoutMs ?? 0) / 1_000,
    no_tls: ws.noTls,
    tls_map: tls?.map,
    tls_pinned_certs: [...(tls?.pinnedCerts ?? [])],
    same_origin: ws.sameOrigin,
    allowed_origins: ws.allowedOrigins,
    compression: ws.compression,
    ...certificateEnd(tls),
  });
}

function runtimePart({ clock, startedAt, usage }: SubjectServer): object {
  const now = clock.nowNs();
  const { cpu, memoryBytes, cores } = usage();
  return {
    now: timestamp(now),
    uptime: uptime(Number(now - startedAt) / nsPerMs),
    mem: memoryBytes,
    cores,
    gomaxprocs: cores,
    cpu,
  };
}

function trafficPart({ roster, totals, directory }: SubjectServer): object {
  const { received, sent } = totals.traffic(roster.all());
  let subscriptions = 0;
  for (const account of directory.all()) subscriptions += account.subscriptionCount;
  return {
    connections: roster.size,
    total_connections: roster.total,
    routes: 0,
    remotes: 0,
    leafnodes: 0,
    in_msgs: received.messages,
    in_bytes: received.bytes,
    in_client_msgs: received.messages,
    in_client_bytes: received.bytes,
    out_msgs: sent.messages,
    out_bytes: sent.bytes,
    out_client_msgs: sent.messages,
    out_client_bytes: sent.bytes,
    slow_consumers: totals.slowConsumers,
    stale_connections: totals.staleConnections,
    stalled_clients: totals.stalledClients(roster.all()),
    subscriptions,
  };
}

function operatorPart({ operator }: Settings): object {
  const jwts = operator?.operators.map(({ jwt }) => jwt) ?? [];
  return sparse({ trusted_operators_jwt: jwts, trusted_operators_claim: jwts.map(claimsIn) });
}

/** Undefined for what no longer reads as an operator's JWT. */
function claimsIn(jwt: string): unknown {
  const decoded = decodeOperator(jwt);
  return decoded.ok ? operatorClaimsShape.write(decoded.value) : undefined;
}

function proxiesPart({ trustedProxies }: Settings): object {
  return trustedProxies.length === 0 ? {} : { proxies: { trusted: trustedProxies.map((key) => ({ key })) } };
}

function certificateEnd(
  tls: { readonly certificates: readonly { readonly cert: string }[] } | undefined,
): object {
  const pem = tls?.certificates[0]?.cert;
  if (pem === undefined) return {};
  return { tls_cert_not_after: timestampOfMs(new X509Certificate(pem).validToDate.getTime()) };
}
