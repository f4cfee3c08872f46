// What a stream's bytes go through before they reach a segment or the journal: compression, then encryption.
// A cover belongs to one segment; its key is derived from the stream's and never used for another file, and its
// nonces are the places of the records, which are written once.

import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { Fault } from "../base/assert.ts";
import { flagCompressed, flagEncrypted } from "./record.ts";

export type Compression = "none" | "zstd";

/** Bodies shorter than this are not worth the attempt. */
const compressFrom = 256;
const tagBytes = 16;
const nonceBytes = 12;
const keyBytes = 32;

export interface Covered {
  readonly body: Uint8Array;
  readonly flags: number;
}

export class Cover {
  readonly #compression: Compression;
  readonly #key: Buffer | undefined;

  /** `purpose` names the one file (and generation of it) that this cover is for. */
  constructor(compression: Compression, streamKey: Uint8Array | undefined, purpose: string) {
    this.#compression = compression;
    this.#key =
      streamKey === undefined
        ? undefined
        : Buffer.from(hkdfSync("sha256", streamKey, "chappe log", purpose, keyBytes));
  }

  /** `place` is where the record lies in its file: unique, so it makes the nonce. */
  put(body: Uint8Array, place: number): Covered {
    let covered = body;
    let flags = 0;
    if (this.#compression === "zstd" && body.length >= compressFrom) {
      const shorter = zstdCompressSync(body);
      if (shorter.length < body.length) {
        covered = shorter;
        flags |= flagCompressed;
      }
    }
    if (this.#key !== undefined) {
      const cipher = createCipheriv("aes-256-gcm", this.#key, nonceOf(place));
      covered = Buffer.concat([cipher.update(covered), cipher.final(), cipher.getAuthTag()]);
      flags |= flagEncrypted;
    }
    return { body: covered, flags };
  }

  /**
   * The body as it was appended; `bodyBytes` is how long it must be.
   * @throws Fault when the key is wrong or missing, or the bytes are not what was written.
   */
  take(covered: Buffer, flags: number, place: number, bodyBytes: number): Buffer {
    let body = covered;
    try {
      if ((flags & flagEncrypted) !== 0) {
        if (this.#key === undefined) throw new Fault("read an encrypted record without a key");
        const decipher = createDecipheriv("aes-256-gcm", this.#key, nonceOf(place));
        decipher.setAuthTag(body.subarray(body.length - tagBytes));
        body = Buffer.concat([decipher.update(body.subarray(0, body.length - tagBytes)), decipher.final()]);
      }
      if ((flags & flagCompressed) !== 0)
        body = zstdDecompressSync(body, { maxOutputLength: Math.max(1, bodyBytes) });
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      throw new Fault("uncover a record", { cause, place });
    }
    if (body.length !== bodyBytes)
      throw new Fault("uncover a record", { place, expected: bodyBytes, found: body.length });
    return body;
  }
}

function nonceOf(place: number): Buffer {
  const nonce = Buffer.alloc(nonceBytes);
  nonce.writeUIntLE(place, 0, 6);
  return nonce;
}
