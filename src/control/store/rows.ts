// Rows into records: every column is checked for the type it was declared with, so that a damaged database is a
// Fault that names the column and never an `undefined` that travels.

import { Fault } from "../../base/assert.ts";
import type { Row, Sql, SqlValue } from "./database.ts";

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new Fault("read a text column", { column });
  return value;
}

/** A column restricted to some words by a check constraint. */
export function word<T extends string>(row: Row, column: string, words: readonly T[]): T {
  const value = text(row, column);
  const found = words.find((candidate) => candidate === value);
  if (found === undefined) throw new Fault("read a word column", { column, value });
  return found;
}

export function maybeText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

/** A safe integer. PostgreSQL's drivers hand out bigint columns as text. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  const number = typeof value === "string" ? Number(value) : value;
  if (!Number.isSafeInteger(number)) throw new Fault("read an integer column", { column });
  return number as number;
}

export function maybeInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column);
}

export function flag(row: Row, column: string): boolean {
  return integer(row, column) === 1;
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new Fault("read a bytes column", { column });
  return value;
}

export async function one<T>(rows: Promise<readonly Row[]>, read: (row: Row) => T): Promise<T | undefined> {
  const [first] = await rows;
  return first === undefined ? undefined : read(first);
}

export async function all<T>(rows: Promise<readonly Row[]>, read: (row: Row) => T): Promise<readonly T[]> {
  return (await rows).map(read);
}

/** Inserts one row. Table and column names are constants of this room, never data. */
export async function insert(
  sql: Sql,
  table: string,
  row: Readonly<Record<string, SqlValue>>,
): Promise<void> {
  const columns = Object.keys(row);
  const marks = columns.map(() => "?").join(", ");
  await sql.run(`insert into ${table} (${columns.join(", ")}) values (${marks})`, ...Object.values(row));
}

/** Updates the given columns of the row with this key; absent (undefined) ones stay. Answers how many rows there were. */
export async function update(
  sql: Sql,
  table: string,
  key: readonly [column: string, value: string],
  change: Readonly<Record<string, SqlValue | boolean | undefined>>,
): Promise<number> {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  if (given.length === 0) return 1;
  const sets = given.map(([column]) => `${column} = ?`).join(", ");
  const values = given.map(([, value]) => (typeof value === "boolean" ? Number(value) : (value as SqlValue)));
  return sql.run(`update ${table} set ${sets} where ${key[0]} = ?`, ...values, key[1]);
}
