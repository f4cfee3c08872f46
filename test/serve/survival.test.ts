// What dies and what lives on: a control plane takes no traffic with it, a cell comes back, and there are never two
// brokers on one store.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { realProcesses } from "../../src/node/process.ts";
import { cellPid, cellsOf, cleanUp, newDirectory, RunningChappe, skipReason } from "./chappe.ts";
import { Rest } from "./rest.ts";
import { dial, passMessage, works } from "./tenant.ts";

// Side by side: most of their time is spent waiting for processes.
describe("survival", { skip: skipReason(), concurrency: true }, () => {
  const directories: string[] = [];
  after(() => directories.forEach(cleanUp));

  function ownDirectory(): string {
    const data = newDirectory();
    directories.push(data);
    return data;
  }

  async function withTenant() {
    const data = ownDirectory();
    const running = await RunningChappe.start(data);
    const rest = new Rest(data);
    const account = await rest.createAccount("tenant");
    const credentials = await rest.createCredentials(account, "me");
    return { data, running, rest, account, credentials };
  }

  test("a control plane killed by SIGKILL takes no connection with it, and the next one adopts the cell", async () => {
    const { data, running, rest, account, credentials } = await withTenant();
    const connection = await dial(account.endpoint, credentials.credentials.content);
    const cell = cellPid(data, "fr-par");

    await running.kill();
    await passMessage(connection);
    const next = await RunningChappe.start(data);

    assert.equal(cellPid(data, "fr-par"), cell);
    await passMessage(connection);
    await works(account, await rest.createCredentials(account, "later"));
    assert.equal(connection.isClosed(), false);
    await connection.close();
    assert.equal(await next.stop(), 0);
    assert.deepEqual(cellsOf(data), []);
  });

  test("a cell that dies is started again on its port and its clients come back", async () => {
    const { data, running, rest, account, credentials } = await withTenant();
    const connection = await dial(account.endpoint, credentials.credentials.content, { reconnect: true });
    const cell = cellPid(data, "fr-par");
    const status = connection.status()[Symbol.asyncIterator]();

    realProcesses.signal(cell, "SIGKILL");
    while ((await status.next()).value?.type !== "reconnect");

    await passMessage(connection);
    assert.notEqual(cellPid(data, "fr-par"), cell);
    await works(account, await rest.createCredentials(account, "later"));
    await connection.close();
    await running.stop();
  });

  test("an adopted cell that dies is started again too", async () => {
    const { data, running, account, credentials } = await withTenant();
    await running.kill();
    const next = await RunningChappe.start(data);
    const connection = await dial(account.endpoint, credentials.credentials.content, { reconnect: true });
    const status = connection.status()[Symbol.asyncIterator]();

    realProcesses.signal(cellPid(data, "fr-par"), "SIGKILL");
    while ((await status.next()).value?.type !== "reconnect");

    await passMessage(connection);
    await connection.close();
    await next.stop();
  });

  test("both killed, both come back on the same ports with every account", async () => {
    const { data, running, account, credentials } = await withTenant();
    const { http, nats } = running.run;
    const cell = cellPid(data, "fr-par");

    await running.kill();
    realProcesses.signal(cell, "SIGKILL");
    const next = await RunningChappe.start(data);

    assert.deepEqual([next.run.http, next.run.nats], [http, nats]);
    await works(account, credentials);
    await next.stop();
  });

  test("--keep-cells leaves the cell to the next control plane", async () => {
    const data = ownDirectory();
    const first = await RunningChappe.start(data, "--keep-cells");
    const cell = cellPid(data, "fr-par");

    assert.equal(await first.stop(), 0);
    assert.equal(cellPid(data, "fr-par"), cell);
    const next = await RunningChappe.start(data);

    assert.equal(cellPid(data, "fr-par"), cell);
    await next.stop();
    assert.deepEqual(cellsOf(data), []);
  });

  test("a cell that was started with other settings is not adopted but started anew", async () => {
    const { data, running, account, credentials } = await withTenant();
    const cell = cellPid(data, "fr-par");
    await running.kill();

    const next = await RunningChappe.start(data, "--tls", "required");

    assert.notEqual(cellPid(data, "fr-par"), cell);
    await assert.rejects(dial(account.endpoint, credentials.credentials.content));
    await next.stop();
  });

  test("a cell that holds the store and does not answer is stopped before another one starts", async () => {
    const { data, running, account, credentials } = await withTenant();
    const cell = cellPid(data, "fr-par");
    await running.kill();
    process.kill(cell, "SIGSTOP");

    const next = await RunningChappe.start(data);

    assert.notEqual(cellPid(data, "fr-par"), cell);
    await works(account, credentials);
    await next.stop();
  });

  test("a second signal ends it at once", async () => {
    const data = ownDirectory();
    const running = await RunningChappe.start(data);
    process.kill(cellPid(data, "fr-par"), "SIGSTOP"); // a cell that will not end

    running.signal("SIGINT");
    running.signal("SIGTERM");

    assert.equal(await running.ended(), 1);
    assert.equal(existsSync(join(data, "run.json")), false);
  });
});
