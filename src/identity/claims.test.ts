import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountClaims, newAccount } from "./account-claims.ts";
import { decodeAccount, didSign, isRevoked, userRights, validateAccount } from "./claims.ts";
import { admitted, aKey, aToken } from "./identity.testing.ts";
import { newOperator } from "./operator-claims.ts";
import { expansionsMax } from "./template.ts";
import { newUser, scopedUser, type UserClaims } from "./user-claims.ts";

const [operator, account, plainKey, scopedKey, user] = [
  aKey("operator"),
  aKey("account"),
  aKey("account", 1),
  aKey("account", 2),
  aKey("user"),
];

test("a user is revoked by name or with all others, when its token is not newer", () => {
  const revocations = new Map([
    [user.publicKey, 10],
    ["*", 5],
  ]);
  const rows: [string, number, boolean][] = [
    [user.publicKey, 10, true],
    [user.publicKey, 11, false],
    ["U", 5, true],
    ["U", 6, false],
  ];
  for (const [key, issuedAt, revoked] of rows) assert.equal(isRevoked(revocations, key, issuedAt), revoked);
  assert.equal(isRevoked(new Map(), user.publicKey, 0), false);
});

test("a strict operator vouches for accounts with its signing keys only", () => {
  const signing = aKey("operator", 1).publicKey;
  const vouches = (strict: boolean, issuer: string, subject: string): boolean => {
    const claims = newOperator(operator.publicKey);
    return didSign(
      { ...claims, nats: { ...claims.nats, signing_keys: [signing], strict_signing_key_usage: strict } },
      issuer,
      subject,
    );
  };
  const rows: [boolean, string, string, boolean][] = [
    [false, operator.publicKey, "A", true],
    [true, operator.publicKey, "A", false],
    [true, operator.publicKey, operator.publicKey, true],
    [true, signing, "A", true],
    [false, aKey("operator", 2).publicKey, "A", false],
  ];
  for (const [strict, issuer, subject, expected] of rows)
    assert.equal(vouches(strict, issuer, subject), expected);
});

test("an account that is out of its time is told apart from one that is wrong", () => {
  const claims = newAccount(account.publicKey);
  assert.deepEqual(validateAccount({ ...claims, exp: 1 }, 2_000_000), ["claim is expired"]);
  assert.deepEqual(validateAccount({ ...claims, nats: { ...claims.nats, cluster_traffic: "x" } }, 0), [
    'unknown cluster traffic option: "x"',
  ]);
});

function anAccount(template: object): AccountClaims {
  const signing_keys = [plainKey.publicKey, { kind: "user_scope", key: scopedKey.publicKey, template }];
  const nats = { signing_keys, tags: ["team:red"], type: "account", version: 2 };
  return admitted(
    decodeAccount(aToken({ iss: operator.publicKey, sub: account.publicKey, name: "acme", nats }, operator)),
  );
}

function aUser(tags: readonly string[] = []): UserClaims {
  const claims = scopedUser(user.publicKey);
  return {
    ...claims,
    iss: scopedKey.publicKey,
    name: "joe",
    nats: { ...claims.nats, tags, issuer_account: account.publicKey },
  };
}

test("a user has its own rights from its account or a plain signing key, and nothing from strangers", () => {
  const from = (issuer: string): ReturnType<typeof userRights> =>
    userRights({ ...newUser(user.publicKey), iss: issuer }, anAccount({}));

  assert.equal(admitted(from(account.publicKey)).subs, -1);
  assert.equal(admitted(from(plainKey.publicKey)).subs, -1);
  assert.deepEqual(from(aKey("account", 9).publicKey), { ok: false, reason: "User JWT issuer is not known" });
  assert.deepEqual(from(scopedKey.publicKey), {
    ok: false,
    reason: "User JWT is not valid: scoped users require no permissions or limits set",
  });
});

test("under a strict operator an account's own key counts where the account names it, and as it names it", () => {
  const claims = anAccount({});
  const strictly = (signing_keys: AccountClaims["nats"]["signing_keys"]): ReturnType<typeof userRights> =>
    userRights(
      { ...newUser(user.publicKey), iss: account.publicKey },
      { ...claims, nats: { ...claims.nats, signing_keys } },
      true,
    );

  assert.deepEqual(strictly(claims.nats.signing_keys), { ok: false, reason: "User JWT issuer is not known" });
  assert.equal(admitted(strictly(new Map([[account.publicKey, undefined]]))).subs, -1);
});

test("a scope states rights, and limits it does not state are no limits", () => {
  const rights = admitted(
    userRights(aUser(), anAccount({ subs: 3, pub: { allow: ["a"] }, bearer_token: true })),
  );

  assert.deepEqual([rights.subs, rights.data, rights.payload, rights.bearer_token], [3, -1, -1, true]);
  assert.deepEqual(rights.pub, { allow: ["a"], deny: undefined });
});

const expanded: readonly [entry: string, tags: readonly string[], becomes: readonly string[]][] = [
  ["plain.a", [], ["plain.a"]],
  ["u.{{name()}}.{{ Subject() }}", [], [`u.joe.${user.publicKey}`]],
  ["{{account-name()}}.{{account-subject()}}", [], [`acme.${account.publicKey}`]],
  ["t.{{tag(dept)}}", ["dept:x", "dept:y", "other:z"], ["t.x", "t.y"]],
  ["{{tag(a)}}.{{tag(b)}}", ["a:1", "a:2", "b:3", "b:4"], ["1.3", "1.4", "2.3", "2.4"]],
  ["{{tag(a)}}.{{tag(a)}}", ["a:1", "a:2"], ["1.1", "2.2"]],
  ["t.{{account-tag(team)}}", [], ["t.red"]],
  ["t.{{tag(dept)}}", ["dept:a b", "dept:ok"], ["t.ok"]],
  ["t.{{}}", [], ["t.{{}}"]],
];

for (const [entry, tags, becomes] of expanded) {
  test(`the template "${entry}" allows ${JSON.stringify(becomes)} with tags ${JSON.stringify(tags)}`, () => {
    const rights = admitted(userRights(aUser(tags), anAccount({ sub: { allow: [entry] } })));
    assert.deepEqual(rights.sub, { allow: becomes, deny: undefined });
  });
}

test("a list of which nothing is left allows nothing", () => {
  const rights = admitted(
    userRights(aUser(), anAccount({ pub: { allow: ["t.{{tag(none)}}"], deny: ["x"] } })),
  );
  assert.deepEqual(rights.pub, { allow: [], deny: ["x", ">"] });
});

const refused: readonly [template: object, tags: readonly string[], reason: RegExp][] = [
  [{ sub: { deny: ["t.{{tag(none)}}"] } }, [], /generated invalid subject/],
  [{ sub: { deny: ["t.{{tag(a)}}"] } }, ["a:x y"], /generated invalid subject/],
  [
    { pub: { allow: ["t.{{shell()}}"] } },
    [],
    /template operation in "t\.\{\{shell\(\)}}": "shell\(\)" is not defined/,
  ],
  [{ pub: { allow: [`t.{{tag(a)}}${"{{".repeat(5_000)}`] } }, [], /too long/],
  [
    { pub: { allow: ["{{tag(a)}}.{{tag(b)}}.{{tag(c)}}"] } },
    ["a", "b", "c"].flatMap((tag) => Array.from({ length: 17 }, (_, place) => `${tag}:${place}`)),
    new RegExp(`more than ${expansionsMax}`),
  ],
];

for (const [template, tags, reason] of refused) {
  test(`a user of a scope with ${JSON.stringify(template).slice(0, 80)} is refused`, () => {
    const rights = userRights(aUser(tags), anAccount(template));
    assert.ok(!rights.ok);
    assert.match(rights.reason, reason);
  });
}
