// The reconciler's promises, one by one: the database wins, whatever a cell holds or forgot.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../src/base/assert.ts";
import { StoreFault } from "../../src/control/store/database.ts";
import { clientOf } from "./caller.ts";
import { aWorld } from "./world.ts";

async function aWorldWithAccount() {
  const world = await aWorld();
  const client = clientOf(world.control, world.tenant.secretKey);
  const account = await client.createAccount("fr-par", {
    name: "orders",
    project_id: world.tenant.projectId,
  });
  return { world, client, accountId: account.id, cell: world.cells.of("fr-par") };
}

test("when all is well nothing is pushed", async () => {
  const { world } = await aWorldWithAccount();
  world.steps.heal();

  const result = await world.control.converge();

  assert.deepEqual(result, { checked: 1, repaired: 0, failed: 0 });
  assert.deepEqual(
    world.steps.taken.filter((step) => step !== "transaction"),
    ["lookup", "list"],
  );
  await world.close();
});

test("a cell that lost its claims gets them back, to the letter", async () => {
  const { world, accountId, cell } = await aWorldWithAccount();
  const text = cell.held.get(accountId)!;
  cell.held.clear();

  const result = await world.control.converge();

  assert.equal(cell.held.get(accountId), text);
  assert.deepEqual(result, { checked: 1, repaired: 1, failed: 0 });
  await world.close();
});

test("a cell that holds an older text is given the newest", async () => {
  const { world, client, accountId, cell } = await aWorldWithAccount();
  const older = cell.held.get(accountId)!;
  const made = await client.createCredentials("fr-par", { name: "app", nats_account_id: accountId });
  await client.deleteCredentials("fr-par", made.id);
  const newest = cell.held.get(accountId)!;
  cell.held.set(accountId, older);

  await world.control.converge();

  assert.notEqual(newest, older);
  assert.equal(cell.held.get(accountId), newest);
  await world.close();
});

test("claims that the database does not know are removed, the system account's never", async () => {
  const { world, accountId, cell } = await aWorldWithAccount();
  const other = await aWorldWithAccount();
  cell.held.set(other.accountId, other.cell.held.get(other.accountId)!);
  cell.held.set(world.systemAccountId, "the system account's");

  await world.control.converge();

  assert.deepEqual([...cell.held.keys()].sort(), [accountId, world.systemAccountId].sort());
  await other.world.close();
  await world.close();
});

test("a creation that a reconciler meets half-way is not taken for an unfinished one", async () => {
  const { world, client, cell } = await aWorldWithAccount();
  let converging: Promise<unknown> | undefined;
  world.steps.sabotage(
    (step) => {
      // the creation is in the midst of its push when the reconciler starts
      if (step === "push" && converging === undefined) converging = world.control.converge();
      return undefined;
    },
    () => new Error("nothing fails"),
  );

  const made = await client.createAccount("fr-par", { name: "new", project_id: world.tenant.projectId });
  await converging;

  assert.ok(cell.held.has(made.id));
  assert.equal((await client.getAccount("fr-par", made.id)).name, "new");
  await world.close();
});

test("a creation whose push failed is answered 503, is never listed, and is gone after a pass", async () => {
  for (const cut of ["before", "after"] as const) {
    const { world, client, cell } = await aWorldWithAccount();
    world.steps.sabotage(
      (step) => (step === "push" ? cut : undefined),
      (step) => new Fault(`${step}: no server answers`),
    );
    const failed = client.createAccount("fr-par", { name: "new", project_id: world.tenant.projectId });

    await assert.rejects(failed, { status: 503 });
    assert.equal((await client.listAccounts("fr-par")).total_count, 1);

    world.steps.heal();
    await world.control.converge();
    assert.equal((await client.listAccounts("fr-par")).total_count, 1);
    assert.equal(cell.held.size, 1);
    await world.close();
  }
});

test("a creation whose push failed does not count against the quota, even before the next pass", async () => {
  const world = await aWorld({ limits: { accountsPerOrganization: 1 } });
  const client = clientOf(world.control, world.tenant.secretKey);
  const create = () => client.createAccount("fr-par", { name: "x", project_id: world.tenant.projectId });
  world.steps.sabotage(
    (step) => (step === "push" ? "before" : undefined),
    (step) => new Fault(`${step}: no server answers`),
  );
  await assert.rejects(create(), { status: 503 });
  world.steps.heal();

  assert.equal((await create()).name, "x");
  await world.close();
});

test("what a cell has confirmed is not pushed again by the next request", async () => {
  const { world, client, accountId } = await aWorldWithAccount();
  const issue = () => client.createCredentials("fr-par", { name: "app", nats_account_id: accountId });
  await client.deleteCredentials("fr-par", (await issue()).id);
  world.steps.heal();

  await issue();

  assert.deepEqual(new Set(world.steps.taken), new Set(["transaction"]));
  await world.close();
});

test("credentials whose revocation could not be pushed are gone for the API, and refused after the next pass", async () => {
  const { world, client, accountId, cell } = await aWorldWithAccount();
  const made = await client.createCredentials("fr-par", { name: "app", nats_account_id: accountId });
  const jwt = made.credentials!.content.split("\n")[1]!;
  world.cells.down = true;

  await assert.rejects(client.deleteCredentials("fr-par", made.id), { status: 503 });
  await assert.rejects(client.getCredentials("fr-par", made.id), { status: 404 });
  assert.ok(cell.admits(jwt));
  assert.deepEqual(await world.control.converge(), { checked: 1, repaired: 0, failed: 1 });

  world.cells.down = false;
  await world.control.converge();
  assert.ok(!cell.admits(jwt));
  await assert.rejects(client.deleteCredentials("fr-par", made.id), { status: 404 });
  await world.close();
});

test("a deletion that could not reach the cell is finished by sending it again", async () => {
  const { world, client, accountId, cell } = await aWorldWithAccount();
  world.cells.down = true;
  await assert.rejects(client.deleteAccount("fr-par", accountId), { status: 503 });
  await assert.rejects(client.getAccount("fr-par", accountId), { status: 404 });

  world.cells.down = false;
  await client.deleteAccount("fr-par", accountId);

  assert.equal(cell.held.size, 0);
  await assert.rejects(client.deleteAccount("fr-par", accountId), { status: 404 });
  await world.close();
});

test("an account is not dropped while a connection or a message of it is left", async () => {
  for (const hindrance of ["connections", "storedBytes"]) {
    const { world, client, accountId, cell } = await aWorldWithAccount();
    cell.connect(accountId, "U1", true);
    cell.stored.set(accountId, 1);
    const call = hindrance === "connections" ? "kick" : "purge";
    world.steps.sabotage(
      (step) => (step === call ? "before" : undefined),
      (step) => new Fault(`${step} refused`),
    );

    await assert.rejects(client.deleteAccount("fr-par", accountId), { status: 503 }, hindrance);
    assert.ok(cell.held.has(accountId));
    assert.ok(!world.steps.taken.includes("remove"));

    world.steps.heal();
    await world.control.converge();
    assert.equal(cell.held.size, 0);
    await world.close();
  }
});

test("a cell that fails and fails is left alone until the next pass", async () => {
  const { world, client } = await aWorldWithAccount();
  const more = Array.from({ length: 30 }, (_, n) =>
    client.createAccount("fr-par", { name: `n${n}`, project_id: world.tenant.projectId }),
  );
  await Promise.all(more);
  world.steps.sabotage(
    (step) => (step === "transaction" ? undefined : "before"),
    (step) => new Fault(`${step}: no server answers`),
  );

  const result = await world.control.converge();

  assert.deepEqual(result, { checked: 31, repaired: 0, failed: 31 });
  const calls = world.steps.taken.filter((step) => step !== "transaction").length;
  assert.ok(calls < 15, `${calls} calls to a cell that does not answer`);
  await world.close();
});

test("a pass stops soon after it is told to", async () => {
  const { world } = await aWorldWithAccount();
  const stop = new AbortController();
  stop.abort();

  assert.deepEqual(await world.control.converge(stop.signal), { checked: 0, repaired: 0, failed: 0 });
  await world.close();
});

test("a database that fails is not taken for a cell that does", async () => {
  const { world } = await aWorldWithAccount();
  world.steps.sabotage(
    (step, nth) => (step === "transaction" && nth === 1 ? "before" : undefined),
    () => new StoreFault("disk I/O error"),
  );

  await assert.rejects(world.control.converge(), StoreFault);
  await world.close();
});

test("a creation whose database fails is answered 500, not 503, and is rolled back", async () => {
  for (const cut of ["before", "after"] as const) {
    const { world, client, cell } = await aWorldWithAccount();
    let pushed = false;
    const whenActive = (step: string) => {
      if (step === "push") pushed = true;
      else if (pushed) return cut;
      return undefined;
    };
    world.steps.sabotage(whenActive, () => new StoreFault("database or disk is full"));
    const failed = client.createAccount("fr-par", { name: "new", project_id: world.tenant.projectId });

    await assert.rejects(failed, { status: 500 });
    world.steps.heal();
    await world.control.converge();
    assert.equal((await client.listAccounts("fr-par")).total_count, 1);
    assert.equal(cell.held.size, 1);
    await world.close();
  }
});

test("a request that fails unexpectedly is answered 500 with nothing of the reason, which the log has", async () => {
  const { world, client } = await aWorldWithAccount();
  world.steps.sabotage(
    () => "before",
    () => new Error("disk I/O error at /secret/path"),
  );

  const failed = client.listAccounts("fr-par");

  await assert.rejects(failed, (error: { status: number; body: Record<string, string> }) => {
    assert.deepEqual([error.status, error.body.type], [500, "internal_error"]);
    assert.doesNotMatch(JSON.stringify(error.body), /secret|disk/);
    const [id] = /[0-9a-f-]{36}$/.exec(error.body.message!) ?? [];
    return id !== undefined;
  });
  assert.ok(world.traced.some((line) => line.includes("disk I/O error at /secret/path")));
  await world.close();
});
