// Scaleway's own JavaScript SDK against the API over real HTTP: every operation, every typed error.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createClient, Errors } from "@scaleway/sdk-client";
import { Mnqv1beta1 } from "@scaleway/sdk-mnq";
import { type HttpListener, listenHttp } from "../../src/node/http.ts";
import { claimsOf } from "./memory-cell.ts";
import { aWorld, type Tenant, type World } from "./world.ts";

const {
  AlreadyExistsError,
  DeniedAuthenticationError,
  InvalidArgumentsError,
  QuotasExceededError,
  ResourceNotFoundError,
  ScalewayError,
  TooManyRequestsError,
} = Errors;
type NatsApi = InstanceType<typeof Mnqv1beta1.NatsAPI>;
type Order = NonNullable<Parameters<NatsApi["listNatsAccounts"]>[0]>["orderBy"];

let world: World;
let listener: HttpListener;
let api: NatsApi;

before(async () => {
  // the handler is looked up at every request, so that each test may have a world of its own
  listener = await listenHttp({ host: "127.0.0.1", port: 0 }, (request) => world.control.handle(request));
});

beforeEach(async () => {
  await world?.close();
  world = await aWorld();
  api = sdk(world.tenant);
});

after(async () => {
  await listener.close();
  await world.close();
});

function sdk(tenant: Tenant, changed: object = {}): NatsApi {
  const { accessKey, secretKey, projectId } = tenant;
  const settings = { apiURL: listener.url, accessKey, secretKey, defaultProjectId: projectId };
  return new Mnqv1beta1.NatsAPI(createClient({ ...settings, defaultRegion: "fr-par", ...changed }));
}

/** Five accounts, or sets of credentials, whose three orders differ. */
const names = ["delta", "alpha", "echo", "charlie", "bravo"];

async function fiveAccounts(): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names) {
    ids.push((await api.createNatsAccount({ name })).id);
    world.clock.advance(1_000);
  }
  await api.updateNatsAccount({ natsAccountId: ids[0]!, name: "delta" }); // the first is the last one changed
  return ids;
}

const orders: readonly [Order, readonly string[]][] = [
  [undefined, names],
  ["created_at_asc", names],
  ["created_at_desc", names.toReversed()],
  ["updated_at_asc", [...names.slice(1), "delta"]],
  ["updated_at_desc", ["delta", ...names.slice(1).toReversed()]],
  ["name_asc", names.toSorted()],
  ["name_desc", names.toSorted().reverse()],
];

test("an account is created, read, renamed and deleted", async () => {
  const created = await api.createNatsAccount({ name: "orders" });

  assert.match(created.id, /^A[A-Z2-7]{55}$/);
  assert.equal(created.name, "orders");
  assert.equal(created.endpoint, "nats://fr-par-1.test:4222");
  assert.equal(created.projectId, world.tenant.projectId);
  assert.equal(created.region, "fr-par");
  assert.equal(created.createdAt?.toISOString(), "2026-04-10T10:59:01.818Z");
  assert.deepEqual(await api.getNatsAccount({ natsAccountId: created.id }), created);

  world.clock.advance(60_000);
  const renamed = await api.updateNatsAccount({ natsAccountId: created.id, name: "bills" });
  assert.equal(renamed.name, "bills");
  assert.equal(renamed.updatedAt?.toISOString(), "2026-04-10T11:00:01.818Z");
  assert.deepEqual(renamed.createdAt, created.createdAt);

  await api.deleteNatsAccount({ natsAccountId: created.id });
  await assert.rejects(api.getNatsAccount({ natsAccountId: created.id }), ResourceNotFoundError);
});

test("an account without a name gets the one the SDK makes up", async () => {
  assert.match((await api.createNatsAccount()).name, /^mnq-[a-z]+-[a-z]+/);
});

test("an update that names nothing keeps the name", async () => {
  const { id } = await api.createNatsAccount({ name: "orders" });

  assert.equal((await api.updateNatsAccount({ natsAccountId: id })).name, "orders");
});

for (const [orderBy, expected] of orders) {
  test(`pages of one account over five follow ${orderBy ?? "the default order"}`, async () => {
    await fiveAccounts();

    const pages: string[] = [];
    for (let page = 1; page <= 5; page++) {
      const list = await api.listNatsAccounts({ orderBy, page, pageSize: 1 });
      assert.equal(list.totalCount, 5);
      pages.push(...list.natsAccounts.map(({ name }) => name));
    }
    assert.deepEqual(pages, expected);
    const all = await api.listNatsAccounts({ orderBy, pageSize: 1 }).all();
    assert.deepEqual(
      all.map(({ name }) => name),
      expected,
    );
  });

  test(`pages of two credentials over five follow ${orderBy ?? "the default order"}`, async () => {
    const { id } = await api.createNatsAccount({ name: "orders" });
    for (const name of names) {
      await api.createNatsCredentials({ natsAccountId: id, name });
      world.clock.advance(1_000);
    }

    // credentials never change: in order of change is in order of creation
    const unchanged = orderBy?.startsWith("updated_at_asc") ? names : names.toReversed();
    const wanted = orderBy?.startsWith("updated_at") ? unchanged : expected;
    const all = await api.listNatsCredentials({ natsAccountId: id, orderBy, pageSize: 2 }).all();
    assert.deepEqual(
      all.map(({ name }) => name),
      wanted,
    );
  });
}

test("a page after the last one is empty, and still counts all", async () => {
  await fiveAccounts();

  assert.deepEqual(await api.listNatsAccounts({ page: 6, pageSize: 1 }), { totalCount: 5, natsAccounts: [] });
});

test("lists keep to their region, their project and their account", async () => {
  const { id } = await api.createNatsAccount({ name: "here" });
  await api.createNatsAccount({ name: "there", region: "nl-ams" });
  await api.createNatsCredentials({ natsAccountId: id, name: "app" });
  const nobody = "00000000-0000-4000-8000-000000000000";

  assert.equal((await api.listNatsAccounts({ region: "nl-ams" })).natsAccounts[0]?.name, "there");
  assert.equal((await api.listNatsAccounts({ projectId: world.tenant.projectId })).totalCount, 1);
  assert.equal((await api.listNatsAccounts({ projectId: nobody })).totalCount, 0);
  assert.equal((await api.listNatsCredentials({ natsAccountId: id })).totalCount, 1);
  assert.equal((await api.listNatsCredentials({ natsAccountId: "A".repeat(56) })).totalCount, 0);
  assert.equal((await api.listNatsCredentials({ projectId: nobody })).totalCount, 0);
  assert.equal((await api.listNatsCredentials({ region: "nl-ams" })).totalCount, 0);
});

test("credentials show their content once, and their checksum always", async () => {
  const { id } = await api.createNatsAccount({ name: "orders" });
  const created = await api.createNatsCredentials({ natsAccountId: id, name: "app" });

  assert.equal(created.credentials?.name, "user.creds");
  assert.ok(world.cells.of("fr-par").admits(created.credentials.content.split("\n")[1]!));
  const read = await api.getNatsCredentials({ natsCredentialsId: created.id });
  assert.deepEqual(read, { ...created, credentials: undefined });
  const [listed] = (await api.listNatsCredentials({ natsAccountId: id })).natsCredentials;
  assert.deepEqual(listed, read);
});

test("deleted credentials are revoked and their connections cut before the answer", async () => {
  const { id } = await api.createNatsAccount({ name: "orders" });
  const [first, second] = [
    await api.createNatsCredentials({ natsAccountId: id, name: "first" }),
    await api.createNatsCredentials({ natsAccountId: id, name: "second" }),
  ];
  const cell = world.cells.of("fr-par");
  const jwts = [first, second].map(({ credentials }) => credentials!.content.split("\n")[1]!);
  const users = jwts.map((jwt) => claimsOf(jwt).sub as string);
  cell.connect(id, users[0]!, true);
  cell.connect(id, users[1]!);

  await api.deleteNatsCredentials({ natsCredentialsId: first.id });

  assert.deepEqual(
    jwts.map((jwt) => cell.admits(jwt)),
    [false, true],
  );
  assert.deepEqual(cell.usersOf(id), [users[1]]);
  await assert.rejects(api.getNatsCredentials({ natsCredentialsId: first.id }), ResourceNotFoundError);
  await assert.rejects(api.deleteNatsCredentials({ natsCredentialsId: first.id }), ResourceNotFoundError);
});

test("a deleted account takes connections, messages and claims with it", async () => {
  const { id } = await api.createNatsAccount({ name: "orders" });
  const made = await api.createNatsCredentials({ natsAccountId: id, name: "app" });
  const cell = world.cells.of("fr-par");
  cell.stored.set(id, 4_096);
  cell.connect(id, "U1", true);

  await api.deleteNatsAccount({ natsAccountId: id });

  assert.deepEqual([cell.held.size, cell.stored.size, cell.usersOf(id).length], [0, 0, 0]);
  await assert.rejects(api.deleteNatsAccount({ natsAccountId: id }), ResourceNotFoundError);
  await assert.rejects(api.getNatsCredentials({ natsCredentialsId: made.id }), ResourceNotFoundError);
});

test("another organization meets the same error for what is not its own as for what is not there", async () => {
  const { id } = await api.createNatsAccount({ name: "orders" });
  const made = await api.createNatsCredentials({ natsAccountId: id, name: "app" });
  const other = sdk(world.stranger);
  const calls: readonly [
    string,
    (account: string, credentials: string, project: string) => Promise<unknown>,
  ][] = [
    ["get account", (natsAccountId) => other.getNatsAccount({ natsAccountId })],
    ["update account", (natsAccountId) => other.updateNatsAccount({ natsAccountId, name: "mine" })],
    ["delete account", (natsAccountId) => other.deleteNatsAccount({ natsAccountId })],
    ["create credentials", (natsAccountId) => other.createNatsCredentials({ natsAccountId, name: "x" })],
    ["get credentials", (_, natsCredentialsId) => other.getNatsCredentials({ natsCredentialsId })],
    ["delete credentials", (_, natsCredentialsId) => other.deleteNatsCredentials({ natsCredentialsId })],
    ["create account", (_, __, projectId) => other.createNatsAccount({ name: "x", projectId })],
  ];
  const absent = ["A".repeat(56), "00000000-0000-4000-8000-000000000000"] as const;

  for (const [name, call] of calls) {
    const own = await refusal(call(id, made.id, world.tenant.projectId));
    const none = await refusal(call(absent[0], absent[1], absent[1]));
    assert.ok(own instanceof ResourceNotFoundError && none instanceof ResourceNotFoundError, name);
    assert.deepEqual([own.status, own.resource], [none.status, none.resource], name);
    assert.deepEqual(
      { ...(own.body as object), resource_id: "" },
      { ...(none.body as object), resource_id: "" },
    );
  }
  assert.equal((await other.listNatsAccounts()).totalCount, 0);
  assert.equal((await other.listNatsCredentials({ natsAccountId: id })).totalCount, 0);
  assert.equal((await api.getNatsAccount({ natsAccountId: id })).name, "orders");
});

async function refusal(work: Promise<unknown>): Promise<Errors.ScalewayError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ScalewayError, `not refused: ${String(error)}`);
  return error;
}

test("an id of the wrong length is an InvalidArgumentsError, in the recorded words", async () => {
  const error = await refusal(api.getNatsAccount({ natsAccountId: "Wrong-id" }));

  assert.ok(error instanceof InvalidArgumentsError);
  assert.equal(error.status, 400);
  const help = "value length must be 56 runes";
  assert.deepEqual(error.details, [
    { argumentName: "nats_account_id", helpMessage: help, reason: "constraint" },
  ]);
});

test("an unknown region is an InvalidArgumentsError that lists the regions", async () => {
  const error = await refusal(api.listNatsAccounts({ region: "pl-waw" }));

  assert.ok(error instanceof InvalidArgumentsError);
  assert.deepEqual(error.details[0]?.argumentName, "region");
  assert.match(error.details[0].helpMessage ?? "", /fr-par, nl-ams/);
});

test("a secret that nobody has is a DeniedAuthenticationError, and after ten a minute a TooManyRequestsError", async () => {
  const guessing = sdk(world.tenant, { secretKey: "11111111-1111-4111-8111-111111111111" });
  for (let nth = 1; nth <= 10; nth++) {
    const error = await refusal(guessing.listNatsAccounts());
    assert.ok(error instanceof DeniedAuthenticationError, `failure ${nth}`);
    assert.deepEqual([error.status, error.method, error.reason], [401, "api_key", "not_found"]);
  }

  const error = await refusal(guessing.listNatsAccounts());
  assert.ok(error instanceof TooManyRequestsError);
  assert.deepEqual(
    [error.status, error.limit, error.resetSeconds],
    [429, { quota: 10, windowSeconds: 60 }, 60],
  );
  assert.equal(
    (await api.listNatsAccounts()).totalCount,
    0,
    "a right secret from the same address is let in",
  );

  world.clock.advance(60_000);
  assert.ok((await refusal(guessing.listNatsAccounts())) instanceof DeniedAuthenticationError);
});

test("one account more than the quota is a QuotasExceededError that names the quota", async () => {
  await world.close();
  world = await aWorld({ limits: { accountsPerOrganization: 2 } });
  api = sdk(world.tenant);
  await api.createNatsAccount({ name: "one" });
  const { id } = await api.createNatsAccount({ name: "two", region: "nl-ams" });

  const error = await refusal(api.createNatsAccount({ name: "three" }));
  assert.ok(error instanceof QuotasExceededError);
  const scope = { kind: "organization", id: world.tenant.organizationId };
  assert.deepEqual(
    [error.status, error.list],
    [403, [{ resource: "nats_accounts", quota: 2, current: 2, scope }]],
  );

  await api.deleteNatsAccount({ natsAccountId: id, region: "nl-ams" });
  assert.equal((await api.createNatsAccount({ name: "three" })).name, "three");
});

test("a cell out of reach is a ScalewayError with status 503, and leaves nothing behind", async () => {
  world.cells.down = true;

  const error = await refusal(api.createNatsAccount({ name: "orders" }));
  assert.equal(error.status, 503);
  assert.equal((error.body as { type: string }).type, "unavailable");

  world.cells.down = false;
  await world.control.converge();
  assert.equal((await api.listNatsAccounts()).totalCount, 0);
});

test("credentials asked for twice with one Idempotency-Key are an AlreadyExistsError", async () => {
  const { id } = await api.createNatsAccount({ name: "orders" });
  const keyed = sdk(world.tenant, {
    interceptors: [{ request: ({ request }: { request: Request }) => withKey(request) }],
  });
  const made = await keyed.createNatsCredentials({ natsAccountId: id, name: "app" });

  const error = await refusal(keyed.createNatsCredentials({ natsAccountId: id, name: "app" }));
  assert.ok(error instanceof AlreadyExistsError);
  assert.deepEqual([error.status, error.resource, error.resourceId], [409, "credentials", made.id]);
  assert.match(error.helpMessage, /create anew/);
});

function withKey(request: Request): Request {
  request.headers.set("idempotency-key", "k1");
  return request;
}

test("a body that is too large is an InvalidArgumentsError with status 413", async () => {
  const error = await refusal(api.createNatsAccount({ name: "x".repeat(1024 * 1024) }));

  assert.ok(error instanceof InvalidArgumentsError);
  assert.deepEqual([error.status, error.details[0]?.argumentName], [413, "body"]);
});
