import assert from "node:assert/strict";
import { test } from "node:test";
import * as jwtLibrary from "@nats-io/jwt";
import { fromSeed } from "@nats-io/nkeys";
import fc from "fast-check";
import { newAccount } from "./account-claims.ts";
import { activationId, newActivation } from "./activation-claims.ts";
import { newAuthorizationRequest, newAuthorizationResponse } from "./authorization-claims.ts";
import {
  decodeAccount,
  decodeActivation,
  decodeAuthorizationRequest,
  decodeAuthorizationResponse,
  decodeGeneric,
  decodeOperator,
  decodeUser,
} from "./decode.ts";
import {
  encodeAccount,
  encodeActivation,
  encodeAuthorizationRequest,
  encodeAuthorizationResponse,
  encodeOperator,
  encodeUser,
} from "./encode.ts";
import { admitted, aKey, aToken } from "./identity.testing.ts";
import type { KeyPair } from "./nkey.ts";
import { newOperator } from "./operator-claims.ts";
import { newUser } from "./user-claims.ts";

const [operator, account, other, user, server] = [
  aKey("operator"),
  aKey("account"),
  aKey("account", 1),
  aKey("user"),
  aKey("server"),
];
const issuedAt = 1_700_000_000;
const theirs = (key: KeyPair): ReturnType<typeof fromSeed> => fromSeed(Buffer.from(key.seed()));

test("what the jwt library encodes, we decode", async () => {
  const operatorJwt = await jwtLibrary.encodeOperator("op", theirs(operator), {
    signing_keys: [aKey("operator", 1).publicKey],
  });
  const accountJwt = await jwtLibrary.encodeAccount(
    "acc",
    theirs(account),
    { limits: { conn: 7 } as never },
    { signer: theirs(operator) },
  );
  const userJwt = await jwtLibrary.encodeUser("joe", theirs(user), theirs(account), {
    pub: { allow: ["a"] } as never,
  });
  const activationJwt = await jwtLibrary.encodeActivation("act", theirs(other), theirs(account), "service", {
    subject: "q",
  } as never);

  assert.deepEqual(admitted(decodeOperator(operatorJwt)).nats.signing_keys, [aKey("operator", 1).publicKey]);
  assert.equal(admitted(decodeAccount(accountJwt)).nats.limits.conn, 7);
  assert.deepEqual(admitted(decodeUser(userJwt)).nats.pub.allow, ["a"]);
  const activation = admitted(decodeActivation(activationJwt));
  assert.deepEqual(
    [activation.nats.subject, activation.nats.kind, activation.sub],
    ["q", "service", other.publicKey],
  );
});

test("what we encode, the jwt library decodes", () => {
  const tokens: [string, string][] = [
    ["operator", encodeOperator({ ...newOperator(operator.publicKey), name: "op" }, operator, issuedAt)],
    ["account", encodeAccount({ ...newAccount(account.publicKey), name: "op" }, operator, issuedAt)],
    ["user", encodeUser({ ...newUser(user.publicKey), name: "op" }, account, issuedAt)],
    ["activation", encodeActivation({ ...newActivation(other.publicKey), name: "op" }, account, issuedAt)],
  ];
  for (const [type, token] of tokens) {
    const claims = jwtLibrary.decode<{ type: string; version: number }>(token);
    assert.deepEqual(
      [claims.name, claims.iat, claims.nats.type, claims.nats.version],
      ["op", issuedAt, type, 2],
    );
  }
});

test("claims come back from their token as they went in", () => {
  const request = newAuthorizationRequest(user.publicKey);
  const requestToken = encodeAuthorizationRequest(
    {
      ...request,
      aud: "nats-authorization-request",
      nats: { ...request.nats, client_info: { ...request.nats.client_info, id: 5, tags: ["t"] } },
    },
    server,
    issuedAt,
  );
  const response = newAuthorizationResponse(user.publicKey);
  const responseToken = encodeAuthorizationResponse(
    { ...response, aud: server.publicKey, nats: { ...response.nats, error: "no" } },
    account,
    issuedAt,
  );

  const asked = admitted(decodeAuthorizationRequest(requestToken));
  assert.deepEqual(
    [asked.iss, asked.nats.user_nkey, asked.nats.client_info.id],
    [server.publicKey, user.publicKey, 5],
  );
  const answered = admitted(decodeAuthorizationResponse(responseToken));
  assert.deepEqual([answered.aud, answered.nats.error, answered.nats.jwt], [server.publicKey, "no", ""]);
  assert.equal(encodeAuthorizationResponse(answered, account, issuedAt), responseToken);
});

const accountBody = (nats: object): object => ({
  iss: operator.publicKey,
  sub: account.publicKey,
  nats: { type: "account", version: 2, ...nats },
});

test("a limit that is absent or null is zero, and one beyond what numbers hold stays a limit", () => {
  const { limits } = admitted(
    decodeAccount(
      aToken(
        accountBody({ limits: { conn: null, leaf: -1, subs: 2 ** 53 + 2, payload: 2 ** 62 } }),
        operator,
      ),
    ),
  ).nats;
  assert.deepEqual(
    [limits.conn, limits.data, limits.leaf, limits.subs, limits.payload],
    [0, 0, -1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  );
});

const mistyped: readonly [part: object, reason: string][] = [
  [{ limits: [] }, "nats.limits is not an object"],
  [{ limits: { conn: "1" } }, "nats.limits.conn is not a number"],
  [{ limits: { conn: 1.5 } }, "nats.limits.conn is not a whole number"],
  [{ limits: { conn: 1e19 } }, "nats.limits.conn is not a number in range"],
  [{ limits: { wildcards: 1 } }, "nats.limits.wildcards is not true or false"],
  [{ limits: { tiered_limits: { R1: 5 } } }, "nats.limits.tiered_limits.R1 is not an object"],
  [{ exports: [{ type: "x" }] }, 'nats.exports.0.type has unknown export type "x"'],
  [{ exports: {} }, "nats.exports is not a list"],
  [{ imports: [null] }, "nats.imports.0 is null: null import is not allowed"],
  [{ signing_keys: "A" }, "nats.signing_keys is not a list"],
  [{ signing_keys: [{ kind: "x" }] }, "nats.signing_keys has an unknown signing key scope"],
  [{ revocations: { "*": "now" } }, "nats.revocations.* is not a number"],
  [{ mappings: { a: [{ weight: 256 }] } }, "nats.mappings.a.0.weight is not a number in range"],
  [{ default_permissions: { pub: { allow: "x" } } }, "nats.default_permissions.pub.allow is not a list"],
  [{ tags: [1] }, "nats.tags.0 is not a text"],
  [{ version: "2" }, "nats.version is not a number"],
  [{ version: 3 }, "JWT was generated by a newer version "],
  [{ version: 1 }, "claim failed V1 signature verification"],
  [{ version: 0 }, "library supports version 2 or less - received 0"],
  [{ type: "user" }, "unable to validate expected prefixes - [account]"],
  [{ type: "cluster" }, "ClusterClaims are not supported"],
  [{ type: "constructor" }, "claim failed V1 signature verification"],
];

for (const [part, reason] of mistyped) {
  test(`an account that says ${JSON.stringify(part)} is refused: ${reason}`, () => {
    const decoded = decodeAccount(aToken(accountBody(part), operator));
    assert.deepEqual(decoded, { ok: false, reason: reason.replace("is not a text", "is not a string") });
  });
}

test("who did not sign is not believed", () => {
  const forged: [string, string][] = [
    [aToken(accountBody({}), aKey("operator", 1)), "claim failed V2 signature verification"],
    [aToken(accountBody({}), operator).slice(0, -8), "claim failed V2 signature verification"],
    [aToken({ ...accountBody({}), iss: "" }, operator), "claim failed V2 signature verification"],
    [aToken({ ...accountBody({}), iss: "toString" }, operator), "claim failed V2 signature verification"],
    [
      aToken({ ...accountBody({}), iss: user.publicKey }, user),
      "unable to validate expected prefixes - [account operator]",
    ],
  ];
  for (const [token, reason] of forged) assert.deepEqual(decodeAccount(token), { ok: false, reason });
});

test("a token of one kind is not taken for another", () => {
  const token = encodeUser(newUser(user.publicKey), account, issuedAt);
  assert.deepEqual(decodeAccount(token), { ok: false, reason: "not account claim" });
  assert.deepEqual(decodeOperator(token), { ok: false, reason: "not operator claim" });
  assert.deepEqual(decodeActivation(token), { ok: false, reason: "not activation claim" });
});

test("a user of version 1 has no limits where it states none, and its kind stands outside", () => {
  const body = {
    iss: other.publicKey,
    sub: user.publicKey,
    type: "user",
    tags: ["a:b"],
    issuer_account: account.publicKey,
    nats: { payload: 5, max: 3, pub: { deny: ["x"] } },
  };

  const claims = admitted(decodeUser(aToken(body, other, { version: 1 })));

  assert.deepEqual([claims.nats.subs, claims.nats.data, claims.nats.payload], [-1, -1, 5]);
  assert.deepEqual(
    [claims.nats.issuer_account, claims.nats.tags, claims.nats.pub.deny, claims.nats.version],
    [account.publicKey, ["a:b"], ["x"], 1],
  );
  assert.equal(decodeUser(aToken(body, other)).ok, false);
});

test("generic claims are whatever their maker wrote", () => {
  const body = { iss: operator.publicKey, sub: operator.publicKey, nats: { accounts: ["A"] } };
  assert.deepEqual(admitted(decodeGeneric(aToken(body, operator))).nats, { accounts: ["A"] });
  assert.deepEqual(admitted(decodeGeneric(aToken({ ...body, type: "x" }, operator, { version: 1 }))).nats, {
    accounts: ["A"],
    type: "x",
  });
  assert.equal(decodeGeneric(aToken(body, aKey("operator", 1))).ok, false);
});

test("whatever JSON is signed, decoding answers", () => {
  const kind = fc.constantFrom(
    "operator",
    "account",
    "user",
    "activation",
    "authorization_request",
    "authorization_response",
    "generic",
  );
  const field = fc.constantFrom(
    "limits",
    "exports",
    "imports",
    "signing_keys",
    "pub",
    "tags",
    "src",
    "times",
    "mappings",
    "__proto__",
    "constructor",
    "trace",
    "server_id",
  );
  fc.assert(
    fc.property(
      kind,
      fc.dictionary(field, fc.jsonValue({ maxDepth: 3 })),
      fc.boolean(),
      (type, nats, old) => {
        const body = old
          ? { iss: account.publicKey, type, nats }
          : { iss: account.publicKey, nats: { ...nats, type, version: 2 } };
        const token = aToken(body, account, { version: old ? 1 : 2 });
        for (const decode of [
          decodeOperator,
          decodeAccount,
          decodeUser,
          decodeActivation,
          decodeAuthorizationRequest,
          decodeAuthorizationResponse,
          decodeGeneric,
        ]) {
          const decoded = decode(token);
          assert.ok(decoded.ok || decoded.reason.length > 0);
        }
      },
    ),
    { numRuns: 200 },
  );
  assert.equal(({} as Record<string, unknown>).limits, undefined);
});

test("an activation is named by issuer, importer and the subject up to its first wildcard", () => {
  const named = (subject: string): string | undefined => {
    const claims = newActivation(other.publicKey);
    return activationId({ ...claims, iss: account.publicKey, nats: { ...claims.nats, subject } });
  };
  assert.equal(named("foo.*"), named("foo.>"));
  assert.equal(named("foo.*"), named("foo"));
  assert.equal(named("*.a"), named(">"));
  assert.notEqual(named("foo"), named("bar"));
  assert.equal(named("")?.length, undefined);
  assert.match(named("foo")!, /^[A-Z2-7]{52}====$/);
});
