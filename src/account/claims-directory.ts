// Account JWTs as files of a directory, one per account, as nats-server's full resolver lays them out:
// `<account>.jwt`, and `<account>.jwt.deleted` for one deleted softly. [nats-server dirstore.go]

import { Fault } from "../base/assert.ts";
import { isPublicKey } from "../identity/nkey.ts";
import type { Disk } from "../ports/disk.ts";
import type { ClaimsStore } from "./claims-store.ts";

const extension = ".jwt";
/** A JWT file larger than this is no account's. */
const jwtBytesMax = 1024 * 1024;

export interface ClaimsDirectoryOptions {
  /** Absolute path. */
  readonly directory: string;
  readonly deletion: "none" | "rename" | "hard";
  /** Accounts that may be stored. */
  readonly limit: number;
}

export class DirectoryClaims implements ClaimsStore {
  readonly updates = "stored";
  readonly acceptsDeletes: boolean;
  readonly #disk: Disk;
  readonly #options: ClaimsDirectoryOptions;
  readonly #ids: Set<string>;

  /** @throws Fault when the directory can be neither read nor made. */
  constructor(disk: Disk, options: ClaimsDirectoryOptions) {
    this.#disk = disk;
    this.#options = options;
    this.acceptsDeletes = options.deletion !== "none";
    if (!disk.existsSync(options.directory)) disk.makeDirectorySync(options.directory);
    this.#ids = new Set(
      disk
        .listSync(options.directory)
        .map(idOf)
        .filter((id) => id !== undefined),
    );
  }

  fetch(id: string): string | undefined {
    if (!isPublicKey(id, "account") || !this.#isThere(id)) return undefined;
    return readText(this.#disk, this.#path(id));
  }

  list(): readonly string[] {
    return [...this.#ids];
  }

  save(id: string, jwt: string): void {
    if (!this.#ids.has(id) && this.#ids.size >= this.#options.limit) throw new Fault("jwt store is full");
    const path = this.#path(id);
    const draft = `${path}.new`;
    writeText(this.#disk, draft, jwt);
    this.#disk.renameSync(draft, path);
    this.#disk.syncDirectorySync(this.#options.directory);
    this.#ids.add(id);
  }

  remove(id: string): void {
    if (!this.#isThere(id)) return;
    if (this.#options.deletion === "hard") this.#disk.unlinkSync(this.#path(id));
    else this.#disk.renameSync(this.#path(id), `${this.#path(id)}.deleted`);
    this.#disk.syncDirectorySync(this.#options.directory);
    this.#ids.delete(id);
  }

  /** The directory is others' too: files come and go by hand. */
  #isThere(id: string): boolean {
    const isThere = this.#disk.existsSync(this.#path(id));
    if (isThere) this.#ids.add(id);
    else this.#ids.delete(id);
    return isThere;
  }

  /** Only account nkeys become file names, whatever a peer sends [CVE-2022-28357]. */
  #path(id: string): string {
    if (!isPublicKey(id, "account")) throw new Fault("not an account key");
    return `${this.#options.directory}/${id}${extension}`;
  }
}

function idOf(name: string): string | undefined {
  if (!name.endsWith(extension)) return undefined;
  const id = name.slice(0, -extension.length);
  return isPublicKey(id, "account") ? id : undefined;
}

function readText(disk: Disk, path: string): string {
  const file = disk.openSync(path, "read");
  try {
    const length = Math.min(file.sizeSync(), jwtBytesMax);
    const bytes = Buffer.alloc(length);
    let read = 0;
    while (read < length) {
      const got = file.readSync(bytes, read, length - read, read);
      if (got === 0) break;
      read += got;
    }
    return bytes.utf8Slice(0, read);
  } finally {
    file.closeSync();
  }
}

function writeText(disk: Disk, path: string, text: string): void {
  if (disk.existsSync(path)) disk.unlinkSync(path);
  const file = disk.openSync(path, "create");
  try {
    const bytes = Buffer.from(text, "utf8");
    let written = 0;
    while (written < bytes.length) written += file.writeSync(bytes, written, bytes.length - written, written);
    file.syncSync();
  } finally {
    file.closeSync();
  }
}
