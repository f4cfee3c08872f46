import assert from "node:assert/strict";
import { test } from "node:test";
import { bracketed, hostPort } from "./host-port.ts";

test("the port of an IPv6 address is told from the address", () => {
  assert.equal(hostPort("::1", 4222), "[::1]:4222");
  assert.equal(hostPort("127.0.0.1", 4222), "127.0.0.1:4222");
  assert.equal(hostPort("nats.example", 0), "nats.example:0");
  assert.equal(bracketed("fe80::1"), "[fe80::1]");
  assert.equal(bracketed("localhost"), "localhost");
});
