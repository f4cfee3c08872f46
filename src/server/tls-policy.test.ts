import assert from "node:assert/strict";
import { test } from "node:test";
import { getCiphers } from "node:tls";
import type { Clock } from "../ports/clock.ts";
import { knownCipherSuites, knownCurves } from "./config/ciphers.ts";
import type { TlsOptions } from "./config/options-tls.ts";
import { portTlsOptions, tlsPolicy } from "./tls-policy.ts";

const pair = { certFile: "", keyFile: "", cert: "C", key: "K" };
const options: TlsOptions = {
  certificates: [pair],
  caFile: "",
  ca: "",
  verify: false,
  map: false,
  insecure: false,
  timeoutMs: 2_000,
  connectionRateLimit: 0,
  handshakeFirst: false,
  handshakeFallbackMs: 0,
  pinnedCerts: new Set(),
  cipherSuites: undefined,
  curvePreferences: undefined,
  minVersion: "TLSv1.2",
};

function clockAt(time: { ms: number }): Clock {
  return {
    now: () => time.ms,
    nowNs: () => 0n,
    monotonicMs: () => time.ms,
    after: () => ({ cancel: () => undefined }),
  };
}

test("every cipher suite of Go that OpenSSL has is called by OpenSSL's name", () => {
  const known = new Set(getCiphers().map((name) => name.toLowerCase()));

  for (const suite of knownCipherSuites) {
    if (/RC4|3DES/.test(suite)) continue;
    const { ciphers = "" } = portTlsOptions({ ...options, cipherSuites: [suite] });
    for (const name of ciphers.split(":")) assert.ok(known.has(name.toLowerCase()), `${suite}: ${name}`);
    assert.equal(ciphers.split(":").length, suite.includes("_WITH_") ? 4 : 3);
  }
});

test("curves have OpenSSL's names", () => {
  const { curves } = portTlsOptions({ ...options, curvePreferences: [...knownCurves] });

  assert.equal(curves, "X25519MLKEM768:X25519:P-256:P-384:P-521:SecP256r1MLKEM768:SecP384r1MLKEM1024");
});

test("the handshake comes when the block says", () => {
  const clock = clockAt({ ms: 0 });
  const when = (more: Partial<TlsOptions>): unknown =>
    tlsPolicy({ ...options, ...more }, false, clock).handshakeFirst;

  assert.equal(when({}), "never");
  assert.equal(when({ handshakeFirst: true }), "always");
  assert.equal(when({ handshakeFirst: true, handshakeFallbackMs: 50 }), 50);
});

test("so many handshakes may begin a second, and then again", () => {
  const time = { ms: 0 };
  const { mayShakeHands } = tlsPolicy({ ...options, connectionRateLimit: 2 }, false, clockAt(time));
  const asked = (): boolean[] => [1, 2, 3].map(() => mayShakeHands!());

  assert.deepEqual(asked(), [true, true, false]);
  time.ms = 1_000;
  assert.equal(mayShakeHands!(), false);
  time.ms = 1_001;
  assert.deepEqual(asked(), [true, true, false]);
});
