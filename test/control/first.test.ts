// The shortest way through the API, over real HTTP with the project's own client.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { Client } from "../../src/api-client/client.ts";
import { type HttpListener, listenHttp } from "../../src/node/http.ts";
import { claimsOf } from "./memory-cell.ts";
import { aWorld, type World } from "./world.ts";

let world: World;
let listener: HttpListener;
let client: Client;

before(async () => {
  world = await aWorld();
  listener = await listenHttp({ host: "127.0.0.1", port: 0 }, (request) => world.control.handle(request));
  client = new Client({ url: listener.url, secretKey: world.tenant.secretKey });
});

after(async () => {
  await listener.close();
  await world.close();
});

test("an account and its credentials are created, used, and deleted", async () => {
  const account = await client.createAccount("fr-par", { name: "first", project_id: world.tenant.projectId });
  const made = await client.createCredentials("fr-par", { name: "app", nats_account_id: account.id });

  const cell = world.cells.of("fr-par");
  const { content } = made.credentials!;
  const jwt = content.split("\n")[1]!;
  assert.equal(made.checksum, createHash("sha1").update(content).digest("hex"));
  assert.ok(cell.admits(jwt));
  assert.equal(claimsOf(jwt).nats.issuer_account, account.id);
  assert.equal((await client.getCredentials("fr-par", made.id)).credentials, null);

  await client.deleteCredentials("fr-par", made.id);
  assert.ok(!cell.admits(jwt));

  await client.deleteAccount("fr-par", account.id);
  assert.deepEqual((await client.listAccounts("fr-par")).nats_accounts, []);
  assert.equal(cell.held.size, 0);
});
