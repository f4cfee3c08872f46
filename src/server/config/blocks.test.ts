import assert from "node:assert/strict";
import { test } from "node:test";
import { configured, optionsOf, refusalOf } from "./testing/outside.ts";

test("JetStream is switched on by a word, a boolean, a block or a flag", () => {
  for (const text of ["jetstream: enabled", "jetstream: true", "jetstream {}", "jetstream { domain: x }"]) {
    assert.equal(optionsOf(text).jetStream.enabled, true, text);
  }
  for (const text of ["jetstream: disabled", "jetstream: false", "jetstream { enabled: false }"]) {
    assert.equal(optionsOf(text).jetStream.enabled, false, text);
  }
  assert.equal(optionsOf("debug: true", {}, ["-js"]).jetStream.enabled, true);
});

test("JetStream's block says what it may use", () => {
  const { jetStream } = optionsOf(`jetstream {
    store_dir: /s, max_mem: 1GB, max_file: "10G", domain: d, unique_tag: " AZ:1 ", strict: false
    sync_interval: always, cipher: AES, key: k, max_buffered_msgs: 5, request_queue_limit: 7
    limits { max_ack_pending: 1, duplicate_window: "1m", batch { max_msgs: 3, timeout: "2s" } }
  }`);

  assert.equal(jetStream.storeDirectory, "/s");
  assert.equal(jetStream.memoryBytesMax, 2 ** 30);
  assert.equal(jetStream.storeBytesMax, 10 * 2 ** 30);
  assert.equal(jetStream.uniqueTag, "az:1");
  assert.equal(jetStream.strict, false);
  assert.equal(jetStream.syncAlways, true);
  assert.equal(jetStream.cipher, "aes");
  assert.deepEqual([jetStream.requestQueueMax, jetStream.infoQueueMax], [7, 7]);
  assert.deepEqual(jetStream.limits, {
    ackPending: 1,
    highAvailabilityAssets: 0,
    requestBatch: 0,
    duplicateWindowMs: 60_000,
    batchesPerStream: 0,
    batches: 0,
    batchMessages: 3,
    batchTimeoutMs: 2_000,
    consumersDefault: 1_000,
  });
});

test("JetStream without limits leaves them to the server", () => {
  const { jetStream } = optionsOf("jetstream: true");

  assert.deepEqual([jetStream.memoryBytesMax, jetStream.storeBytesMax], [-1, -1]);
  assert.equal(optionsOf("jetstream { max_mem: 0 }").jetStream.memoryBytesMax, 0);
});

test("the websocket block is read", () => {
  const { webSocket } = optionsOf(`ws {
    listen: "127.0.0.1:8080", no_tls: yes, compression: true, same_origin: true, allowed_origins: ["http://a:1"]
    handshake_timeout: 3, user_cookie: c, ping_interval: "10s", headers { X-A: b }
    authorization { user: u, password: p, timeout: 0.5 }
  }`);

  assert.deepEqual(webSocket?.listen, { host: "127.0.0.1", port: 8080 });
  assert.equal(webSocket?.handshakeTimeoutMs, 3_000);
  assert.equal(webSocket?.pingIntervalMs, 10_000);
  assert.equal(webSocket?.authTimeoutMs, 500);
  assert.equal(webSocket?.user, "u");
  assert.equal(webSocket?.userCookie, "c");
  assert.deepEqual([...webSocket!.headers], [["X-A", "b"]]);
});

test("blocks about other servers are read to their end", () => {
  const options = optionsOf(`
    server_name: s
    system_account: S
    accounts { S {} }
    cluster { name: c, listen: 1, routes: ["nats://a:1"], authorization { user: u, password: p, timeout: 1 }, permissions { import: a, export { allow: b } }, compression { mode: s2_auto, rtt_thresholds: ["10ms"] }, accounts: [A], pool_size: 3, no_advertise: true }
    gateway { name: c, port: 2, gateways: [ {name: x, url: "nats://a:1"}, {name: y, urls: ["nats://b:2"]} ], reject_unknown: true }
    leafnodes { port: 3, min_version: 2.9.0, remotes: [ {url: "nats://u:p@h:1", account: A, deny_imports: [x], hub: true, compression: off, proxy { url: "http://p:1", timeout: "1s" }} ], authorization { users: [ {user: a, password: b, account: S} ] } }
    mqtt { port: 4, ack_wait: "10s", max_ack_pending: 100, js_domain: d, authorization { token: t } }
    ocsp { mode: always, url: "http://a" }
    jetstream: true`);

  assert.deepEqual(options.unsupported, ["cluster", "gateway", "leafnodes", "mqtt", "ocsp"]);
});

const refusals: readonly (readonly [string, string])[] = [
  ["jetstream: x", "s.conf:1:0: Expected 'enabled' or 'disabled' for string value, got 'x'"],
  ["jetstream: 1", "s.conf:1:0: Expected map, bool or string to define JetStream, got int64"],
  ["\njetstream {\n domain: 1\n}", "s.conf:2:1: interface conversion: interface {} is int64, not string"],
  ["jetstream { max_mem: x }", `s.conf:1:12: max_mem_store strconv.ParseInt: parsing "": invalid syntax`],
  [
    "jetstream { max_file: 10X }",
    "s.conf:1:12: max_file_store sizes defined as strings must end in K, M, G, T",
  ],
  ["jetstream { cipher: x }", 's.conf:1:12: Unknown cipher type: "x"'],
  [
    "jetstream { max_concurrent_io: 1 }",
    's.conf:1:12: Expected an absolute size for "max_concurrent_io" between 4 and 8192, got 1',
  ],
  ["jetstream { limits { x: 1 } }", 's.conf:1:21: unknown field "x"'],
  ["jetstream { limits { duplicate_window: x } }", 'time: invalid duration "x"'],
  ["websocket: 1", "s.conf:1:0: Expected websocket to be a map, got int64"],
  ["websocket { nope: 1 }", 's.conf:1:12: unknown field "nope"'],
  [
    "websocket { handshake_timeout: true }",
    "s.conf:1:12: error parsing handshake timeout: unsupported type bool",
  ],
  ["websocket { headers { a: 1 } }", "s.conf:1:22: error parsing header key a: unsupported type int64"],
  ["cluster { name: 'a b' }", "s.conf:1:10: cluster name cannot contain spaces"],
  ["cluster { name: '_' }", "s.conf:1:10: cluster name is reserved"],
  ["cluster { authorization { token: t } }", "s.conf:1:10: Cluster authorization does not support tokens"],
  ["cluster { routes: [ 'nats://a b:1' ] }", 's.conf:1:21: error parsing route url ["nats://a b:1"]'],
  [
    "cluster { compression: 1 }",
    's.conf:1:10: field "compression" should be a boolean or a structure, got int64',
  ],
  ["gateway { gateways: x }", "Expected gateways field to be an array, got string"],
  ["leafnodes { remotes: x }", "s.conf:1:12: Expected remotes field to be an array, got string"],
  ["leafnodes { min_version: 2.7.0 }", "s.conf:1:12: the minimum version should be at least 2.8.0"],
  ["leafnodes { remotes [ {nkey: x} ] }", 's.conf:1:23: Remote leafnode nkey is not a valid seed: "x"'],
  [
    "leafnodes { authorization { users [ {user: a}, {user: a} ] } }",
    's.conf:1:12: duplicate user "a" detected in leafnode authorization',
  ],
  ["mqtt { max_ack_pending: 65536 }", "s.conf:1:7: invalid value 65536, should in [0..65535] range"],
  ["ocsp { mode: x }", "s.conf:1:7: error parsing ocsp config: unsupported ocsp mode string"],
  [
    "resolver: X",
    `s.conf:1:0: error parsing account resolver, should be MEM or  URL("url") or a map containing dir and type state=[FULL|CACHE])`,
  ],
  ["resolver: 1", "s.conf:1:0: error parsing operator resolver, wrong type int64"],
  ["resolver { type: full }", "s.conf:1:0: dir has no value and needs to point to a directory"],
  ["resolver { type: full, dir: d, ttl: '1h' }", "s.conf:1:0: FULL does not accept ttl"],
  [
    "resolver { type: full, dir: d, hard_delete: true }",
    "s.conf:1:0: hard_delete has no effect without delete",
  ],
  ["resolver { type: cache, dir: d, allow_delete: true }", "s.conf:1:0: CACHE does not accept allow_delete"],
  ["resolver { type: cache, dir: d, timeout: '0s' }", "s.conf:1:0: Fetch timeout 0s is too smal"],
  ["resolver { type: full, dir: d, interval: x }", 's.conf:1:0: time: invalid duration "x"'],
  ["resolver_preload: x", "s.conf:1:0: preload should be a map of account_public_key:account_jwt"],
  ["resolver_preload { A: x }", "s.conf:1:19: invalid account JWT"],
  ["trusted_keys: x", 's.conf:1:0: trust key "x" required to be a valid public operator nkey'],
  ["trusted_keys: [x,\n y]", 's.conf:2:2: trust key "x" required to be a valid public operator nkey'],
  [
    "gateway { name: g, gateways: [{ name: h, url: 'http://a::1' }] }",
    's.conf:1:41: error parsing gateway url ["http://a::1"]',
  ],
  ["operator: gone.jwt", "s.conf:1:0: error parsing operator JWT: open gone.jwt: no such file or directory"],
  ["tls { cert_file: a }", "s.conf:1:0: missing 'key_file' in TLS configuration"],
  ["tls { key_file: a }", "s.conf:1:0: missing 'cert_file' in TLS configuration"],
  [
    "tls { cert_file: a, key_file: b }",
    "s.conf:1:0: error parsing X509 certificate/key pair: open a: no such file or directory",
  ],
  ["tls { ca_file: a }", "s.conf:1:0: open a: no such file or directory"],
  ["tls { verify: x }", "s.conf:1:6: error parsing tls config, expected 'verify' to be a boolean"],
  ["tls { x: 1 }", 's.conf:1:6: error parsing tls config, unknown field "x"'],
  ["tls { cipher_suites: [] }", "s.conf:1:6: error parsing tls config, 'cipher_suites' cannot be empty"],
  ["tls { cipher_suites: [X] }", "s.conf:1:22: unrecognized cipher X"],
  ["tls { curve_preferences: [X] }", "s.conf:1:26: unrecognized curve preference X"],
  [
    "tls { cipher_suites: [TLS_RSA_WITH_RC4_128_SHA] }",
    "s.conf:1:0: insecure cipher suites configured without 'allow_insecure_cipher_suites' option set: TLS_RSA_WITH_RC4_128_SHA",
  ],
  ["tls { min_version: '1.1' }", "s.conf:1:6: error parsing tls config: unsupported TLS version: TLS 1.1"],
  ["tls { min_version: 2 }", "s.conf:1:6: error parsing tls config: 'min_version' wrong type: 2"],
  [
    "tls { pinned_certs: [x] }",
    "s.conf:1:21: error parsing tls config, 'pinned_certs' key x does not look like hex-encoded sha256 of DER encoded SubjectPublicKeyInfo",
  ],
  ["tls { handshake_first: x }", `s.conf:1:6: field "handshake_first"'s value "x" is invalid`],
  [
    "tls { verify_cert_and_check_known_urls: true }",
    "s.conf:1:6: verify_cert_and_check_known_urls not supported in this context",
  ],
  ["tls: 1", "s.conf:1:0: interface conversion: interface {} is int64, not map[string]interface {}"],
];

for (const [text, message] of refusals) {
  test(`a start is refused: ${text}`, () => {
    assert.equal(refusalOf(text).split("\n")[0], message);
  });
}

test("what stands in a variable of the environment has no place that an error could name", () => {
  const world = { variables: { KEYS: "[x, y]" } };

  assert.equal(
    refusalOf("trusted_keys: $KEYS", world).split("\n")[0],
    'trust key "x" required to be a valid public operator nkey',
  );
  assert.equal(refusalOf("users: $KEYS", world), 's.conf:1:0: unknown field "users"');
  assert.equal(
    refusalOf("server_tags: $KEYS", world),
    "s.conf:1:0: error parsing tags: unsupported type string",
  );
});

test("only web addresses have no colons in their host's name", () => {
  const text = "gateway { name: g, port: 1, gateways: [{ name: h, url: 'nats://a::1' }] }";

  assert.equal(configured(text).kind, "options");
});
