// The same appends by others: one writer, one transaction a group, durable when it returns.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { base, seconds } from "./setting.ts";
import { perSecond } from "./table.ts";

/** Rows a second into a table, write-ahead log, full synchronisation. */
export function sqlite(group: number, bytes: number): string {
  const database = new DatabaseSync(join(base, `sqlite-${group}-${bytes}.db`));
  database.exec(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE m (seq INTEGER PRIMARY KEY, subject TEXT, payload BLOB)",
  );
  const insert = database.prepare("INSERT INTO m (subject, payload) VALUES (?, ?)");
  const payload = Buffer.alloc(bytes, 7);
  const started = performance.now();
  let done = 0;
  while (performance.now() - started < seconds * 1000) {
    database.exec("BEGIN");
    for (let i = 0; i < group; i++) insert.run("orders.new", payload);
    database.exec("COMMIT");
    done += group;
  }
  const rate = perSecond(done, performance.now() - started);
  database.close();
  return rate;
}

let python: string | undefined | null = null;

/** Records a second; by Python's binding, since Node ships none. LMDB_PYTHON names a python that has it. */
export function lmdb(group: number, bytes: number): string {
  if (python === null) {
    const named = process.env.LMDB_PYTHON;
    const candidates = named === undefined ? ["python3", "python"] : [named];
    python = candidates.find((each) => spawnSync(each, ["-c", "import lmdb"]).status === 0);
  }
  if (python === undefined) return "not installed";
  const script = join(import.meta.dirname, "lmdb-appends.py");
  const directory = join(base, `lmdb-${group}-${bytes}`);
  const args = [script, directory, String(group), String(bytes), String(seconds)];
  const { stdout, stderr, status } = spawnSync(python, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : `failed: ${stderr.trim().split("\n").at(-1) ?? ""}`;
}
