// What a cell's servers answer to the system account, read with suspicion: a cell may be any server, of any version,
// and an answer that is not understood is a Fault, never a guess. [nats-server events.go ServerAPIResponse]

import { Fault } from "../../base/assert.ts";
import type { CellConnection } from "./cell-link.ts";

/** An object of foreign JSON: its keys are looked up, never walked up to a prototype. */
type Fields = ReadonlyMap<string, unknown>;

/** The envelope of most answers: who says it, and either data or an error. */
export interface Answer {
  /** N… nkey; empty where the server does not say. */
  readonly server: string;
  readonly data: unknown;
  readonly error: string | undefined;
}

export function readAnswer(bytes: Buffer, asked: string): Answer {
  const answer = fields(parse(bytes, asked));
  const error = fields(answer.get("error"));
  return {
    server: text(fields(answer.get("server")).get("id")) ?? "",
    data: answer.get("data"),
    error:
      answer.get("error") === undefined ? undefined : (text(error.get("description")) ?? "unknown error"),
  };
}

/** IDZ has no envelope. [nats-server events.go idzReq] */
export function readIdentity(bytes: Buffer): { readonly id: string; readonly name: string } {
  const identity = fields(parse(bytes, "IDZ"));
  return { id: text(identity.get("id")) ?? "", name: text(identity.get("name")) ?? "" };
}

/** Account ids of CLAIMS.LIST. */
export function readAccountIds(data: unknown): readonly string[] {
  if (!Array.isArray(data)) throw new Fault("read the cell's list of accounts");
  return data.filter((id) => typeof id === "string");
}

/** One page of CONNZ, and how many connections all pages have. */
export function readConnections(answer: Answer): {
  readonly rows: readonly CellConnection[];
  readonly total: number;
} {
  const data = fields(answer.data);
  const rows = data.get("connections") ?? [];
  if (!Array.isArray(rows)) throw new Fault("read the cell's connections");
  const connections = rows.map((row): CellConnection => {
    const connection = fields(row);
    const cid = connection.get("cid");
    if (typeof cid !== "number" || !Number.isSafeInteger(cid)) throw new Fault("read a connection's cid");
    return { server: answer.server, cid, user: text(connection.get("authorized_user")) ?? "" };
  });
  const total = data.get("total");
  return { rows: connections, total: typeof total === "number" ? total : connections.length };
}

/** Stored bytes of one account in a JSZ answer; a server without JetStream, or without the account, stores nothing. */
export function readStoredBytes(data: unknown, accountId: string): number {
  const details = fields(data).get("account_details") ?? [];
  if (!Array.isArray(details)) throw new Fault("read the cell's stored bytes");
  let bytes = 0;
  for (const row of details) {
    const account = fields(row);
    if (account.get("id") !== accountId) continue;
    bytes += count(account.get("storage")) + count(account.get("memory"));
  }
  return bytes;
}

/** The error of a JetStream API answer, undefined when it has none. */
export function readApiError(bytes: Buffer, asked: string): string | undefined {
  const error = fields(parse(bytes, asked)).get("error");
  return error === undefined ? undefined : (text(fields(error).get("description")) ?? "unknown error");
}

function parse(bytes: Buffer, asked: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new Fault(`read the answer to ${asked}`, { cause });
  }
}

function fields(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function count(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== "number" || value < 0) throw new Fault("read the cell's stored bytes");
  return value;
}
