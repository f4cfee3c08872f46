import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isServer } from "./send-signal.ts";

describe("--signal without a pid is for servers", () => {
  for (const [line, is] of [
    ["nats-server", true],
    ["/usr/local/bin/nats-server -c /etc/nats.conf", true],
    ["/opt/nats-server-v2.15 -js", true],
    ["/x/bin/node /x/src/app/nats-server.ts -p 4222", true],
    ["node --disable-sigusr1 /x/dist/app/nats-server.js", true],
    ["tail -f /x/nats-server", false],
    ["tail -f /var/log/nats-server /x/app/nats-server.ts", false],
    ["vim src/app/nats-server.ts", false],
    ["node /x/watch.js /x/src/app/nats-server.ts", false],
    ["node --test src/app/nats-server.test.ts", false],
    ["sh -c nats-server -c a.conf & wait", false],
    ["", false],
  ] as const) {
    test(`${is ? "" : "not for "}${line === "" ? "a process without words" : line}`, () => {
      assert.equal(isServer(line === "" ? [] : line.split(" ")), is);
    });
  }
});
