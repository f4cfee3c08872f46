import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsOf, refusalOf } from "./testing/outside.ts";

const userKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

test("one user, a token or many users may be let in", () => {
  const one = optionsOf("authorization { user: a, password: b, timeout: 0.5 }").authorization;
  const token = optionsOf('authorization { token: t, timeout: "3s" }').authorization;
  const many = optionsOf(`authorization { users [ {user: a, pass: b}, {nkey: ${userKey}} ] }`).authorization;

  assert.deepEqual([one.user, one.password, one.timeoutMs], ["a", "b", 500]);
  assert.deepEqual([token.token, token.timeoutMs], ["t", 3_000]);
  assert.deepEqual(
    many.users.map(({ user, account }) => [user, account]),
    [["a", "$G"]],
  );
  assert.deepEqual(
    many.nkeys.map(({ nkey }) => nkey),
    [userKey],
  );
});

test("permissions come as a subject, a list, or lists of allowed and denied ones", () => {
  const { users } = optionsOf(`authorization { users [
    {user: a, permissions { publish: "x.>", subscribe: ["a", "b q"] }}
    {user: b, permissions { publish { allow: [], deny: z }, subscribe {} }}
    {user: c, permissions { allow_responses: true }}
    {user: d, permissions { publish: x, allow_responses { max: -1, expires: "1s" } }}
  ] }`).authorization;

  assert.deepEqual(
    users.map(({ permissions }) => permissions),
    [
      {
        publish: { allow: ["x.>"], deny: undefined },
        subscribe: { allow: ["a", "b q"], deny: undefined },
        response: undefined,
      },
      { publish: { allow: undefined, deny: ["z"] }, subscribe: undefined, response: undefined },
      {
        publish: { allow: [], deny: undefined },
        subscribe: undefined,
        response: { messagesMax: 1, expiresMs: 120_000 },
      },
      {
        publish: { allow: ["x"], deny: undefined },
        subscribe: undefined,
        response: { messagesMax: -1, expiresMs: 1_000 },
      },
    ],
  );
});

test("default permissions go to those who have none", () => {
  const { users } = optionsOf(
    "authorization { users [ {user: a}, {user: b, permissions {publish: y}} ]\n default_permissions { publish: x } }",
  ).authorization;

  assert.deepEqual(
    users.map(({ permissions }) => permissions?.publish?.allow),
    [["x"], ["y"]],
  );
});

test("an account has users, limits, JetStream, mappings and a trace", () => {
  const { accounts, authorization, systemAccount } = optionsOf(`
    accounts {
      A {
        users [ {user: a, password: "1", allowed_connection_types: [standard, WEBSOCKET], proxy_required: true} ]
        limits { max_conn: 1, max_subs: 2, max_payload: 3k, max_leafs: 4 }
        jetstream { max_mem: 1G, max_file: 2G, max_streams: 3, max_bytes_required: true }
        mappings { foo: bar, "x.*": [ {destination: "y.$1", weight: 20%}, {destination: "z.$1", weight: 30, cluster: c} ] }
        msg_trace: t.d
      }
      SYS {}
    }
    system_account: SYS`);
  const account = accounts[0]!;

  assert.deepEqual(account.limits, { connections: 1, subscriptions: 2, payloadBytes: 3_000, leafNodes: 4 });
  assert.equal(account.jetStream?.memoryBytes, 1e9);
  assert.equal(account.jetStream?.consumers, -1);
  assert.equal(account.jetStream?.maxBytesRequired, true);
  assert.deepEqual(account.trace, { destination: "t.d", sampling: 100 });
  assert.deepEqual(account.mappings[1], {
    source: "x.*",
    destinations: [
      { subject: "y.$1", weight: 20, cluster: "" },
      { subject: "z.$1", weight: 30, cluster: "c" },
    ],
  });
  assert.deepEqual(authorization.users[0], {
    user: "a",
    password: "1",
    account: "A",
    permissions: undefined,
    connectionTypes: ["STANDARD", "WEBSOCKET"],
    proxyRequired: true,
  });
  assert.equal(accounts[1]!.jetStream, undefined);
  assert.equal(systemAccount, "SYS");
});

test("accounts may be just names", () => {
  assert.deepEqual(
    optionsOf("accounts: [A, B]").accounts.map(({ name }) => name),
    ["A", "B"],
  );
});

test("mappings at the top belong to the global account", () => {
  const [account] = optionsOf("mappings { a: b }").accounts;

  assert.equal(account?.name, "$G");
  assert.equal(account?.mappings[0]?.source, "a");
});

test("exports and imports link accounts", () => {
  const { accounts } = optionsOf(`accounts {
    A { exports [
      {stream: "ev.>"}
      {service: "s.*", accounts: [B], response_type: stream, threshold: "5s", allow_trace: true}
      {service: q, latency { subject: lat, sampling: "50%" }}
    ] }
    B { imports [
      {stream {account: A, subject: "ev.x"}, prefix: in}
      {service {account: A, subject: "s.a"}, to: here, share: true}
    ] }
  }`);

  assert.deepEqual(accounts[0]!.exports.services[0], {
    subject: "s.*",
    accounts: ["B"],
    accountTokenPosition: 0,
    responseType: "stream",
    responseThresholdMs: 5_000,
    latency: undefined,
    allowTrace: true,
  });
  assert.deepEqual(accounts[0]!.exports.services[1]?.latency, { subject: "lat", sampling: 50 });
  assert.deepEqual(accounts[1]!.imports, {
    streams: [{ account: "A", subject: "ev.x", to: "", prefix: "in", allowTrace: false }],
    services: [{ account: "A", subject: "s.a", to: "here", share: true }],
  });
});

test("an account may import from thousands of others, which circle nowhere", () => {
  const names = Array.from({ length: 2_000 }, (_, index) => `X${index}`);
  const exporters = names.map((name) => `${name} { exports [{stream: s}] }`);
  const imports = names.map((name) => `{stream {account: ${name}, subject: s}}`);
  const hub = `H { exports [{stream: s}], imports [${imports.join(",")}] }`;

  const { accounts } = optionsOf(
    `accounts { ${exporters.join("\n")}\n${hub}\nL { imports [{stream {account: H, subject: s}}] } }`,
  );

  assert.equal(accounts.length, 2_002);
});

const links: readonly (readonly [string, string])[] = [
  ["A { exports [{stream: x, accounts: [Z]}] }", '"Z" account not defined for stream export'],
  ["A { imports [{stream {account: Z, subject: x}}] }", '"Z" account not defined for stream import'],
  [
    "A {}, B { imports [{stream {account: A, subject: x}}] }",
    'Error adding stream import "x": stream import not authorized',
  ],
  [
    "A { exports [{service: x, accounts: [C]}] }, C {}, B { imports [{service {account: A, subject: x}}] }",
    'Error adding service import "x": service import not authorized',
  ],
  [
    'A { exports [{stream: x}] }, B { imports [{stream {account: A, subject: x}, prefix: "a.*"}] }',
    'Error adding stream import "x": stream import prefix can not contain wildcard tokens',
  ],
  [
    "A { exports [{service: x}], imports [{service {account: B, subject: x}}] }, B { exports [{service: x}], imports [{service {account: A, subject: x}}] }",
    'Error adding service import "x": import forms a cycle',
  ],
  [
    "A { exports [{stream: x}], imports [{stream {account: B, subject: x}}] }, B { exports [{stream: x}], imports [{stream {account: A, subject: x}}] }",
    'Error adding stream import "x": import forms a cycle',
  ],
  [
    'A { exports [{stream: "x.y", account_token_position: 2}] }',
    'Error adding stream export "x.y": sublist: invalid subject',
  ],
  [
    "A { exports [{service: x, response_type: stream, latency: l}] }",
    'Error adding service latency sampling for "x" on subject "l": bad service response type',
  ],
];

for (const [accounts, message] of links) {
  test(`accounts that cannot be linked are refused: ${message}`, () => {
    assert.equal(refusalOf(`accounts { ${accounts} }`), `s.conf:1:0: ${message}`);
  });
}

const refusals: readonly (readonly [string, string])[] = [
  [
    "authorization: x",
    "s.conf:1:0: interface conversion: interface {} is string, not map[string]interface {}",
  ],
  ["authorization { user: a, token: t }", "s.conf:1:0: Cannot have a user/pass and token"],
  ["authorization { user: a, users: [] }", "s.conf:1:0: Can not have a single user/pass and a users array"],
  ["authorization { token: a, users: [{user: b}] }", "s.conf:1:0: Can not have a token and a users array"],
  ["authorization { users: [{user: b}, {user: b}] }", 's.conf:1:0: Duplicate user "b" detected'],
  ["authorization { users: x }", "s.conf:1:16: Expected users field to be an array, got x"],
  ["authorization { users [ {pass: x} ] }", "s.conf:1:25: User entry requires a user"],
  ["authorization { users [ {nkey: x} ] }", "s.conf:1:25: Not a valid public nkey for a user"],
  [
    `authorization { users [ {nkey: ${userKey}, pass: x} ] }`,
    "s.conf:1:89: Nkey users do not take usernames or passwords",
  ],
  [
    'authorization { timeout: "x" }',
    `s.conf:1:16: error parsing authorization config, 'timeout' time: invalid duration "x"`,
  ],
  ["authorization { xyz: 1 }", 's.conf:1:16: unknown field "xyz"'],
  ["authorization { permissions { publish: a..b } }", 'subject "a..b" is not a valid subject'],
  [
    "authorization { permissions { subscribe { deny: ['a b c'] } } }",
    's.conf:1:42: subject "a b c" is not a valid subject',
  ],
  ["authorization { permissions { nope: 1 } }", 's.conf:1:30: Unknown field "nope" parsing permissions'],
  [
    "authorization { permissions { publish { x: y } } }",
    `s.conf:1:40: Unknown field name "x" parsing subject permissions, only 'allow' or 'deny' are permitted`,
  ],
  ["authorization { users [ {user: a, clients: [x]} ] }", 's.conf:1:34: invalid connection types ["X"]'],
  [
    "authorization { auth_callout { account: A } }",
    "s.conf:1:31: Authorization callouts require an issuer to be specified",
  ],
  [
    "authorization { auth_callout { issuer: x } }",
    's.conf:1:31: Expected callout user to be a valid public account nkey, got "x"',
  ],

  ['accounts { "$G" {} }', 's.conf:1:12: "$G" is a Reserved Account'],
  ["accounts { A: 1 }", "s.conf:1:11: Expected map entries for accounts"],
  ["accounts: [A, A]", "s.conf:1:14: Duplicate Account Entry: A"],
  [
    "accounts { A { users [{user: a}] }, B { users [{user: a}] } }",
    's.conf:1:40: Duplicate user "a" detected',
  ],
  [
    "authorization { user: x }\naccounts { A { users [{user: a}] } }",
    "s.conf:2:16: Can not have a single user/pass and accounts",
  ],
  ["accounts { A { nkey: x } }", 's.conf:1:15: Not a valid public nkey for an account: "x"'],
  ["accounts { A { limits { x: 1 } } }", 's.conf:1:24: Unknown field "x" parsing account limits'],
  ["accounts { A { jetstream: x } }", "Expected 'enabled' or 'disabled' for string value, got 'x'"],
  [
    "accounts { A { jetstream { max_mem: x } } }",
    's.conf:1:27: Expected a parseable size for "max_mem", got x',
  ],
  ["accounts { A { exports: x } }", "s.conf:1:15: Exports should be an array, got string"],
  [
    "accounts { A { exports [{stream: a, service: b}] } }",
    's.conf:1:36: Detected service "b" but already saw a stream',
  ],
  [
    "accounts { A { exports [{stream: a, latency: b}] } }",
    "s.conf:1:36: Detected latency directive on non-service",
  ],
  [
    "accounts { A { imports [{stream: a}] } }",
    "s.conf:1:25: Stream entry should be an account map, got string",
  ],
  ["accounts { A { imports [{stream {account: B}}] } }", "s.conf:1:25: Expect an account name and a subject"],
  [
    "accounts { A { mappings { a: [{destination: b}] } } }",
    's.conf:1:46: Missing weight for mapping destination "b"',
  ],
  [
    "mappings { a: [{destination: b, weight: 101}] }",
    "s.conf:1:32: Invalid weight 101 for mapping destination",
  ],
  [
    "mappings { a: [{destination: b, weight: 60}, {destination: c, weight: 60}] }",
    's.conf:1:11: Error adding mapping for "a" : total weight needs to be <= 100',
  ],
  [
    "mappings { a: [{destination: b, weight: 1}, {destination: b, weight: 1}] }",
    's.conf:1:11: Error adding mapping for "a" : duplicate entry for "b"',
  ],
  ["mappings { a: 'b.*' }", 's.conf:1:11: Error adding mapping for "a" to "b.*" : invalid subject'],
  [
    "mappings { 'a.*': 'b.$2' }",
    's.conf:1:12: Error adding mapping for "a.*" to "b.$2" : invalid mapping destination: wildcard index out of range in $2: [2]',
  ],
  [
    "mappings { 'a.*': 'b.{{nope(1)}}' }",
    's.conf:1:12: Error adding mapping for "a.*" to "b.{{nope(1)}}" : invalid mapping destination: unknown function in {{nope(1)}}',
  ],
  ["accounts { A { msg_trace: 'a.*' } }", 's.conf:1:15: Trace destination "a.*" is not valid'],
  [
    "accounts { A { msg_trace { dest: a, sampling: 0 } } }",
    "s.conf:1:36: Ttrace destination sampling value 0 is invalid, needs to be [1..100]",
  ],
];

for (const [text, message] of refusals) {
  test(`a start is refused: ${text}`, () => {
    assert.equal(refusalOf(text).split("\n")[0], message);
  });
}
