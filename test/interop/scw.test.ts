// Scaleway's own CLI against Chappe: nothing but the variables that `chappe env` prints.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { needProgram } from "../support/programs.ts";
import { Tutorial } from "./chappe.ts";

const scw = needProgram("scw");
const nats = needProgram("nats");
const quiet = "export SCW_DISABLE_CHECK_VERSION=true";

interface Account {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
}

describe("scw mnq nats", { skip: scw.skip || nats.skip }, () => {
  let reader: Tutorial;
  before(async () => {
    reader = await Tutorial.begin([scw.path, nats.path]);
  });
  after(() => reader?.end());

  const ask = <T>(command: string): T =>
    JSON.parse(reader.run(`${quiet}; scw mnq nats ${command} -o json`)) as T;

  test("accounts are created, listed, renamed, looked up and deleted", () => {
    const made = ask<Account>("create-account name=first region=fr-par");
    const listed = ask<Account[]>("list-accounts region=fr-par");
    const renamed = ask<Account>(`update-account ${made.id} name=renamed region=fr-par`);
    const found = ask<Account>(`get-account ${made.id} region=fr-par`);
    reader.run(`${quiet}; scw mnq nats delete-account ${made.id} region=fr-par`);

    assert.deepEqual(
      listed.map(({ id, name, endpoint }) => ({ id, name, endpoint })),
      [{ id: made.id, name: "first", endpoint: made.endpoint }],
    );
    assert.deepEqual([renamed.name, found.name, found.region], ["renamed", "renamed", "fr-par"]);
    assert.deepEqual(ask<Account[]>("list-accounts region=fr-par"), []);
    assert.throws(() => ask(`get-account ${made.id} region=fr-par`), /cannot find resource/);
  });

  test("credentials are created, listed and deleted", () => {
    const account = ask<Account>("create-account name=holder region=fr-par");

    const made = ask<{ id: string; credentials: { content: string } }>(
      `create-credentials nats-account-id=${account.id} name=c region=fr-par`,
    );
    const listed = ask<{ id: string }[]>(`list-credentials nats-account-id=${account.id} region=fr-par`);
    reader.run(`${quiet}; scw mnq nats delete-credentials ${made.id} region=fr-par`);

    assert.match(made.credentials.content, /BEGIN NATS USER JWT/);
    assert.deepEqual(
      listed.map(({ id }) => id),
      [made.id],
    );
    assert.deepEqual(ask(`list-credentials nats-account-id=${account.id} region=fr-par`), []);
  });

  // The context bears the account's name: this release of scw knows no argument by which to choose another.
  test("create-context makes a context that the nats CLI uses", async () => {
    const account = ask<Account>("create-account name=tutorial region=fr-par");

    reader.run(`${quiet}; scw mnq nats create-context nats-account-id=${account.id} region=fr-par`);
    const subscriber = reader.terminal("nats --context tutorial sub hello");
    await subscriber.shows(/Subscribing on hello/);
    reader.run("nats --context tutorial pub hello world");

    await subscriber.shows(/Received on "hello"\s+world/);
  });
});
