// What a tls block means to the sockets that come in: OpenSSL's names for Go's, and when the handshake comes.

import type { Clock } from "../ports/clock.ts";
import type { TlsOptions as PortTlsOptions } from "../ports/network.ts";
import type { TlsPolicy } from "../session/settings.ts";
import { secureCipherSuites } from "./config/ciphers.ts";
import type { TlsOptions } from "./config/options-tls.ts";

export function tlsPolicy(tls: TlsOptions, plainAllowed: boolean, clock: Clock): TlsPolicy {
  const { handshakeFirst, handshakeFallbackMs, pinnedCerts, connectionRateLimit } = tls;
  const first = handshakeFallbackMs > 0 ? handshakeFallbackMs : "always";
  return {
    options: portTlsOptions(tls),
    plainAllowed,
    handshakeFirst: handshakeFirst ? first : "never",
    ...(pinnedCerts.size > 0 ? { pinnedCertificates: pinnedCerts } : {}),
    ...(connectionRateLimit > 0 ? { mayShakeHands: rateLimit(connectionRateLimit, clock) } : {}),
  };
}

/** So many a second, counted from the first of each. [nats-server rate_counter.go] */
function rateLimit(perSecond: number, clock: Clock): () => boolean {
  let endsMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs > endsMs) {
      endsMs = nowMs + 1_000;
      count = 0;
    }
    if (count >= perSecond) return false;
    count++;
    return true;
  };
}

export function portTlsOptions(tls: TlsOptions): PortTlsOptions {
  const [first, ...others] = tls.certificates;
  return {
    cert: first?.cert ?? "",
    key: first?.key ?? "",
    ...(others.length === 0 ? {} : { others }),
    ...(tls.ca === "" ? {} : { ca: tls.ca }),
    verify: tls.verify,
    minVersion: tls.minVersion,
    ciphers: cipherList(tls.cipherSuites ?? secureCipherSuites),
    ...(tls.curvePreferences === undefined ? {} : { curves: curveList(tls.curvePreferences) }),
    timeoutMs: tls.timeoutMs,
  };
}

/** TLS 1.3 has these whatever is configured, as in Go. */
const always = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/**
 * OpenSSL's names of older suites are Go's without "TLS" and "WITH", with hyphens, and with a few letters less. RC4 and
 * 3DES are not built into Node: naming them has no effect.
 */
function cipherList(suites: readonly string[]): string {
  const older = suites
    .filter((suite) => suite.includes("_WITH_") && !/RC4|3DES/.test(suite))
    .map((suite) =>
      suite
        .replace(/^TLS_/, "")
        .replace(/^RSA_WITH_/, "")
        .replace("_WITH_", "_")
        .replace(/AES_(128|256)/, "AES$1")
        .replace("_CBC_", "_")
        .replace(/(CHACHA20_POLY1305)_SHA256$/, "$1")
        .replaceAll("_", "-"),
    );
  return [...always, ...older].join(":");
}

const curveNames: ReadonlyMap<string, string> = new Map([
  ["CurveP256", "P-256"],
  ["CurveP384", "P-384"],
  ["CurveP521", "P-521"],
]);

function curveList(curves: readonly string[]): string {
  return curves.map((curve) => curveNames.get(curve) ?? curve).join(":");
}
