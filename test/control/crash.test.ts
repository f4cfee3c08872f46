// A control plane dies at every step of every operation: what was answered holds, nothing is half there, nothing twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../src/api-client/client.ts";
import { ApiError } from "../../src/api-client/client.ts";
import { Fault } from "../../src/base/assert.ts";
import { clientOf } from "./caller.ts";
import type { Cut } from "./steps.ts";
import { aWorld, type World } from "./world.ts";

const stepsMax = 40; // more than any operation has

interface Given {
  readonly world: World;
  readonly client: Client;
  readonly accountId: string;
  readonly credentialsId: string;
  readonly userJwt: string;
}

/** One account "kept" with credentials "kept", whose user is connected and has a message stored. */
async function given(): Promise<Given> {
  const world = await aWorld();
  const client = clientOf(world.control, world.tenant.secretKey);
  const account = await client.createAccount("fr-par", { name: "kept", project_id: world.tenant.projectId });
  const made = await client.createCredentials("fr-par", { name: "kept", nats_account_id: account.id });
  const cell = world.cells.of("fr-par");
  cell.stored.set(account.id, 512);
  cell.connect(account.id, "U1");
  const userJwt = made.credentials!.content.split("\n")[1]!;
  return { world, client, accountId: account.id, credentialsId: made.id, userJwt };
}

/** Whatever happened: the cell holds exactly the accounts that are listed, each to the letter, and nothing is left to do. */
async function assertWhole({ world, client }: Given): Promise<void> {
  const listed = (await client.listAccounts("fr-par")).nats_accounts.map(({ id }) => id).sort();
  const { held } = world.cells.of("fr-par");
  assert.deepEqual([...held.keys()].sort(), listed, "the cell holds what is listed");
  const stored = await world.store.transaction(({ accounts }) => accounts.idsAfter("", 1_000));
  assert.deepEqual([...stored].sort(), listed, "no row is left half-way");
  for (const id of listed) {
    const account = await world.store.transaction(({ accounts }) => accounts.get(id));
    assert.equal(held.get(id), account?.jwt);
    const leaving = await world.store.transaction(({ credentials }) => credentials.deleting(id));
    assert.deepEqual(leaving, []);
  }
}

/** Whether the operation was answered with success before the process died. */
type Operation = (it: Given) => Promise<unknown>;

interface Story {
  readonly name: string;
  readonly run: Operation;
  readonly check: (it: Given, answered: boolean) => Promise<void>;
}

const stories: readonly Story[] = [
  {
    name: "creating an account",
    run: ({ client, world }) =>
      client.createAccount("fr-par", { name: "new", project_id: world.tenant.projectId }),
    async check({ client }, answered) {
      const names = (await client.listAccounts("fr-par")).nats_accounts.map(({ name }) => name);
      const times = names.filter((name) => name === "new").length;
      assert.ok(answered ? times === 1 : times <= 1, `listed ${times} times`);
    },
  },
  {
    name: "creating an account, tried again with the same Idempotency-Key",
    run: ({ client, world }) => createOnce(client, world),
    async check({ client, world }) {
      const again = await createOnce(client, world);

      const named = (await client.listAccounts("fr-par")).nats_accounts.filter(({ name }) => name === "once");
      assert.deepEqual(
        named.map(({ id }) => id),
        [again.id],
      );
    },
  },
  {
    name: "creating credentials",
    run: ({ client, accountId }) =>
      client.createCredentials("fr-par", { name: "new", nats_account_id: accountId }),
    async check({ client }, answered) {
      const all = (await client.listCredentials("fr-par")).nats_credentials;
      const times = all.filter(({ name }) => name === "new").length;
      assert.ok(answered ? times === 1 : times <= 1, `listed ${times} times`);
    },
  },
  {
    name: "deleting credentials",
    run: ({ client, credentialsId }) => client.deleteCredentials("fr-par", credentialsId),
    async check({ client, world, userJwt }, answered) {
      const gone = (await client.listCredentials("fr-par")).total_count === 0;
      assert.ok(gone || !answered, "what was answered is gone");
      assert.equal(world.cells.of("fr-par").admits(userJwt), !gone, "listed and admitted go together");
    },
  },
  {
    name: "deleting an account",
    run: ({ client, accountId }) => client.deleteAccount("fr-par", accountId),
    async check({ client, world, accountId, userJwt }, answered) {
      const gone = (await client.listAccounts("fr-par")).total_count === 0;
      const cell = world.cells.of("fr-par");
      assert.ok(gone || !answered, "what was answered is gone");
      assert.equal(cell.admits(userJwt), !gone);
      assert.equal(cell.stored.has(accountId), !gone, "messages go with their account, and never without it");
      assert.equal(cell.usersOf(accountId).length, gone ? 0 : 1);
    },
  },
];

async function createOnce(client: Client, world: World): Promise<{ readonly id: string }> {
  const account = { name: "once", project_id: world.tenant.projectId };
  return client.createAccount("fr-par", account, { idempotencyKey: "the-same" });
}

for (const { name, run, check } of stories) {
  test(`${name}: dying at any step loses nothing answered and leaves nothing half there`, async () => {
    for (const cut of ["before", "after"] satisfies Cut[]) {
      for (let nth = 0; ; nth++) {
        assert.ok(nth < stepsMax, "the operation ends");
        const it = await given();
        it.world.steps.dieAt(nth, cut);
        const answered = await succeeds(run(it));
        const died = it.world.steps.taken.length > nth;

        it.world.steps.heal();
        const restarted = it.world.restart();
        await restarted.converge();
        const again = { ...it, client: clientOf(restarted, it.world.tenant.secretKey) };
        await assertWhole(again);
        await check(again, answered);
        await assertWhole(again);

        await it.world.close();
        if (!died) break;
      }
    }
  });

  test(`${name}: a cell that fails at any step is made good, and a reconciler that dies half-way too`, async () => {
    for (const cut of ["before", "after"] satisfies Cut[]) {
      for (let nth = 0; ; nth++) {
        assert.ok(nth < stepsMax, "the operation ends");
        const it = await given();
        const isCell = (step: string) => step !== "transaction";
        let calls = 0;
        const nthCall = (step: string) => (isCell(step) && calls++ === nth ? cut : undefined);
        it.world.steps.sabotage(nthCall, (step) => new Fault(`${step} fails`));
        const answered = await succeeds(run(it));
        const failed = calls > nth;

        // a reconciler that dies at each of its own steps, one after another, each going on where the last one died
        for (let at = 0; at < stepsMax; at++) {
          it.world.steps.dieAt(at, cut);
          if (await succeeds(it.world.restart().converge())) break;
        }
        it.world.steps.heal();
        await it.world.control.converge();
        await assertWhole(it);
        await check(it, answered);

        await it.world.close();
        if (!failed) break;
      }
    }
  });
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof ApiError) assert.ok([500, 503].includes(error.status), String(error));
    return false;
  }
}
