// No client tells a service who it is but through the server [CVE-2026-33246, CVE-2026-33223].
import assert from "node:assert/strict";
import { test } from "node:test";
import { requestInfoText, withRequestInfo } from "./request-info.ts";

const ours = "Nats-Request-Info: {}\r\n";

const rows: readonly (readonly [name: string, lines: string, kept: string])[] = [
  ["no header", "", ""],
  ["another header", "K: v\r\n", "K: v\r\n"],
  ["the header itself", "Nats-Request-Info: x\r\n", ""],
  ["the header in small letters", "nats-request-info: x\r\n", ""],
  [
    "the header in large letters, between others",
    "A: 1\r\nNATS-REQUEST-INFO: x\r\nB: 2\r\n",
    "A: 1\r\nB: 2\r\n",
  ],
  ["the header twice", "Nats-Request-Info: x\r\nK: v\r\nNats-request-Info: y\r\n", "K: v\r\n"],
  ["the header folded", "Nats-Request-Info: x\r\n y\r\n\tz\r\nK: v\r\n w\r\n", "K: v\r\n w\r\n"],
  ["blanks before its colon", "Nats-Request-Info : x\r\n", ""],
  ["behind a lone line feed", "K: v\nNats-Request-Info: x\r\n", ""],
  ["behind a lone carriage return", "K: v\rnats-request-info: x\r\n", ""],
  ["a name that only begins so", "Nats-Request-Info-Not: x\r\n", "Nats-Request-Info-Not: x\r\n"],
  ["the name as a value", "K: Nats-Request-Info\r\n", "K: Nats-Request-Info\r\n"],
];

for (const [name, lines, kept] of rows) {
  test(`a client's own word on who asks is left out: ${name}`, () => {
    const block = Buffer.from(`NATS/1.0\r\n${lines}\r\n`, "latin1");

    assert.equal(withRequestInfo(block, "{}").latin1Slice(), `NATS/1.0\r\n${kept}${ours}\r\n`);
  });
}

test("a forged header in the version's own line goes with the line", () => {
  const block = Buffer.from("NATS/1.0\nNats-Request-Info: x\r\n\r\n", "latin1");

  assert.equal(withRequestInfo(block, "{}").latin1Slice(), `NATS/1.0\r\n${ours}\r\n`);
});

test("a status stays", () => {
  const block = Buffer.from("NATS/1.0 503\r\n\r\n", "latin1");

  assert.equal(withRequestInfo(block, "{}").latin1Slice(), `NATS/1.0 503\r\n${ours}\r\n`);
});

test("a description has nats-server's order, and no line end of a name ends the header", () => {
  const text = requestInfoText({ server: "s", name: "a\r\nb <&> ü", acc: "A", rtt: 0, svc: "" });

  assert.equal(text, '{"acc":"A","name":"a\\r\\nb \\u003c\\u0026\\u003e ü","server":"s"}');
});
