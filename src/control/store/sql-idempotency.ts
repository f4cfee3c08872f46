// What clients' Idempotency-Keys stand for, in SQL.

import type { IdempotencyRecord } from "../model/records.ts";
import type { Row, Sql } from "./database.ts";
import { insert, integer, maybeText, one, text } from "./rows.ts";
import type { Idempotency } from "./store.ts";

export class SqlIdempotency implements Idempotency {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get(organizationId: string, key: string): Promise<IdempotencyRecord | undefined> {
    const found = "select * from idempotency_keys where organization_id = ? and idempotency_key = ?";
    return one(this.#sql.all(found, organizationId, key), idempotencyRecord);
  }

  insert(it: IdempotencyRecord): Promise<void> {
    return insert(this.#sql, "idempotency_keys", {
      organization_id: it.organizationId,
      idempotency_key: it.key,
      fingerprint: it.fingerprint,
      resource_id: it.resourceId,
      answer: it.answer ?? null,
      created_us: it.createdUs,
    });
  }

  async answer(organizationId: string, key: string, answer: string): Promise<void> {
    await this.#sql.run(
      "update idempotency_keys set answer = ? where organization_id = ? and idempotency_key = ?",
      answer,
      organizationId,
      key,
    );
  }

  async drop(organizationId: string, key: string): Promise<void> {
    const gone = "delete from idempotency_keys where organization_id = ? and idempotency_key = ?";
    await this.#sql.run(gone, organizationId, key);
  }

  async dropUnanswered(resourceId: string): Promise<void> {
    await this.#sql.run("delete from idempotency_keys where resource_id = ? and answer is null", resourceId);
  }

  async expire(beforeUs: number, keepMost: number): Promise<void> {
    await this.#sql.run("delete from idempotency_keys where created_us < ?", beforeUs);
    await this.#sql.run(
      `delete from idempotency_keys where created_us < (
         select min(created_us) from (
           select created_us from idempotency_keys order by created_us desc limit ?) as kept)`,
      keepMost,
    );
  }
}

function idempotencyRecord(row: Row): IdempotencyRecord {
  return {
    organizationId: text(row, "organization_id"),
    key: text(row, "idempotency_key"),
    fingerprint: text(row, "fingerprint"),
    resourceId: text(row, "resource_id"),
    answer: maybeText(row, "answer"),
    createdUs: integer(row, "created_us"),
  };
}
