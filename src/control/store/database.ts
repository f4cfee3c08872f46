// What the store needs of a relational database driver, small enough that node:sqlite and a PostgreSQL client both
// fit: text with `?` placeholders, rows as plain objects, one transaction at a time per caller.

import { Fault } from "../../base/assert.ts";

/**
 * The database failed: a full disk, an unreadable page, a lock that is held for too long. A Fault of its own, as it
 * is never to be taken for a cell that does not answer.
 */
export class StoreFault extends Fault {}

/** Booleans are stored as 0 and 1; an absent value is null. */
export type SqlValue = string | number | null | Uint8Array;

export type Row = Readonly<Record<string, SqlValue>>;

export interface Sql {
  all(text: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Answers how many rows changed. */
  run(text: string, ...values: readonly SqlValue[]): Promise<number>;
}

export interface Database {
  /**
   * Commits durably before it resolves; rolls back when `work` throws.
   * @throws StoreFault when the database fails; whatever `work` throws.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
