import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeAccount, encodeOperator } from "@nats-io/jwt";
import { createAccount, createOperator } from "@nats-io/nkeys";
import { optionsOf, refusalOf } from "./testing/outside.ts";

const operatorKey = createOperator();
const signingKey = createOperator().getPublicKey();
const systemKey = createAccount().getPublicKey();
const accountKey = createAccount();
const operator = await encodeOperator("op", operatorKey, {
  signing_keys: [signingKey],
  system_account: systemKey,
});
const account = await encodeAccount("acc", accountKey, {}, { signer: operatorKey });

test("an operator is given by a file, in place, or among others", () => {
  const files = {
    "op.jwt": operator,
    "op.decorated": `-----BEGIN NATS OPERATOR JWT-----\n${operator}\n------END NATS OPERATOR JWT------\n`,
  };
  for (const value of ["op.jwt", "op.decorated", operator, `[ "${operator}" ]`]) {
    const { operator: mode, systemAccount } = optionsOf(`operator: ${value}\nresolver: MEMORY`, { files });

    assert.equal(mode?.operators[0]?.publicKey, operatorKey.getPublicKey());
    assert.deepEqual(mode?.trustedKeys, [operatorKey.getPublicKey(), signingKey]);
    assert.deepEqual(mode?.resolver, { kind: "memory" });
    assert.equal(systemAccount, systemKey);
  }
});

test("accounts are preloaded, pinned, and the system account is always admitted", () => {
  const { operator: mode } = optionsOf(`
    operator: ${operator}
    resolver: MEMORY
    resolver_preload { ${accountKey.getPublicKey()}: ${account} }
    resolver_pinned_accounts: [ ${accountKey.getPublicKey()} ]`);

  assert.deepEqual([...mode!.preload], [[accountKey.getPublicKey(), account]]);
  assert.deepEqual(mode!.pinnedAccounts, new Set([accountKey.getPublicKey(), systemKey]));
});

const resolvers: readonly (readonly [string, object])[] = [
  ["MEM", { kind: "memory" }],
  ["URL(http://a:1/accounts)", { kind: "url", url: "http://a:1/accounts/", tls: undefined }],
  ["'URL( \"http://a/\" )'", { kind: "url", url: "http://a/", tls: undefined }],
  [
    "{ type: full, dir: d }",
    {
      kind: "full",
      directory: "d",
      limit: Number.MAX_SAFE_INTEGER,
      intervalMs: 60_000,
      deletion: "none",
      fetchTimeoutMs: 1_900,
    },
  ],
  [
    "{ type: FULL, dir: d, allow_delete: true, hard_delete: true, interval: '5s', limit: 9, timeout: '1s' }",
    { kind: "full", directory: "d", limit: 9, intervalMs: 5_000, deletion: "hard", fetchTimeoutMs: 1_000 },
  ],
  [
    "{ type: full, dir: d, allow_delete: true }",
    {
      kind: "full",
      directory: "d",
      limit: Number.MAX_SAFE_INTEGER,
      intervalMs: 60_000,
      deletion: "rename",
      fetchTimeoutMs: 1_900,
    },
  ],
  [
    "{ type: cache, dir: d, ttl: '1h' }",
    { kind: "cache", directory: "d", limit: 1_000, ttlMs: 3_600_000, fetchTimeoutMs: 1_900 },
  ],
];

for (const [text, expected] of resolvers) {
  test(`the resolver ${text} is understood`, () => {
    assert.deepEqual(optionsOf(`operator: ${operator}\nresolver: ${text}`).operator?.resolver, expected);
  });
}

test("a resolver directory that is no directory is refused", () => {
  const message = "s.conf:1:0: dir needs to point to an accessible directory";

  assert.equal(refusalOf("resolver { type: full, dir: d }", { kinds: { d: "other" } }), message);
  assert.equal(
    refusalOf("resolver { type: full, dir: d }", { kinds: { d: "unwritable-directory" } }),
    message,
  );
});

const refusals: readonly (readonly [string, string])[] = [
  ["resolver: MEMORY\naccounts: [A]", "operators do not allow Accounts to be configured directly"],
  [
    "resolver: MEMORY\nauthorization { users [{user: a}] }",
    "operators do not allow users to be configured directly",
  ],
  ["resolver: MEMORY\nno_auth_user: a", "no_auth_user not compatible with Trusted Operator"],
  [
    `resolver: MEMORY\ntrusted_keys: ${signingKey}`,
    "conflicting options for 'TrustedKeys' and 'TrustedOperators'",
  ],
  ["resolver: MEMORY\nsystem_account: X", "system_account in config and operator JWT must be identical"],
  ["resolver: MEMORY\ndefault_sentinel: x", "default sentinel JWT not valid"],
  [
    "resolver: MEMORY\nresolver_pinned_accounts: x",
    'pinned account key "x" is not a valid public account nkey',
  ],
];

for (const [rest, message] of refusals) {
  test(`operator mode is refused with ${rest.split("\n").at(-1)?.split(":")[0]}`, () => {
    assert.equal(refusalOf(`operator: ${operator}\n${rest}`), message);
  });
}

test("an operator that expects a newer server is refused", async () => {
  const newer = await encodeOperator("op", operatorKey, { assert_server_version: "9.0.0" } as object);
  const odd = await encodeOperator("op", operatorKey, { assert_server_version: "x" } as object);
  const key = operatorKey.getPublicKey();

  assert.equal(
    refusalOf(`operator: ${newer}\nresolver: MEMORY`),
    `operator ${key} expected major version 9 > server major version 2`,
  );
  assert.match(
    refusalOf(`operator: ${odd}\nresolver: MEMORY`),
    /must be of the form <major>.<minor>.<update>$/,
  );
});

test("trusted keys may be given without operators", () => {
  assert.deepEqual(optionsOf(`trusted_keys: [${signingKey}]`).operator?.trustedKeys, [signingKey]);
});
