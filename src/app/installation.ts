// What a first start makes and every later one finds: the installation's keys, and somebody who may use the API.

import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { assert } from "../base/assert.ts";
import { hashSecret } from "../control/actions/authenticate.ts";
import type { TrustKeys } from "../control/regions/trust.ts";
import type { Store, Transaction } from "../control/store/store.ts";
import type { Vault } from "../control/vault.ts";
import { type KeyKind, KeyPair } from "../identity/nkey.ts";
import type { AdminKey } from "./data-directory.ts";

const seedBytes = 32;
const usPerSecond = 1_000_000;
const accessKeyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const accessKeyRandom = 17;

export interface InstallationKeys extends TrustKeys {
  /** Signs account JWTs and deletions for the operator. */
  readonly operatorSigning: KeyPair;
}

/** The keys of this installation, made if there are none yet: one transaction makes them, all or none are there. */
export function installationKeys(store: Store, vault: Vault, nowUs: number): Promise<InstallationKeys> {
  return store.transaction(async (tx) => {
    const operator = await keyNamed(tx, vault, "operator", "operator", nowUs);
    const signing = await keyNamed(tx, vault, "operator-signing", "operator", nowUs);
    const system = await keyNamed(tx, vault, "system-account", "account", nowUs);
    return {
      operator: operator.pair,
      operatorSigning: signing.pair,
      operatorSigningKeys: [signing.pair.publicKey],
      systemAccount: system.pair,
      since: Math.floor(operator.createdUs / usPerSecond),
    };
  });
}

async function keyNamed(tx: Transaction, vault: Vault, name: string, kind: KeyKind, nowUs: number) {
  const sealedFor = { id: "installation", purpose: name };
  const found = await tx.installation.key(name);
  if (found !== undefined) {
    const pair = KeyPair.fromSeed(vault.open(found.sealedSeed, sealedFor).toString("latin1"));
    assert(pair?.publicKey === found.publicKey, "a sealed seed makes the public key beside it");
    return { pair, createdUs: found.createdUs };
  }
  const pair = KeyPair.create(kind, randomBytes(seedBytes));
  const sealedSeed = vault.seal(Buffer.from(pair.seed(), "latin1"), sealedFor);
  await tx.installation.insertKey({ name, publicKey: pair.publicKey, sealedSeed, createdUs: nowUs });
  return { pair, createdUs: nowUs };
}

/**
 * Makes an organization with a project "default" and an API key, unless there is an organization.
 * `keep` is given the key before the database has it: a start that dies in between is a first start again, and no
 * secret is lost.
 */
export function firstOrganization(
  store: Store,
  region: string,
  nowUs: number,
  keep: (key: AdminKey) => void,
): Promise<void> {
  return store.transaction(async ({ tenants }) => {
    if ((await tenants.organizations()).length > 0) return;
    const key = newAdminKey(region);
    keep(key);
    const organizationId = key.default_organization_id;
    const project = { id: key.default_project_id, organizationId, name: "default" };
    await tenants.insertOrganization({ id: organizationId, name: "default", createdUs: nowUs });
    await tenants.insertProject({ ...project, createdUs: nowUs, updatedUs: nowUs });
    await tenants.insertApiKey({
      accessKey: key.access_key,
      organizationId,
      defaultProjectId: project.id,
      secretHash: hashSecret(key.secret_key),
      description: "made at the first start",
      createdUs: nowUs,
      expiresUs: undefined,
    });
  });
}

/** In the shapes that Scaleway's clients check: SCW and 17 of A-Z0-9, and UUIDs. [scaleway-sdk-go validation/is.go] */
function newAdminKey(region: string): AdminKey {
  const random = () => accessKeyLetters[randomInt(accessKeyLetters.length)];
  return {
    access_key: `SCW${Array.from({ length: accessKeyRandom }, random).join("")}`,
    secret_key: randomUUID(),
    default_project_id: randomUUID(),
    default_organization_id: randomUUID(),
    default_region: region,
  };
}
