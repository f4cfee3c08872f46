// Whose secret is it? Secrets are looked up by their hash and compared in constant time; what is kept of them cannot
// be turned back.

import { createHash, timingSafeEqual } from "node:crypto";
import { isUuid } from "../model/arguments.ts";
import { microseconds } from "../model/moment.ts";
import { done, type Outcome, refuse } from "../model/refusal.ts";
import type { Caller, ControlContext } from "./context.ts";

/** SHA-256 is enough: a secret is 122 random bits, there is nothing to guess slowly. Letter case does not matter. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret.toLowerCase(), "utf8").digest("hex");
}

export async function authenticate(
  context: ControlContext,
  secret: string | undefined,
): Promise<Outcome<Caller>> {
  const denied = refuse({ kind: "denied", reason: "not_found" });
  if (secret === undefined || !isUuid(secret)) return denied;
  const hash = hashSecret(secret);
  const apiKey = await context.store.transaction((tx) => tx.tenants.apiKeyBySecretHash(hash));
  if (apiKey === undefined || !timingSafeEqual(Buffer.from(hash), Buffer.from(apiKey.secretHash)))
    return denied;
  if (apiKey.expiresUs !== undefined && apiKey.expiresUs <= microseconds(context.clock.nowNs())) {
    return refuse({ kind: "denied", reason: "expired" });
  }
  const { accessKey, organizationId, defaultProjectId } = apiKey;
  return done({ accessKey, organizationId, defaultProjectId });
}
