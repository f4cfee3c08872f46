// NATS keys: Ed25519 (and X25519) keys in text form, whose first letter tells whose key it is.
//
// Foreign text is never trusted and never throws: what is not a key is answered with undefined or false. Stricter
// than Go's nkeys in three points that no honest key meets: spare bits, line ends inside, a body of another length.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { assert } from "../base/assert.ts";
import { decodeBase32, encodeBase32 } from "./base32.ts";

export type KeyKind = "operator" | "account" | "user" | "server" | "cluster" | "curve";

/*  public key | kind u8 | key 32 bytes | crc16 u16 little-endian |                 base32: 56 letters
 *  seed       | 18<<3 + kind's upper 3 bits u8 | kind's lower 5 bits <<3 u8 | seed 32 bytes | crc16 |     58 letters
 *  private    | 15<<3 u8 | seed 32, public key 32 | crc16 |                        108 letters                       */
const publicTextLength = 56;
const seedTextLength = 58;
const rawBytes = 32;

const prefixes: Readonly<Record<KeyKind, number>> = {
  account: 0,
  cluster: 2 << 3,
  server: 13 << 3,
  operator: 14 << 3,
  user: 20 << 3,
  curve: 23 << 3,
};
const seedPrefix = 18 << 3;
const privatePrefix = 15 << 3;

/** What precedes the 32 raw bytes in the DER form that node:crypto reads; Ed25519 is 1.3.101.112, X25519 is .110. */
const ed25519PublicDer = Buffer.from("302a300506032b6570032100", "hex");
const ed25519PrivateDer = Buffer.from("302e020100300506032b657004220420", "hex");
const x25519PrivateDer = Buffer.from("302e020100300506032b656e04220420", "hex");

export interface PublicKey {
  readonly kind: KeyKind;
  readonly raw: Uint8Array;
}

/** Whether something is a public key in text form, of one kind if asked for. Fast enough for every CONNECT. */
export function isPublicKey(text: unknown, kind?: KeyKind): text is string {
  if (typeof text !== "string") return false;
  const key = decodePublicKey(text);
  return key !== undefined && (kind === undefined || key.kind === kind);
}

export function decodePublicKey(text: string): PublicKey | undefined {
  if (text.length !== publicTextLength) return undefined;
  const body = checked(text);
  const kind = body === undefined ? undefined : kindOf(body[0]!);
  return body === undefined || kind === undefined ? undefined : { kind, raw: body.subarray(1) };
}

/** `raw` is 32 bytes. */
export function encodePublicKey(kind: KeyKind, raw: Uint8Array): string {
  assert(raw.length === rawBytes, "a public key has 32 bytes");
  return withChecksum(Buffer.concat([Buffer.of(prefixes[kind]), raw]));
}

/** `raw` is 32 bytes. */
export function encodeSeed(kind: KeyKind, raw: Uint8Array): string {
  assert(raw.length === rawBytes, "a seed has 32 bytes");
  const prefix = prefixes[kind];
  return withChecksum(Buffer.concat([Buffer.of(seedPrefix | (prefix >> 5), (prefix & 31) << 3), raw]));
}

/** The kind of key that a seed makes, and its 32 bytes. */
export function decodeSeed(text: string): PublicKey | undefined {
  if (text.length !== seedTextLength) return undefined;
  const body = checked(text);
  if (body === undefined || (body[0]! & 248) !== seedPrefix || (body[1]! & 7) !== 0) return undefined;
  const kind = kindOf(((body[0]! & 7) << 5) | (body[1]! >> 3));
  return kind === undefined ? undefined : { kind, raw: body.subarray(2) };
}

/**
 * Whether `signature` (64 bytes; any other length is simply wrong) was made over `data` by the holder of a public key.
 * False as well for text that is not a key, and for a curve key, which cannot sign.
 */
export function verifySignature(publicKey: string, data: Uint8Array, signature: Uint8Array): boolean {
  const key = verifyingKey(publicKey);
  return key !== undefined && verifyWith(key, data, signature);
}

function verifyingKey(publicKey: string): KeyObject | undefined {
  const key = decodePublicKey(publicKey);
  if (key === undefined || key.kind === "curve") return undefined;
  return createPublicKey({ key: Buffer.concat([ed25519PublicDer, key.raw]), format: "der", type: "spki" });
}

function verifyWith(key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, data, key, signature);
}

/** Both halves of a key. The seed leaves it only when asked for by name; printing or logging one shows nothing secret. */
export class KeyPair {
  readonly kind: KeyKind;
  /** 56 letters; the first tells the kind. */
  readonly publicKey: string;
  readonly #raw: Buffer;
  readonly #key: KeyObject;

  private constructor(kind: KeyKind, raw: Uint8Array) {
    this.kind = kind;
    this.#raw = Buffer.from(raw);
    const der = kind === "curve" ? x25519PrivateDer : ed25519PrivateDer;
    this.#key = createPrivateKey({ key: Buffer.concat([der, this.#raw]), format: "der", type: "pkcs8" });
    const spki = createPublicKey(this.#key).export({ format: "der", type: "spki" });
    this.publicKey = encodePublicKey(kind, spki.subarray(-rawBytes));
  }

  /** `random` is 32 unpredictable bytes; they become the seed. */
  static create(kind: KeyKind, random: Uint8Array): KeyPair {
    assert(random.length === rawBytes, "a key is made of 32 random bytes");
    return new KeyPair(kind, random);
  }

  /** Undefined for text that is not a seed. */
  static fromSeed(text: string): KeyPair | undefined {
    const seed = decodeSeed(text);
    return seed === undefined ? undefined : new KeyPair(seed.kind, seed.raw);
  }

  /** The seed in text form, 58 letters beginning with S. A secret. */
  seed(): string {
    return encodeSeed(this.kind, this.#raw);
  }

  /** The private key in text form, 108 letters beginning with P. A secret. Not for curve keys. */
  privateKey(): string {
    assert(this.kind !== "curve", "a curve key has no private key in text form");
    const raw = decodePublicKey(this.publicKey)!.raw;
    return withChecksum(Buffer.concat([Buffer.of(privatePrefix), this.#raw, raw]));
  }

  /** 64 bytes of Ed25519 signature. Not for curve keys. */
  sign(data: Uint8Array): Buffer {
    assert(this.kind !== "curve", "a curve key does not sign");
    return sign(null, data, this.#key);
  }
}

/** Remembers the keys it has met, so that users of the same few accounts cost one curve operation and no parsing. */
export class Verifier {
  readonly #known = new Map<string, KeyObject>();
  readonly #knownMax: number;

  /** At most `knownMax` keys are kept; beyond that it starts afresh. */
  constructor(knownMax = 4_096) {
    this.#knownMax = knownMax;
  }

  /** As {@link verifySignature}. */
  verify(publicKey: string, data: Uint8Array, signature: Uint8Array): boolean {
    let key = this.#known.get(publicKey);
    if (key === undefined) {
      key = verifyingKey(publicKey);
      if (key === undefined) return false;
      if (this.#known.size >= this.#knownMax) this.#known.clear();
      this.#known.set(publicKey, key);
    }
    return verifyWith(key, data, signature);
  }
}

function withChecksum(body: Buffer): string {
  const crc = crc16(body, body.length);
  return encodeBase32(Buffer.concat([body, Buffer.of(crc & 255, crc >> 8)]));
}

/** What a text encodes, without the checksum; undefined when that is wrong. */
function checked(text: string): Buffer | undefined {
  const bytes = decodeBase32(text);
  if (bytes === undefined || bytes.length < 4) return undefined;
  const end = bytes.length - 2;
  return crc16(bytes, end) === (bytes[end]! | (bytes[end + 1]! << 8)) ? bytes.subarray(0, end) : undefined;
}

/** CRC-16/XMODEM: polynomial 0x1021, from 0. Keys are short enough to go without a table. */
function crc16(bytes: Uint8Array, end: number): number {
  let crc = 0;
  for (let at = 0; at < end; at++) {
    crc ^= bytes[at]! << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

function kindOf(prefix: number): KeyKind | undefined {
  switch (prefix) {
    case prefixes.account:
      return "account";
    case prefixes.user:
      return "user";
    case prefixes.operator:
      return "operator";
    case prefixes.server:
      return "server";
    case prefixes.cluster:
      return "cluster";
    case prefixes.curve:
      return "curve";
    default:
      return undefined;
  }
}
