// Regions, cells and the installation's own keys in SQL.

import { assert } from "../../base/assert.ts";
import type { Cell, CellKind, InstallationKey } from "../model/records.ts";
import type { Row, Sql } from "./database.ts";
import { all, bytes, insert, integer, one, text, update, word } from "./rows.ts";
import type { Installation } from "./store.ts";

const cellKinds: readonly CellKind[] = ["broker", "cluster"];
const cellStates: readonly Cell["state"][] = ["starting", "open", "full"];

export class SqlInstallation implements Installation {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async insertRegion(name: string): Promise<void> {
    await this.#sql.run("insert into regions (name) values (?) on conflict do nothing", name);
  }

  cells(): Promise<readonly Cell[]> {
    return all(this.#sql.all("select * from cells order by created_us, id"), cell);
  }

  cell(id: string): Promise<Cell | undefined> {
    return one(this.#sql.all("select * from cells where id = ?", id), cell);
  }

  insertCell(it: Cell): Promise<void> {
    return insert(this.#sql, "cells", {
      id: it.id,
      region: it.region,
      kind: it.kind,
      host: it.host,
      port: it.port,
      endpoint: it.endpoint,
      state: it.state,
      created_us: it.createdUs,
    });
  }

  async updateCell(
    id: string,
    change: Partial<Pick<Cell, "host" | "port" | "endpoint" | "state">>,
  ): Promise<void> {
    const { host, port, endpoint, state } = change;
    const changed = await update(this.#sql, "cells", ["id", id], { host, port, endpoint, state });
    assert(changed === 1, "a cell that is changed exists");
  }

  key(name: string): Promise<InstallationKey | undefined> {
    return one(this.#sql.all("select * from installation_keys where name = ?", name), installationKey);
  }

  insertKey(it: InstallationKey): Promise<void> {
    return insert(this.#sql, "installation_keys", {
      name: it.name,
      public_key: it.publicKey,
      sealed_seed: it.sealedSeed,
      created_us: it.createdUs,
    });
  }
}

function cell(row: Row): Cell {
  return {
    id: text(row, "id"),
    region: text(row, "region"),
    kind: word(row, "kind", cellKinds),
    host: text(row, "host"),
    port: integer(row, "port"),
    endpoint: text(row, "endpoint"),
    state: word(row, "state", cellStates),
    createdUs: integer(row, "created_us"),
  };
}

function installationKey(row: Row): InstallationKey {
  return {
    name: text(row, "name"),
    publicKey: text(row, "public_key"),
    sealedSeed: bytes(row, "sealed_seed"),
    createdUs: integer(row, "created_us"),
  };
}
