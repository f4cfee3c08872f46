// Claims as JWTs of version 1 wrote them, turned into version 2's form before they are read. [jwt/v2 decoder_*.go]

import { type Outcome, refused } from "./jwt.ts";
import { isObject } from "./shape.ts";

type Body = Readonly<Record<string, unknown>>;

/** Fields of `nats` that each kind had then; all others are ignored. */
const kept: Readonly<Record<string, readonly string[]>> = {
  operator: ["signing_keys", "account_server_url", "operator_service_urls", "system_account"],
  account: ["imports", "exports", "limits", "signing_keys", "revocations"],
  user: ["pub", "sub", "resp", "src", "times", "times_location", "subs", "data", "payload", "bearer_token"],
  activation: ["subject"],
};

const accountLimitsKept = [
  "subs",
  "data",
  "payload",
  "imports",
  "exports",
  "wildcards",
  "disallow_bearer",
  "conn",
  "leaf",
];

/** The body as version 2 would have it; the version stays 1. Refused where a field is not what it must be. */
export function fromVersion1(body: Body, kind: string): Outcome<Body> {
  if (body.nats !== undefined && body.nats !== null && !isObject(body.nats)) {
    return refused("nats is not an object");
  }
  const old: Body = isObject(body.nats) ? body.nats : {};
  const nats = pick(old, kept[kind] ?? []);
  if (kind === "user") for (const limit of ["subs", "data", "payload"]) nats[limit] ??= -1;
  if (kind === "account" && isObject(nats.limits)) nats.limits = pick(nats.limits, accountLimitsKept);
  if (
    kind === "account" &&
    Array.isArray(nats.signing_keys) &&
    nats.signing_keys.some((key) => !isPlain(key))
  ) {
    return refused("nats.signing_keys is not a list of texts");
  }
  if (kind === "activation") nats.kind = old.type;
  if (kind === "user" || kind === "activation") nats.issuer_account = body.issuer_account;
  return { ok: true, value: { ...body, nats: { ...nats, tags: body.tags, type: body.type, version: 1 } } };
}

function isPlain(key: unknown): boolean {
  return typeof key === "string" || key === null;
}

function pick(from: Body, names: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of names) if (Object.hasOwn(from, name)) picked[name] = from[name];
  return picked;
}
