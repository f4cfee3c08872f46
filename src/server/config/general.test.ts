import assert from "node:assert/strict";
import { test } from "node:test";
import { configured, optionsOf, refusalOf } from "./testing/outside.ts";

test("a server without a word of configuration is nats-server's default one", () => {
  const options = optionsOf("debug: false");

  assert.deepEqual(options.listen, { host: "0.0.0.0", port: 4222 });
  assert.deepEqual(options.limits, {
    connections: 65_536,
    subscriptions: 0,
    subscriptionTokens: 0,
    controlLineBytes: 4_096,
    payloadBytes: 1_048_576,
    pendingBytes: 67_108_864,
    closedConnections: 10_000,
  });
  assert.deepEqual(options.keepalive, { pingIntervalMs: 120_000, pingsMax: 2 });
  assert.deepEqual(options.write, { deadlineMs: 10_000, onTimeout: "default" });
  assert.deepEqual(options.lameDuck, { durationMs: 120_000, gracePeriodMs: 10_000 });
  assert.deepEqual(options.monitoring, { http: undefined, https: undefined, basePath: "/" });
  assert.equal(options.authorization.timeoutMs, 2_000);
  assert.equal(options.jetStream.enabled, false);
  assert.equal(options.webSocket, undefined);
  assert.equal(options.operator, undefined);
  assert.equal(options.systemAccount, undefined);
});

test("port -1 asks for any free port", () => {
  const options = optionsOf("listen: 127.0.0.1:-1\nhttp: localhost:-1\nwebsocket { port: -1, no_tls: true }");

  assert.deepEqual(options.listen, { host: "127.0.0.1", port: 0 });
  assert.deepEqual(options.monitoring.http, { host: "localhost", port: 0 });
  assert.deepEqual(options.webSocket?.listen, { host: "0.0.0.0", port: 0 });
});

test("monitoring listens where clients do, unless it is told otherwise", () => {
  assert.deepEqual(optionsOf("host: ::1\nhttp_port: 8222").monitoring.http, { host: "::1", port: 8222 });
  assert.deepEqual(optionsOf('http: "[::]:1"').monitoring.http, { host: "::", port: 1 });
  assert.equal(optionsOf("http_base_path: a//b/").monitoring.basePath, "/a/b");
});

test("names, tags and metadata describe the server", () => {
  const options = optionsOf('server_name: x\nserver_tags: ["A", " b ", a]\nserver_metadata { k: v }');

  assert.equal(options.serverName, "x");
  assert.deepEqual(options.tags, ["a", "b"]);
  assert.deepEqual([...options.metadata], [["k", "v"]]);
});

test("keys count whatever their case", () => {
  assert.equal(optionsOf("PORT: 1\nMax_Payload: 2k").limits.payloadBytes, 2_000);
});

test("limits and times are read in their units", () => {
  const options = optionsOf(
    'max_payload: 2MB\nmax_pending: 7eb\nmax_conn: 0\nping_interval: "1m"\nwrite_deadline: "500ms"\nwrite_timeout: retry\n' +
      'lame_duck_duration: "30s"\nlame_duck_grace_period: "1s"\nmax_sub_tokens: 16',
  );

  assert.equal(options.limits.payloadBytes, 2 * 1024 * 1024);
  assert.equal(options.limits.pendingBytes, Number.MAX_SAFE_INTEGER);
  assert.equal(options.limits.connections, -1);
  assert.equal(options.limits.subscriptionTokens, 16);
  assert.equal(options.keepalive.pingIntervalMs, 60_000);
  assert.deepEqual(options.write, { deadlineMs: 500, onTimeout: "retry" });
  assert.deepEqual(options.lameDuck, { durationMs: 30_000, gracePeriodMs: 1_000 });
});

test("verbose tracing switches tracing on", () => {
  const { logging } = optionsOf("trace_verbose: true\nlog_file: x\nlogtime: false\nlogtime_utc: true");

  assert.equal(logging.trace, true);
  assert.equal(logging.file, "x");
  assert.equal(logging.timestamps, false);
  assert.equal(logging.utc, true);
});

test("what belongs to clusters is read, kept and named", () => {
  const options = optionsOf(
    "leafnodes { listen: 127.0.0.1:-1 }\ncluster { name: x, port: 1 }\nserver_name: x",
  );

  assert.deepEqual(options.unsupported, ["leafnodes", "cluster"]);
});

test("a bare number where a duration is meant draws a warning, which refuses only a check", () => {
  const warning =
    's.conf:1:0: invalid use of field "ping_interval": ping_interval should be converted to a duration';

  const started = configured("ping_interval: 5");

  assert.equal(started.kind === "options" && started.options.keepalive.pingIntervalMs, 5_000);
  assert.deepEqual(started.kind === "options" && started.warnings, [warning]);
  assert.equal(refusalOf("ping_interval: 5", {}, ["-t"]), warning);
});

test("an empty file is a warning", () => {
  assert.equal(configured("").kind, "options");
  assert.equal(refusalOf("# nothing", {}, ["-t"]), "s.conf: config has no values or is empty");
});

test("flags count more than the file", () => {
  const file = "port: 1\nserver_name: a\ndebug: true\njetstream { store_dir: x }\nmax_traced_msg_len: 7";

  const options = optionsOf(file, {}, ["-p", "2", "-n", "b", "-D=false", "-sd", "y", "-js=false", "-m", "3"]);

  assert.equal(options.listen.port, 2);
  assert.equal(options.serverName, "b");
  assert.equal(options.logging.debug, false);
  assert.equal(options.jetStream.storeDirectory, "y");
  assert.equal(options.jetStream.enabled, false);
  assert.equal(options.monitoring.http?.port, 3);
  assert.equal(options.logging.tracedMessageLengthMax, 7);
});

test("-DVV debugs and traces everything", () => {
  const { logging } = optionsOf("debug: false", {}, ["-DVV"]);

  assert.deepEqual([logging.debug, logging.trace, logging.traceVerbose], [true, true, true]);
});

const refusals: readonly (readonly [string, string])[] = [
  ["nonsense: 1", 's.conf:1:0: unknown field "nonsense"'],
  ["\n  Nonsense { a: 1 }", 's.conf:2:3: unknown field "Nonsense"'],
  ['port: "x"', "s.conf:1:0: interface conversion: interface {} is string, not int64"],
  ["debug: 1", "s.conf:1:0: interface conversion: interface {} is int64, not bool"],
  ["listen: x", 's.conf:1:0: could not parse address string "x"'],
  ["listen: a:b", 's.conf:1:0: could not parse port "b"'],
  ["listen: true", "s.conf:1:0: expected port or host:port, got bool"],
  ['server_name: "a b"', "s.conf:1:0: server name cannot contain spaces"],
  ["max_payload: 4g", "s.conf:1:0: max_payload value is too big"],
  ["max_sub_tokens: 256", "s.conf:1:0: max_sub_tokens value is too big"],
  ["max_sub_tokens: x", "s.conf:1:0: interface conversion: interface {} is string, not int64"],
  ["max_subscription_tokens: 0", "s.conf:1:0: max_subscription_tokens value can not be negative"],
  ['ping_interval: "x"', 's.conf:1:0: error parsing ping_interval: time: invalid duration "x"'],
  ["write_timeout: x", "s.conf:1:0: write_timeout must be 'default', 'close' or 'retry'"],
  ['lame_duck_duration: "10s"', "s.conf:1:0: invalid lame_duck_duration of 10s, minimum is 30 seconds"],
  ['lame_duck_grace_period: "-1s"', "s.conf:1:0: invalid lame_duck_grace_period, needs to be positive"],
  ["server_tags: 1", "s.conf:1:0: error parsing tags: unsupported type int64"],
  ["store_dir: a\njetstream { store_dir: b }", "s.conf:2:13: Duplicate 'store_dir' configuration"],
  ["system_account: 1", "s.conf:1:0: system account name must be a string"],
  ["proxies { trusted: [ {key: x} ] }", 's.conf:1:22: invalid proxy key "x"'],
  ["a: 1\nb: 2", 's.conf:1:0: unknown field "a"\ns.conf:2:1: unknown field "b"'],
];

for (const [text, message] of refusals) {
  test(`a start is refused: ${JSON.stringify(text)}`, () => {
    assert.equal(refusalOf(text), message);
  });
}

test("a key that a variable names need not be known", () => {
  assert.equal(optionsOf("mine: 5\nping_max: $mine").keepalive.pingsMax, 5);
});
