// A certificate authority of one's own: made once, it signs the certificate of this host's listeners and nothing else.

import { generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import forge from "node-forge";

const dayMs = 86_400_000;
const authorityDays = 3_650;
const leafDays = 90;
/** A leaf with less than this left is replaced at the next start. */
const renewBelowDays = 30;
/** Clocks of clients may be a little behind. */
const backdateMs = 3_600_000;
const keyBits = 2_048;

export interface Pem {
  readonly cert: string;
  readonly key: string;
}

/** A new authority. Its name carries a random part, so that two installations' are told apart in a trust store. */
export function makeAuthority(nowMs: number): Pem {
  const name = [{ name: "commonName", value: `Chappe local CA ${randomBytes(3).toString("hex")}` }];
  const { certificate, keys } = unsigned(nowMs, authorityDays, name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  certificate.sign(keys.forgePrivate, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: keys.pem };
}

/** A certificate for `names` (host names and IP addresses), signed by `authority`. */
export function makeLeaf(authority: Pem, names: readonly string[], nowMs: number): Pem {
  const issuer = forge.pki.certificateFromPem(authority.cert);
  const { certificate, keys } = unsigned(nowMs, leafDays, [
    { name: "commonName", value: names[0] ?? "chappe" },
  ]);
  certificate.setIssuer(issuer.subject.attributes);
  const altNames = names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name }));
  certificate.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    { name: "extKeyUsage", serverAuth: true },
    { name: "subjectAltName", altNames },
    { name: "subjectKeyIdentifier" },
    { name: "authorityKeyIdentifier", keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  certificate.sign(
    forge.pki.privateKeyFromPem(authority.key) as forge.pki.rsa.PrivateKey,
    forge.md.sha256.create(),
  );
  return { cert: forge.pki.certificateToPem(certificate), key: keys.pem };
}

/** Whether a leaf still serves: long enough to go, signed by this authority, and good for every one of `names`. */
export function leafServes(
  leaf: string,
  authority: string,
  names: readonly string[],
  nowMs: number,
): boolean {
  const certificate = new X509Certificate(leaf);
  const left = Date.parse(certificate.validTo) - nowMs;
  if (left < renewBelowDays * dayMs || !certificate.checkIssued(new X509Certificate(authority))) return false;
  return names.every(
    (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
  );
}

function unsigned(nowMs: number, days: number, subject: { readonly name: string; readonly value: string }[]) {
  const keys = generateKeyPairSync("rsa", {
    modulusLength: keyBits,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(keys.publicKey);
  // A positive number of at most 20 octets. [RFC 5280 4.1.2.2]
  certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
  certificate.validity.notBefore = new Date(nowMs - backdateMs);
  certificate.validity.notAfter = new Date(nowMs + days * dayMs);
  certificate.setSubject(subject);
  const forgePrivate = forge.pki.privateKeyFromPem(keys.privateKey) as forge.pki.rsa.PrivateKey;
  return { certificate, keys: { pem: keys.privateKey, forgePrivate } };
}
