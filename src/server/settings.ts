// What the configuration means to sessions.

import type { Clock } from "../ports/clock.ts";
import type { SessionSettings } from "../session/settings.ts";
import type { ServerOptions } from "./config/options.ts";
import { tlsPolicy } from "./tls-policy.ts";

/** For clients that speak NATS at once. */
export function clientSettings(options: ServerOptions, clock: Clock): SessionSettings {
  const { limits, keepalive, write, authorization, logging } = options;
  return {
    maxControlLine: limits.controlLineBytes,
    maxPayload: limits.payloadBytes,
    maxPending: limits.pendingBytes,
    maxSubscriptions: limits.subscriptions,
    maxSubscriptionTokens: limits.subscriptionTokens,
    pingIntervalMs: keepalive.pingIntervalMs,
    maxPingsOut: keepalive.pingsMax,
    writeDeadlineMs: write.deadlineMs,
    closesAtWriteDeadline: write.onTimeout !== "retry",
    authTimeoutMs: authorization.timeoutMs,
    headers: options.headers,
    stallFastProducers: options.stallFastProducers,
    proxyProtocol: options.proxyProtocol,
    tls: options.tls === undefined ? undefined : tlsPolicy(options.tls, options.allowNonTls, clock),
    transcript: logging.trace
      ? { payloadMax: logging.tracedMessageLengthMax, headersOnly: logging.traceHeaders }
      : undefined,
  };
}

/** For WebSocket clients, whose TLS is over before they are sessions. */
export function webSocketSettings(options: ServerOptions, clock: Clock): SessionSettings {
  const base = clientSettings(options, clock);
  const { pingIntervalMs, authTimeoutMs } = options.webSocket!;
  return {
    ...base,
    pingIntervalMs: pingIntervalMs > 0 ? pingIntervalMs : base.pingIntervalMs,
    authTimeoutMs: authTimeoutMs ?? base.authTimeoutMs,
    proxyProtocol: false,
    tls: undefined,
  };
}
