import assert from "node:assert/strict";
import { test } from "node:test";
import { selfSigned } from "./testing/certificate.ts";
import { optionsOf, refusalOf } from "./testing/outside.ts";

const one = selfSigned();
const other = selfSigned();
const files = { "c.pem": one.cert, "k.pem": one.key, "other.pem": other.key, "empty.pem": "" };

test("certificate, key and authorities are read with the configuration", () => {
  const { tls, authorization } = optionsOf(
    `tls { cert_file: c.pem, key_file: k.pem, ca_file: c.pem, verify_and_map: true, timeout: 0.5, min_version: "1.3"
      handshake_first: "300ms", connection_rate_limit: 5, cipher_suites: [TLS_AES_128_GCM_SHA256], curve_preferences: [X25519]
      pinned_certs: ["${"AB".repeat(32)}"] }`,
    { files },
  );

  assert.deepEqual(tls, {
    certificates: [{ certFile: "c.pem", keyFile: "k.pem", cert: one.cert, key: one.key }],
    certFile: "c.pem",
    keyFile: "k.pem",
    caFile: "c.pem",
    ca: one.cert,
    verify: true,
    map: true,
    insecure: false,
    timeoutMs: 500,
    connectionRateLimit: 5,
    handshakeFirst: true,
    handshakeFallbackMs: 300,
    pinnedCerts: new Set(["ab".repeat(32)]),
    cipherSuites: ["TLS_AES_128_GCM_SHA256"],
    curvePreferences: ["X25519"],
    minVersion: "TLSv1.3",
  });
  assert.equal(authorization.timeoutMs, 1_500);
});

const handshakes: readonly (readonly [string, boolean, number])[] = [
  ["true", true, 0],
  ["false", false, 0],
  ['"on"', true, 0],
  ['"off"', false, 0],
  ["auto", true, 50],
  ["auto_fallback", true, 50],
  ["300ms", true, 300],
];

for (const [said, first, fallback] of handshakes) {
  test(`handshake_first: ${said} is understood`, () => {
    const { tls } = optionsOf(`tls { cert_file: c.pem, key_file: k.pem, handshake_first: ${said} }`, {
      files,
    });

    assert.deepEqual([tls?.handshakeFirst, tls?.handshakeFallbackMs], [first, fallback]);
  });
}

test("several certificates may be given", () => {
  const pair = "{cert_file: c.pem, key_file: k.pem}";

  assert.equal(optionsOf(`tls { certs: [${pair}, ${pair}] }`, { files }).tls?.certificates.length, 2);
  assert.equal(
    refusalOf(`tls { certs: [${pair}], cert_file: c.pem, key_file: k.pem }`, { files }),
    "s.conf:1:0: error parsing tls config, cannot combine 'cert_file' option with 'certs' option",
  );
});

const refusals: readonly (readonly [string, string, string])[] = [
  ["c.pem", "other.pem", "private key does not match public key"],
  ["c.pem", "empty.pem", "failed to find any PEM data in key input"],
  ["empty.pem", "k.pem", "failed to find any PEM data in certificate input"],
  [
    "k.pem",
    "k.pem",
    "failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
  ],
  ["c.pem", "c.pem", "found a certificate rather than a key in the PEM for the private key"],
];

for (const [cert, key, reason] of refusals) {
  test(`certificate ${cert} with key ${key} is refused`, () => {
    const message = `s.conf:1:0: error parsing X509 certificate/key pair: tls: ${reason}`;

    assert.equal(refusalOf(`tls { cert_file: ${cert}, key_file: ${key} }`, { files }), message);
  });
}

test("authorities that cannot be read are refused", () => {
  const text = "tls { cert_file: c.pem, key_file: k.pem, ca_file: empty.pem }";

  assert.equal(refusalOf(text, { files }), "s.conf:1:0: failed to parse root ca certificate");
});

test("flags bring TLS, replace the file's certificates and take TLS away", () => {
  const argv = ["--tls", "--tlscert", "c.pem", "--tlskey", "k.pem", "--tlsverify", "--tlscacert", "c.pem"];

  const brought = optionsOf("debug: true", { files }, argv).tls;
  const replaced = optionsOf("tls { cert_file: c.pem, key_file: k.pem, timeout: 9 }", { files }, argv).tls;
  const taken = optionsOf("tls { cert_file: c.pem, key_file: k.pem }", { files }, ["--tls=false"]).tls;

  assert.equal(brought?.verify, true);
  assert.equal(replaced?.timeoutMs, 9_000);
  assert.equal(replaced?.verify, true);
  assert.equal(taken, undefined);
});
