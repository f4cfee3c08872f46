// A token lets in whom it names, to what it names, and nobody else [CVE-2021-3127].
import assert from "node:assert/strict";
import { test } from "node:test";
import { newActivation } from "../identity/activation-claims.ts";
import { encodeActivation } from "../identity/encode.ts";
import { aKey } from "../identity/identity.testing.ts";
import { isInForce, readActivation } from "./activation.ts";

const [exporter, importer, signer, stranger] = [0, 1, 2, 3].map((number) => aKey("account", number)) as [
  ReturnType<typeof aKey>,
  ReturnType<typeof aKey>,
  ReturnType<typeof aKey>,
  ReturnType<typeof aKey>,
];
const seconds = 1_700_000_000;

function tokenOf({
  subject = "s.a",
  kind = "stream",
  of = importer.publicKey,
  account = "",
  by = exporter,
} = {}): string {
  const claims = newActivation(of);
  const nats = { ...claims.nats, subject, kind: kind as "stream", issuer_account: account };
  return encodeActivation({ ...claims, nats }, by, seconds);
}

function letsIn(token: string, subject = "s.a"): boolean {
  const request = {
    token,
    importer: importer.publicKey,
    exporter: exporter.publicKey,
    kind: "stream" as const,
    subject,
  };
  const keys = [signer.publicKey, exporter.publicKey];
  return readActivation(request, (key) => keys.includes(key)) !== undefined;
}

const inName = { account: exporter.publicKey };
const rows: readonly (readonly [name: string, token: string, subject: string, lets: boolean])[] = [
  ["the exporter's own", tokenOf(), "s.a", true],
  ["the exporter's own, in its own name", tokenOf(inName), "s.a", true],
  ["one for a pattern", tokenOf({ subject: "s.*" }), "s.a", true],
  ["one for all below", tokenOf({ subject: "s.>" }), "s.a.b", true],
  ["a signing key's", tokenOf({ ...inName, by: signer }), "s.a", true],
  ["a signing key's that does not say whose it is", tokenOf({ by: signer }), "s.a", false],
  ["a stranger's", tokenOf({ by: stranger }), "s.a", false],
  ["a stranger's in the exporter's name", tokenOf({ ...inName, by: stranger }), "s.a", false],
  ["the exporter's in another's name", tokenOf({ account: stranger.publicKey }), "s.a", false],
  ["one for another importer", tokenOf({ of: stranger.publicKey }), "s.a", false],
  ["one for a service", tokenOf({ kind: "service" }), "s.a", false],
  ["one for another subject", tokenOf({ subject: "s.b" }), "s.a", false],
  ["one for less than is asked", tokenOf(), "s.*", false],
  ["one for less than everything below", tokenOf({ subject: "s.*" }), "s.>", false],
  ["none", "", "s.a", false],
  ["what is no token", "a.b.c", "s.a", false],
  ["one whose signature was cut", tokenOf().slice(0, -4), "s.a", false],
];

for (const [name, token, subject, lets] of rows) {
  test(`an activation token ${lets ? "lets in" : "does not let in"}: ${name}, for ${subject}`, () => {
    assert.equal(letsIn(token, subject), lets);
  });
}

test("an activation counts within its time, and until it is revoked", () => {
  const claims = { ...newActivation(importer.publicKey), iat: seconds, nbf: seconds, exp: seconds + 100 };
  const at = (second: number, revocations: Record<string, number> = {}): boolean =>
    isInForce(claims, new Map(Object.entries(revocations)), second * 1_000);

  assert.deepEqual(
    [seconds - 1, seconds, seconds + 99, seconds + 100].map((second) => at(second)),
    [false, true, true, false],
  );
  assert.equal(at(seconds, { [importer.publicKey]: seconds }), false);
  assert.equal(at(seconds, { "*": seconds }), false);
  assert.equal(at(seconds, { [importer.publicKey]: seconds - 1, [stranger.publicKey]: seconds + 9 }), true);
});
