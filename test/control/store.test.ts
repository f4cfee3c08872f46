// The store on real SQLite files: what is committed is there after a restart, what failed is not, a newer format is
// left alone, locks keep order.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { BrokenInvariant, Fault } from "../../src/base/assert.ts";
import type { Page } from "../../src/control/model/page.ts";
import type { Account, Credential } from "../../src/control/model/records.ts";
import { StoreFault } from "../../src/control/store/database.ts";
import { type Migration, migrations, newestFormat } from "../../src/control/store/migrations.ts";
import { openStore } from "../../src/control/store/sql-store.ts";
import { NewerFormat, type Store, type Transaction } from "../../src/control/store/store.ts";
import { openSqlite } from "../../src/node/sqlite.ts";

const firstPage: Page = { page: 1, pageSize: 50, orderBy: "created_at_asc" };
const inOrganization = { organizationId: "org", region: "fr-par" };

async function inDirectory(story: (path: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "chappe-store-"));
  try {
    await story(join(directory, "chappe.db"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function anAccount(id: string, change: Partial<Account> = {}): Account {
  const where = { organizationId: "org", projectId: "project", region: "fr-par", cellId: "cell" };
  const times = { createdUs: 1_775_818_741_818_748, updatedUs: 1_775_818_741_818_749 };
  const claims = { iat: 100, jwt: `jwt of ${id}`, applied: false, everActive: true };
  return { id, name: `name of ${id}`, state: "active", ...where, ...claims, ...times, ...change };
}

function aCredential(id: string, change: Partial<Credential> = {}): Credential {
  const key = { accountId: "A1", signingKeyId: "K1", userKey: `U${id}`, iat: 7 };
  const rest = { name: `name of ${id}`, checksum: "00", createdUs: 1, updatedUs: 2 };
  return { id, state: "active", ...key, ...rest, ...change };
}

async function seed({ tenants, installation, accounts, signingKeys }: Transaction): Promise<void> {
  await tenants.insertOrganization({ id: "org", name: "org", createdUs: 0 });
  await tenants.insertProject({
    id: "project",
    organizationId: "org",
    name: "p",
    createdUs: 0,
    updatedUs: 0,
  });
  await installation.insertRegion("fr-par");
  await installation.insertRegion("fr-par");
  const at = { host: "127.0.0.1", port: 4222, endpoint: "nats://127.0.0.1:4222" };
  await installation.insertCell({
    id: "cell",
    region: "fr-par",
    kind: "broker",
    ...at,
    state: "open",
    createdUs: 0,
  });
  await accounts.insert(anAccount("A1"));
  const key = { accountId: "A1", sealedSeed: Buffer.from([1, 0, 255]), issued: 0, live: 0, retired: false };
  await signingKeys.insert({ id: "K1", ...key, createdUs: 0 });
}

async function seeded(): Promise<Store> {
  const store = await openStore(openSqlite(":memory:"));
  await store.transaction(seed);
  return store;
}

test("what is committed is there, to the last bit, after the file is opened again", async () => {
  await inDirectory(async (path) => {
    const first = await openStore(openSqlite(path));
    await first.transaction(async (tx) => {
      await seed(tx);
      await tx.credentials.insert(aCredential("c1"));
      await tx.signingKeys.revoke({ signingKeyId: "K1", userKey: "U9", at: 9 });
      await tx.idempotency.insert({
        organizationId: "org",
        key: "k",
        fingerprint: "f",
        resourceId: "A1",
        answer: undefined,
        createdUs: 5,
      });
    });
    await first.close();

    const second = await openStore(openSqlite(path));
    await second.transaction(async (tx) => {
      assert.deepEqual(await tx.accounts.get("A1"), anAccount("A1"));
      assert.deepEqual(await tx.credentials.get("c1"), aCredential("c1"));
      assert.deepEqual(await tx.signingKeys.revocations("A1"), [
        { signingKeyId: "K1", userKey: "U9", at: 9 },
      ]);
      assert.deepEqual(Buffer.from((await tx.signingKeys.of("A1"))[0]!.sealedSeed), Buffer.from([1, 0, 255]));
      assert.equal((await tx.idempotency.get("org", "k"))?.answer, undefined);
      assert.equal((await tx.installation.cells())[0]?.port, 4222);
    });
    await second.close();
  });
});

test("every commit is on the medium: write-ahead log, synchronous in full, foreign keys kept", async () => {
  await inDirectory(async (path) => {
    const database = openSqlite(path);
    const settings = await database.transaction(async (sql) => [
      ...(await sql.all("pragma journal_mode")),
      ...(await sql.all("pragma synchronous")),
      ...(await sql.all("pragma foreign_keys")),
    ]);

    assert.deepEqual(
      settings.map((row) => Object.values(row)[0]),
      ["wal", 2, 1],
    );
    assert.ok(statSync(path).isFile());
    await database.close();
  });
});

test("work that throws leaves nothing of its transaction", async () => {
  const store = await seeded();

  const failed = store.transaction(async ({ accounts }) => {
    await accounts.insert(anAccount("A2"));
    throw new Error("half-way");
  });

  await assert.rejects(failed, /half-way/);
  assert.equal(await store.transaction(({ accounts }) => accounts.get("A2")), undefined);
  await store.close();
});

test("a transaction that failed does not hold up the next one", async () => {
  const store = await seeded();

  const both = await Promise.allSettled([
    store.transaction(({ accounts }) => accounts.insert(anAccount("A1"))),
    store.transaction(({ accounts }) => accounts.insert(anAccount("A2"))),
  ]);

  assert.deepEqual(
    both.map(({ status }) => status),
    ["rejected", "fulfilled"],
  );
  await store.close();
});

test("transactions asked for at once run one after another, each seeing all of the one before", async () => {
  const store = await seeded();
  const increment = () =>
    store.transaction(async ({ signingKeys }) => {
      const [key] = await signingKeys.of("A1");
      await Promise.resolve();
      await signingKeys.update("K1", { issued: key!.issued + 1 });
    });

  await Promise.all(Array.from({ length: 50 }, increment));

  assert.equal((await store.transaction(({ signingKeys }) => signingKeys.of("A1")))[0]?.issued, 50);
  await store.close();
});

test("a transaction that is over can be used no more", async () => {
  const store = await seeded();
  const leaked = await store.transaction(async (tx) => tx);

  await assert.rejects(leaked.accounts.drop("A1"), /over/);
  assert.ok(await store.transaction(({ accounts }) => accounts.get("A1")));
  await store.close();
});

test("a format that a newer version wrote is refused, and not touched", async () => {
  await inDirectory(async (path) => {
    const newer: Migration = { version: newestFormat + 1, statements: ["create table later (id text)"] };
    await (await openStore(openSqlite(path), [...migrations, newer])).close();

    const database = openSqlite(path);
    const refused = await openStore(database).catch((error: unknown) => error);
    await database.close();

    assert.ok(refused instanceof NewerFormat);
    assert.deepEqual([refused.found, refused.known], [newestFormat + 1, newestFormat]);
    assert.match(refused.message, /newer version/);
    await (await openStore(openSqlite(path), [...migrations, newer])).close();
  });
});

test("an older format is brought up to date, keeping what is in it", async () => {
  await inDirectory(async (path) => {
    const first = await openStore(openSqlite(path));
    await first.transaction(seed);
    await first.close();
    const next: Migration = {
      version: newestFormat + 1,
      statements: ["alter table accounts add column note text"],
    };

    const second = await openStore(openSqlite(path), [...migrations, next]);

    assert.deepEqual(await second.transaction(({ accounts }) => accounts.get("A1")), anAccount("A1"));
    await second.close();
  });
});

test("a migration that fails leaves the format as it was", async () => {
  await inDirectory(async (path) => {
    await (await openStore(openSqlite(path))).close();
    const bad: Migration = {
      version: newestFormat + 1,
      statements: ["create table half (id text)", "nonsense"],
    };
    const database = openSqlite(path);
    await assert.rejects(openStore(database, [...migrations, bad]));
    await database.close();

    const good: Migration = { version: newestFormat + 1, statements: ["create table half (id text)"] };
    await (await openStore(openSqlite(path), [...migrations, good])).close();
  });
});

test("versions of migrations count up by one, from one", () => {
  assert.deepEqual(
    migrations.map(({ version }) => version),
    migrations.map((_, index) => index + 1),
  );
});

test("an account's lock is held across transactions, and whoever comes second comes second", async () => {
  const store = await seeded();
  const story: string[] = [];
  const worker = (name: string, account: string) =>
    store.withAccount(account, async () => {
      story.push(`${name} in`);
      await store.transaction(async () => undefined);
      await store.transaction(async () => undefined);
      story.push(`${name} out`);
    });

  await Promise.all([worker("first", "A1"), worker("second", "A1"), worker("third", "A1")]);
  assert.deepEqual(story, ["first in", "first out", "second in", "second out", "third in", "third out"]);

  story.length = 0;
  await Promise.all([worker("one", "A1"), worker("other", "A2")]);
  assert.deepEqual(story.slice(0, 2), ["one in", "other in"], "another account does not wait");
  await store.close();
});

test("a lock whose holder failed is free again", async () => {
  const store = await seeded();
  const failed = store.withAccount("A1", () => Promise.reject(new Error("failed")));
  const next = store.withAccount("A1", async () => "through");

  await assert.rejects(failed, /failed/);
  assert.equal(await next, "through");
  await store.close();
});

test("an account signed for twice from one state is a broken invariant: the second did not hold the lock", async () => {
  const store = await seeded();
  await store.transaction(({ accounts }) => accounts.setJwt("A1", 100, 101, "first"));

  await assert.rejects(
    store.transaction(({ accounts }) => accounts.setJwt("A1", 100, 102, "second")),
    BrokenInvariant,
  );
  await assert.rejects(
    store.transaction(({ accounts }) => accounts.setJwt("A1", 101, 101, "the same second")),
    BrokenInvariant,
  );
  const account = await store.transaction(({ accounts }) => accounts.get("A1"));
  assert.deepEqual([account?.jwt, account?.iat, account?.applied], ["first", 101, false]);
  await store.close();
});

test("a dropped account takes its keys, revocations and credentials along, and nobody else's", async () => {
  const store = await seeded();
  await store.transaction(async (tx) => {
    await tx.accounts.insert(anAccount("A2"));
    const [key] = await tx.signingKeys.of("A1");
    await tx.signingKeys.insert({ ...key!, id: "K2", accountId: "A2" });
    await tx.credentials.insert(aCredential("c1"));
    await tx.credentials.insert(aCredential("c2", { accountId: "A2", signingKeyId: "K2" }));
    await tx.signingKeys.revoke({ signingKeyId: "K1", userKey: "U", at: 1 });

    await tx.accounts.drop("A1");
  });

  await store.transaction(async (tx) => {
    assert.deepEqual(await tx.accounts.idsAfter("", 10), ["A2"]);
    assert.deepEqual([await tx.signingKeys.of("A1"), await tx.signingKeys.revocations("A1")], [[], []]);
    assert.equal(await tx.credentials.get("c1"), undefined);
    assert.equal((await tx.credentials.get("c2"))?.accountId, "A2");
  });
  await store.close();
});

test("lists and counts show what each is for: active ones listed, pending ones counted, all walked", async () => {
  const store = await seeded();
  await store.transaction(async ({ accounts }) => {
    await accounts.insert(anAccount("A2", { state: "pending" }));
    await accounts.insert(anAccount("A3", { state: "deleting" }));
  });

  await store.transaction(async ({ accounts }) => {
    const list = await accounts.list(inOrganization, firstPage);
    assert.deepEqual([list.totalCount, list.items.map(({ id }) => id)], [1, ["A1"]]);
    assert.equal(
      (await accounts.list({ ...inOrganization, organizationId: "other" }, firstPage)).totalCount,
      0,
    );
    assert.equal(await accounts.count("org"), 2);
    assert.deepEqual(await accounts.idsAfter("A1", 1), ["A2"]);
  });
  await store.close();
});

test("accounts made in the same microsecond keep one order over all pages", async () => {
  const store = await seeded();
  const ids = Array.from({ length: 25 }, (_, n) => `B${String(n).padStart(2, "0")}`);
  await store.transaction(async ({ accounts }) => {
    await accounts.drop("A1");
    for (const id of ids.toReversed()) await accounts.insert(anAccount(id, { name: "same" }));
  });

  for (const orderBy of ["created_at_asc", "updated_at_asc", "name_asc"] as const) {
    const seen: string[] = [];
    for (let page = 1; page <= 9; page++) {
      const asked = { page, pageSize: 3, orderBy };
      const found = await store.transaction(({ accounts }) => accounts.list(inOrganization, asked));
      seen.push(...found.items.map(({ id }) => id));
    }
    assert.deepEqual(seen, ids, orderBy);
  }
  await store.close();
});

test("idempotency records expire by age, and the oldest go when there are too many", async () => {
  const store = await seeded();
  await store.transaction(async ({ idempotency }) => {
    for (let n = 1; n <= 10; n++) {
      const record = { organizationId: "org", key: `k${n}`, fingerprint: "f", resourceId: "r", createdUs: n };
      await idempotency.insert({ ...record, answer: n % 2 === 0 ? "answered" : undefined });
    }
    await idempotency.expire(3, 6);
  });

  await store.transaction(async ({ idempotency }) => {
    const left: number[] = [];
    for (let n = 1; n <= 10; n++) if (await idempotency.get("org", `k${n}`)) left.push(n);
    assert.deepEqual(left, [5, 6, 7, 8, 9, 10]);
    await idempotency.dropUnanswered("r");
    assert.equal(await idempotency.get("org", "k5"), undefined);
    assert.equal((await idempotency.get("org", "k6"))?.answer, "answered");
  });
  await store.close();
});

test("a full disk is a StoreFault that undoes its transaction, and the store goes on when there is room", async () => {
  const database = openSqlite(":memory:");
  const store = await openStore(database);
  await store.transaction(seed);
  const pragma = (text: string) => database.transaction((sql) => sql.all(text));
  const [pages] = await pragma("pragma page_count");
  await pragma(`pragma max_page_count = ${Number(pages?.page_count) + 2}`);
  const insertMany = (from: number) =>
    store.transaction(async ({ accounts }) => {
      for (let n = from; n < from + 100; n++)
        await accounts.insert(anAccount(`N${n}`, { jwt: "x".repeat(1_000) }));
    });

  await assert.rejects(insertMany(0), StoreFault);
  assert.deepEqual(await store.transaction(({ accounts }) => accounts.idsAfter("", 10)), ["A1"]);

  await pragma("pragma max_page_count = 1000000");
  await insertMany(0);
  assert.equal((await store.transaction(({ accounts }) => accounts.idsAfter("", 1_000))).length, 101);
  await store.close();
});

test("names with quotes, other scripts and SQL in them come back as they went in", async () => {
  const store = await seeded();
  const names = ["'; drop table accounts; --", "naïve 🦀 名前", '"\\', "%_%"];
  await store.transaction(async ({ accounts }) => {
    for (const [n, name] of names.entries()) await accounts.insert(anAccount(`N${n}`, { name }));
  });

  for (const [n, name] of names.entries()) {
    assert.equal((await store.transaction(({ accounts }) => accounts.get(`N${n}`)))?.name, name);
  }
  await store.close();
});

test("a column that holds what it never should is a Fault that names it", async () => {
  await inDirectory(async (path) => {
    const store = await openStore(openSqlite(path));
    await store.transaction(seed);
    await store.close();
    const raw = new DatabaseSync(path);
    raw.exec("update accounts set iat = 'soon'");
    raw.close();

    const damaged = await openStore(openSqlite(path));
    await assert.rejects(
      damaged.transaction(({ accounts }) => accounts.get("A1")),
      (error: Fault) => error instanceof Fault && error.context.column === "iat",
    );
    await damaged.close();
  });
});

test("a second process that holds the file makes a transaction wait, not fail", async () => {
  await inDirectory(async (path) => {
    const store = await openStore(openSqlite(path));
    await store.transaction(seed);
    const other = new DatabaseSync(path);
    other.exec("begin"); // a reader, such as a backup: write-ahead logging lets both go on
    other.prepare("select * from accounts").all();

    await store.transaction(({ accounts }) => accounts.update("A1", { name: "changed" }));

    assert.equal(
      other.prepare("select name from accounts").get()?.name,
      "name of A1",
      "the reader's snapshot stands",
    );
    other.exec("commit");
    other.close();
    await store.close();
  });
});
