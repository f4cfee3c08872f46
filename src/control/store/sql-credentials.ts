// Signing keys, their revocations, and the credentials they signed, in SQL.

import { assert } from "../../base/assert.ts";
import type { Listed, Page } from "../model/page.ts";
import type { Credential, CredentialState, Revocation, SigningKey } from "../model/records.ts";
import type { Row, Sql } from "./database.ts";
import { all, bytes, flag, insert, integer, one, text, update, word } from "./rows.ts";
import { type Filter, listed } from "./sql-page.ts";
import type { CredentialFilter, Credentials, SigningKeys } from "./store.ts";

const states: readonly CredentialState[] = ["active", "deleting"];

export class SqlSigningKeys implements SigningKeys {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  of(accountId: string): Promise<readonly SigningKey[]> {
    const found = "select * from signing_keys where account_id = ? order by retired desc, created_us, id";
    return all(this.#sql.all(found, accountId), signingKey);
  }

  insert(it: SigningKey): Promise<void> {
    return insert(this.#sql, "signing_keys", {
      id: it.id,
      account_id: it.accountId,
      sealed_seed: it.sealedSeed,
      issued: it.issued,
      live: it.live,
      retired: Number(it.retired),
      created_us: it.createdUs,
    });
  }

  async update(id: string, change: Partial<Pick<SigningKey, "issued" | "live" | "retired">>): Promise<void> {
    const { issued, live, retired } = change;
    const changed = await update(this.#sql, "signing_keys", ["id", id], { issued, live, retired });
    assert(changed === 1, "a signing key that is changed exists");
  }

  async drop(id: string): Promise<void> {
    await this.#sql.run("delete from signing_keys where id = ?", id);
  }

  revocations(accountId: string): Promise<readonly Revocation[]> {
    const found = `select revocations.* from revocations
      join signing_keys on signing_keys.id = revocations.signing_key_id
      where signing_keys.account_id = ? order by user_key`;
    return all(this.#sql.all(found, accountId), revocation);
  }

  async revoke(it: Revocation): Promise<void> {
    await this.#sql.run(
      `insert into revocations (signing_key_id, user_key, at) values (?, ?, ?)
       on conflict (signing_key_id, user_key) do update set at = excluded.at`,
      it.signingKeyId,
      it.userKey,
      it.at,
    );
  }
}

export class SqlCredentials implements Credentials {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get(id: string): Promise<Credential | undefined> {
    return one(this.#sql.all("select * from credentials where id = ?", id), credential);
  }

  list(filter: CredentialFilter, page: Page): Promise<Listed<Credential>> {
    const filters: Filter[] = [
      ["accounts.organization_id = ?", filter.organizationId],
      ["accounts.region = ?", filter.region],
      ["accounts.state = ?", "active"],
      ["credentials.state = ?", "active"],
    ];
    if (filter.projectId !== undefined) filters.push(["accounts.project_id = ?", filter.projectId]);
    if (filter.accountId !== undefined) filters.push(["accounts.id = ?", filter.accountId]);
    const from = "credentials join accounts on accounts.id = credentials.account_id";
    return listed(this.#sql, from, "credentials.*", filters, page, credential);
  }

  deleting(accountId: string): Promise<readonly Credential[]> {
    const found = "select * from credentials where account_id = ? and state = 'deleting' order by id";
    return all(this.#sql.all(found, accountId), credential);
  }

  async newestIat(accountId: string): Promise<number> {
    const found = "select coalesce(max(iat), 0) as newest from credentials where account_id = ?";
    return (await one(this.#sql.all(found, accountId), (row) => integer(row, "newest"))) ?? 0;
  }

  insert(it: Credential): Promise<void> {
    return insert(this.#sql, "credentials", {
      id: it.id,
      account_id: it.accountId,
      signing_key_id: it.signingKeyId,
      user_key: it.userKey,
      name: it.name,
      iat: it.iat,
      checksum: it.checksum,
      state: it.state,
      created_us: it.createdUs,
      updated_us: it.updatedUs,
    });
  }

  async update(id: string, change: Pick<Credential, "state" | "updatedUs">): Promise<void> {
    const changed = await update(this.#sql, "credentials", ["id", id], {
      state: change.state,
      updated_us: change.updatedUs,
    });
    assert(changed === 1, "credentials that are changed exist");
  }

  async drop(id: string): Promise<void> {
    await this.#sql.run("delete from credentials where id = ?", id);
  }
}

function signingKey(row: Row): SigningKey {
  return {
    id: text(row, "id"),
    accountId: text(row, "account_id"),
    sealedSeed: bytes(row, "sealed_seed"),
    issued: integer(row, "issued"),
    live: integer(row, "live"),
    retired: flag(row, "retired"),
    createdUs: integer(row, "created_us"),
  };
}

function revocation(row: Row): Revocation {
  return {
    signingKeyId: text(row, "signing_key_id"),
    userKey: text(row, "user_key"),
    at: integer(row, "at"),
  };
}

function credential(row: Row): Credential {
  return {
    id: text(row, "id"),
    accountId: text(row, "account_id"),
    signingKeyId: text(row, "signing_key_id"),
    userKey: text(row, "user_key"),
    name: text(row, "name"),
    iat: integer(row, "iat"),
    checksum: text(row, "checksum"),
    state: word(row, "state", states),
    createdUs: integer(row, "created_us"),
    updatedUs: integer(row, "updated_us"),
  };
}
