// Answers, byte for byte as the real service gave them in 2026: keys in order, headers, null and absent fields.

import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { hashSecret } from "../../src/control/actions/authenticate.ts";
import { type HttpListener, listenHttp } from "../../src/node/http.ts";
import { send } from "./caller.ts";
import { aWorld, type World } from "./world.ts";

const accounts = "/mnq/v1beta1/regions/fr-par/nats-accounts";
const credentials = "/mnq/v1beta1/regions/fr-par/nats-credentials";

let world: World;
let listener: HttpListener;

before(async () => {
  world = await aWorld();
  listener = await listenHttp({ host: "127.0.0.1", port: 0 }, (it) => world.control.handle(it));
});

after(async () => {
  await listener.close();
  await world.close();
});

interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Without fetch's helping hand: header names in the letters they were sent in. */
function raw(method: string, path: string, body?: object): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const headers = { "X-Auth-Token": world.tenant.secretKey };
    const asked = request(listener.url + path, { method, headers, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => {
        text += chunk;
      });
      answer.on("end", () => {
        const names = answer.rawHeaders.filter((_, at) => at % 2 === 0);
        const values = answer.rawHeaders.filter((_, at) => at % 2 === 1);
        const pairs = names.map((name, at) => [name, values[at]!] as const);
        resolve({ status: answer.statusCode ?? 0, headers: Object.fromEntries(pairs), body: text });
      });
    });
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test("an account's answers: nanoseconds at first, microseconds later, 404 with the word of v1alpha1", async () => {
  const name = "test-mnq-nats-account-basic";
  const made = await raw("POST", accounts, { name, project_id: world.tenant.projectId });
  const { id } = JSON.parse(made.body);
  const rest = `"endpoint":"nats://fr-par-1.test:4222","id":"${id}","name":"${name}","project_id":"${world.tenant.projectId}","region":"fr-par"`;
  const precise = "2026-04-10T10:59:01.818748713Z";
  const cut = "2026-04-10T10:59:01.818748Z";

  assert.equal(made.status, 200);
  assert.equal(made.body, `{"created_at":"${precise}",${rest},"updated_at":"${precise}"}`);
  const read = await raw("GET", `${accounts}/${id}`);
  assert.equal(read.body, `{"created_at":"${cut}",${rest},"updated_at":"${cut}"}`);
  const list = await raw("GET", accounts);
  assert.equal(list.body, `{"nats_accounts":[${read.body}],"total_count":1}`);

  const gone = await raw("DELETE", `${accounts}/${id}`);
  assert.deepEqual([gone.status, gone.body], [204, ""]);
  const again = await raw("DELETE", `${accounts}/${id}`);
  assert.equal(again.status, 404);
  assert.equal(
    again.body,
    `{"message":"resource is not found","resource":"namespace","resource_id":"${id}","type":"not_found"}`,
  );
  assert.equal((await raw("GET", accounts)).body, '{"nats_accounts":[],"total_count":0}');
});

test("credentials' answers: the file once, null ever after, 404 with their own word", async () => {
  const account = JSON.parse(
    (await raw("POST", accounts, { name: "a", project_id: world.tenant.projectId })).body,
  );
  const made = await raw("POST", credentials, { nats_account_id: account.id, name: "tf" });
  const { id, checksum, credentials: file } = JSON.parse(made.body);
  const times = (at: string) => [`"created_at":"${at}"`, `"updated_at":"${at}"`];
  const whole = (at: string, content: string) => {
    const [created, updated] = times(at);
    return `{"checksum":"${checksum}",${created},"credentials":${content},"id":"${id}","name":"tf","nats_account_id":"${account.id}","region":"fr-par",${updated}}`;
  };

  assert.equal(made.status, 200);
  const shown = `{"content":${JSON.stringify(file.content)},"name":"user.creds"}`;
  assert.equal(made.body, whole("2026-04-10T10:59:01.818748713Z", shown));
  const read = await raw("GET", `${credentials}/${id}`);
  assert.equal(read.body, whole("2026-04-10T10:59:01.818748Z", "null"));
  const list = await raw("GET", `${credentials}?nats_account_id=${account.id}`);
  assert.equal(list.body, `{"nats_credentials":[${read.body}],"total_count":1}`);

  assert.equal((await raw("DELETE", `${credentials}/${id}`)).status, 204);
  assert.equal(
    (await raw("DELETE", `${credentials}/${id}`)).body,
    `{"message":"resource is not found","resource":"credentials","resource_id":"${id}","type":"not_found"}`,
  );
});

test("every answer carries the recorded headers and no count: success, 204, errors", async () => {
  const account = JSON.parse(
    (await raw("POST", accounts, { name: "a", project_id: world.tenant.projectId })).body,
  );
  const requests: readonly [string, string, number][] = [
    ["GET", accounts, 200],
    ["DELETE", `${accounts}/${account.id}`, 204],
    ["GET", `${accounts}/Wrong-id`, 400],
    ["GET", "/nowhere", 404],
    ["PUT", accounts, 405],
    ["GET", "/healthz", 200],
  ];

  for (const [method, path, status] of requests) {
    const answer = await raw(method, path);
    const {
      Date: date,
      "X-Request-Id": requestId,
      "Content-Length": length,
      Connection: _,
      Allow: __,
      ...rest
    } = answer.headers;
    assert.equal(answer.status, status);
    assert.ok(date);
    assert.match(requestId!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(length, status === 204 ? undefined : String(Buffer.byteLength(answer.body)), path);
    const expected = {
      "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
      "Content-Type": "application/json",
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
    };
    assert.deepEqual(rest, expected, `${method} ${path}`);
  }
});

test("over TLS, and only there, browsers are told to keep to it", async () => {
  const asked = {
    method: "GET",
    path: "/livez",
    query: "",
    headers: new Map(),
    body: Buffer.alloc(0),
    remote: "",
  };

  const [plain, secure] = [
    await world.control.handle({ ...asked, secure: false }),
    await world.control.handle({ ...asked, secure: true }),
  ];

  assert.equal(plain.headers["Strict-Transport-Security"], undefined);
  assert.equal(secure.headers["Strict-Transport-Security"], "max-age=63072000");
});

test("an account of one region is not found in another", async () => {
  const made = await raw("POST", accounts, { name: "a", project_id: world.tenant.projectId });
  const { id } = JSON.parse(made.body);
  const elsewhere = accounts.replace("fr-par", "nl-ams");

  for (const method of ["GET", "PATCH", "DELETE"]) {
    assert.equal((await raw(method, `${elsewhere}/${id}`)).status, 404, method);
  }
  assert.equal((await raw("GET", `${accounts}/${id}`)).status, 200);
});

test("a secret is taken in capitals too, and no longer once its key has expired", async () => {
  const secretKey = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
  const { organizationId, projectId } = world.tenant;
  const expiresUs = Number(world.clock.nowNs() / 1_000n) + 60_000_000;
  await world.store.transaction(({ tenants }) =>
    tenants.insertApiKey({
      accessKey: "SCWEXPIRESEXPIRESEXP",
      organizationId,
      defaultProjectId: projectId,
      secretHash: hashSecret(secretKey),
      description: "",
      createdUs: 0,
      expiresUs,
    }),
  );
  const ask = () => send(world.control, { method: "GET", path: accounts, token: secretKey.toUpperCase() });
  assert.equal((await ask()).status, 200);

  world.clock.advance(60_000);

  const refused = await ask();
  assert.deepEqual([refused.status, JSON.parse(refused.body).reason], [401, "expired"]);
});

test("the command line's check of its own key and of its projects is answered", async () => {
  const key = await raw("GET", `/iam/v1alpha1/api-keys/${world.tenant.accessKey}`);
  const { access_key, secret_key, expires_at, default_project_id } = JSON.parse(key.body);
  assert.deepEqual(
    [access_key, secret_key, expires_at, default_project_id],
    [world.tenant.accessKey, null, null, world.tenant.projectId],
  );
  assert.equal((await raw("GET", `/iam/v1alpha1/api-keys/${world.stranger.accessKey}`)).status, 404);

  const { organizationId } = world.tenant;
  const projects = await raw("GET", `/account/v3/projects?organization_id=${organizationId}&page=1`);
  const { total_count, projects: listed } = JSON.parse(projects.body);
  assert.deepEqual([total_count, listed[0].id, listed[0].name], [1, world.tenant.projectId, "default"]);
  const others = await raw("GET", `/account/v3/projects?organization_id=${world.stranger.organizationId}`);
  assert.equal(others.body, '{"projects":[],"total_count":0}');
  assert.equal((await raw("GET", `/account/v3/projects/${world.stranger.projectId}`)).status, 404);
});

test("health says whether requests can be served, and needs no key", async () => {
  let ready = false;
  const control = world.restart({ ready: () => ready });
  const ask = async (path: string) => (await send(control, { method: "GET", path })).status;

  assert.deepEqual([await ask("/livez"), await ask("/readyz"), await ask("/healthz")], [200, 503, 503]);
  ready = true;
  assert.deepEqual([await ask("/livez"), await ask("/readyz"), await ask("/healthz")], [200, 200, 200]);
});

test("nothing that is traced holds a secret", async () => {
  const lines: string[] = [];
  const trace = {
    enabled: () => true,
    log: (_level: string, text: string, fields?: object) =>
      void lines.push(text + JSON.stringify(fields ?? {})),
  };
  const control = world.restart({ trace });
  const token = world.tenant.secretKey;
  const account = await send(control, {
    method: "POST",
    path: accounts,
    token,
    body: JSON.stringify({ name: "a", project_id: world.tenant.projectId }),
  });
  const made = await send(control, {
    method: "POST",
    path: credentials,
    token,
    body: JSON.stringify({ name: "a", nats_account_id: JSON.parse(account.body).id }),
  });
  world.cells.down = true;
  await send(control, { method: "DELETE", path: `${credentials}/${JSON.parse(made.body).id}`, token });
  world.cells.down = false;

  assert.ok(lines.length >= 4);
  assert.doesNotMatch(lines.join("\n"), new RegExp(`${token}|S[UAO][A-Z2-7]{56}|eyJ`));
});
