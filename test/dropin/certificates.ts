// Certificates for tests: an authority, servers of several names, clients with names of every kind. One key serves all.
import { createHash, generateKeyPairSync, X509Certificate } from "node:crypto";
import forge from "node-forge";

const dayMs = 86_400_000;

export interface CertificateWish {
  /** Short names or object identifiers, from the most general part on: [["O", "mill"], ["CN", "ada"]]. */
  readonly subject: readonly (readonly [type: string, value: string])[];
  readonly hosts?: readonly string[];
  readonly emails?: readonly string[];
  readonly uris?: readonly string[];
  readonly authority?: boolean;
}

export class Certificates {
  /** PEM. */
  readonly key: string;
  readonly ca: string;
  readonly #keys: { readonly publicKey: forge.pki.PublicKey; readonly privateKey: forge.pki.PrivateKey };
  readonly #authority: forge.pki.Certificate;
  #serial = 1;

  constructor() {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    this.key = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    const key = forge.pki.privateKeyFromPem(this.key) as forge.pki.rsa.PrivateKey;
    this.#keys = { privateKey: key, publicKey: forge.pki.setRsaPublicKey(key.n, key.e) };
    this.#authority = this.#make({ subject: [["CN", "test authority"]], authority: true });
    this.ca = forge.pki.certificateToPem(this.#authority);
  }

  /** A certificate's PEM, signed by the authority. */
  issue(wish: CertificateWish): string {
    return forge.pki.certificateToPem(this.#make(wish));
  }

  #make({
    subject,
    hosts = [],
    emails = [],
    uris = [],
    authority = false,
  }: CertificateWish): forge.pki.Certificate {
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = this.#keys.publicKey;
    certificate.serialNumber = (++this.#serial).toString(16).padStart(4, "0");
    certificate.validity.notBefore = new Date(Date.now() - dayMs);
    certificate.validity.notAfter = new Date(Date.now() + dayMs);
    const attributes = subject.map(([type, value]) =>
      type.includes(".") ? { type, value } : { shortName: type, value },
    );
    certificate.setSubject(attributes as forge.pki.CertificateField[]);
    certificate.setIssuer(authority ? attributes : this.#authority.subject.attributes);
    const altNames = [
      ...emails.map((value) => ({ type: 1, value })),
      ...hosts.map((value) => (/^[\d.]+$/.test(value) ? { type: 7, ip: value } : { type: 2, value })),
      ...uris.map((value) => ({ type: 6, value })),
    ];
    certificate.setExtensions([
      { name: "basicConstraints", cA: authority, critical: true },
      { name: "keyUsage", keyCertSign: authority, digitalSignature: true, keyEncipherment: true },
      ...(authority ? [] : [{ name: "extKeyUsage", serverAuth: true, clientAuth: true }]),
      ...(altNames.length === 0 ? [] : [{ name: "subjectAltName", altNames }]),
    ]);
    certificate.sign(this.#keys.privateKey as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
    return certificate;
  }
}

/** What `pinned_certs` lists: the SHA-256 of a certificate's public key, in hex. */
export function pinOf(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("hex");
}
