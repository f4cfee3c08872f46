// One process per data directory: a lock that the operating system lets go by itself when its holder dies, however.

import { DatabaseSync } from "node:sqlite";
import { Fault } from "../base/assert.ts";

/** Another process holds the lock. */
export class Locked extends Error {
  override readonly name = "Locked";
  /** undefined when the holder has not said yet. */
  readonly holder: number | undefined;

  constructor(holder: number | undefined) {
    super(holder === undefined ? "locked by another process" : `locked by process ${holder}`);
    this.holder = holder;
  }
}

export interface Lock {
  release(): void;
}

/**
 * Takes the lock that the file `path` stands for; makes the file if need be and leaves it there.
 *
 * Node has no flock, but SQLite locks a file for as long as a transaction on it is open, and a kernel drops the locks
 * of a process that is gone. Readers still get in, so that the holder's pid can be told.
 * @throws Locked; Fault when the file cannot be made or read.
 */
export function takeLock(path: string): Lock {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path, { timeout: 0 });
    file.exec("create table if not exists holder (pid integer not null)");
    file.exec(`begin immediate; delete from holder; insert into holder values (${process.pid}); commit`);
    file.exec("begin immediate");
    const held = file;
    return { release: () => held.close() };
  } catch (cause) {
    const locked = isBusy(cause);
    const holder = locked && file !== undefined ? readHolder(file) : undefined;
    file?.close();
    throw locked ? new Locked(holder) : new Fault(`lock ${path}`, { cause });
  }
}

function readHolder(file: DatabaseSync): number | undefined {
  try {
    const row = file.prepare("select pid from holder").get();
    return row === undefined ? undefined : Number(row.pid);
  } catch (error) {
    if (isBusy(error) || (error instanceof Error && /no such table/.test(error.message))) return undefined;
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  const busy = 5; // SQLITE_BUSY; extended codes keep it in their low byte
  return ((error as { readonly errcode?: number } | undefined)?.errcode ?? 0) % 256 === busy;
}
