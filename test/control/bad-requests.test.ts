// Bad requests by table, over real HTTP: queries, ids, routes, methods, tokens, and bytes that are no request at all.
// Nothing crashes, nothing hangs, and no answer shows a stack trace.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  Asking,
  absentAccount,
  accounts,
  base,
  credentials,
  mistakes,
  someUuid,
  withJson,
} from "./over-http.ts";
import { aWorld } from "./world.ts";

let asking: Asking;

before(async () => {
  asking = await Asking.start();
});

after(() => asking.stop());

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
  [`/mnq/v1beta1/regions/__proto__/nats-credentials/${someUuid}`, ["region:constraint"]],
  [`${accounts}?x=${"x".repeat(5_000)}`, ["query:constraint"]],
  [`${accounts}/${"x".repeat(3_000)}`, ["path:constraint"]],
];

for (const [path, expected] of badQueries) {
  test(`GET ${path.slice(0, 90)} is refused with each of its mistakes`, async () => {
    const answer = await asking.call("GET", path);

    assert.deepEqual([answer.status, mistakes(answer)], [400, expected]);
  });
}

const goodQueries: readonly [path: string, total: boolean][] = [
  [`${accounts}?page=&page_size=&order_by=&project_id=`, true],
  [`${accounts}?page_size=0`, true],
  [`${accounts}?page_size=4294967295`, true],
  [`${accounts}?page=2147483647&page_size=100`, false],
  [`${accounts}?organization_id=${someUuid}&anything=else`, true],
  [`${accounts}?page=1&page=0`, true],
  [`${accounts}?project_id=${someUuid.toUpperCase()}`, false],
  [`${accounts}?%zz=%`, true],
];

for (const [path, any] of goodQueries) {
  test(`GET ${path} is answered`, async () => {
    const { status, body } = await asking.call("GET", path);

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
    const { status, body } = await asking.call(method, path);

    assert.deepEqual([status, body.type, body.message], [404, "not_found", "resource is not found"]);
  });
}

const otherMethods: readonly [method: string, path: string, allow: string][] = [
  ["PUT", accounts, "GET, POST"],
  ["DELETE", accounts, "GET, POST"],
  ["POST", `${accounts}/${absentAccount}`, "GET, PATCH, DELETE"],
  ["PATCH", `${credentials}/${someUuid}`, "GET, DELETE"],
  ["OPTIONS", credentials, "GET, POST"],
  ["POST", "/account/v3/projects", "GET"],
];

for (const [method, path, allow] of otherMethods) {
  test(`${method} ${path} is not allowed, and the answer says what is`, async () => {
    const { status, body, headers } = await asking.call(method, path);

    assert.deepEqual([status, body.type, headers.get("allow")], [405, "method_not_allowed", allow]);
  });
}

const absent: readonly [method: string, path: string, body: object | undefined, resource: string][] = [
  ["GET", `${accounts}/${absentAccount}`, undefined, "namespace"],
  ["PATCH", `${accounts}/${absentAccount}`, { name: "x" }, "namespace"],
  ["DELETE", `${accounts}/${absentAccount}`, undefined, "namespace"],
  ["POST", credentials, { name: "x", nats_account_id: absentAccount }, "namespace"],
  ["GET", `${credentials}/${someUuid}`, undefined, "credentials"],
  ["DELETE", `${credentials}/${someUuid}`, undefined, "credentials"],
  ["POST", accounts, { name: "x", project_id: someUuid }, "project"],
  ["GET", `/account/v3/projects/${someUuid}`, undefined, "project"],
  ["GET", "/iam/v1alpha1/api-keys/SCWXXXXXXXXXXXXXXXXX", undefined, "api_key"],
];

for (const [method, path, body, resource] of absent) {
  test(`${method} ${path} of something absent is the recorded 404`, async () => {
    const answer = await asking.call(method, path, body === undefined ? {} : withJson(body));

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

test("python's SDK sends {} without a type on GET and DELETE, and is understood", async () => {
  const raw = (method: string, path: string) =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${asking.world.tenant.secretKey}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`;

  assert.match(await asking.onWire(raw("GET", accounts)), /^HTTP\/1.1 200 OK/);
  assert.match(await asking.onWire(raw("GET", `${accounts}/${asking.accountId}`)), /^HTTP\/1.1 200 OK/);
  assert.match(
    await asking.onWire(raw("DELETE", `${accounts}/${absentAccount}`)),
    /^HTTP\/1.1 404 Not Found/,
  );
});

const badTokens: readonly [string, Record<string, string>][] = [
  ["no token", {}],
  ["an empty token", { "x-auth-token": "" }],
  ["a token that is no UUID", { "x-auth-token": "admin" }],
  ["a token of somebody unknown", { "x-auth-token": someUuid }],
  ["an access key for a token", { "x-auth-token": "SCWTENANTTENANTTENAN" }],
  ["a token in another header", { authorization: `Bearer ${someUuid}` }],
  ["a very long token", { "x-auth-token": "x".repeat(8_000) }],
];

test("whoever comes without a valid token meets the recorded 401, whatever was asked for", async () => {
  for (const [what, headers] of badTokens) {
    const answer = await fetch(asking.listener.url + accounts, { headers });

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
    const answer = await asking.onWire(bytes);

    assert.match(answer, expected);
    assert.match(answer, /Content-Type: application\/json\r\n/);
    assert.equal(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))).type, "invalid_arguments");
  });
}

test("after all of this the service serves", async () => {
  assert.equal((await asking.call("GET", `${accounts}/${asking.accountId}`)).body.name, "kept");
  assert.deepEqual(
    asking.world.traced.filter((line) => line.startsWith("error")),
    [],
  );
});
