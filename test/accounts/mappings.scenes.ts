// Subjects that accounts map, and services that they time.
import { hello, hpub, inbox, pub, type Scene, scene } from "./playing.ts";

export const mappings: readonly Scene[] = [
  scene("a mapped subject is heard under its new name only", "mappings", [
    [
      "m",
      `${hello("m")}SUB > 1\r\n${pub("from", "a")}${pub("w.1.2", "b")}${pub("deep.er.est", "c")}${pub("whole", "d")}`,
    ],
  ]),
  scene("transform functions make of a subject what they say", "mappings", [
    [
      "m",
      `${hello("m")}SUB > 1\r\n${["part.a", "part.b", "part.c", "split.x-y--z", "split.-", "left.abcd", "left.a", "cut.abcde", "cut.ab"].map((subject) => pub(subject)).join("")}`,
    ],
  ]),
  scene("permissions are asked for the new name", "mappings", [
    ["m", `${hello("m")}SUB > 1\r\n`],
    ["only_out", hello("only_out") + pub("from", "allowed")],
    ["only_in", hello("only_in") + pub("from", "refused")],
  ]),
  scene("a mapping that loses a message loses it, and nobody listens", "mappings", [
    ["m", `${hello("m")}SUB lost 1\r\n${inbox}${pub("lost", "x")}${pub("lost", "x", "_INBOX.1")}`],
  ]),
  scene("nobody listens under the new name", "mappings", [
    ["m", `${hello("m")}${inbox}${pub("from", "x", "_INBOX.1")}`],
  ]),
  scene("replies are not mapped", "mappings", [
    ["m", `${hello("m")}SUB > 1\r\n${pub("plain", "x", "reply.to")}${pub("reply.to", "y")}`],
  ]),
  scene("requests from other accounts are mapped in the service's account", "mappings", [
    ["m", `${hello("m")}SUB to 1\r\nSUB from 2\r\n`],
    ["n", `${hello("n")}${inbox}${pub("nope", "?", "_INBOX.1")}`],
    ["m", pub("<reply of m>", "!")],
  ]),
];

export const latency: readonly Scene[] = [
  scene(
    "a service that is timed tells how long it took",
    "latency",
    [
      ["srv", `${hello("srv", { name: "server" })}SUB timed 1\r\nSUB results.> 2\r\n`],
      ["cli", `${hello("cli", { name: "client" })}${inbox}${pub("timed", "?", "_INBOX.1")}`],
      ["srv", pub("<reply of srv>", "!")],
      { peer: "srv", hears: "service_latency" },
    ],
    { inAnyOrder: true },
  ),
  scene(
    "where the requester shares who it is, the result says so",
    "latency",
    [
      ["srv", `${hello("srv")}SUB timed 1\r\nSUB results.> 2\r\n`],
      [
        "open",
        `${hello("open", { name: "client", lang: "ts", version: "1" })}${inbox}${pub("timed", "?", "_INBOX.1")}`,
      ],
      ["srv", pub("<reply of srv>", "!")],
      { peer: "srv", hears: "service_latency" },
    ],
    { inAnyOrder: true },
  ),
  scene(
    "a request to nobody, and one without reply, are told of",
    "latency",
    [
      ["watch", `${hello("srv")}SUB results.> 2\r\n`],
      ["cli", `${hello("cli")}${inbox}${pub("timed", "?", "_INBOX.1")}`],
      { peer: "watch", hears: "Service Unavailable" },
      ["cli", pub("timed", "?")],
      { peer: "watch", hears: "Bad Request" },
    ],
    { inAnyOrder: true },
  ),
  scene(
    "a service that does not answer in time is told of",
    "latency",
    [
      ["srv", `${hello("srv")}SUB timed 1\r\nSUB results.> 2\r\n`],
      ["cli", `${hello("cli")}${inbox}${pub("timed", "?", "_INBOX.1")}`],
      { peer: "srv", hears: "Service Timeout" },
      ["srv", pub("<reply of srv>", "too late")],
    ],
    { inAnyOrder: true },
  ),
  scene(
    "a requester that gives up is told of",
    "latency",
    [
      ["srv", `${hello("srv")}SUB timed 1\r\nSUB results.> 2\r\n`],
      ["cli", `${hello("cli")}SUB _INBOX.1 9\r\n${pub("timed", "?", "_INBOX.1")}UNSUB 9\r\n`],
      { peer: "srv", hears: "Request Timeout" },
    ],
    { inAnyOrder: true },
  ),
  ...[
    ["Uber-Trace-Id: 479fefe9525eddb:5adb976bfc1f95c1:479fefe9525eddb:1", "Uberctx-x: y"],
    ["uber-trace-id: a:b:c:0"],
    ["X-B3-Sampled: 1", "X-B3-TraceId: 80f198ee"],
    ["X-B3-Sampled: 0", "X-B3-TraceId: 80f198ee"],
    ["X-B3-TraceId: 80f198ee"],
    ["b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90"],
    ["b3: 0"],
    ["traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tracestate: s"],
    ["traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"],
    ["other: header"],
  ].map((headers) =>
    scene(
      `headers ask a service to be timed or not: ${headers.join(", ")}`,
      "latency",
      [
        ["srv", `${hello("srv")}SUB asked 1\r\nSUB results.> 2\r\n`],
        ["cli", hello("cli") + inbox + hpub("asked", headers, "?", "_INBOX.1")],
        ["srv", pub("<reply of srv>", "!")],
        // The result of the next request comes behind that of the first, if there is one.
        ["cli", hpub("asked", ["X-B3-Sampled: 1", "X-B3-SpanId: last"], "", "_INBOX.1")],
        ["srv", pub("<reply of srv>", "!")],
        { peer: "srv", hears: '["last"]' },
      ],
      { inAnyOrder: true },
    ),
  ),
];
