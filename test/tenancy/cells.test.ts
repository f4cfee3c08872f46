// The control plane sets the limits for cells of our broker, and only for those.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cleanUp, newDirectory, RunningChappe } from "../serve/chappe.ts";
import { Rest } from "../serve/rest.ts";
import { dial, works } from "../serve/tenant.ts";
import { needProgram } from "../support/programs.ts";

const real = needProgram("nats-server");
const tooDeep = Array.from({ length: 33 }, () => "t").join(".");

/** A control plane whose cells run `broker` ("" for ours); what it set for the first one, and an account in it. */
async function aCell(data: string, broker: string) {
  const chappe = await RunningChappe.startIn({ CHAPPE_BROKER: broker }, data);
  const rest = new Rest(data);
  const account = await rest.createAccount("tenant");
  const credentials = await rest.createCredentials(account, "app");
  const settings = readFileSync(join(data, "cells", "fr-par-1", "broker.conf"), "utf8");
  return { chappe, account, credentials, settings };
}

test("a tenant of our broker's cell is held to its limits", async (t) => {
  const data = newDirectory();
  t.after(() => cleanUp(data));
  const { chappe, account, credentials, settings } = await aCell(data, "");
  await works(account, credentials);
  const connection = await dial(account.endpoint, credentials.credentials.content);
  const heard = new Promise<string>((resolve) => {
    void (async () => {
      for await (const status of connection.status())
        if (status.type === "error") resolve(String(status.error));
    })();
  });

  connection.publish(tooDeep);

  assert.match(await heard, /Permissions Violation for Publish to "t\.t\./);
  assert.match(settings, /^tenancy \{$/m);
  await connection.close();
  await chappe.stop();
});

test("a real nats-server's cell is told none of it", { skip: real.skip }, async (t) => {
  const data = newDirectory();
  t.after(() => cleanUp(data));
  const { chappe, account, credentials, settings } = await aCell(data, real.path);
  await works(account, credentials);
  const connection = await dial(account.endpoint, credentials.credentials.content);

  const deep = connection.subscribe(tooDeep, { max: 1 });
  connection.publish(tooDeep, "through");
  const [message] = await Array.fromAsync(deep);

  assert.equal(message!.string(), "through");
  assert.match(settings, /^#[^\n]*\n$/);
  await connection.close();
  await chappe.stop();
});
