// The operations of Messaging and Queuing NATS, from a request's arguments to an action [scaleway mnq v1beta1].

import { createHash } from "node:crypto";
import { createAccount } from "../actions/create-account.ts";
import { createCredentials } from "../actions/create-credentials.ts";
import { deleteAccount } from "../actions/delete-account.ts";
import { deleteCredentials } from "../actions/delete-credentials.ts";
import { getAccount } from "../actions/get-account.ts";
import { getCredentials } from "../actions/get-credentials.ts";
import type { IdempotencyKey } from "../actions/idempotency.ts";
import { listAccounts } from "../actions/list-accounts.ts";
import { listCredentials } from "../actions/list-credentials.ts";
import { updateAccount } from "../actions/update-account.ts";
import { Arguments, accountNameMax, credentialsNameMax } from "../model/arguments.ts";
import { done, invalid, type Outcome } from "../model/refusal.ts";
import { jsonFields } from "./json-body.ts";
import type { Answer, Call, Route } from "./route.ts";

const base = "/mnq/v1beta1/regions/{region}";
const accounts = `${base}/nats-accounts`;
const account = `${accounts}/{nats_account_id}`;
const allCredentials = `${base}/nats-credentials`;
const oneCredentials = `${allCredentials}/{nats_credentials_id}`;

export const natsRoutes: readonly Route[] = [
  { method: "GET", pattern: accounts, run: inRegion(listAccountsCall) },
  { method: "POST", pattern: accounts, run: inRegion(createAccountCall) },
  { method: "GET", pattern: account, run: inRegion(getAccountCall) },
  { method: "PATCH", pattern: account, run: inRegion(updateAccountCall) },
  { method: "DELETE", pattern: account, run: inRegion(deleteAccountCall) },
  { method: "GET", pattern: allCredentials, run: inRegion(listCredentialsCall) },
  { method: "POST", pattern: allCredentials, run: inRegion(createCredentialsCall) },
  { method: "GET", pattern: oneCredentials, run: inRegion(getCredentialsCall) },
  { method: "DELETE", pattern: oneCredentials, run: inRegion(deleteCredentialsCall) },
];

function inRegion(run: (call: Call, region: string) => Promise<Answer>): (call: Call) => Promise<Answer> {
  return async (call) => {
    const region = call.path.get("region") ?? "";
    const { regions } = call.context.links;
    if (regions.includes(region)) return run(call, region);
    return invalid("region", "constraint", `region must be one of ${regions.join(", ")}`);
  };
}

async function listAccountsCall({ context, caller, request }: Call, region: string): Promise<Answer> {
  const given = queryArguments(request.query);
  const projectId = given.optionalUuid("project_id");
  const page = given.page();
  return given.refusal() ?? done(await listAccounts(context, caller, { region, projectId }, page));
}

async function createAccountCall(call: Call, region: string): Promise<Answer> {
  const given = bodyArguments(call);
  if (given.kind === "refused") return given;
  const fields = given.value;
  fields.only("name", "project_id");
  const name = fields.name("name", accountNameMax);
  const projectId = fields.uuid("project_id");
  const idempotency = idempotencyKey(call, fields, [region, projectId, name]);
  const { context, caller } = call;
  return fields.refusal() ?? createAccount(context, caller, { region, projectId, name, idempotency });
}

async function getAccountCall({ context, caller, path }: Call, region: string): Promise<Answer> {
  const given = new Arguments(path);
  const id = given.accountId("nats_account_id");
  return given.refusal() ?? getAccount(context, caller, region, id);
}

async function updateAccountCall(call: Call, region: string): Promise<Answer> {
  const inPath = new Arguments(call.path);
  const id = inPath.accountId("nats_account_id");
  const given = bodyArguments(call);
  if (given.kind === "refused") return given;
  given.value.only("name");
  const name = given.value.optionalName("name", accountNameMax);
  const { context, caller } = call;
  return inPath.refusal() ?? given.value.refusal() ?? updateAccount(context, caller, region, id, name);
}

async function deleteAccountCall({ context, caller, path }: Call, region: string): Promise<Answer> {
  const given = new Arguments(path);
  const id = given.accountId("nats_account_id");
  return given.refusal() ?? deleteAccount(context, caller, region, id);
}

async function listCredentialsCall({ context, caller, request }: Call, region: string): Promise<Answer> {
  const given = queryArguments(request.query);
  const projectId = given.optionalUuid("project_id");
  const accountId = given.optionalAccountId("nats_account_id");
  const page = given.page();
  const filter = { region, projectId, accountId };
  return given.refusal() ?? done(await listCredentials(context, caller, filter, page));
}

async function createCredentialsCall(call: Call, region: string): Promise<Answer> {
  const given = bodyArguments(call);
  if (given.kind === "refused") return given;
  const fields = given.value;
  fields.only("name", "nats_account_id");
  const name = fields.name("name", credentialsNameMax);
  const accountId = fields.accountId("nats_account_id");
  const idempotency = idempotencyKey(call, fields, [region, accountId, name]);
  const { context, caller } = call;
  return fields.refusal() ?? createCredentials(context, caller, { region, accountId, name, idempotency });
}

async function getCredentialsCall({ context, caller, path }: Call, region: string): Promise<Answer> {
  const given = new Arguments(path);
  const id = given.uuid("nats_credentials_id");
  return given.refusal() ?? getCredentials(context, caller, region, id);
}

async function deleteCredentialsCall({ context, caller, path }: Call, region: string): Promise<Answer> {
  const given = new Arguments(path);
  const id = given.uuid("nats_credentials_id");
  return given.refusal() ?? deleteCredentials(context, caller, region, id);
}

/** The first value of each name; names that an operation does not know are left alone, as SDKs add their own. */
export function queryArguments(query: string): Arguments {
  const given = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) if (!given.has(name)) given.set(name, value);
  return new Arguments(given);
}

/** The body's fields; a field that repeats the path is allowed if it says the same. */
function bodyArguments({ request, path }: Call): Outcome<Arguments> {
  const fields = jsonFields(request.body, request.headers.get("content-type"));
  if (fields.kind === "refused") return fields;
  const left = [...fields.value].filter(([name, value]) => path.get(name) !== value);
  return done(new Arguments(new Map(left)));
}

const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/;

function idempotencyKey(
  { request, path }: Call,
  noted: Arguments,
  asked: readonly string[],
): IdempotencyKey | undefined {
  const key = request.headers.get("idempotency-key");
  if (key === undefined) return undefined;
  if (!idempotencyKeyPattern.test(key)) {
    return noted.problem("Idempotency-Key", "format", "value must be 1 to 255 visible ASCII characters");
  }
  // the path, too: one key does not stand for an account and for credentials
  const whole = JSON.stringify([request.path, [...path], ...asked]);
  return { key, fingerprint: createHash("sha256").update(whole).digest("hex") };
}
