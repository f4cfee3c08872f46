// Sealed messages between two curve keys: only the holder of either can open one, and nobody else can have made it.
// The box is NaCl's (X25519, XSalsa20, Poly1305), behind a version. [nkeys xkeys.go]

import nacl from "tweetnacl";
import { assert } from "../base/assert.ts";
import { decodePublicKey, decodeSeed, type KeyPair } from "./nkey.ts";

/*  sealed | "xkv1" | nonce 24 bytes | tag 16 bytes and ciphertext … |   */
const version = Buffer.from("xkv1");
export const sealNonceBytes = 24;
const headBytes = version.length + sealNonceBytes;

/**
 * Undefined when `recipient` is not a public curve key.
 * @param nonce 24 unpredictable bytes, used once.
 */
export function seal(
  plain: Uint8Array,
  recipient: string,
  sender: KeyPair,
  nonce: Uint8Array,
): Buffer | undefined {
  assert(nonce.length === sealNonceBytes, "a nonce has 24 bytes");
  const theirs = publicCurve(recipient);
  if (theirs === undefined) return undefined;
  return Buffer.concat([version, nonce, nacl.box(plain, nonce, theirs, secretOf(sender))]);
}

/** Undefined for whatever `sender` did not seal for `recipient`. */
export function openSealed(sealed: Uint8Array, sender: string, recipient: KeyPair): Buffer | undefined {
  const theirs = publicCurve(sender);
  if (theirs === undefined || sealed.length <= headBytes) return undefined;
  if (version.compare(sealed, 0, version.length) !== 0) return undefined;
  const nonce = sealed.subarray(version.length, headBytes);
  const plain = nacl.box.open(sealed.subarray(headBytes), nonce, theirs, secretOf(recipient));
  return plain === null ? undefined : Buffer.from(plain);
}

function publicCurve(text: string): Uint8Array | undefined {
  const key = decodePublicKey(text);
  return key?.kind === "curve" ? key.raw : undefined;
}

function secretOf(pair: KeyPair): Uint8Array {
  assert(pair.kind === "curve", "only curve keys seal and open");
  return decodeSeed(pair.seed())!.raw;
}
