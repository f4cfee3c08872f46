// Messages whose way is told.
import { hello, hpub, inbox, type Scene, type Step, scene } from "./playing.ts";

const dest = "Nats-Trace-Dest: traces.here";
const sampledParent = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const watching = `${hello("t", { name: "watcher" })}SUB traces.> 99\r\n`;

function traced(name: string, listeners: readonly Step[], says: string, more: Partial<Scene> = {}): Scene {
  const steps: Step[] = [
    ["watch", watching],
    ...listeners,
    ["t", hello("t", { name: "tracer" })],
    ["t", says],
  ];
  return scene(name, "traces", [...steps, { peer: "watch", hears: '"events"' }], {
    inAnyOrder: true,
    ...more,
  });
}

export const traces: readonly Scene[] = [
  traced(
    "a traced message is delivered, and its way is told",
    [["l", `${hello("t", { name: "listener" })}SUB a.* 1\r\nSUB a.b crew 2\r\n`]],
    hpub("a.b", [dest, "K: v"], "body"),
  ),
  traced(
    "a message that is only traced is delivered to nobody",
    [["l", `${hello("t", { name: "listener" })}SUB a.b 1\r\n`]],
    hpub("a.b", [dest, "Nats-Trace-Only: true"], "body"),
  ),
  traced(
    "a traced message that nobody hears is told of",
    [],
    hpub("nobody", [dest, "Nats-Trace-Only: 1"], "body"),
  ),
  traced("a mapping is told of", [["l", `${hello("t")}SUB to.mapped 1\r\n`]], hpub("mapped", [dest], "body")),
  traced("no echo is told of", [], `SUB own 1\r\n${hpub("own", [dest], "body")}`),
  ...["u", "v"].flatMap((name) =>
    [[], ["Nats-Trace-Only: on"]].map((only) =>
      traced(
        `a trace goes to importer ${name} as far as its import allows${only.length > 0 ? ", only" : ""}`,
        [[name, `${hello(name, { name })}SUB ${name}.s.x 1\r\n`]],
        hpub("s.x", [dest, ...only], "body"),
      ),
    ),
  ),
  traced(
    "an external trace that is recorded goes to the account's destination",
    [["l", `${hello("t")}SUB a.b 1\r\n`]],
    hpub("a.b", [sampledParent], "body"),
  ),
  ...["open", "shut"].flatMap((kind) =>
    [[], ["Nats-Trace-Only: true"]].map((only) =>
      scene(
        `a request through a service that is ${kind} to traces is told${only.length > 0 ? ", only" : ""}`,
        "traces",
        [
          ["srv", `${hello("t", { name: "service" })}SUB svc.* 1\r\n`],
          [
            "u",
            `${hello("u", { name: "asker" })}SUB traces.here 8\r\n${inbox}${hpub(`svc.${kind}`, [dest, ...only], "?", "_INBOX.1")}`,
          ],
          { peer: "u", hears: '"events"' },
        ],
        { inAnyOrder: true },
      ),
    ),
  ),
  scene("a trace does not go where its publisher may not publish (CVE-2026-33249)", "traces", [
    ["watch", watching],
    ["l", `${hello("t")}SUB a.b 1\r\n`],
    ["limited", hello("limited") + hpub("a.b", ["Nats-Trace-Dest: traces.secret"], "body")],
  ]),
  scene("a publish that is denied is told of in its trace", "traces", [
    ["watch", watching],
    ["limited", hello("limited", { name: "limited" }) + hpub("denied", [dest], "body")],
    { peer: "watch", hears: '"events"' },
  ]),
  scene(
    "a destination that is no subject traces nothing; what was only to be traced goes nowhere",
    "traces",
    [
      ["l", `${hello("t")}SUB a.b 1\r\n`],
      [
        "t",
        hello("t") +
          hpub("a.b", ["Nats-Trace-Dest: a..b"], "delivered") +
          hpub("a.b", ["Nats-Trace-Dest: *", "Nats-Trace-Only: true"], "not"),
      ],
    ],
  ),
  scene("an external trace that is not recorded traces nothing", "traces", [
    ["watch", watching],
    ["l", `${hello("t")}SUB a.b 1\r\n`],
    [
      "t",
      hello("t") +
        hpub("a.b", ["traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"], "x") +
        hpub("a.b", ["Nats-Trace-Only: true"], "y"),
    ],
  ]),
  scene("a message of long ago's tracing is not traced, and says so", "traces", [
    ["watch", watching],
    ["l", `${hello("t")}SUB a.b 1\r\n`],
    ["t", hello("t") + hpub("a.b", [dest, "Nats-Trace-Origin-Account: A"], "x")],
  ]),
];
