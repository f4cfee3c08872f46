// What keeps an account's claims small and in order: signing keys that rotate, revocations that go with them, an iat
// that only ever grows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf } from "./caller.ts";
import { claimsOf } from "./memory-cell.ts";
import { aWorld, recordedNs } from "./world.ts";

async function given(credentialsPerSigningKey = 3, signingKeysPerAccount = 10) {
  const world = await aWorld({ limits: { credentialsPerSigningKey, signingKeysPerAccount } });
  const client = clientOf(world.control, world.tenant.secretKey);
  const account = await client.createAccount("fr-par", {
    name: "orders",
    project_id: world.tenant.projectId,
  });
  const cell = world.cells.of("fr-par");
  const issue = async () => {
    const made = await client.createCredentials("fr-par", { name: "app", nats_account_id: account.id });
    return { id: made.id, jwt: made.credentials!.content.split("\n")[1]! };
  };
  const claims = () => claimsOf(cell.held.get(account.id)!);
  return { world, client, account, cell, issue, claims };
}

test("a signing key signs so many credentials, then a new one takes over; all of them are let in", async () => {
  const { world, cell, issue, claims } = await given(3);

  const issued = [];
  for (let n = 0; n < 7; n++) issued.push(await issue());

  assert.equal(new Set(issued.map(({ jwt }) => claimsOf(jwt).iss)).size, 3);
  assert.equal(claims().nats.signing_keys.length, 3);
  for (const { jwt } of issued) assert.ok(cell.admits(jwt));
  await world.close();
});

test("a retired signing key goes with its last credentials, and its revocations go with it", async () => {
  const { world, client, cell, issue, claims } = await given(3);
  const old = [await issue(), await issue(), await issue()];
  const young = await issue();
  await client.deleteCredentials("fr-par", young.id);
  await client.deleteCredentials("fr-par", old[0]!.id);
  await client.deleteCredentials("fr-par", old[1]!.id);
  assert.equal(Object.keys(claims().nats.revocations).length, 3);

  await client.deleteCredentials("fr-par", old[2]!.id);

  assert.deepEqual(claims().nats.signing_keys, [claimsOf(young.jwt).iss]);
  assert.deepEqual(Object.keys(claims().nats.revocations), [claimsOf(young.jwt).sub]);
  for (const { jwt } of [...old, young]) assert.ok(!cell.admits(jwt), "what was revoked stays refused");
  await world.close();
});

test("a used-up signing key whose credentials are all gone makes room at once", async () => {
  const { world, client, issue, claims } = await given(2, 1);
  for (const { id } of [await issue(), await issue()]) await client.deleteCredentials("fr-par", id);

  await issue();

  assert.equal(claims().nats.signing_keys.length, 1);
  assert.equal(claims().nats.revocations, undefined);
  await world.close();
});

test("an account full of signing keys refuses more credentials as a quota, and takes them again after deletions", async () => {
  const { world, client, issue } = await given(2, 2);
  const issued = [];
  for (let n = 0; n < 4; n++) issued.push(await issue());

  await assert.rejects(issue(), (error: { status: number; body: { details: object[] } }) => {
    const organization_id = world.tenant.organizationId;
    const expected = [{ current: 4, organization_id, quota: 4, resource: "nats_credentials" }];
    assert.deepEqual([error.status, error.body.details], [403, expected]);
    return true;
  });

  for (const { id } of issued.slice(0, 2)) await client.deleteCredentials("fr-par", id);
  await issue();
  await world.close();
});

test("claims signed within one second, or after the clock went back, still get a later iat each", async () => {
  const { world, client, issue, claims } = await given();
  const iats = [claims().iat];

  for (const shift of [0, 0, -3_600_000, 0]) {
    const { id } = await issue();
    world.clock.advance(shift);
    await client.deleteCredentials("fr-par", id);
    iats.push(claims().iat);
  }

  assert.deepEqual(
    iats,
    iats.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(iats).size, iats.length);
  await world.close();
});

test("credentials are revoked from no earlier than they were issued, whatever the clock did", async () => {
  const { world, client, cell, issue, claims } = await given();
  const { id, jwt } = await issue();
  world.clock.advance(-3_600_000);

  await client.deleteCredentials("fr-par", id);

  assert.ok(!cell.admits(jwt));
  assert.deepEqual(claims().nats.revocations, { [claimsOf(jwt).sub]: Number(recordedNs / 1_000_000_000n) });
  await world.close();
});

test("credentials deleted and made anew in one second differ: the old are refused, the new let in", async () => {
  const { world, client, cell, issue } = await given();
  const old = await issue();
  await client.deleteCredentials("fr-par", old.id);

  const young = await issue();

  assert.deepEqual([cell.admits(old.jwt), cell.admits(young.jwt)], [false, true]);
  await world.close();
});

test("an account on its way out lets nobody in, not even for the moment until it is gone", async () => {
  const { world, client, account, cell, issue, claims } = await given();
  const { jwt } = await issue();
  world.steps.sabotage(
    (step) => (step === "purge" ? "before" : undefined),
    () => new Error("dead"),
  );

  await assert.rejects(client.deleteAccount("fr-par", account.id));

  assert.deepEqual(Object.keys(claims().nats.revocations), ["*"]);
  assert.ok(!cell.admits(jwt));
  await world.close();
});

test("work on one account comes one after another, and none of it is lost", async () => {
  const { world, client, account, cell, issue, claims } = await given(5);

  const issued = await Promise.all(Array.from({ length: 23 }, issue));
  await Promise.all(issued.slice(0, 12).map(({ id }) => client.deleteCredentials("fr-par", id)));

  const left = await client.listCredentials("fr-par", { nats_account_id: account.id });
  assert.equal(left.total_count, 11);
  for (const [n, { jwt }] of issued.entries()) assert.equal(cell.admits(jwt), n >= 12, `credentials ${n}`);
  assert.ok(claims().nats.signing_keys.length <= 4);
  await world.close();
});
