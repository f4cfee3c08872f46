// What an activation says: an account lets another one import a subject that needs a token. [jwt/v2 activation_claims.go]

import { createHash } from "node:crypto";
import { type ExportType, exportTypeShape } from "./account-claims.ts";
import { encodeBase32 } from "./base32.ts";
import { type Registered, registeredFields, type Tagged, taggedFields } from "./fields.ts";
import { struct, text } from "./shape.ts";

export interface Activation extends Tagged {
  /** What may be imported. */
  readonly subject: string;
  readonly kind: ExportType;
  /** The exporting account, when a signing key of it issued the activation; otherwise "". */
  readonly issuer_account: string;
}

/** `sub` is the importing account. */
export interface ActivationClaims extends Registered {
  readonly nats: Activation;
}

export const activationShape = struct<Activation>({
  subject: text,
  kind: exportTypeShape,
  issuer_account: text,
  ...taggedFields,
});

export const activationClaimsShape = struct<ActivationClaims>({ ...registeredFields, nats: activationShape });

/** `sub` is the public key of the importing account. */
export function newActivation(sub: string): ActivationClaims {
  return {
    ...activationClaimsShape.zero,
    sub,
    nats: { ...activationShape.zero, type: "activation", version: 2 },
  };
}

/** Names an activation: equal for equal issuer, importer and subject up to its first wildcard. [jwt/v2 HashID] */
export function activationId({ iss, sub, nats }: ActivationClaims): string | undefined {
  if (iss === "" || sub === "" || nats.subject === "") return undefined;
  const parts = nats.subject.split(".");
  const wild = parts.findIndex((part) => part === "*" || part === ">");
  const subject = wild === -1 ? nats.subject : wild === 0 ? "_" : parts.slice(0, wild).join(".");
  const id = encodeBase32(createHash("sha256").update(`${iss}.${sub}.${subject}`).digest());
  return id.padEnd(Math.ceil(id.length / 8) * 8, "=");
}
