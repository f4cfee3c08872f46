// The text that INFO gives a peer to sign, and whether somebody signed it.

import { verifySignature } from "../identity/nkey.ts";

/** Eleven bytes as fifteen letters, which is what the client signs [nats-server nkey.go generateNonce]. */
export function newNonce(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** Whether a nonce was signed by the key's owner; the signature is base64, of either alphabet. */
export function signedNonce(publicKey: string, nonce: string, signature: string): boolean {
  if (nonce === "" || signature === "") return false;
  return verifySignature(publicKey, Buffer.from(nonce, "latin1"), Buffer.from(signature, "base64"));
}
