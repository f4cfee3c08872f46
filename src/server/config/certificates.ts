// Loads certificates and keys and finds them unfit in the words of a Go program. [Go crypto/tls X509KeyPair]
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { CertificateOptions } from "./options-tls.ts";
import { type Outside, readFailure } from "./outside.ts";

/** Chains with many intermediates and bundles of all public authorities stay far below. */
const pemBytesMax = 8 * 1024 * 1024;

type Loaded<T> =
  | { readonly kind: "loaded"; readonly value: T }
  | { readonly kind: "refused"; readonly message: string };

const refused = (message: string): { kind: "refused"; message: string } => ({ kind: "refused", message });

function loadText(path: string, outside: Outside): Loaded<string> {
  const read = outside.readFile(path);
  if (read.kind === "failed") return refused(readFailure(path, read.code));
  if (read.bytes.length > pemBytesMax) return refused(`${path}: file is larger than ${pemBytesMax} bytes`);
  return { kind: "loaded", value: Buffer.from(read.bytes).toString("latin1") };
}

interface Block {
  readonly type: string;
  readonly text: string;
}

/** The PEM blocks of a text, in their order. */
function pemBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; ; ) {
    const begin = text.indexOf("-----BEGIN ", at);
    if (begin < 0) return blocks;
    const typeEnd = text.indexOf("-----", begin + 11);
    if (typeEnd < 0) return blocks;
    const type = text.slice(begin + 11, typeEnd);
    const close = `-----END ${type}-----`;
    const end = text.indexOf(close, typeEnd);
    if (end < 0) return blocks;
    at = end + close.length;
    blocks.push({ type, text: text.slice(begin, at) });
  }
}

/** A certificate chain and its key, found to belong together. */
export function loadPair(certFile: string, keyFile: string, outside: Outside): Loaded<CertificateOptions> {
  const cert = loadText(certFile, outside);
  if (cert.kind === "refused") return cert;
  const key = loadText(keyFile, outside);
  if (key.kind === "refused") return key;
  const mistake = pairMistake(pemBlocks(cert.value), pemBlocks(key.value));
  if (mistake !== undefined) return refused(`tls: ${mistake}`);
  return { kind: "loaded", value: { certFile, keyFile, cert: cert.value, key: key.value } };
}

function pairMistake(certBlocks: readonly Block[], keyBlocks: readonly Block[]): string | undefined {
  const leaf = certBlocks.find(({ type }) => type === "CERTIFICATE");
  if (leaf === undefined) return noCertificate(certBlocks.map(({ type }) => type));
  const keyBlock = keyBlocks.find(({ type }) => / ?PRIVATE KEY$/.test(type));
  if (keyBlock === undefined) return noKey(keyBlocks.map(({ type }) => type));
  const certificate = parsed(() => new X509Certificate(leaf.text));
  if (certificate === undefined) return "failed to parse certificate";
  const key = parsed(() => createPrivateKey(keyBlock.text));
  if (key === undefined) return "failed to parse private key";
  return belongs(certificate, key);
}

function belongs(certificate: X509Certificate, key: KeyObject): string | undefined {
  if (certificate.publicKey.asymmetricKeyType !== key.asymmetricKeyType) {
    return "private key type does not match public key type";
  }
  return certificate.checkPrivateKey(key) ? undefined : "private key does not match public key";
}

function noCertificate(types: readonly string[]): string {
  if (types.length === 0) return "failed to find any PEM data in certificate input";
  if (types.length === 1 && types[0]!.endsWith("PRIVATE KEY")) {
    const found = "but did find a private key; PEM inputs may have been switched";
    return `failed to find certificate PEM data in certificate input, ${found}`;
  }
  const skipped = `after skipping PEM blocks of the following types: [${types.join(" ")}]`;
  return `failed to find "CERTIFICATE" PEM block in certificate input ${skipped}`;
}

function noKey(types: readonly string[]): string {
  if (types.length === 0) return "failed to find any PEM data in key input";
  if (types.length === 1 && types[0] === "CERTIFICATE") {
    return "found a certificate rather than a key in the PEM for the private key";
  }
  const skipped = `after skipping PEM blocks of the following types: [${types.join(" ")}]`;
  return `failed to find PEM block with type ending in "PRIVATE KEY" in key input ${skipped}`;
}

/** OpenSSL throws at bytes it cannot read; here that is an ordinary answer, told from the absence of a value. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** Certificates of authorities; at least one must be readable. */
export function loadAuthorities(path: string, outside: Outside): Loaded<string> {
  const text = loadText(path, outside);
  if (text.kind === "refused") return text;
  const readable = pemBlocks(text.value).some(
    (block) => block.type === "CERTIFICATE" && parsed(() => new X509Certificate(block.text)) !== undefined,
  );
  return readable ? text : refused("failed to parse root ca certificate");
}
