// What the configuration means to sessions.

import type { TlsOptions as PortTlsOptions } from "../ports/network.ts";
import type { SessionSettings, TlsPolicy } from "../session/settings.ts";
import type { ServerOptions } from "./config/options.ts";
import type { TlsOptions } from "./config/options-tls.ts";

export function sessionSettings(options: ServerOptions): SessionSettings {
  const { limits, keepalive, write, authorization } = options;
  return {
    maxControlLine: limits.controlLineBytes,
    maxPayload: limits.payloadBytes,
    maxPending: limits.pendingBytes,
    maxSubscriptions: limits.subscriptions,
    maxSubscriptionTokens: limits.subscriptionTokens,
    pingIntervalMs: keepalive.pingIntervalMs,
    maxPingsOut: keepalive.pingsMax,
    writeDeadlineMs: write.deadlineMs,
    authTimeoutMs: authorization.timeoutMs,
    headers: options.headers,
    tls: options.tls === undefined ? undefined : tlsPolicy(options.tls, options.allowNonTls),
  };
}

export function tlsPolicy(tls: TlsOptions, plainAllowed: boolean): TlsPolicy {
  return {
    options: portOptions(tls),
    plainAllowed,
    handshakeFirst: !tls.handshakeFirst ? "never" : tls.handshakeFallbackMs > 0 ? tls.handshakeFallbackMs : "always",
    ...(tls.pinnedCerts.size > 0 ? { pinnedCertificates: tls.pinnedCerts } : {}),
  };
}

function portOptions(tls: TlsOptions): PortTlsOptions {
  const first = tls.certificates[0];
  return {
    cert: first?.cert ?? "",
    key: first?.key ?? "",
    ...(tls.ca === "" ? {} : { ca: tls.ca }),
    verify: tls.verify,
    minVersion: tls.minVersion,
    timeoutMs: tls.timeoutMs,
  };
}
