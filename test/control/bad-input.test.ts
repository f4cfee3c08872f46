// Bad input by table, over real HTTP: every mistake has its status and its JSON, nothing crashes, nothing hangs, and
// no answer shows a stack trace.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { type HttpListener, listenHttp } from "../../src/node/http.ts";
import { aWorld, type World } from "./world.ts";

let world: World;
let listener: HttpListener;
let accountId: string;

const base = "/mnq/v1beta1/regions/fr-par";
const accounts = `${base}/nats-accounts`;
const credentials = `${base}/nats-credentials`;
const uuid = "2a2515eb-f986-4653-a9df-233e7e9a8d92";
const absentAccount = "A".repeat(56);

before(async () => {
  world = await aWorld();
  listener = await listenHttp({ host: "127.0.0.1", port: 0 }, (request) => world.control.handle(request));
  const made = await post(accounts, { name: "kept", project_id: world.tenant.projectId });
  accountId = made.body.id;
});

after(async () => {
  await listener.close();
  await world.close();
});

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every kind
  readonly body: any;
}

async function call(method: string, path: string, init: RequestInit = {}): Promise<Answered> {
  const headers = { "x-auth-token": world.tenant.secretKey, ...(init.headers as Record<string, string>) };
  const answer = await fetch(listener.url + path, {
    method,
    ...init,
    headers,
    signal: AbortSignal.timeout(5_000),
  });
  const text = await answer.text();
  assert.equal(answer.headers.get("content-type"), "application/json", "no charset, and on every answer");
  assert.doesNotMatch(text, /\bat .*(\.ts|node:)|Error:|sqlite/i, "no inside is shown");
  return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
}

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answered> {
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  return call("POST", path, {
    body: text as string,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** "name:required" for each mistake that the answer names. */
function mistakes({ body }: Answered): string[] {
  assert.equal(body.type, "invalid_arguments");
  assert.equal(body.message, "invalid argument(s)");
  for (const { help_message: help } of body.details) assert.equal(typeof help, "string");
  return body.details.map((it: Record<string, string>) => `${it.argument_name}:${it.reason}`);
}

const project = () => world.tenant.projectId;
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
    const answer = await post(accounts, body());

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
  ["an empty name", () => ({ name: "", nats_account_id: accountId }), ["name:constraint"]],
  [
    "a name of 501 characters",
    () => ({ name: "x".repeat(501), nats_account_id: accountId }),
    ["name:constraint"],
  ],
  [
    "permissions",
    () => ({ name: "x", nats_account_id: accountId, permissions: {} }),
    ["permissions:unknown"],
  ],
];

for (const [what, body, expected] of badCredentials) {
  test(`credentials made of ${what} are refused with each of their mistakes`, async () => {
    const answer = await post(credentials, body());

    assert.equal(answer.status, 400);
    assert.deepEqual(mistakes(answer), expected);
  });
}

test("the longest names are taken, and come back as they were sent", async () => {
  const name = `${"🦀".repeat(60)}ä\n"\u2028`;
  const account = await post(accounts, { name, project_id: project(), unknown: null });
  assert.equal(account.status, 200);
  assert.equal((await call("GET", `${accounts}/${account.body.id}`)).body.name, name);

  const longest = "é".repeat(500);
  const made = await post(credentials, { name: longest, nats_account_id: account.body.id });
  assert.equal(made.body.name, longest);
});

const badUpdates: readonly [string, unknown, readonly string[]][] = [
  ["an empty name", { name: "" }, ["name:constraint"]],
  ["a name that is too long", { name: "x".repeat(65) }, ["name:constraint"]],
  ["another project", { project_id: uuid }, ["project_id:unknown"]],
  ["other limits", { name: "x", limits: { conn: 1 } }, ["limits:unknown"]],
];

for (const [what, body, expected] of badUpdates) {
  test(`an update with ${what} is refused and changes nothing`, async () => {
    const answer = await call("PATCH", `${accounts}/${accountId}`, {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });

    assert.deepEqual([answer.status, mistakes(answer)], [400, expected]);
    const now = (await call("GET", `${accounts}/${accountId}`)).body;
    assert.deepEqual([now.name, now.project_id], ["kept", project()]);
  });
}

test("an update may repeat what its path says", async () => {
  const body = JSON.stringify({ name: "kept", region: "fr-par", nats_account_id: accountId });
  const headers = { "content-type": "application/json" };

  assert.equal((await call("PATCH", `${accounts}/${accountId}`, { body, headers })).status, 200);
});

const badQueries: readonly [path: string, expected: readonly string[]][] = [
  [`${accounts}?page=0`, ["page:constraint"]],
  [`${accounts}?page=-1`, ["page:constraint"]],
  [`${accounts}?page=1.5`, ["page:constraint"]],
  [`${accounts}?page=x`, ["page:constraint"]],
  [`${accounts}?page=99999999999999999999`, ["page:constraint"]],
  [`${accounts}?page=2147483648`, ["page:constraint"]],
  [`${accounts}?page_size=-1`, ["page_size:constraint"]],
  [`${accounts}?page_size=4294967296`, ["page_size:constraint"]],
  [`${accounts}?page_size=NaN`, ["page_size:constraint"]],
  [`${accounts}?order_by=size_asc`, ["order_by:constraint"]],
  [`${accounts}?order_by=created_at_asc;drop table accounts`, ["order_by:constraint"]],
  [`${accounts}?order_by=__proto__`, ["order_by:constraint"]],
  [`${accounts}?project_id=mine`, ["project_id:format"]],
  [
    `${accounts}?project_id=x&page=0&order_by=x`,
    ["project_id:format", "page:constraint", "order_by:constraint"],
  ],
  [`${credentials}?nats_account_id=x`, ["nats_account_id:constraint"]],
  [`${credentials}?page=0`, ["page:constraint"]],
  [`${accounts}/Wrong-id`, ["nats_account_id:constraint"]],
  [`${accounts}/${"A".repeat(57)}`, ["nats_account_id:constraint"]],
  [`${accounts}/%41`, ["nats_account_id:constraint"]],
  [`${credentials}/not-a-uuid`, ["nats_credentials_id:format"]],
  ["/mnq/v1beta1/regions/xx-yyy/nats-accounts", ["region:constraint"]],
  ["/mnq/v1beta1/regions/all/nats-accounts", ["region:constraint"]],
  [`/mnq/v1beta1/regions/__proto__/nats-credentials/${uuid}`, ["region:constraint"]],
  [`${accounts}?x=${"x".repeat(5_000)}`, ["query:constraint"]],
  [`${accounts}/${"x".repeat(3_000)}`, ["path:constraint"]],
];

for (const [path, expected] of badQueries) {
  test(`GET ${path.slice(0, 90)} is refused with each of its mistakes`, async () => {
    const answer = await call("GET", path);

    assert.deepEqual([answer.status, mistakes(answer)], [400, expected]);
  });
}

const goodQueries: readonly [path: string, total: boolean][] = [
  [`${accounts}?page=&page_size=&order_by=&project_id=`, true],
  [`${accounts}?page_size=0`, true],
  [`${accounts}?page_size=4294967295`, true],
  [`${accounts}?page=2147483647&page_size=100`, false],
  [`${accounts}?organization_id=${uuid}&anything=else`, true],
  [`${accounts}?page=1&page=0`, true],
  [`${accounts}?project_id=${uuid.toUpperCase()}`, false],
  [`${accounts}?%zz=%`, true],
];

for (const [path, any] of goodQueries) {
  test(`GET ${path} is answered`, async () => {
    const { status, body } = await call("GET", path);

    assert.equal(status, 200);
    assert.equal(body.nats_accounts.length > 0, any);
  });
}

test("a page never holds more than a hundred, whatever was asked for", async () => {
  const big = await aWorld();
  await big.store.transaction(async ({ tenants }) => {
    for (let n = 0; n < 120; n++) {
      const id = `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
      const times = { createdUs: n, updatedUs: n };
      await tenants.insertProject({ id, organizationId: big.tenant.organizationId, name: `p${n}`, ...times });
    }
  });
  const ask = (query: string) => {
    const headers = new Map([["x-auth-token", big.tenant.secretKey]]);
    const path = "/account/v3/projects";
    return big.control.handle({
      method: "GET",
      path,
      query,
      headers,
      body: Buffer.alloc(0),
      remote: "",
      secure: false,
    });
  };

  const sizes: number[] = [];
  for (const query of ["", "page_size=1000", "page_size=1000&page=2"]) {
    sizes.push(JSON.parse((await ask(query)).body).projects.length);
  }
  assert.deepEqual(sizes, [50, 100, 21]);
  await big.close();
});

const unknownRoutes: readonly [method: string, path: string][] = [
  ["GET", "/"],
  ["GET", "/mnq"],
  ["GET", `${accounts}/`],
  ["GET", `${accounts}/${absentAccount}/`],
  ["GET", `${accounts}//`],
  ["GET", `${base}/sqs-credentials`],
  ["POST", "/mnq/v1beta1/regions//nats-accounts"],
  ["GET", `${accounts}/%E0%A4%A`],
  ["GET", "/mnq/v1beta1/regions/fr-par/../../../../etc/passwd"],
  ["DELETE", "/iam/v1alpha1/api-keys"],
];

for (const [method, path] of unknownRoutes) {
  test(`${method} ${path} is not found`, async () => {
    const { status, body } = await call(method, path);

    assert.deepEqual([status, body.type, body.message], [404, "not_found", "resource is not found"]);
  });
}

const otherMethods: readonly [method: string, path: string, allow: string][] = [
  ["PUT", accounts, "GET, POST"],
  ["DELETE", accounts, "GET, POST"],
  ["POST", `${accounts}/${absentAccount}`, "GET, PATCH, DELETE"],
  ["PATCH", `${credentials}/${uuid}`, "GET, DELETE"],
  ["OPTIONS", credentials, "GET, POST"],
  ["POST", "/account/v3/projects", "GET"],
];

for (const [method, path, allow] of otherMethods) {
  test(`${method} ${path} is not allowed, and the answer says what is`, async () => {
    const { status, body, headers } = await call(method, path);

    assert.deepEqual([status, body.type, headers.get("allow")], [405, "method_not_allowed", allow]);
  });
}

const absent: readonly [method: string, path: string, body: object | undefined, resource: string][] = [
  ["GET", `${accounts}/${absentAccount}`, undefined, "namespace"],
  ["PATCH", `${accounts}/${absentAccount}`, { name: "x" }, "namespace"],
  ["DELETE", `${accounts}/${absentAccount}`, undefined, "namespace"],
  ["POST", credentials, { name: "x", nats_account_id: absentAccount }, "namespace"],
  ["GET", `${credentials}/${uuid}`, undefined, "credentials"],
  ["DELETE", `${credentials}/${uuid}`, undefined, "credentials"],
  ["POST", accounts, { name: "x", project_id: uuid }, "project"],
  ["GET", `/account/v3/projects/${uuid}`, undefined, "project"],
  ["GET", "/iam/v1alpha1/api-keys/SCWXXXXXXXXXXXXXXXXX", undefined, "api_key"],
];

for (const [method, path, body, resource] of absent) {
  test(`${method} ${path} of something absent is the recorded 404`, async () => {
    const headers = { "content-type": "application/json" };
    const answer = await call(
      method,
      path,
      body === undefined ? {} : { body: JSON.stringify(body), headers },
    );

    assert.equal(answer.status, 404);
    const id = answer.body.resource_id;
    assert.deepEqual(answer.body, {
      message: "resource is not found",
      resource,
      resource_id: id,
      type: "not_found",
    });
    assert.ok(path.endsWith(id) || JSON.stringify(body).includes(id));
  });
}

for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ""]) {
  test(`a body called "${type}" is refused as 415`, async () => {
    const answer = await post(accounts, { name: "x", project_id: project() }, { "content-type": type });

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

    assert.deepEqual(mistakes(await post(accounts, body, { "content-type": type })), ["name:constraint"]);
  });
}

test("python's SDK sends {} without a type on GET and DELETE, and is understood", async () => {
  const raw = (method: string, path: string) =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${world.tenant.secretKey}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`;

  assert.match(await onWire(raw("GET", accounts)), /^HTTP\/1.1 200 OK/);
  assert.match(await onWire(raw("GET", `${accounts}/${accountId}`)), /^HTTP\/1.1 200 OK/);
  assert.match(await onWire(raw("DELETE", `${accounts}/${absentAccount}`)), /^HTTP\/1.1 404 Not Found/);
});

for (const size of [64 * 1024 + 1, 1024 * 1024]) {
  test(`a body of ${size} bytes is refused as 413, whatever is in it`, async () => {
    const answer = await post(accounts, "x".repeat(size));

    assert.deepEqual([answer.status, mistakes(answer)], [413, ["body:constraint"]]);
    const unread = await call("DELETE", `${accounts}/${accountId}`, { body: "x".repeat(size) });
    assert.equal(unread.status, 413);
  });
}

test("a body of exactly 64 KiB is read", async () => {
  const fields = `{"name":"","project_id":"${project()}"}`;
  const answer = await post(accounts, fields.padEnd(64 * 1024, " "));

  assert.deepEqual([answer.status, mistakes(answer)], [400, ["name:constraint"]]);
});

for (const key of ["", " ", "a b", "ä", "x".repeat(256)]) {
  test(`an Idempotency-Key of "${key.slice(0, 10)}" (${key.length}) is refused`, async () => {
    const name = "x";
    const raw = Buffer.from(key, "utf8").toString("latin1"); // as fetch puts bytes into a header
    const answer = await post(accounts, { name, project_id: project() }, { "idempotency-key": raw });

    assert.deepEqual([answer.status, mistakes(answer)], [400, ["Idempotency-Key:format"]]);
  });
}

const badTokens: readonly [string, Record<string, string>][] = [
  ["no token", {}],
  ["an empty token", { "x-auth-token": "" }],
  ["a token that is no UUID", { "x-auth-token": "admin" }],
  ["a token of somebody unknown", { "x-auth-token": uuid }],
  ["an access key for a token", { "x-auth-token": "SCWTENANTTENANTTENAN" }],
  ["a token in another header", { authorization: `Bearer ${uuid}` }],
  ["a very long token", { "x-auth-token": "x".repeat(8_000) }],
];

test("whoever comes without a valid token meets the recorded 401, whatever was asked for", async () => {
  for (const [what, headers] of badTokens) {
    const answer = await fetch(listener.url + accounts, { headers });

    assert.equal(answer.status, 401, what);
    const expected =
      '{"message":"authentication is denied","method":"api_key","reason":"not_found","type":"denied_authentication"}';
    assert.equal(await answer.text(), expected, what);
  }
});

const garbage: readonly [string, string | Buffer, RegExp][] = [
  ["bytes that are no HTTP", Buffer.from([0, 1, 2, 255, 254, 13, 10, 13, 10]), /^HTTP\/1.1 400 /],
  ["a TLS greeting", Buffer.from("16030100a5010000a10303", "hex"), /^HTTP\/1.1 400 /],
  ["NATS", 'CONNECT {"verbose":false}\r\nPING\r\n', /^HTTP\/1.1 400 /],
  ["a header without end", `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}`, /^HTTP\/1.1 431 /],
  ["a length that lies", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", /^HTTP\/1.1 400 /],
  ["two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", /^HTTP\/1.1 400 /],
  [
    "a broken chunk",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    /^HTTP\/1.1 400 /,
  ],
];

for (const [what, bytes, expected] of garbage) {
  test(`${what} on the wire gets an HTTP error as JSON and the connection is closed`, async () => {
    const answer = await onWire(bytes);

    assert.match(answer, expected);
    assert.match(answer, /Content-Type: application\/json\r\n/);
    assert.equal(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))).type, "invalid_arguments");
  });
}

test("after all of this the service serves", async () => {
  assert.equal((await call("GET", `${accounts}/${accountId}`)).body.name, "kept");
  assert.deepEqual(
    world.traced.filter((line) => line.startsWith("error")),
    [],
  );
});

/** What the service answers to raw bytes, until it closes the connection. */
function onWire(bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(listener.port, "127.0.0.1", () => socket.write(bytes));
    socket.setTimeout(5_000, () => socket.destroy(new Error("no end of the answer within 5 s")));
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}
