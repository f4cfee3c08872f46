// One Idempotency-Key, one object.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../src/base/assert.ts";
import { clientOf } from "./caller.ts";
import { aWorld } from "./world.ts";

async function given() {
  const world = await aWorld();
  const client = clientOf(world.control, world.tenant.secretKey);
  const create = (key: string, name = "orders") =>
    client.createAccount("fr-par", { name, project_id: world.tenant.projectId }, { idempotencyKey: key });
  const count = async () => (await client.listAccounts("fr-par")).total_count;
  return { world, client, create, count };
}

test("an account asked for a hundred times at once with one key is one account, answered alike", async () => {
  const { world, create, count } = await given();

  const answers = await Promise.all(Array.from({ length: 100 }, () => create("k")));

  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal(await count(), 1);
  assert.equal(world.cells.of("fr-par").held.size, 1);
  await world.close();
});

test("another key is another account, of the same name if need be", async () => {
  const { world, create, count } = await given();

  const [one, two] = [await create("k1"), await create("k2")];

  assert.notEqual(one.id, two.id);
  assert.equal(await count(), 2);
  await world.close();
});

test("a key used for another request is refused with 409", async () => {
  const { world, create, client } = await given();
  const { id } = await create("k");

  await assert.rejects(create("k", "bills"), { status: 409 });
  const credentials = { name: "orders", nats_account_id: id };
  await assert.rejects(client.createCredentials("fr-par", credentials, { idempotencyKey: "k" }), {
    status: 409,
  });
  await world.close();
});

test("one organization's keys are not another's", async () => {
  const { world, create } = await given();
  const other = clientOf(world.control, world.stranger.secretKey);
  const mine = await create("k");

  const account = { name: "orders", project_id: world.stranger.projectId };
  const theirs = await other.createAccount("fr-par", account, { idempotencyKey: "k" });

  assert.notEqual(mine.id, theirs.id);
  await world.close();
});

test("a key is forgotten after 24 hours", async () => {
  const { world, create } = await given();
  const first = await create("k");
  world.clock.advance(86_399_000);
  assert.equal((await create("k")).id, first.id);

  world.clock.advance(1_001);

  assert.notEqual((await create("k")).id, first.id);
  await world.close();
});

test("a request that failed may be sent again with its key", async () => {
  const { world, create, count } = await given();
  world.steps.sabotage(
    (step) => (step === "push" ? "after" : undefined),
    (step) => new Fault(`${step}: no server answers`),
  );
  await assert.rejects(create("k"), { status: 503 });
  world.steps.heal();

  const made = await create("k");
  await world.control.converge();

  assert.equal(await count(), 1);
  assert.deepEqual([...world.cells.of("fr-par").held.keys()], [made.id]);
  await world.close();
});

test("a request over the quota leaves its key unused", async () => {
  const world = await aWorld({ limits: { accountsPerOrganization: 1 } });
  const client = clientOf(world.control, world.tenant.secretKey);
  const create = (key: string) =>
    client.createAccount(
      "fr-par",
      { name: "x", project_id: world.tenant.projectId },
      { idempotencyKey: key },
    );
  const { id } = await create("k1");
  await assert.rejects(create("k2"), { status: 403 });
  await client.deleteAccount("fr-par", id);

  assert.notEqual((await create("k2")).id, id);
  await world.close();
});

test("accounts asked for at once never exceed the quota", async () => {
  const world = await aWorld({ limits: { accountsPerOrganization: 3 } });
  const client = clientOf(world.control, world.tenant.secretKey);
  const create = () => client.createAccount("fr-par", { name: "x", project_id: world.tenant.projectId });

  const all = await Promise.allSettled(Array.from({ length: 20 }, create));

  assert.equal(all.filter(({ status }) => status === "fulfilled").length, 3);
  assert.equal((await client.listAccounts("fr-par")).total_count, 3);
  await world.close();
});
