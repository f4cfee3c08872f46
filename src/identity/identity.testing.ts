// Keys that are the same in every run, and tokens made by hand. For tests only.

import { createHash } from "node:crypto";
import { type KeyKind, KeyPair } from "./nkey.ts";

/** Always the same key for a kind and a number. */
export function aKey(kind: KeyKind, number = 0): KeyPair {
  return KeyPair.create(kind, createHash("sha256").update(`${kind} ${number}`).digest());
}

export interface TokenOptions {
  readonly header?: unknown;
  /** What is signed: the claims alone in version 1. */
  readonly version?: 1 | 2;
}

/** A token of any claims at all, signed. Texts stand for themselves, everything else is written as JSON. */
export function aToken(claims: unknown, signer: KeyPair, { header, version = 2 }: TokenOptions = {}): string {
  const piece = (value: unknown): string =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const head = piece(header ?? { typ: "JWT", alg: version === 1 ? "ed25519" : "ed25519-nkey" });
  const body = piece(claims);
  const signed = version === 1 ? body : `${head}.${body}`;
  return `${head}.${body}.${signer.sign(Buffer.from(signed)).toString("base64url")}`;
}

/** The value of an outcome that must be one. @throws Error with the reason when it is a refusal. */
export function admitted<T>(
  outcome: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string },
): T {
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.value;
}
