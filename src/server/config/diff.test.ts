import assert from "node:assert/strict";
import { test } from "node:test";
import { diffOptions } from "./diff.ts";
import { optionsOf } from "./testing/outside.ts";

test("equal configurations differ in nothing, whatever their layout", () => {
  const diff = diffOptions(optionsOf("port: 1\ndebug: true"), optionsOf("# x\ndebug: on, port = 1"));

  assert.deepEqual(diff, { changes: [], refusal: undefined });
});

const unsupported = "config reload not supported for";

/** Before, after, what changed, why it is refused. */
const cases: readonly (readonly [string, string, string, string | undefined])[] = [
  ["debug: true", "debug: false", "Debug", undefined],
  ["max_payload: 1k", "max_payload: 2k", "MaxPayload", undefined],
  ["accounts { A { users [{user: a}] } }", "accounts { A { users [{user: b}] } }", "Users", undefined],
  ["server_name: a", "server_name: b", "ServerName", `${unsupported} ServerName: old=a, new=b`],
  ["port: 1", "port: 2", "Port", `${unsupported} Port: old=1, new=2`],
  ["port: 1", "port: -1", "", undefined],
  ["max_subs: 1", "max_subs: 2", "MaxSubs", `${unsupported} MaxSubs: old=1, new=2`],
  ["max_pending: 2M", "max_pending: 3M", "MaxPending", `${unsupported} MaxPending: old=2000000, new=3000000`],
  ["jetstream: true", "jetstream: false", "JetStream", undefined],
  ["jetstream { max_mem: 1G }", "jetstream { max_mem: 2G }", "JetStreamMaxMemory", undefined],
  [
    "jetstream { max_mem: 2G }",
    "jetstream { max_mem: 1G }",
    "JetStreamMaxMemory",
    `${unsupported} decreasing jetstream max memory and store`,
  ],
  [
    "jetstream: true",
    "jetstream { max_mem: 1G }",
    "JetStreamMaxMemory",
    `${unsupported} jetstream dynamic max memory and store`,
  ],
  [
    "jetstream { max_file: 1G }",
    "jetstream: true",
    "JetStreamMaxStore",
    `${unsupported} jetstream max memory and max store`,
  ],
  [
    "jetstream { store_dir: a }",
    "jetstream { store_dir: b }",
    "StoreDir",
    `${unsupported} jetstream storage directory`,
  ],
  ["jetstream { store_dir: a }", "jetstream: true", "StoreDir", `${unsupported} jetstream storage dir`],
  [
    "websocket { port: 1, no_tls: true }",
    "debug: false",
    "Websocket",
    `${unsupported} Websocket: old=…, new=`,
  ],
  ["system_account: A", "system_account: B", "SystemAccount", `${unsupported} SystemAccount: old=A, new=B`],
  ["server_tags: [a]", "server_tags: [b]", "Tags", undefined],
  ["http: 1", "http: 2", "HTTPPort", `${unsupported} HTTPPort: old=1, new=2`],
];

for (const [before, after, name, refusal] of cases) {
  test(`a change from "${before}" to "${after}" ${refusal === undefined ? "can" : "cannot"} be taken over`, () => {
    const diff = diffOptions(optionsOf(before), optionsOf(after));

    assert.deepEqual(diff.refusal, refusal);
    if (name === "") assert.deepEqual(diff.changes, []);
    else
      assert.ok(
        diff.changes.some((change) => change.name === name && change.reloadable === (refusal === undefined)),
      );
  });
}
