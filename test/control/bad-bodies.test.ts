// Bad bodies by table, over real HTTP: every mistake has its status and its JSON, and changes nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Asking, accounts, credentials, mistakes, someUuid } from "./over-http.ts";

let asking: Asking;

before(async () => {
  asking = await Asking.start();
});

after(() => asking.stop());

const project = () => asking.world.tenant.projectId;
const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;

// what is sent as an account → what is wrong with it
const badAccounts: readonly [string, () => unknown, readonly string[]][] = [
  ["no body", () => "", ["name:required", "project_id:required"]],
  ["an empty object", () => ({}), ["name:required", "project_id:required"]],
  ["null for both", () => ({ name: null, project_id: null }), ["name:required", "project_id:required"]],
  ["broken JSON", () => '{"name":', ["body:format"]],
  ["JSON and something after it", () => '{"name":"x"} x', ["body:format"]],
  ["text that is not JSON", () => "name=x", ["body:format"]],
  ["an array", () => "[]", ["body:format"]],
  ["a text", () => '"name"', ["body:format"]],
  ["a number", () => "1e999", ["body:format"]],
  ["null", () => "null", ["body:format"]],
  ["bytes that are not UTF-8", () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), ["body:format"]],
  ["sixty thousand brackets", () => deep, ["body:constraint"]],
  [
    "brackets nested deeper than 16",
    () => `{"name":${"[".repeat(16)}${"]".repeat(16)}}`,
    ["body:constraint"],
  ],
  ["an empty name", () => ({ name: "", project_id: project() }), ["name:constraint"]],
  ["a name of 65 characters", () => ({ name: "x".repeat(65), project_id: project() }), ["name:constraint"]],
  ["a name of 65 emoji", () => ({ name: "🦀".repeat(65), project_id: project() }), ["name:constraint"]],
  [
    "a name of 60,000 characters",
    () => ({ name: "x".repeat(60_000), project_id: project() }),
    ["name:constraint"],
  ],
  ["a name that is a number", () => ({ name: 7, project_id: project() }), ["name:format"]],
  ["a name that is a list", () => ({ name: ["x"], project_id: project() }), ["name:format"]],
  ["a name that is an object", () => ({ name: { length: 5 }, project_id: project() }), ["name:format"]],
  ["a name that is true", () => ({ name: true, project_id: project() }), ["name:format"]],
  ["a name with a NUL", () => ({ name: "a\0b", project_id: project() }), ["name:format"]],
  ["a name with half a character", () => `{"name":"\\ud800","project_id":"${project()}"}`, ["name:format"]],
  ["no project", () => ({ name: "x" }), ["project_id:required"]],
  ["an empty project", () => ({ name: "x", project_id: "" }), ["project_id:required"]],
  ["a project that is no UUID", () => ({ name: "x", project_id: "default" }), ["project_id:format"]],
  ["a project that is a number", () => ({ name: "x", project_id: 1 }), ["project_id:format"]],
  [
    "an id, limits and a state of its own",
    () => ({ name: "x", project_id: project(), id: "A1", limits: {}, state: "active" }),
    ["id:unknown", "limits:unknown", "state:unknown"],
  ],
  [
    "a prototype",
    () => `{"name":"x","project_id":"${project()}","__proto__":{"admin":true},"constructor":{}}`,
    ["__proto__:unknown", "constructor:unknown"],
  ],
  [
    "everything wrong at once",
    () => ({ name: "", project_id: "x", more: 1 }),
    ["more:unknown", "name:constraint", "project_id:format"],
  ],
];

for (const [what, body, expected] of badAccounts) {
  test(`an account made of ${what} is refused with each of its mistakes`, async () => {
    const answer = await asking.post(accounts, body());

    assert.equal(answer.status, 400);
    assert.deepEqual(mistakes(answer), expected);
  });
}

const badCredentials: readonly [string, () => unknown, readonly string[]][] = [
  ["an empty object", () => ({}), ["name:required", "nats_account_id:required"]],
  ["no account", () => ({ name: "x" }), ["nats_account_id:required"]],
  ["an account that is a number", () => ({ name: "x", nats_account_id: 1 }), ["nats_account_id:format"]],
  [
    "an account's id that is cut",
    () => ({ name: "x", nats_account_id: "A" }),
    ["nats_account_id:constraint"],
  ],
  ["an empty name", () => ({ name: "", nats_account_id: asking.accountId }), ["name:constraint"]],
  [
    "a name of 501 characters",
    () => ({ name: "x".repeat(501), nats_account_id: asking.accountId }),
    ["name:constraint"],
  ],
  [
    "permissions",
    () => ({ name: "x", nats_account_id: asking.accountId, permissions: {} }),
    ["permissions:unknown"],
  ],
];

for (const [what, body, expected] of badCredentials) {
  test(`credentials made of ${what} are refused with each of their mistakes`, async () => {
    const answer = await asking.post(credentials, body());

    assert.equal(answer.status, 400);
    assert.deepEqual(mistakes(answer), expected);
  });
}

test("the longest names are taken, and come back as they were sent", async () => {
  const name = `${"🦀".repeat(60)}ä\n"\u2028`;
  const account = await asking.post(accounts, { name, project_id: project(), unknown: null });
  assert.equal(account.status, 200);
  assert.equal((await asking.call("GET", `${accounts}/${account.body.id}`)).body.name, name);

  const longest = "é".repeat(500);
  const made = await asking.post(credentials, { name: longest, nats_account_id: account.body.id });
  assert.equal(made.body.name, longest);
});

const badUpdates: readonly [string, unknown, readonly string[]][] = [
  ["an empty name", { name: "" }, ["name:constraint"]],
  ["a name that is too long", { name: "x".repeat(65) }, ["name:constraint"]],
  ["another project", { project_id: someUuid }, ["project_id:unknown"]],
  ["other limits", { name: "x", limits: { conn: 1 } }, ["limits:unknown"]],
];

for (const [what, body, expected] of badUpdates) {
  test(`an update with ${what} is refused and changes nothing`, async () => {
    const answer = await asking.call("PATCH", `${accounts}/${asking.accountId}`, {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });

    assert.deepEqual([answer.status, mistakes(answer)], [400, expected]);
    const now = (await asking.call("GET", `${accounts}/${asking.accountId}`)).body;
    assert.deepEqual([now.name, now.project_id], ["kept", project()]);
  });
}

test("an update may repeat what its path says", async () => {
  const body = JSON.stringify({ name: "kept", region: "fr-par", nats_account_id: asking.accountId });
  const headers = { "content-type": "application/json" };

  assert.equal(
    (await asking.call("PATCH", `${accounts}/${asking.accountId}`, { body, headers })).status,
    200,
  );
});

for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ""]) {
  test(`a body called "${type}" is refused as 415`, async () => {
    const answer = await asking.post(
      accounts,
      { name: "x", project_id: project() },
      { "content-type": type },
    );

    assert.deepEqual([answer.status, mistakes(answer)], [415, ["Content-Type:constraint"]]);
  });
}

for (const type of [
  "application/json; charset=utf-8",
  "APPLICATION/JSON",
  "application/json;charset=latin1",
]) {
  test(`a body called "${type}" is read`, async () => {
    const body = { name: "", project_id: project() };

    assert.deepEqual(mistakes(await asking.post(accounts, body, { "content-type": type })), [
      "name:constraint",
    ]);
  });
}

for (const size of [64 * 1024 + 1, 1024 * 1024]) {
  test(`a body of ${size} bytes is refused as 413, whatever is in it`, async () => {
    const answer = await asking.post(accounts, "x".repeat(size));

    assert.deepEqual([answer.status, mistakes(answer)], [413, ["body:constraint"]]);
    const unread = await asking.call("DELETE", `${accounts}/${asking.accountId}`, { body: "x".repeat(size) });
    assert.equal(unread.status, 413);
  });
}

test("a body of exactly 64 KiB is read", async () => {
  const fields = `{"name":"","project_id":"${project()}"}`;
  const answer = await asking.post(accounts, fields.padEnd(64 * 1024, " "));

  assert.deepEqual([answer.status, mistakes(answer)], [400, ["name:constraint"]]);
});

for (const key of ["", " ", "a b", "ä", "x".repeat(256)]) {
  test(`an Idempotency-Key of "${key.slice(0, 10)}" (${key.length}) is refused`, async () => {
    const name = "x";
    const raw = Buffer.from(key, "utf8").toString("latin1"); // as fetch puts bytes into a header
    const answer = await asking.post(accounts, { name, project_id: project() }, { "idempotency-key": raw });

    assert.deepEqual([answer.status, mistakes(answer)], [400, ["Idempotency-Key:format"]]);
  });
}
