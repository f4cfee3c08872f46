// Founds an installation, once: operator and system account keys, regions, an organization with its project "default"
// and an API key whose secret is told this one time. Later starts find it all there.

import { assert } from "../../base/assert.ts";
import { type KeyKind, KeyPair } from "../../identity/nkey.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import { microseconds } from "../model/moment.ts";
import type { Store, Transaction } from "../store/store.ts";
import type { Vault } from "../vault.ts";
import { hashSecret } from "./authenticate.ts";
import { newUuid } from "./context.ts";

export interface FoundingContext {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly regions: readonly string[];
}

export interface ApiKeyPair {
  readonly accessKey: string;
  /** UUID. A secret. */
  readonly secretKey: string;
}

export interface Founded {
  /** Its identity: signs the operator JWT and nothing else. */
  readonly operator: KeyPair;
  /** Signs account JWTs and deletions; named in the operator JWT. */
  readonly operatorSigning: KeyPair;
  readonly systemAccount: KeyPair;
  readonly organizationId: string;
  /** The project "default". */
  readonly projectId: string;
  /** Only from the start that made it. */
  readonly firstApiKey: ApiKeyPair | undefined;
}

export async function found(context: FoundingContext): Promise<Founded> {
  return context.store.transaction(async (tx) => {
    for (const region of context.regions) await tx.installation.insertRegion(region);
    const operator = await installationKey(context, tx, "operator", "operator");
    const operatorSigning = await installationKey(context, tx, "operator-signing", "operator");
    const systemAccount = await installationKey(context, tx, "system-account", "account");
    const [organization] = await tx.tenants.organizations();
    const keys = { operator, operatorSigning, systemAccount };
    if (organization === undefined) return { ...keys, ...(await firstTenant(context, tx)) };
    const [project] = await tx.tenants.projects(organization.id);
    assert(project !== undefined, "the first organization has its project");
    return { ...keys, organizationId: organization.id, projectId: project.id, firstApiKey: undefined };
  });
}

async function installationKey(
  context: FoundingContext,
  tx: Transaction,
  name: string,
  kind: KeyKind,
): Promise<KeyPair> {
  const sealedFor = { id: "installation", purpose: name };
  const kept = await tx.installation.key(name);
  if (kept !== undefined) {
    const pair = KeyPair.fromSeed(context.vault.open(kept.sealedSeed, sealedFor).toString("ascii"));
    assert(pair?.publicKey === kept.publicKey, "a sealed seed is the one of its row's public key");
    return pair;
  }
  const pair = KeyPair.create(kind, context.random.bytes(32));
  await tx.installation.insertKey({
    name,
    publicKey: pair.publicKey,
    sealedSeed: context.vault.seal(Buffer.from(pair.seed()), sealedFor),
    createdUs: microseconds(context.clock.nowNs()),
  });
  return pair;
}

async function firstTenant(
  context: FoundingContext,
  tx: Transaction,
): Promise<Pick<Founded, "organizationId" | "projectId" | "firstApiKey">> {
  const createdUs = microseconds(context.clock.nowNs());
  const organizationId = newUuid(context.random);
  const projectId = newUuid(context.random);
  await tx.tenants.insertOrganization({ id: organizationId, name: "default", createdUs });
  await tx.tenants.insertProject({
    id: projectId,
    organizationId,
    name: "default",
    createdUs,
    updatedUs: createdUs,
  });
  const firstApiKey = newApiKey(context.random);
  await tx.tenants.insertApiKey({
    accessKey: firstApiKey.accessKey,
    organizationId,
    defaultProjectId: projectId,
    secretHash: hashSecret(firstApiKey.secretKey),
    description: "first key",
    createdUs,
    expiresUs: undefined,
  });
  return { organizationId, projectId, firstApiKey };
}

const accessKeyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const accessKeyRandomLetters = 17;

/** In the form that every Scaleway client checks: `SCW` and 17 of A-Z0-9, and a UUID. */
export function newApiKey(random: Random): ApiKeyPair {
  let accessKey = "SCW";
  // an access key is public: that some letters are a little likelier than others gives nothing away
  for (const byte of random.bytes(accessKeyRandomLetters)) {
    accessKey += accessKeyLetters[byte % accessKeyLetters.length];
  }
  return { accessKey, secretKey: newUuid(random) };
}
