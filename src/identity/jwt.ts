// The envelope of a NATS JWT: three pieces of base64url, the first saying that the third is an nkey's signature.
//
// Nothing in here knows what the claims mean. Every way a token can be wrong is an answer, never an exception.
// [jwt/v2 decoder.go, claims.go, header.go]

import { createHash } from "node:crypto";
import { encodeBase32 } from "./base32.ts";
import type { KeyPair } from "./nkey.ts";
import { goJson, isObject } from "./shape.ts";

/** Longer tokens are not looked at. [jwt/v2 decoder.go MaxTokenSize] */
export const tokenBytesMax = 1024 * 1024;

/** What was asked for, or why it cannot be had. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refused;

export interface Refused {
  readonly ok: false;
  /** In English, for logs and for whoever sent the token. Never holds a secret. */
  readonly reason: string;
}

export function refused(reason: string): Refused {
  return { ok: false, reason };
}

/** A token taken apart and not yet believed. */
export interface OpenToken {
  readonly algorithm: "ed25519" | "ed25519-nkey";
  /** The claims as JSON gave them: an object, or null. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** What a version 1 token signs: the second piece. */
  readonly signedV1: Buffer;
  /** What a version 2 token signs: the first two pieces. */
  readonly signedV2: Buffer;
  readonly signature: Buffer;
}

/** Takes a token apart without believing it. */
export function openToken(token: string): Outcome<OpenToken> {
  if (token.length > tokenBytesMax) {
    return refused(`token size ${token.length} exceeds maximum of ${tokenBytesMax} bytes: token too large`);
  }
  const pieces = token.split(".", 4);
  if (pieces.length !== 3) return refused("expected 3 chunks");
  const [head, body, tail] = pieces as [string, string, string];

  const algorithm = readHeader(head);
  if (!algorithm.ok) return algorithm;
  const claims = readJson(body);
  if (!claims.ok) return claims;
  if (claims.value !== null && !isObject(claims.value)) return refused("claims are not an object");
  const signature = readBase64(tail);
  if (signature === undefined) return refused("signature is not base64url");

  return {
    ok: true,
    value: {
      algorithm: algorithm.value,
      body: claims.value,
      signedV1: Buffer.from(body),
      signedV2: Buffer.from(`${head}.${body}`),
      signature,
    },
  };
}

/** Signs claims, given in the order in which they are to be written. */
export function sealToken(claims: object, signer: KeyPair): string {
  const signed = `${write({ typ: "JWT", alg: "ed25519-nkey" })}.${write(claims)}`;
  return `${signed}.${signer.sign(Buffer.from(signed)).toString("base64url")}`;
}

/** The `jti` of claims: a hash over the registered ones, in Go's order, with `jti` itself absent. [jwt/v2 claims.go hash] */
export function tokenId(registered: object): string {
  return encodeBase32(createHash("sha512-256").update(goJson(registered)).digest());
}

function write(value: object): string {
  return Buffer.from(goJson(value)).toString("base64url");
}

function readHeader(piece: string): Outcome<OpenToken["algorithm"]> {
  const header = readJson(piece);
  if (!header.ok) return header;
  if (!isObject(header.value)) return refused('not supported type ""');
  const typ = Object.hasOwn(header.value, "typ") ? header.value.typ : "";
  const alg = Object.hasOwn(header.value, "alg") ? header.value.alg : "";
  if (typeof typ !== "string" || typeof alg !== "string") return refused("token header is not valid");
  if (typ.toUpperCase() !== "JWT") return refused(`not supported type ${JSON.stringify(typ)}`);
  const algorithm = alg.toLowerCase();
  if (algorithm === "ed25519" || algorithm === "ed25519-nkey") return { ok: true, value: algorithm };
  return refused(`unexpected ${JSON.stringify(alg)} algorithm`);
}

function readJson(piece: string): Outcome<unknown> {
  const bytes = readBase64(piece);
  if (bytes === undefined) return refused("illegal base64 data");
  try {
    return { ok: true, value: JSON.parse(bytes.toString("utf8")) };
  } catch (error) {
    if (error instanceof SyntaxError) return refused("illegal JSON");
    throw error;
  }
}

/** Line ends are skipped, as Go's decoder does: tokens are often read from files. Padding and other marks are not. */
function readBase64(piece: string): Buffer | undefined {
  const clean = piece.includes("\n") || piece.includes("\r") ? piece.replace(/[\r\n]/g, "") : piece;
  if (clean.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(clean)) return undefined;
  return Buffer.from(clean, "base64url");
}
