// Claims of every kind written and signed, with the `jti` that jwt/v2 gives them. [jwt/v2 claims.go doEncode]

import { assert } from "../base/assert.ts";
import { type AccountClaims, accountClaimsShape } from "./account-claims.ts";
import { type ActivationClaims, activationClaimsShape } from "./activation-claims.ts";
import {
  type AuthorizationRequestClaims,
  type AuthorizationResponseClaims,
  authorizationRequestShape,
  authorizationResponseShape,
} from "./authorization-claims.ts";
import { type Registered, registeredFields } from "./fields.ts";
import { sealToken, tokenId } from "./jwt.ts";
import type { KeyKind, KeyPair } from "./nkey.ts";
import { type OperatorClaims, operatorClaimsShape } from "./operator-claims.ts";
import { type Shape, struct } from "./shape.ts";
import { type UserClaims, userClaimsShape } from "./user-claims.ts";

const registered = struct<Registered>(registeredFields);

/** `issuedAt` is in Unix seconds; the signer becomes the issuer. */
export function encodeOperator(claims: OperatorClaims, signer: KeyPair, issuedAt: number): string {
  return encode(claims, operatorClaimsShape, ["operator"], signer, issuedAt);
}

export function encodeAccount(claims: AccountClaims, signer: KeyPair, issuedAt: number): string {
  return encode(claims, accountClaimsShape, ["account", "operator"], signer, issuedAt);
}

export function encodeUser(claims: UserClaims, signer: KeyPair, issuedAt: number): string {
  return encode(claims, userClaimsShape, ["account"], signer, issuedAt);
}

export function encodeActivation(claims: ActivationClaims, signer: KeyPair, issuedAt: number): string {
  return encode(claims, activationClaimsShape, ["account", "operator"], signer, issuedAt);
}

export function encodeAuthorizationRequest(
  claims: AuthorizationRequestClaims,
  signer: KeyPair,
  issuedAt: number,
): string {
  return encode(claims, authorizationRequestShape, ["server"], signer, issuedAt);
}

export function encodeAuthorizationResponse(
  claims: AuthorizationResponseClaims,
  signer: KeyPair,
  issuedAt: number,
): string {
  return encode(claims, authorizationResponseShape, ["account"], signer, issuedAt);
}

function encode<T extends Registered>(
  claims: T,
  shape: Shape<T>,
  signers: readonly KeyKind[],
  signer: KeyPair,
  iat: number,
): string {
  assert(signers.includes(signer.kind), `a key of kind ${signer.kind} does not sign such claims`);
  const signed = { ...claims, iss: signer.publicKey, iat, jti: "" };
  const jti = tokenId(registered.write(signed) as object);
  return sealToken(shape.write({ ...signed, jti }) as object, signer);
}
