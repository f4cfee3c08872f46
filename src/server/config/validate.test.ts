import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsOf, refusalOf } from "./testing/outside.ts";

const refusals: readonly (readonly [string, string])[] = [
  [
    'lame_duck_duration: "30s"\nlame_duck_grace_period: "30s"',
    "lame duck grace period (30s) should be strictly lower than lame duck duration (30s)",
  ],
  ["max_payload: 2k\nmax_pending: 1k", "max_payload (2000) cannot be higher than max_pending (1000)"],
  ["default_sentinel: x", "default sentinel requires operators and accounts"],
  ["no_auth_user: x", 'no_auth_user: "x" present, but users/nkeys are not defined'],
  [
    "no_auth_user: x\naccounts { A { users [{user: a}] } }",
    'no_auth_user: "x" not present as user or nkey in authorization block or account configuration',
  ],
  ["gateway { port: 1 }", "gateway has no name"],
  ["gateway { name: x }", 'gateway "x" has no port specified (select -1 for random port)'],
  [
    "gateway { name: x, port: 1 }\nleafnodes { port: 1 }",
    "leaf nodes and gateways (both being defined) require a system account to also be configured",
  ],
  ["mqtt { port: 1 }", "mqtt requires JetStream to be enabled if running in standalone mode"],
  ["mqtt { port: 1 }\ncluster { port: 1 }", "mqtt requires server name to be explicitly set"],
  ["jetstream { domain: 'a b' }", 'invalid domain name: derived "$JS.a b.API.>" is not a valid subject'],
  ["jetstream { domain: a.b }", "invalid domain name: may not contain ., * or >"],
  ["jetstream: true\ncluster { port: 1, name: x }", "jetstream cluster requires `server_name` to be set"],
  [
    "jetstream: true\nserver_name: x\ncluster { port: 1 }",
    "jetstream cluster requires `cluster.name` to be set",
  ],
  [
    "default_js_domain { A: x }",
    'in non operator mode, `default_js_domain` references non existing account "A"',
  ],
  ["websocket { port: 1 }", "websocket requires TLS configuration"],
  [
    "websocket { port: 1, no_tls: true, allowed_origins: x }",
    'unable to parse allowed origin: parse "x": invalid URI for request',
  ],
  [
    "websocket { port: 1, no_tls: true, allowed_origins: 'ftp://a' }",
    'unable to parse allowed origin "ftp://a": allowed origins must be absolute URLs with http or https scheme',
  ],
  [
    "websocket { port: 1, no_tls: true, allowed_origins: 'http://' }",
    'unable to parse allowed origin "http://": host is required',
  ],
  [
    "websocket { port: 1, no_tls: true, no_auth_user: x }",
    'no_auth_user: "x" present, but users/nkeys are not defined',
  ],
  [
    "websocket { port: 1, no_tls: true, authorization { user: a } }\nauthorization { users [{user: b}] }",
    "websocket authentication username not compatible with presence of users/nkeys",
  ],
  [
    "websocket { port: 1, no_tls: true, jwt_cookie: c }",
    'trusted operators or trusted keys configuration is required for JWT authentication via cookie "c"',
  ],
  [
    "websocket { port: 1, no_tls: true, headers { Upgrade: x } }",
    'websocket: invalid header "Upgrade" not allowed',
  ],
  [
    "websocket { port: 1, no_tls: true, headers { Sec-Websocket-X: x } }",
    'websocket: invalid header "Sec-Websocket-X", "Sec-WebSocket-" prefix not allowed',
  ],
];

for (const [text, message] of refusals) {
  test(`a start is refused although the file reads well: ${text}`, () => {
    assert.equal(refusalOf(text), message);
    assert.equal(refusalOf(text, {}, ["-t"]), "accepted");
  });
}

test("a websocket without a port is not looked at", () => {
  assert.equal(optionsOf("websocket { allowed_origins: x }").webSocket, undefined);
});

test("flags that cannot work are refused", () => {
  assert.equal(refusalOf("debug: true", {}, ["--tls"]), "TLS Server certificate must be present and valid");
  assert.equal(
    refusalOf("debug: true", {}, ["--tlscert", "x"]),
    "TLS Server private key must be present and valid",
  );
  assert.equal(
    refusalOf("debug: true", {}, ["--routes", "nats://a:1"]),
    "solicited routes require cluster capabilities, e.g. --cluster",
  );
  assert.equal(refusalOf("debug: true", {}, ["--cluster", "nats://a"]), "address a: missing port in address");
  assert.equal(
    refusalOf("debug: true", {}, ["--cluster", "nats://u@a:1"]),
    "expected cluster password to be set",
  );
});
