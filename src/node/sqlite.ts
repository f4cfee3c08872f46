// node:sqlite as the store's database: one connection, one transaction at a time, every commit on the medium before
// it is reported (write-ahead log, synchronous=FULL).

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type Database, type Row, type Sql, type SqlValue, StoreFault } from "../control/store/database.ts";

const statementsMax = 256; // texts are constants of the store: more than this many is somebody building SQL from data
const busyTimeoutMs = 5_000; // another process (a backup, an audit) may hold the file for a moment

/**
 * Opens or makes the database file; `path` may be ":memory:" in tests. The caller restricts the directory's mode.
 * @throws the operating system's or SQLite's error: unreadable, not a database, locked for longer than 5 s.
 */
export function openSqlite(path: string): Database {
  const connection = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  connection.exec("pragma journal_mode = wal");
  connection.exec("pragma synchronous = full");
  connection.exec("pragma secure_delete = on"); // sealed seeds and revoked names leave the file with their row
  connection.exec("pragma trusted_schema = off");
  return new SqliteDatabase(connection);
}

class SqliteDatabase implements Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const mine = this.#tail.then(() => this.#run(work));
    this.#tail = mine.then(
      () => undefined,
      () => undefined, // the caller has the rejection; the next transaction only needs to know it is over
    );
    return mine;
  }

  async close(): Promise<void> {
    await this.#tail;
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#connection.close();
  }

  async #run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error("the database is closed");
    const sql = new OpenSql((text) => this.#prepare(text));
    // immediate: two processes find out at the start who waits, never at the commit who loses
    failing("begin", () => this.#connection.exec("begin immediate"));
    try {
      const result = await work(sql);
      sql.end();
      failing("commit", () => this.#connection.exec("commit"));
      return result;
    } catch (error) {
      sql.end();
      if (this.#connection.isTransaction) this.#connection.exec("rollback");
      throw error;
    }
  }

  #prepare(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      if (this.#statements.size >= statementsMax) this.#statements.clear();
      statement = this.#connection.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

/** The handle a transaction's work holds; dead once the transaction is over, so that nothing leaks into the next. */
class OpenSql implements Sql {
  readonly #prepare: (text: string) => StatementSync;
  #open = true;

  constructor(prepare: (text: string) => StatementSync) {
    this.#prepare = prepare;
  }

  end(): void {
    this.#open = false;
  }

  async all(text: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> {
    return failing(text, () => this.#statement(text).all(...values)) as Row[];
  }

  async run(text: string, ...values: readonly SqlValue[]): Promise<number> {
    return Number(failing(text, () => this.#statement(text).run(...values)).changes);
  }

  #statement(text: string): StatementSync {
    if (!this.#open) throw new Error("the transaction is over");
    return this.#prepare(text);
  }
}

/** Texts are constants of the store and hold no values, so they may be told; SQLite's own errors become Faults. */
function failing<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_SQLITE_ERROR") throw cause;
    const statement = text.replace(/\s+/g, " ").slice(0, 80);
    throw new StoreFault(`use the database (${statement})`, { cause });
  }
}
