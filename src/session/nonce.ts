// The text that INFO gives a peer to sign, and whether somebody signed it.

import { verifySignature } from "../identity/nkey.ts";
import type { Random } from "../ports/random.ts";

/** Fifteen letters of base64. [nats-server nkey.go generateNonce] */
const nonceBytes = 11;

/** What the client signs: the letters, not what they stand for. */
export function newNonce(random: Random): string {
  return Buffer.from(random.bytes(nonceBytes)).toString("base64url");
}

/** Whether a nonce was signed by the key's owner; the signature is base64, of either alphabet. */
export function signedNonce(publicKey: string, nonce: string, signature: string): boolean {
  if (nonce === "" || signature === "") return false;
  return verifySignature(publicKey, Buffer.from(nonce, "latin1"), Buffer.from(signature, "base64"));
}
