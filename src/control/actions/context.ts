// What every action works with: memory, keys, cells, time and chance, handed in once by whoever composes the control
// plane.

import type { KeyPair } from "../../identity/nkey.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Trace } from "../../ports/trace.ts";
import { type AccountLimits, defaultAccountLimits } from "../model/account-jwt.ts";
import type { CellLinks } from "../regions/cell-link.ts";
import type { Store } from "../store/store.ts";
import type { Vault } from "../vault.ts";

export interface ControlLimits {
  /** Quota: NATS accounts of one organization, over all regions. Scaleway grants 10. */
  readonly accountsPerOrganization: number;
  /** A signing key signs so many credentials, then a new one takes over. */
  readonly credentialsPerSigningKey: number;
  /**
   * Signing keys of one account at a time. With the number above it bounds an account JWT's revocations: 10 × 1,000
   * of them are 933 KB, and a claims update must stay under nats-server's max_payload of 1 MiB.
   */
  readonly signingKeysPerAccount: number;
  readonly account: AccountLimits;
}

export const defaultControlLimits: ControlLimits = {
  accountsPerOrganization: 1_000,
  credentialsPerSigningKey: 1_000,
  signingKeysPerAccount: 10,
  account: defaultAccountLimits,
};

export interface ControlContext {
  readonly store: Store;
  readonly vault: Vault;
  readonly links: CellLinks;
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  readonly limits: ControlLimits;
  /** Signs account JWTs and deletions. */
  readonly operator: KeyPair;
  /** Its claims are the installation's own; the reconciler leaves them alone. */
  readonly systemAccountId: string;
}

/** Who asks: an API key's organization. Everything an action reads is bound to it. */
export interface Caller {
  readonly accessKey: string;
  readonly organizationId: string;
  readonly defaultProjectId: string;
}

/** A random UUID (version 4). */
export function newUuid(random: { bytes(length: number): Uint8Array }): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
