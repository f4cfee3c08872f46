// The client sends what the API reads, and makes an ApiError of whatever is no success, a proxy's page included.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, Client, type Fetch } from "./client.ts";

type Sent = { readonly url: string } & Parameters<Fetch>[1];

function answering(status: number, text: string): { readonly client: Client; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, request) => {
    sent.push({ url, ...request });
    return { status, text: async () => text };
  };
  return { client: new Client({ url: "http://h", secretKey: "s", fetch }), sent };
}

const base = "http://h/mnq/v1beta1/regions/fr-par";
const token = { "x-auth-token": "s" };
const json = { ...token, "content-type": "application/json" };
const keyed = { ...json, "idempotency-key": "k" };
const account = { name: "n", project_id: "p" };
const credentials = { name: "n", nats_account_id: "A" };

const calls: readonly [string, (client: Client) => Promise<unknown>, Sent][] = [
  [
    "create account",
    (client) => client.createAccount("fr-par", account, { idempotencyKey: "k" }),
    { url: `${base}/nats-accounts`, method: "POST", headers: keyed, body: JSON.stringify(account) },
  ],
  [
    "get account",
    (client) => client.getAccount("fr-par", "A/../B"),
    { url: `${base}/nats-accounts/A%2F..%2FB`, method: "GET", headers: token },
  ],
  [
    "list accounts",
    (client) =>
      client.listAccounts("fr-par", { page: 2, page_size: 5, order_by: "name_asc", project_id: undefined }),
    { url: `${base}/nats-accounts?page=2&page_size=5&order_by=name_asc`, method: "GET", headers: token },
  ],
  [
    "update account",
    (client) => client.updateAccount("fr-par", "A", {}),
    { url: `${base}/nats-accounts/A`, method: "PATCH", headers: json, body: "{}" },
  ],
  [
    "create credentials",
    (client) => client.createCredentials("fr-par", credentials),
    { url: `${base}/nats-credentials`, method: "POST", headers: json, body: JSON.stringify(credentials) },
  ],
  [
    "list credentials",
    (client) => client.listCredentials("fr-par", { nats_account_id: "A&B" }),
    { url: `${base}/nats-credentials?nats_account_id=A%26B`, method: "GET", headers: token },
  ],
  [
    "list projects",
    (client) => client.listProjects("o"),
    { url: "http://h/account/v3/projects?organization_id=o", method: "GET", headers: token },
  ],
];

for (const [name, call, expected] of calls) {
  test(`${name} is sent as the API reads it`, async () => {
    const { client, sent } = answering(200, "{}");

    await call(client);

    assert.deepEqual(sent, [expected]);
  });
}

test("a deletion has no answer to read", async () => {
  const { client } = answering(204, "");

  assert.equal(await client.deleteAccount("fr-par", "A"), undefined);
});

const answers: readonly [string, number, string, string, string][] = [
  [
    "the service's problem",
    404,
    '{"message":"resource is not found","type":"not_found"}',
    "not_found",
    "404 not_found: resource is not found",
  ],
  [
    "a problem with advice",
    503,
    '{"help_message":"try again","message":"down","type":"unavailable"}',
    "unavailable",
    "503 unavailable: down (try again)",
  ],
  ["a proxy's page", 502, "<html>Bad Gateway</html>", "unknown", "502 unknown: http error 502"],
  ["nothing", 500, "", "unknown", "500 unknown: http error 500"],
  ["null", 500, "null", "unknown", "500 unknown: http error 500"],
  ["an object of another kind", 500, '{"type":1}', "unknown", "500 unknown: http error 500"],
];

for (const [what, status, text, type, message] of answers) {
  test(`${what} with status ${status} is an ApiError`, async () => {
    const { client } = answering(status, text);

    await assert.rejects(client.getAccount("fr-par", "A"), (error: unknown) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.body.type, error.message], [status, type, message]);
      return true;
    });
  });
}
