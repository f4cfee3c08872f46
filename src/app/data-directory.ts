// The data directory: private to its owner, held by one process at a time, and kept out of anybody's git repository.

import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "../base/assert.ts";
import type { CellFiles } from "../control/regions/cell-process.ts";
import { type Lock, Locked, takeLock } from "../node/lock.ts";
import { makeDirectory } from "../node/make-directory.ts";
import { Exit } from "./exit.ts";

const masterKeyBytes = 32;
const tailBytes = 4_096;
const tailLines = 6;
/** What a file system puts into its own root. */
const notContents = new Set(["lost+found"]);
const ignoreAll = "*\n";
/** All that can be there when a first start dies before it has made `master.key`. */
const earlyNames = new Set(["lock", "lock-journal", ".gitignore", ".gitignore.new", "master.key.new"]);
const sqliteHeader = "SQLite format 3\0";

/** The first API key, for `chappe env`; may be deleted once it is written down elsewhere. */
export interface AdminKey {
  readonly access_key: string;
  readonly secret_key: string;
  readonly default_project_id: string;
  readonly default_organization_id: string;
  readonly default_region: string;
}

/** What clients are told of the last start that came up, while Chappe is down too. */
export interface Addresses {
  /** URL of the API: a free port once taken is kept. */
  readonly http: string;
  /** Whether the cells' certificate is signed by the CA in `tls/`. */
  readonly localCa: boolean;
}

/** What is true while Chappe is up and ready, and only then. */
export interface RunFile {
  readonly pid: number;
  readonly http: string;
  readonly nats: Readonly<Record<string, string>>;
}

export class DataDirectory {
  readonly path: string;
  readonly #lock: Lock;
  #held = true;

  private constructor(path: string, lock: Lock) {
    this.path = path;
    this.#lock = lock;
  }

  /** Makes it if need be and holds it until `release`. @throws Exit (code 4) when it cannot be had. */
  static open(path: string): DataDirectory {
    try {
      makeDirectory(path);
      refuseForeign(path);
      chmodSync(path, 0o700);
      const lock = takeLock(join(path, "lock"));
      chmodSync(join(path, "lock"), 0o600);
      const directory = new DataDirectory(path, lock);
      directory.removeRunFile();
      if (!existsSync(directory.file(".gitignore"))) writePrivate(directory.file(".gitignore"), ignoreAll);
      return directory;
    } catch (error) {
      if (error instanceof Exit) throw error;
      throw unusable(path, error);
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** 32 bytes that open everything sealed in the database; made at the first start. */
  masterKey(databaseExists: boolean): Buffer {
    const path = this.file("master.key");
    if (existsSync(path)) {
      const key = Buffer.from(readFileSync(path, "utf8").trim(), "hex");
      if (key.length === masterKeyBytes) return key;
      throw new Exit("data", `${path} is damaged`, "Put the master key back from a backup.");
    }
    if (databaseExists) {
      const remedy = "Put it back from a backup: without it the keys in the database cannot be opened.";
      throw new Exit("data", `${path} is missing`, remedy);
    }
    const key = randomBytes(masterKeyBytes);
    writePrivate(path, `${key.toString("hex")}\n`);
    return key;
  }

  writeAdminKey(key: AdminKey): void {
    writePrivate(this.file("admin.key"), `${JSON.stringify(key, undefined, 2)}\n`);
  }

  writeAddresses(addresses: Addresses): void {
    writePrivate(this.file("addresses.json"), `${JSON.stringify(addresses)}\n`);
  }

  writeRunFile(run: RunFile): void {
    writePrivate(this.file("run.json"), `${JSON.stringify(run)}\n`);
  }

  /** Once the directory is released, the file is somebody else's. */
  removeRunFile(): void {
    if (this.#held) rmSync(this.file("run.json"), { force: true });
  }

  release(): void {
    this.#held = false;
    this.#lock.release();
  }
}

/** undefined before the first start. */
export function readAddresses(path: string): Addresses | undefined {
  return readJson(join(path, "addresses.json")) as Addresses | undefined;
}

export function readAdminKey(path: string): AdminKey | undefined {
  return readJson(join(path, "admin.key")) as AdminKey | undefined;
}

/** Replaces a file in one step; only we may read it, and it is on the medium when this returns. */
export function writePrivate(path: string, text: string): void {
  const beside = `${path}.new`;
  writeFileSync(beside, text, { mode: 0o600, flush: true });
  renameSync(beside, path);
  const directory = openSync(dirname(path), "r");
  fsyncSync(directory);
  closeSync(directory);
}

export const cellFiles: CellFiles = {
  makeDirectory,
  write: writePrivate,
  read: (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined),
  size: (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0,
  tail(path, from) {
    if (!existsSync(path)) return "";
    const all = readFileSync(path);
    // A log that was set aside in the meantime begins anew.
    const fresh = all.length < from ? all : all.subarray(from);
    const lines = fresh.subarray(-tailBytes).toString("utf8").trimEnd().split("\n");
    return lines.slice(-tailLines).join("\n");
  },
};

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unusable(dirname(path), error);
  }
}

/** Somebody's home directory, or their checkout, given by mistake must not be made private and filled. */
function refuseForeign(path: string): void {
  const names = readdirSync(path).filter((name) => !notContents.has(name));
  if (names.length === 0 || isOurs(path, new Set(names))) return;
  const strange = names.find((name) => !earlyNames.has(name)) ?? names[0];
  const remedy = "Choose an empty directory with --data, or one that Chappe made.";
  throw new Exit("data", `${path} is in use for something else (it holds ${strange})`, remedy);
}

/** A lock or a .gitignore is in many a directory: what only we write tells ours, a restored copy without its lock too. */
function isOurs(path: string, names: ReadonlySet<string>): boolean {
  if (names.has("chappe.db")) return true;
  if (names.has("master.key")) return names.has("lock") && lockIsOurs(path);
  if (![...names].every((name) => earlyNames.has(name))) return false;
  const ignores = !names.has(".gitignore") || readFileSync(join(path, ".gitignore"), "utf8") === ignoreAll;
  return ignores && names.has("lock") && lockIsOurs(path);
}

/** SQLite's, and empty until the first process holds it. */
function lockIsOurs(path: string): boolean {
  const lock = join(path, "lock");
  if (!statSync(lock).isFile()) return false;
  const start = readFileSync(lock).subarray(0, sqliteHeader.length).toString("latin1");
  return start === "" || start === sqliteHeader;
}

function unusable(path: string, error: unknown): Exit {
  if (error instanceof Locked) {
    const remedy = "Stop that one first, or choose another directory with --data.";
    return new Exit("data", `the data directory ${path} is ${error.message}`, remedy, error);
  }
  const why = error instanceof Fault && error.cause instanceof Error ? error.cause.message : String(error);
  const remedy = "Choose a directory that you may write to with --data, or mend its permissions.";
  return new Exit("data", `the data directory ${path} cannot be used: ${why}`, remedy, error);
}
