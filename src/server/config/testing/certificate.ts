// Keys and certificates made for a test run.
import { generateKeyPairSync } from "node:crypto";
import forge from "node-forge";

export interface TestPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that signs itself, for "localhost". */
export function selfSigned(): TestPair {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const forged = forge.pki.privateKeyFromPem(key) as forge.pki.rsa.PrivateKey;
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(forged.n, forged.e);
  certificate.serialNumber = "01";
  certificate.validity.notBefore = new Date("2020-01-01T00:00:00Z");
  certificate.validity.notAfter = new Date("2120-01-01T00:00:00Z");
  const name = [{ name: "commonName", value: "localhost" }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.sign(forged, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key };
}
