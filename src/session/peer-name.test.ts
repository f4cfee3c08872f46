import assert from "node:assert/strict";
import { test } from "node:test";
import { strangerName } from "./peer-name.ts";

const names: readonly (readonly [
  host: string,
  type: "STANDARD" | "WEBSOCKET",
  forwardedFor: string,
  name: string,
])[] = [
  ["127.0.0.1", "STANDARD", "", "127.0.0.1:4000 - cid:7"],
  ["::1", "STANDARD", "", "[::1]:4000 - cid:7"],
  ["127.0.0.1", "WEBSOCKET", "", "127.0.0.1:4000 - wid:7"],
  ["::1", "WEBSOCKET", "10.0.0.1", "10.0.0.1/[::1]:4000 - wid:7"],
];

for (const [host, type, forwardedFor, name] of names) {
  test(`a stranger on ${host} by ${type}${forwardedFor && ` for ${forwardedFor}`} is called ${name}`, () => {
    assert.equal(strangerName({ host, port: 4000 }, type, 7, forwardedFor), name);
  });
}
