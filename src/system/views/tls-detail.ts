// A connection's encryption, in Go's names for it. [go crypto/tls CipherSuiteName] [nats-server monitor.go makePeerCerts]

import { createHash, X509Certificate } from "node:crypto";
import type { TlsState } from "../../ports/network.ts";

/** `first`: the handshake came before INFO. */
export function tlsPart(
  tls: TlsState,
  { certificates, first }: { certificates: boolean; first: boolean },
): object {
  const { version, cipher, peerCertificates } = tls;
  return {
    tls_version: version.replace(/^TLSv/, ""),
    tls_cipher_suite: goCipherName(cipher),
    ...(certificates && peerCertificates.length > 0
      ? { tls_peer_certs: peerCertificates.map(describeCertificate) }
      : {}),
    ...(first ? { tls_first: true } : {}),
  };
}

/** "ECDHE-RSA-AES128-GCM-SHA256" is "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"; those of TLS 1.3 are called the same. */
function goCipherName(openSsl: string): string {
  const parts = /^(ECDHE-(?:RSA|ECDSA))-(.*)$/.exec(openSsl);
  const exchange = parts === null ? "RSA" : parts[1]!.replace("-", "_");
  const rest = parts === null ? openSsl : parts[2]!;
  if (openSsl.startsWith("TLS_")) return openSsl;
  if (rest === "CHACHA20-POLY1305") return `TLS_${exchange}_WITH_CHACHA20_POLY1305_SHA256`;
  const bulk = /^AES(128|256)-(GCM-)?(SHA\d*)$/.exec(rest);
  if (bulk === null) return openSsl;
  return `TLS_${exchange}_WITH_AES_${bulk[1]}_${bulk[2] === undefined ? "CBC" : "GCM"}_${bulk[3]}`;
}

function describeCertificate(der: Uint8Array): object {
  const certificate = new X509Certificate(der);
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  return {
    subject: goSubject(certificate.subject),
    spki_sha256: sha256(spki),
    cert_sha256: sha256(der),
  };
}

/** OpenSSL puts one part on a line, the widest first; Go has them on one line, the narrowest first. */
function goSubject(subject: string): string {
  return subject.split("\n").reverse().join(",");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
