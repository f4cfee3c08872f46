// Which headers ask for a trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageTrace, traceRequest } from "./trace.ts";

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
const rows: readonly (readonly [headers: string, expected: string])[] = [
  ["K: v", "nothing"],
  ["Nats-Trace-Dest: a", "to a"],
  ["Nats-Trace-Dest:a", "to a"],
  ["Nats-Trace-Dest: \t a \t", "to a"],
  ["nats-trace-dest: a", "nothing"],
  ["Nats-Trace-Dest: ", "nothing"],
  ["Nats-Trace-Dest: trace disabled", "nothing"],
  [`Nats-Trace-Dest: trace disabled\r\ntraceparent: ${parent}-01`, "nothing"],
  ["Nats-Trace-Dest: a\r\nNats-Trace-Only: true", "to a only"],
  ["Nats-Trace-Dest: a\r\nNats-Trace-Only: ON", "to a only"],
  ["Nats-Trace-Dest: a\r\nNats-Trace-Only: 1", "to a only"],
  ["Nats-Trace-Dest: a\r\nNats-Trace-Only: yes", "to a"],
  ["Nats-Trace-Only: true", "nothing"],
  ["Nats-Trace-Dest: a\r\nNats-Trace-Origin-Account: A", "to a void"],
  [`traceparent: ${parent}-01`, "external"],
  [`TraceParent: ${parent}-03`, "external"],
  [`traceparent: ${parent}-00`, "nothing"],
  [`traceparent: ${parent}-ff`, "nothing"],
  [`traceparent: ${parent}-7f`, "external"],
  [`traceparent: ${parent}-1`, "nothing"],
  [`traceparent: ${parent}`, "nothing"],
  [`traceparent: ${parent}-01\r\nNats-Trace-Only: true`, "external"],
  [`traceparent: ${parent}-01\r\nNats-Trace-Dest: a`, "to a"],
];

for (const [headers, expected] of rows) {
  test(`headers ask for a trace or not: ${headers.replaceAll("\r\n", ", ")} is ${expected}`, () => {
    const request = traceRequest(Buffer.from(`NATS/1.0\r\n${headers}\r\n\r\n`, "latin1"));

    const words =
      request === undefined
        ? ["nothing"]
        : [
            request.destination === undefined ? "external" : `to ${request.destination}`,
            ...(request.only ? ["only"] : []),
            ...(request.void ? ["void"] : []),
          ];
    assert.equal(words.join(" "), expected);
  });
}

test("a status line asks for nothing, whatever follows", () => {
  assert.equal(traceRequest(Buffer.from("NATS/1.0 503\r\nNats-Trace-Dest: a\r\n\r\n")), undefined);
});

test("headers of any name are told as they are", () => {
  const request = traceRequest(Buffer.from("NATS/1.0\r\n__proto__: x\r\nNats-Trace-Dest: a\r\n\r\n"))!;
  const trace = new MessageTrace(
    request,
    "a",
    9,
    { id: 1, name: "", account: "A", subject: "s" },
    () => "now",
  );

  assert.equal(
    JSON.stringify(trace.report().request),
    '{"header":{"Nats-Trace-Dest":["a"],"__proto__":["x"]},"msgsize":9}',
  );
});
