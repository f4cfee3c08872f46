// What a stream's bytes go through before they reach a segment or the journal: compression, then encryption.
// A cover belongs to one file; its key is derived from the stream's and the file's name. A segment's name may come
// again (it was unlinked, its rewriting failed), so each of its records has a random nonce; where the name ends in a
// fresh salt, the place is one.

import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { assert, Fault } from "../base/assert.ts";
import type { Random } from "../ports/random.ts";
import { flagCompressed, flagEncrypted } from "./record.ts";

export type Compression = "none" | "zstd";

/** Bodies shorter than this are not worth the attempt. */
const compressFrom = 256;
const tagBytes = 16;
const nonceBytes = 12;
const keyBytes = 32;
const nothing = Buffer.alloc(0);
/** A cover adds at most this to a record. */
export const coverBytesMax = nonceBytes + tagBytes;

export interface Covered {
  readonly body: Uint8Array;
  readonly flags: number;
}

/** A long body on its way, piece by piece. */
export interface Covering {
  put(piece: Uint8Array): Uint8Array;
  /** What belongs behind the last piece. */
  end(): Uint8Array;
}

export class Cover {
  readonly #compression: Compression;
  readonly #key: Buffer | undefined;
  readonly #random: Random | undefined;

  /** `purpose` names the one file (and generation of it) that this cover is for. Without `random` it must never recur. */
  constructor(compression: Compression, streamKey: Uint8Array | undefined, purpose: string, random?: Random) {
    this.#compression = compression;
    this.#random = random;
    this.#key =
      streamKey === undefined
        ? undefined
        : Buffer.from(hkdfSync("sha256", streamKey, "chappe log", purpose, keyBytes));
  }

  /** `place` is where the record lies in its file; in another place it cannot be uncovered. */
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
      const drawn = this.#random === undefined ? nothing : Buffer.from(this.#random.bytes(nonceBytes));
      const cipher = createCipheriv("aes-256-gcm", this.#key, drawn.length > 0 ? drawn : placed(place));
      if (drawn.length > 0) cipher.setAAD(placed(place));
      covered = Buffer.concat([drawn, cipher.update(covered), cipher.final(), cipher.getAuthTag()]);
      flags |= flagEncrypted;
    }
    return { body: covered, flags };
  }

  /** As `put`, for a body that is too long for one turn of the program: it is encrypted, and not compressed. */
  covering(place: number): Covering {
    assert(this.#key !== undefined && this.#random === undefined, "an index is covered by a key of its own");
    const cipher = createCipheriv("aes-256-gcm", this.#key, placed(place));
    return {
      put: (piece) => cipher.update(piece),
      end: () => Buffer.concat([cipher.final(), cipher.getAuthTag()]),
    };
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
        const drawn = body.subarray(0, this.#random === undefined ? 0 : nonceBytes);
        const end = body.length - tagBytes;
        const decipher = createDecipheriv("aes-256-gcm", this.#key, drawn.length > 0 ? drawn : placed(place));
        if (drawn.length > 0) decipher.setAAD(placed(place));
        decipher.setAuthTag(body.subarray(end));
        body = Buffer.concat([decipher.update(body.subarray(drawn.length, end)), decipher.final()]);
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

function placed(place: number): Buffer {
  const nonce = Buffer.alloc(nonceBytes);
  nonce.writeUIntLE(place, 0, 6);
  return nonce;
}
