// The store over a relational database: opens it, brings it to the newest format, and hands out transactions.

import { AccountLocks } from "./account-locks.ts";
import type { Database, Sql } from "./database.ts";
import { type Migration, migrations } from "./migrations.ts";
import { integer, one } from "./rows.ts";
import { SqlAccounts } from "./sql-accounts.ts";
import { SqlCredentials, SqlSigningKeys } from "./sql-credentials.ts";
import { SqlIdempotency } from "./sql-idempotency.ts";
import { SqlInstallation } from "./sql-installation.ts";
import { SqlTenants } from "./sql-tenants.ts";
import { NewerFormat, type Store, type Transaction } from "./store.ts";

/**
 * Brings the database to the newest format and answers the store on it. A format that was never finished is not
 * there: each migration is one transaction.
 * @throws NewerFormat when a newer Chappe wrote it; nothing was changed then.
 */
export async function openStore(
  database: Database,
  steps: readonly Migration[] = migrations,
): Promise<Store> {
  const found = await database.transaction(currentFormat);
  const known = steps.at(-1)?.version ?? 0;
  if (found > known) throw new NewerFormat(found, known);
  for (const step of steps) {
    if (step.version > found) await database.transaction((sql) => migrate(sql, step));
  }
  return new SqlStore(database);
}

async function currentFormat(sql: Sql): Promise<number> {
  await sql.run("create table if not exists format (version integer not null)");
  return (await one(sql.all("select max(version) as version from format having count(*) > 0"), version)) ?? 0;
}

function version(row: Parameters<typeof integer>[0]): number {
  return integer(row, "version");
}

async function migrate(sql: Sql, step: Migration): Promise<void> {
  for (const statement of step.statements) await sql.run(statement);
  await sql.run("insert into format (version) values (?)", step.version);
}

class SqlStore implements Store {
  readonly #database: Database;
  readonly #locks = new AccountLocks();

  constructor(database: Database) {
    this.#database = database;
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#database.transaction((sql) =>
      work({
        tenants: new SqlTenants(sql),
        installation: new SqlInstallation(sql),
        accounts: new SqlAccounts(sql),
        signingKeys: new SqlSigningKeys(sql),
        credentials: new SqlCredentials(sql),
        idempotency: new SqlIdempotency(sql),
      }),
    );
  }

  // SQLite has one process: the data directory's lock sees to that. A PostgreSQL store adds an advisory lock here.
  withAccount<T>(accountId: string, work: () => Promise<T>): Promise<T> {
    return this.#locks.with(accountId, work);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
