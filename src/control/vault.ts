// Seals seeds for the database with AES-256-GCM: without the master key nothing sealed can be read, and nothing
// sealed for one account, purpose or format can be passed off as another's.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { assert, Fault } from "../base/assert.ts";
import type { Random } from "../ports/random.ts";

/*  sealed | version u8 | nonce 12 bytes | ciphertext n bytes | tag 16 bytes |
 *  The additional data is not stored: version, purpose and id, each of the last two after its length (u16 big-endian). */
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const plaintextMax = 4_096; // a seed is 32 or 58 bytes; whatever else comes does not belong here

/** What a sealed text is for: whose it is, and which of that owner's secrets. */
export interface SealedFor {
  readonly id: string;
  readonly purpose: string;
}

export class Vault {
  readonly #key: Buffer;
  readonly #random: Random;

  /** `masterKey` is 32 bytes. */
  constructor(masterKey: Uint8Array, random: Random) {
    assert(masterKey.length === keyBytes, "the master key has 32 bytes");
    this.#key = Buffer.from(masterKey);
    this.#random = random;
  }

  /** At most 4 KiB of plaintext. Two sealings of the same text differ. */
  seal(plaintext: Uint8Array, purpose: SealedFor): Uint8Array {
    assert(plaintext.length <= plaintextMax, "only seeds are sealed");
    const nonce = this.#random.bytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(additionalData(purpose));
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return Buffer.concat([Buffer.of(version), nonce, ciphertext, cipher.getAuthTag()]);
  }

  /** @throws Fault when the key is another one, the text was changed, or it was sealed for something else. */
  open(sealed: Uint8Array, purpose: SealedFor): Buffer {
    const what = { id: purpose.id, purpose: purpose.purpose };
    if (sealed.length < 1 + nonceBytes + tagBytes)
      throw new Fault("open a sealed key: it is cut short", what);
    if (sealed[0] !== version) throw new Fault("open a sealed key: its format is unknown", what);
    const nonce = sealed.subarray(1, 1 + nonceBytes);
    const ciphertext = sealed.subarray(1 + nonceBytes, sealed.length - tagBytes);
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(additionalData(purpose));
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
    try {
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    } catch (cause) {
      throw new Fault("open a sealed key: the master key does not fit, or it was changed", {
        ...what,
        cause,
      });
    }
  }
}

function additionalData({ id, purpose }: SealedFor): Buffer {
  const parts = [Buffer.of(version)];
  for (const part of [purpose, id]) {
    const bytes = Buffer.from(part, "utf8");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
