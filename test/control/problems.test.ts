// Every way of saying no, read by Scaleway's own SDK: each becomes the typed error that it is meant to be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAdvancedClient, Errors, withHTTPClient, withProfile } from "@scaleway/sdk-client";
import { Mnqv1beta1 } from "@scaleway/sdk-mnq";
import { internalProblem, type Problem, problem } from "../../src/control/http/problem.ts";
import type { Refusal } from "../../src/control/model/refusal.ts";

const help = "what to do";
const detail = { argument_name: "name", help_message: help, reason: "required" } as const;
const organizationId = "2a2515eb-f986-4653-a9df-233e7e9a8d92";
const quota = { kind: "quota", resource: "nats_accounts", quota: 10, current: 10, organizationId } as const;
const tooMany = {
  kind: "tooMany",
  quota: 10,
  windowSeconds: 60,
  resetSeconds: 7,
  resetUs: 1e15,
  help,
} as const;

type TypedError = abstract new (...given: never[]) => Errors.ScalewayError;

const refusals: readonly [Refusal, number, TypedError, string][] = [
  [{ kind: "invalid", details: [detail] }, 400, Errors.InvalidArgumentsError, "name is required, what to do"],
  [{ kind: "invalid", details: [detail], status: 413 }, 413, Errors.InvalidArgumentsError, "what to do"],
  [{ kind: "invalid", details: [detail], status: 415 }, 415, Errors.InvalidArgumentsError, "what to do"],
  [{ kind: "denied", reason: "not_found" }, 401, Errors.DeniedAuthenticationError, "does not exist"],
  [{ kind: "denied", reason: "expired" }, 401, Errors.DeniedAuthenticationError, "expired"],
  [
    { kind: "forbidden", action: "read", resource: "namespace" },
    403,
    Errors.PermissionsDeniedError,
    "read namespace",
  ],
  [quota, 403, Errors.QuotasExceededError, organizationId],
  [
    { kind: "notFound", resource: "namespace", resourceId: "A1" },
    404,
    Errors.ResourceNotFoundError,
    "A1 is not found",
  ],
  [
    { kind: "exists", resource: "credentials", resourceId: "c1", help },
    409,
    Errors.AlreadyExistsError,
    "what to do",
  ],
  [tooMany, 429, Errors.TooManyRequestsError, "resets in 7s"],
  [{ kind: "methodNotAllowed", allowed: ["GET"] }, 405, Errors.ScalewayError, "method is not allowed"],
  [{ kind: "unavailable", help }, 503, Errors.ScalewayError, "service is unavailable"],
];

async function asSdkReads({ status, body, headers }: Problem): Promise<unknown> {
  const profile = withProfile({ apiURL: "http://127.0.0.1:1", defaultRegion: "fr-par" });
  const answer = () => {
    const all = { "Content-Type": "application/json", ...headers };
    return Promise.resolve(new Response(JSON.stringify(body), { status, headers: all }));
  };
  const api = new Mnqv1beta1.NatsAPI(createAdvancedClient(profile, withHTTPClient(answer as typeof fetch)));
  return api.listNatsAccounts().catch((error: unknown) => error);
}

for (const [refusal, status, type, text] of refusals) {
  const name = `${refusal.kind}${"status" in refusal ? ` ${refusal.status}` : ""}${"reason" in refusal ? ` ${refusal.reason}` : ""}`;
  test(`"${name}" is answered ${status} and read as ${type.name}`, async () => {
    const answer = problem(refusal);
    const error = await asSdkReads(answer);

    assert.ok(error instanceof type, String(error));
    assert.equal(error.constructor, type, "exactly that one: a field that is missing would make it plain");
    assert.equal(error.status, status);
    assert.ok(error.message.includes(text), error.message);
    const keys = Object.keys(answer.body);
    assert.deepEqual(keys, keys.toSorted(), "keys in alphabetical order");
  });
}

test("an unexpected failure is answered 500 with where to look", async () => {
  const error = await asSdkReads(internalProblem("r-1"));

  assert.ok(error instanceof Errors.ScalewayError);
  assert.deepEqual([error.status, error.message.includes("request r-1")], [500, true]);
});
