import assert from "node:assert/strict";
import { test } from "node:test";
import { newActivation } from "./activation-claims.ts";
import { decodeAccount, decodeActivation, decodeAuthorizationResponse, decodeUser } from "./decode.ts";
import { encodeActivation } from "./encode.ts";
import { admitted, aKey, aToken } from "./identity.testing.ts";
import { timeIssues } from "./issues.ts";
import { accountIssues, activationIssues, authorizationResponseIssues, userIssues } from "./validate.ts";

const [operator, account, other, user] = [
  aKey("operator"),
  aKey("account"),
  aKey("account", 1),
  aKey("user"),
];
const otherKey = other.publicKey;

function ofAccount(nats: object, iss = operator): readonly string[] {
  const body = {
    iss: iss.publicKey,
    sub: account.publicKey,
    nats: { limits: { imports: -1, exports: -1 }, ...nats, type: "account", version: 2 },
  };
  return accountIssues(admitted(decodeAccount(aToken(body, iss)))).blocking;
}

function activation(subject: string, kind: "stream" | "service", sub = account.publicKey): string {
  const claims = newActivation(sub);
  return encodeActivation({ ...claims, nats: { ...claims.nats, subject, kind } }, other, 1);
}

const service = { type: "service", subject: "q" };
const stream = { type: "stream", subject: "s" };
const imported = { ...service, account: otherKey };
const noSubject = "subject cannot be empty";

/** Texts as jwt/v2 2.8.2 says them. */
const accounts: readonly [nats: object, issues: readonly string[]][] = [
  [{}, []],
  [{ exports: [service, stream], imports: [imported] }, []],
  [{ exports: [{}] }, ['invalid export type: "unknown"', noSubject]],
  [{ exports: [{ ...service, response_type: "x" }] }, ['invalid response type for service: "x"']],
  [
    { exports: [{ ...stream, response_type: "Stream", allow_trace: true }] },
    ['invalid response type for stream: "Stream"', "AllowTrace only valid for service export"],
  ],
  [
    { exports: [{ ...stream, service_latency: { sampling: 101, results: "a.*" } }] },
    [
      "latency tracking only permitted for services",
      "sampling percentage needs to be between 1-100",
      "results subject can not contain wildcards",
    ],
  ],
  [{ exports: [{ ...service, response_threshold: -1 }] }, ["negative response threshold is invalid"]],
  [{ exports: [{ ...stream, response_threshold: 1 }] }, ["response threshold only valid for services"]],
  [
    { exports: [{ ...service, account_token_position: 1 }] },
    ["Account Token Position can only be used with wildcard subjects: q"],
  ],
  [
    { exports: [{ ...service, subject: "a.*", account_token_position: 3 }] },
    ["Account Token Position 3 exceeds length of subject 'a.*'"],
  ],
  [
    { exports: [{ ...service, subject: "a.*", account_token_position: 1 }] },
    ["Account Token Position 1 matches 'a' but must match a * in: a.*"],
  ],
  [
    {
      exports: [
        { ...service, subject: "a.*" },
        { ...service, subject: "a.b" },
        { ...stream, subject: "a.b" },
      ],
    },
    ['service export subject "a.*" already exports "a.b"'],
  ],
  [{ exports: [{ ...service, info_url: "nowhere" }] }, ["error parsing info url: no hostname or scheme"]],
  [
    { imports: [{}] },
    ['invalid import type: "unknown"', "account to import from is not specified", noSubject],
  ],
  [{ imports: [{ ...imported, allow_trace: true }] }, ["AllowTrace only valid for stream import"]],
  [
    { imports: [{ ...imported, type: "stream", share: true }] },
    ['sharing information (for latency tracking) is only valid for services: "q"'],
  ],
  [{ imports: [{ ...imported, to: "x", local_subject: "y" }] }, ["Local Subject replaces To"]],
  [
    { imports: [imported, imported] },
    [
      `overlapping subject namespace for "q" and "q" in same account "${otherKey}"`,
      `overlapping subject namespace for "q" in account "${otherKey}"`,
    ],
  ],
  [
    { imports: [{ ...imported, subject: "a.*", local_subject: "b.$2" }] },
    [
      'Reference $2 in "b.$2" reference * in "a.*" that do not exist',
      "subject does not contain enough * or reference wildcards $[0-9]",
    ],
  ],
  [
    { imports: [{ ...imported, subject: "a.>", local_subject: "b" }] },
    ["both, renaming subject and subject, need to end or not end in >"],
  ],
  [{ imports: [{ ...imported, token: "x" }] }, ['import "q" contains an invalid activation token']],
  [{ imports: [{ ...imported, token: activation("q", "service") }] }, []],
  [
    { imports: [{ ...imported, account: user.publicKey, token: activation("z", "stream", otherKey) }] },
    [
      'activation token doesn\'t match account for import "q"',
      'activation token doesn\'t match account it is being included in, "q"',
      "mismatch between token import type stream and type of import service",
      'activation token import subject "z" doesn\'t match import "q"',
    ],
  ],
  [
    { limits: { imports: 0, exports: -1 }, imports: [imported] },
    Array(2).fill("the account contains more imports than allowed by the operator"),
  ],
  [
    { limits: { imports: -1, exports: 0 }, exports: [service] },
    ["the account contains more exports than allowed by the operator"],
  ],
  [
    { limits: { imports: -1, exports: 1 }, exports: [{ ...service, subject: ">" }] },
    ["the account contains wildcard exports that are not allowed by the operator"],
  ],
  [
    { limits: { imports: -1, exports: -1, tiered_limits: { "": {} } } },
    ['Tiered JetStream Limits can not contain a blank "" tier name'],
  ],
  [
    { default_permissions: { pub: { allow: ["a q"] }, sub: { deny: ["a q", "a b c", ""] } } },
    [
      'Permission Subject "a b c" contains too many spaces',
      noSubject,
      'Permission Subject "a q" is not allowed to contain queue',
    ],
  ],
  [
    {
      mappings: {
        a: [
          { subject: "b", weight: 60 },
          { subject: "c", weight: 41 },
        ],
      },
    },
    [`Mapping "a" exceeds 100% among all of it's weighted to mappings`],
  ],
  [
    { mappings: { "a b": [{ subject: "b", weight: 101, cluster: "c" }] } },
    [
      'subject "a b" cannot have spaces',
      'Mapping "a b" has a weight 101 that exceeds 100',
      `Mapping "a b" in cluster "c" exceeds 100% among all of it's weighted to mappings`,
    ],
  ],
  [
    { authorization: { allowed_accounts: ["*"] } },
    ["External authorization cannot have accounts without users specified"],
  ],
  [
    { authorization: { auth_users: ["U"], allowed_accounts: ["*", "A"], xkey: "X" } },
    [
      'AuthUser "U" is not a valid user public key',
      'AllowedAccounts can only be a list of accounts or "*"',
      'Account "A" is not a valid account public key',
      'XKey "X" is not a valid public xkey',
    ],
  ],
  [
    {
      authorization: { auth_users: [user.publicKey], allowed_accounts: ["*"], xkey: aKey("curve").publicKey },
    },
    [],
  ],
  [
    { trace: { dest: "", sampling: -1 } },
    [
      `the account Trace.Destination ${noSubject}`,
      "the account Trace.Sampling value '-1' is not valid, should be in the range [1..100]",
    ],
  ],
  [
    { trace: { dest: "a.*" } },
    ['the account Trace.Destination subject "a.*" is not a valid publish subject'],
  ],
  [
    { signing_keys: ["A", { kind: "user_scope", key: "B" }] },
    ['"A" is not a valid account signing key', "B is not an account public key"],
  ],
  [{ description: "x".repeat(8_193) }, ["Description is too long"]],
  [{ cluster_traffic: "both" }, ['unknown cluster traffic option: "both"']],
];

for (const [nats, issues] of accounts) {
  const shown = JSON.stringify(nats).slice(0, 120);
  test(`an account with ${shown} has ${issues.length === 0 ? "nothing" : "something"} wrong with it`, () => {
    assert.deepEqual(ofAccount(nats), issues);
  });
}

test("an account that signs its own limits is warned, not refused", () => {
  assert.deepEqual(ofAccount({}, account), []);
  const body = {
    iss: account.publicKey,
    sub: account.publicKey,
    nats: { limits: { imports: -1 }, type: "account", version: 2 },
  };
  const { warnings } = accountIssues(admitted(decodeAccount(aToken(body, account))));
  assert.deepEqual(warnings, ["self-signed account JWTs shouldn't contain operator limits"]);
});

const users: readonly [nats: object, issues: readonly string[]][] = [
  [{}, []],
  [
    {
      src: ["10.0.0.0/8", "::1/128", "::ffff:1.2.3.4/120", "1.2.3.4/08"],
      times: [{ start: "8:00:00", end: "18:00:00" }],
      times_location: "Europe/Paris",
    },
    [],
  ],
  ...[
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0/8",
    "01.0.0.0/8",
    "1:2::3::4/8",
    "1:2:3:4:5:6:7/8",
    "fe80::1%eth0/64",
    "::g/8",
    "",
    "/8",
  ].map((src): [object, string[]] => [{ src: [src] }, [`invalid cidr "${src}" in user src limits`]]),
  [{ times: [{}] }, ["time ranges start must contain a start", "time ranges end must contain an end"]],
  [
    { times: [{ start: "24:00:00", end: "1:2:3" }] },
    ['start in time range is invalid "24:00:00"', 'end in time range is invalid "1:2:3"'],
  ],
  [
    { times_location: "Nowhere/Else" },
    ["could not parse iana time zone by name: unknown time zone Nowhere/Else"],
  ],
  [{ issuer_account: "A" }, ["account_id is not an account public key"]],
  [{ pub: { deny: ["a..b\n"] } }, ['subject "a..b\\n" cannot contain consecutive `.`']],
];

for (const [nats, issues] of users) {
  test(`a user with ${JSON.stringify(nats)} has ${issues.length === 0 ? "nothing" : "something"} wrong with it`, () => {
    const body = { iss: account.publicKey, sub: user.publicKey, nats: { ...nats, type: "user", version: 2 } };
    assert.deepEqual(userIssues(admitted(decodeUser(aToken(body, account)))).blocking, issues);
  });
}

test("an activation says of what kind it is and of which subject", () => {
  const issues = (nats: object): readonly string[] => {
    const body = { iss: account.publicKey, sub: otherKey, nats: { ...nats, type: "activation", version: 2 } };
    return activationIssues(admitted(decodeActivation(aToken(body, account)))).blocking;
  };
  assert.deepEqual(issues({ kind: "stream", subject: "a.>" }), []);
  assert.deepEqual(issues({ issuer_account: "A" }), [
    'invalid import type: "unknown"',
    noSubject,
    "account_id is not an account public key",
  ]);
});

test("an authorization service answers with a JWT or an error, to a server, about a user", () => {
  const answer = (claims: object, nats: object): readonly string[] => {
    const body = {
      iss: account.publicKey,
      ...claims,
      nats: { ...nats, type: "authorization_response", version: 2 },
    };
    return authorizationResponseIssues(admitted(decodeAuthorizationResponse(aToken(body, account)))).blocking;
  };
  const named = { sub: user.publicKey, aud: aKey("server").publicKey };

  assert.deepEqual(answer(named, { jwt: "x" }), []);
  assert.deepEqual(answer(named, { jwt: "x", error: "y" }), ["Only Error or Jwt can be set"]);
  assert.deepEqual(answer({}, { issuer_account: "A" }), [
    "Subject must be a user public key",
    "Audience must be a server public key",
    "Error or Jwt is required",
    "issuer_account is not an account public key",
  ]);
});

test("claims are out of their time after the second they expire in, and before the second they begin in", () => {
  const claims = { aud: "", exp: 100, jti: "", iat: 0, iss: "", name: "", nbf: 50, sub: "" };
  assert.deepEqual(timeIssues(claims, 49_999), ["claim is not yet valid"]);
  assert.deepEqual(timeIssues(claims, 50_000), []);
  assert.deepEqual(timeIssues(claims, 100_999), []);
  assert.deepEqual(timeIssues(claims, 101_000), ["claim is expired"]);
  assert.deepEqual(timeIssues({ ...claims, exp: 0, nbf: 0 }, 0), []);
});
