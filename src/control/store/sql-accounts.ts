// NATS accounts in SQL. Every list carries the organization in its own text, so that no caller can forget it.

import { assert } from "../../base/assert.ts";
import type { Listed, Page } from "../model/page.ts";
import type { Account, AccountState } from "../model/records.ts";
import type { Row, Sql } from "./database.ts";
import { all, flag, insert, integer, one, text, update, word } from "./rows.ts";
import { type Filter, listed } from "./sql-page.ts";
import type { AccountFilter, Accounts } from "./store.ts";

const states: readonly AccountState[] = ["pending", "active", "deleting"];

export class SqlAccounts implements Accounts {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get(id: string): Promise<Account | undefined> {
    return one(this.#sql.all("select * from accounts where id = ?", id), account);
  }

  list(filter: AccountFilter, page: Page): Promise<Listed<Account>> {
    const filters: Filter[] = [
      ["organization_id = ?", filter.organizationId],
      ["region = ?", filter.region],
      ["state = ?", "active"],
    ];
    if (filter.projectId !== undefined) filters.push(["project_id = ?", filter.projectId]);
    return listed(this.#sql, "accounts", "accounts.*", filters, page, account);
  }

  async count(organizationId: string): Promise<number> {
    const found =
      "select count(*) as n from accounts where organization_id = ? and state in ('pending', 'active')";
    return (await one(this.#sql.all(found, organizationId), (row) => integer(row, "n"))) ?? 0;
  }

  idsAfter(after: string, limit: number): Promise<readonly string[]> {
    const found = "select id from accounts where id > ? order by id limit ?";
    return all(this.#sql.all(found, after, limit), (row) => text(row, "id"));
  }

  insert(it: Account): Promise<void> {
    return insert(this.#sql, "accounts", {
      id: it.id,
      organization_id: it.organizationId,
      project_id: it.projectId,
      region: it.region,
      cell_id: it.cellId,
      name: it.name,
      state: it.state,
      iat: it.iat,
      jwt: it.jwt,
      applied: Number(it.applied),
      ever_active: Number(it.everActive),
      created_us: it.createdUs,
      updated_us: it.updatedUs,
    });
  }

  async update(
    id: string,
    change: Partial<Pick<Account, "name" | "state" | "applied" | "everActive" | "updatedUs">>,
  ): Promise<void> {
    const changed = await update(this.#sql, "accounts", ["id", id], {
      name: change.name,
      state: change.state,
      applied: change.applied,
      ever_active: change.everActive,
      updated_us: change.updatedUs,
    });
    assert(changed === 1, "an account that is changed exists");
  }

  async setJwt(id: string, previousIat: number, iat: number, jwt: string): Promise<void> {
    assert(iat > previousIat, "an account's iat strictly increases");
    const changed = await this.#sql.run(
      "update accounts set jwt = ?, iat = ?, applied = 0 where id = ? and iat = ?",
      jwt,
      iat,
      id,
      previousIat,
    );
    assert(changed === 1, "an account is signed for under its lock");
  }

  async drop(id: string): Promise<void> {
    // children first: a credential points at its signing key
    await this.#sql.run("delete from credentials where account_id = ?", id);
    await this.#sql.run("delete from signing_keys where account_id = ?", id);
    await this.#sql.run("delete from accounts where id = ?", id);
  }
}

function account(row: Row): Account {
  return {
    id: text(row, "id"),
    organizationId: text(row, "organization_id"),
    projectId: text(row, "project_id"),
    region: text(row, "region"),
    cellId: text(row, "cell_id"),
    name: text(row, "name"),
    state: word(row, "state", states),
    iat: integer(row, "iat"),
    jwt: text(row, "jwt"),
    applied: flag(row, "applied"),
    everActive: flag(row, "ever_active"),
    createdUs: integer(row, "created_us"),
    updatedUs: integer(row, "updated_us"),
  };
}
