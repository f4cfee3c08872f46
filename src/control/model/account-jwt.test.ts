// The account JWT says what the service grants, in a form that the NATS authors' own library reads and trusts.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { decode } from "@nats-io/jwt";
import { KeyPair } from "../../identity/nkey.ts";
import {
  type AccountTerms,
  accountJwt,
  defaultAccountLimits,
  deletionClaim,
  nextIat,
  revocationTime,
} from "./account-jwt.ts";

const operator = KeyPair.create("operator", randomBytes(32));
const accountId = KeyPair.create("account", randomBytes(32)).publicKey;
const signingKey = KeyPair.create("account", randomBytes(32)).publicKey;

function terms(change: Partial<AccountTerms> = {}): AccountTerms {
  const limits = defaultAccountLimits;
  return {
    accountId,
    iat: 1_775_818_741,
    limits,
    signingKeys: [signingKey],
    revocations: new Map(),
    ...change,
  };
}

test("an account may use what the service's quotas grant, and everything else without limit", () => {
  const claims = decode(accountJwt(terms(), operator));

  assert.equal(claims.iss, operator.publicKey);
  assert.equal(claims.sub, accountId);
  assert.equal(claims.iat, 1_775_818_741);
  assert.deepEqual(claims.nats, {
    limits: {
      subs: -1,
      data: -1,
      payload: 524_288,
      imports: -1,
      exports: -1,
      wildcards: true,
      conn: -1,
      leaf: -1,
      mem_storage: 0,
      disk_storage: 314_572_800,
      streams: 50,
      consumer: 50,
      max_ack_pending: -1,
      mem_max_stream_bytes: -1,
      disk_max_stream_bytes: -1,
    },
    signing_keys: [signingKey],
    default_permissions: { pub: {}, sub: {} },
    authorization: {},
    type: "account",
    version: 2,
  });
});

test("the same terms make the same text, in whatever order they are given", () => {
  const keys = ["AB", "AA"];
  const revocations: [string, number][] = [
    ["UB", 2],
    ["UA", 1],
  ];
  const one = accountJwt(terms({ signingKeys: keys, revocations: new Map(revocations) }), operator);
  const two = accountJwt(
    terms({ signingKeys: keys.toReversed(), revocations: new Map(revocations.toReversed()) }),
    operator,
  );

  assert.equal(one, two);
  // biome-ignore lint/suspicious/noExplicitAny: claims as they come
  assert.deepEqual((decode(one).nats as any).revocations, { UA: 1, UB: 2 });
});

test("the most revocations that an account can have fit into a claims update", () => {
  const revocations = new Map<string, number>();
  for (let n = 0; n < 10_000; n++) revocations.set(`U${String(n).padStart(55, "A")}`, 1_775_818_741);
  const signingKeys = Array.from({ length: 10 }, (_, n) => `A${String(n).padStart(55, "A")}`);

  const text = accountJwt(terms({ signingKeys, revocations }), operator);

  assert.ok(text.length < 1024 * 1024 - 10_000, `${text.length} bytes`);
});

test("a deletion is a generic claim that the operator signs for itself", () => {
  const claims = decode(deletionClaim(accountId, 7, operator));

  assert.deepEqual([claims.iss, claims.sub, claims.iat], [operator.publicKey, operator.publicKey, 7]);
  assert.deepEqual(claims.nats, { accounts: [accountId], type: "generic", version: 2 });
});

const iats: readonly [now: number, last: number, next: number][] = [
  [100, 0, 100],
  [100, 99, 100],
  [100, 100, 101],
  [100, 5_000, 5_001],
];

for (const [now, last, next] of iats) {
  test(`at ${now} after ${last} the next iat is ${next}`, () => {
    assert.equal(nextIat(now, last), next);
  });
}

test("a revocation never lies before what it revokes", () => {
  assert.deepEqual([revocationTime(100, 50), revocationTime(100, 500)], [100, 500]);
});
