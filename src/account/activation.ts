// Activation tokens: an account's word that another one may import what it exports. Bound to issuer, importer, kind,
// subject, time, and void once revoked [nats-server accounts.go checkActivation; CVE-2021-3127].

import type { ExportType } from "../identity/account-claims.ts";
import type { ActivationClaims } from "../identity/activation-claims.ts";
import { isRevoked } from "../identity/claims.ts";
import { decodeActivation } from "../identity/decode.ts";
import { isSubset } from "../subject/pattern.ts";
import { toWire } from "../subject/subject.ts";

/** What an importer asks for. */
export interface ActivationRequest {
  readonly token: string;
  /** The importing account's public key. */
  readonly importer: string;
  /** The exporting account's. */
  readonly exporter: string;
  readonly kind: ExportType;
  /** In the exporting account; wire text. */
  readonly subject: string;
}

/**
 * The claims when the token lets the importer in, revocations aside; undefined when it does not.
 * @param signingKeys the keys that speak in the exporter's name, its own among them where its operator lets it.
 */
export function readActivation(
  request: ActivationRequest,
  signingKeys: (key: string) => boolean,
): ActivationClaims | undefined {
  if (request.token === "") return undefined;
  const decoded = decodeActivation(request.token);
  if (!decoded.ok) return undefined;
  const claims = decoded.value;
  const { nats } = claims;
  const signed =
    nats.issuer_account === ""
      ? claims.iss === request.exporter
      : nats.issuer_account === request.exporter && signingKeys(claims.iss);
  if (!signed) return undefined;
  if (claims.sub !== request.importer || nats.kind !== request.kind) return undefined;
  return isSubset(request.subject, toWire(nats.subject)) ? claims : undefined;
}

/** Whether it counts at this time, under these revocations. */
export function isInForce(
  claims: ActivationClaims,
  revocations: ReadonlyMap<string, number>,
  nowMs: number,
): boolean {
  const seconds = Math.floor(nowMs / 1_000);
  if (claims.exp > 0 && claims.exp <= seconds) return false;
  if (claims.nbf > seconds) return false;
  return !isRevoked(revocations, claims.sub, claims.iat);
}
