// Names in certificates, sound and damaged.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { alternativeNames, subjectOf } from "../../src/session/certificate-names.ts";
import { userOfCertificate } from "../../src/session/certificate-user.ts";
import { seededRandom } from "../world/random.ts";
import { Certificates } from "./certificates.ts";

const pem = new Certificates().issue({
  subject: [
    ["C", "FR"],
    ["O", "mill"],
    ["CN", "ada"],
  ],
  hosts: ["loom.test", "192.0.2.7"],
  emails: ["ada@mill.test"],
  uris: ["urn:ada"],
});
const der = new X509Certificate(pem).raw;
const rounds = 20_000;

test("every name of a certificate is found", () => {
  assert.deepEqual(alternativeNames(der), {
    emails: ["ada@mill.test"],
    hosts: ["loom.test"],
    uris: ["urn:ada"],
  });
  assert.deepEqual(
    subjectOf(der)
      ?.flat()
      .map(({ text }) => text),
    ["FR", "mill", "ada"],
  );
});

test("an address counts more than a name, and a name more than the subject", () => {
  const everything = ["ada@mill.test", "loom.test", "urn:ada", "CN=ada,O=mill,C=FR"];

  for (let from = 0; from < everything.length; from++) {
    assert.equal(userOfCertificate(der, new Set(everything.slice(from).reverse())), everything[from]);
  }
  assert.equal(userOfCertificate(der, new Set(["192.0.2.7", "ada"])), undefined);
  assert.equal(userOfCertificate(undefined, new Set(everything)), undefined);
});

test("a damaged certificate has names or has none, and nothing else happens", () => {
  const random = seededRandom(5);

  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.from(der.subarray(0, random.below(4) === 0 ? random.below(der.length) : der.length));
    for (let flips = random.below(6); flips > 0 && bytes.length > 0; flips--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }

    const user = userOfCertificate(bytes, new Set(["nobody"]));

    assert.equal(user, undefined);
  }
});
