// Scenes between accounts, by what is shared.
import { hello, hpub, pub, type Scene, type Step } from "./playing.ts";

const users = (name: string): string => `users: [ { user: ${name}, password: x } ]`;

/** The servers that the scenes are played on, by their configuration. */
export const servers: Readonly<Record<string, string>> = {
  streams: `
    accounts {
      EX { users: [ { user: ex, password: x }, { user: quiet, password: x } ], exports: [
        { stream: "pub.>" }, { stream: "one" }, { stream: "private.*", accounts: [IM] }
        { stream: "a.*.b.*" }, { stream: "EX.*.news", account_token_position: 2 }
        { service: "ask" } ] }
      IM { users: [ { user: im, password: x }
          { user: few, password: x, permissions: { subscribe: { allow: ["in.>", "first.*"], deny: ["in.pub.secret"] } } }
          { user: answers, password: x, permissions: { subscribe: "in.>", publish: "none", allow_responses: true } } ]
        imports: [
        { stream: { account: EX, subject: "pub.>" }, prefix: in }
        { stream: { account: EX, subject: "one" }, to: "uno" }
        { stream: { account: EX, subject: "private.*" } }
        { stream: { account: EX, subject: "a.*.b.*" }, to: "swapped.$2.$1" } ] }
      OWN { ${users("own")}, imports: [ { stream: { account: EX, subject: "EX.OWN.news" } }
        { stream: { account: EX, subject: "pub.>" } } ] }
      ASK { ${users("asker")}, imports: [ { service: { account: EX, subject: "ask" } } ] }
      NONE { ${users("none")} }
    }`,
  services: `
    accounts {
      SRV { users: [ { user: srv, password: x }
          { user: narrow, password: x, permissions: { subscribe: "add", allow_responses: true } }
          { user: deaf, password: x, permissions: { subscribe: { allow: ["add"], deny: ["add"] } } } ]
        exports: [
        { service: "add" }, { service: "stream.it", response_type: stream }, { service: "chunk.it", response_type: chunked }
        { service: "private", accounts: [CLI] }, { service: "by.*.name", account_token_position: 2 }
        { service: "w.*.x.*" }, { service: "all.>" }
        { service: "slow", threshold: "1s" }, { service: "slow.stream", response_type: stream, threshold: "1s" } ] }
      CLI { users: [ { user: cli, password: x }
          { user: nope, password: x, permissions: { publish: { deny: ["sum"] } } } ]
        imports: [
        { service: { account: SRV, subject: "add" }, to: "sum" }
        { service: { account: SRV, subject: "stream.it" } }, { service: { account: SRV, subject: "chunk.it" } }
        { service: { account: SRV, subject: "private" } }, { service: { account: SRV, subject: "by.CLI.name" }, to: "me" }
        { service: { account: SRV, subject: "w.*.x.*" }, to: "back.$2.$1" }
        { service: { account: SRV, subject: "all.>" } }
        { service: { account: SRV, subject: "slow" } }, { service: { account: SRV, subject: "slow.stream" } } ] }
      OPEN { ${users("open")}, imports: [ { service: { account: SRV, subject: "add" }, share: true } ] }
    }`,
  chains: `
    server_name: chains
    accounts {
      C { ${users("c")}, exports: [ { service: "base" }, { stream: "news.>" } ] }
      B { ${users("b")}, imports: [ { service: { account: C, subject: "base" }, to: "middle" }, { stream: { account: C, subject: "news.>" }, prefix: b } ]
          exports: [ { service: "middle" }, { stream: "b.news.>" } ] }
      A { ${users("a")}, imports: [ { service: { account: B, subject: "middle" }, to: "top" }, { stream: { account: B, subject: "b.news.>" }, prefix: a } ] }
      S { ${users("s")}, imports: [ { service: { account: B, subject: "middle" }, to: "top", share: true } ] }
      SELF { ${users("self")}, exports: [ { service: "mine" }, { stream: "own.>" } ], imports: [ { service: { account: SELF, subject: "mine" } } ] }
      TWO1 { ${users("two1")}, exports: [ { service: "q" } ] }
      TWO2 { ${users("two2")}, exports: [ { service: "q" } ] }
      BOTH { ${users("both")}, imports: [ { service: { account: TWO1, subject: "q" } }, { service: { account: TWO2, subject: "q" } } ] }
    }`,
  mappings: `
    mappings { "global.in": "global.out" }
    accounts {
      M { users: [ { user: m, password: x }
          { user: only_out, password: x, permissions: { publish: ["to", "_INBOX.>"] } }
          { user: only_in, password: x, permissions: { publish: ["from", "_INBOX.>"] } } ]
        mappings {
          "from": "to"
          "w.*.*": "x.$2.$1"
          "part.*": "part.{{partition(3,1)}}.{{wildcard(1)}}"
          "split.*": "s.{{split(1,-)}}"
          "left.*": "l.{{left(1,2)}}.{{right(1,2)}}"
          "cut.*": "c.{{SplitFromLeft(1,2)}}.{{sliceFromRight(1,2)}}"
          "lost": [ { destination: "lost", weight: 0 } ]
          "whole": [ { destination: "whole.a", weight: 100 } ]
          "deep.>": "deeper.>"
          "reply.to": "reply.elsewhere"
        }
        exports: [ { service: "svc" }, { service: "svc2" } ] }
      N { users: [ { user: n, password: x } ]
        imports: [ { service: { account: M, subject: "from" }, to: "nope" } ] }
    }`.replace('exports: [ { service: "svc" }, { service: "svc2" } ]', 'exports: [ { service: "from" } ]'),
  latency: `
    system_account: SYS
    accounts {
      SYS { ${users("sys")} }
      SRV { ${users("srv")}, exports: [
        { service: "timed", latency: { sampling: 100%, subject: "results.timed" }, threshold: "300ms" }
        { service: "asked", latency: { sampling: headers, subject: "results.asked" } } ] }
      CLI { ${users("cli")}, imports: [ { service: { account: SRV, subject: "timed" } }, { service: { account: SRV, subject: "asked" } } ] }
      OPEN { ${users("open")}, imports: [ { service: { account: SRV, subject: "timed" }, share: true } ] }
    }`,
  traces: `
    accounts {
      T { users: [ { user: t, password: x }
          { user: limited, password: x, permissions: { publish: { deny: ["traces.secret", "denied"] } } } ]
        msg_trace: { dest: "traces.own" }
        mappings: { "mapped": "to.mapped" }
        exports: [ { stream: "s.>" }, { service: "svc.open", allow_trace: true }, { service: "svc.shut" } ] }
      U { ${users("u")}, imports: [ { stream: { account: T, subject: "s.>" }, prefix: u, allow_trace: true }
          { service: { account: T, subject: "svc.open" } }, { service: { account: T, subject: "svc.shut" } } ] }
      V { ${users("v")}, imports: [ { stream: { account: T, subject: "s.>" }, prefix: v } ] }
    }`,
};

const inbox = "SUB _INBOX.* 9\r\n";

const streams: Scene[] = [
  scene("messages of an exported stream arrive under the prefix of the import", "streams", [
    ["im", `${hello("im")}SUB in.pub.* 1\r\nSUB in.> 2\r\n`],
    ["ex", hello("ex") + pub("pub.a", "hi", "answer.me") + pub("pub.a.b", "deep") + pub("other", "no")],
  ]),
  scene("a literal stream arrives under its other name, and under that only", "streams", [
    ["im", `${hello("im")}SUB uno 1\r\nSUB one 2\r\n`],
    ["ex", hello("ex") + pub("one", "1")],
  ]),
  scene(
    "wildcards of an imported stream change places as the import says",
    "streams",
    [
      [
        "im",
        `${hello("im")}SUB swapped.*.* 1\r\nSUB swapped.2.> 2\r\nSUB swapped.*.1 3\r\nSUB swapped.2.1 4\r\n`,
      ],
      ["ex", hello("ex") + pub("a.1.b.2", "x") + pub("a.3.b.4", "y")],
    ],
    { inAnyOrder: true },
  ),
  scene(
    "subscriptions to everything and to parts take part in every import they touch",
    "streams",
    [
      [
        "im",
        `${hello("im")}SUB > 1\r\nSUB *.*.x 2\r\nSUB *.pub.> 3\r\nSUB in.*.x.y 4\r\nSUB *.*.*.y 5\r\nSUB private.* 6\r\nSUB private.p 7\r\n`,
      ],
      ["ex", hello("ex") + pub("pub.x", "1") + pub("pub.x.y", "2") + pub("private.p", "3") + pub("one", "4")],
    ],
    { inAnyOrder: true },
  ),
  scene("an importer's own messages do not travel back to the exporter", "streams", [
    ["ex", `${hello("ex")}SUB > 1\r\n`],
    ["im", `${hello("im")}SUB in.> 1\r\n${pub("in.pub.a", "home")}${pub("pub.a", "home")}`],
  ]),
  scene("an account that imports nothing hears nothing", "streams", [
    ["none", `${hello("none")}SUB > 1\r\n`],
    ["ex", hello("ex") + pub("pub.a", "x") + pub("one", "x")],
  ]),
  scene("a stream bound to the importer's name is heard by that account", "streams", [
    ["own", `${hello("own")}SUB EX.*.news 1\r\nSUB pub.x 2\r\n`],
    [
      "ex",
      hello("ex") + pub("EX.OWN.news", "for you") + pub("EX.IM.news", "for another") + pub("pub.x", "all"),
    ],
  ]),
  scene("one member of a queue group over two accounts gets each message", "streams", [
    ["im", `${hello("im")}SUB in.pub.a crew 1\r\n`],
    ["ex", hello("ex") + pub("pub.a", "1") + pub("pub.a", "2")],
    ["im", "UNSUB 1\r\n"],
    ["ex", `${pub("pub.a", "3")}SUB pub.a crew 5\r\n${pub("pub.a", "4")}`],
  ]),
  scene("an unsubscribed import is heard no more", "streams", [
    ["im", `${hello("im")}SUB in.pub.a 1\r\nSUB in.pub.a 2\r\n`],
    ["ex", hello("ex") + pub("pub.a", "1")],
    ["im", "UNSUB 1\r\n"],
    ["ex", pub("pub.a", "2")],
  ]),
  scene("a denied subscription is denied under the importer's names", "streams", [
    ["few", `${hello("few")}SUB pub.a 1\r\nSUB in.> 2\r\nSUB in.pub.* 3\r\n`],
    ["ex", hello("ex") + pub("pub.secret", "no") + pub("pub.open", "yes")],
  ]),
  scene("a reply that came with a stream may be answered in the importer's account", "streams", [
    ["im", `${hello("im")}SUB answer.me 1\r\n`],
    ["ex", `${hello("ex")}SUB answer.me 1\r\n`],
    ["answers", `${hello("answers")}SUB in.pub.q 1\r\n`],
    ["ex", pub("pub.q", "question", "answer.me")],
    ["answers", pub("answer.me", "once") + pub("answer.me", "twice")],
  ]),
  scene("headers travel with a stream, and are left out for those who take none", "streams", [
    ["im", `${hello("im")}SUB in.pub.h 1\r\n`],
    ["old", `${hello("im", { headers: false, no_responders: false })}SUB in.pub.h 1\r\n`],
    ["ex", hello("ex") + hpub("pub.h", ["K: v"], "body") + hpub("pub.h", ["K: v"], "body", "re.ply")],
  ]),
  scene("nobody listens when the importers have gone", "streams", [
    ["im", `${hello("im")}SUB in.pub.gone 1\r\n`],
    ["ex", `${hello("ex")}${inbox}${pub("pub.gone", "1", "_INBOX.1")}`],
    ["im", "UNSUB 1\r\n"],
    ["ex", pub("pub.gone", "2", "_INBOX.1")],
  ]),
  scene("a request that came to a service is no message of the exporter's streams", "streams", [
    ["im", `${hello("im")}SUB > 1\r\n`],
    ["ex", `${hello("ex")}SUB ask 1\r\n`],
    ["asker", `${hello("asker")}${inbox}${pub("ask", "?", "_INBOX.1")}`],
    ["ex", pub("<reply of ex>", "!")],
  ]),
  scene(
    "an imported stream ends by itself after its number of messages",
    "streams",
    [
      ["im", `${hello("im")}SUB in.pub.n 1\r\nUNSUB 1 2\r\n`],
      ["ex", hello("ex") + pub("pub.n", "1") + pub("pub.n", "2") + pub("pub.n", "3")],
      // The real server does not count what comes from another account.
    ],
    { oursHear: { im: ["MSG in.pub.n 1 | 1", "MSG in.pub.n 1 | 2"], ex: [] } },
  ),
];

function scene(name: string, on: string, steps: readonly Step[], more: Partial<Scene> = {}): Scene {
  return { name, on, steps, ...more };
}

const services: Scene[] = [
  scene("a request goes to another account and its response comes back", "services", [
    ["srv", `${hello("srv")}SUB add 1\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
    ["srv", pub("<reply of srv>", "2")],
    ["srv", pub("<reply of srv>", "late")],
  ]),
  scene("the exporter's name means nothing to the importer", "services", [
    ["srv", `${hello("srv")}SUB add 1\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("add", "1+1", "_INBOX.1")}`],
  ]),
  scene("a request to a service without server is told that nobody listens", "services", [
    ["cli", `${hello("cli")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
  ]),
  scene("a request without reply is delivered without one", "services", [
    ["srv", `${hello("srv")}SUB add 1\r\n`],
    ["cli", `${hello("cli")}${pub("sum", "1+1")}`],
  ]),
  scene("a message to a service that is also a subscription at home reaches both", "services", [
    ["srv", `${hello("srv")}SUB private 1\r\n`],
    ["home", `${hello("cli")}SUB private 2\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("private", "?", "_INBOX.1")}`],
  ]),
  scene(
    "one member of a queue group of servers gets a request",
    "services",
    [
      ["srv", `${hello("srv")}SUB add crew any1\r\nSUB add crew any2\r\n`],
      ["cli", `${hello("cli")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
      ["srv", pub("<reply of srv>", "2")],
    ],
    { inAnyOrder: true },
  ),
  scene("a service of streams answers as often as it likes, until an empty message", "services", [
    ["srv", `${hello("srv")}SUB stream.it 1\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("stream.it", "?", "_INBOX.1")}`],
    ["srv", pub("<reply of srv>", "1") + pub("<reply of srv>", "2") + pub("<reply of srv>", "")],
    ["srv", pub("<reply of srv>", "after the end")],
  ]),
  scene("a service of chunks answers as often as it likes", "services", [
    ["srv", `${hello("srv")}SUB chunk.it 1\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("chunk.it", "?", "_INBOX.1")}`],
    ["srv", pub("<reply of srv>", "1") + hpub("<reply of srv>", ["K: v"], "") + pub("<reply of srv>", "3")],
  ]),
  scene("a response is heard by nobody once the requester has unsubscribed", "services", [
    ["srv", `${hello("srv")}SUB add 1\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
    ["cli", "UNSUB 9\r\n"],
    ["cli", inbox],
    ["srv", pub("<reply of srv>", "2")],
  ]),
  scene("a private service and one bound to the importer's name are asked", "services", [
    ["srv", `${hello("srv")}SUB private 1\r\nSUB by.*.name 2\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("private", "?", "_INBOX.1")}${pub("me", "?", "_INBOX.2")}`],
  ]),
  scene("wildcards of a service change places as the import says", "services", [
    ["srv", `${hello("srv")}SUB w.*.x.* 1\r\nSUB all.> 2\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("back.2.1", "?", "_INBOX.1")}${pub("all.of.it", "?", "_INBOX.2")}`],
  ]),
  scene("a user that may not ask the importer's subject asks nobody", "services", [
    ["srv", `${hello("srv")}SUB add 1\r\n`],
    ["nope", `${hello("nope")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
  ]),
  scene("a server that may respond to what it hears responds once to a request from elsewhere", "services", [
    ["narrow", `${hello("narrow")}SUB add 1\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
    ["narrow", pub("<reply of narrow>", "2") + pub("<reply of narrow>", "3") + pub("elsewhere", "4")],
  ]),
  scene("a server that is denied the subject hears no request", "services", [
    ["deaf", `${hello("deaf")}SUB add 1\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
  ]),
  scene("a service is told the account of who asks, and everything where the import shares it", "services", [
    ["srv", `${hello("srv")}SUB add 1\r\n`],
    [
      "cli",
      `${hello("cli", { name: "secret name" })}${inbox}${pub("sum", "1", "_INBOX.1")}${hpub("sum", ["K: v"], "2", "_INBOX.1")}`,
    ],
    [
      "open",
      `${hello("open", { name: "open name", lang: "ts", version: "1" })}${inbox}${pub("add", "3", "_INBOX.1")}`,
    ],
  ]),
  scene(
    "what a client says about itself in the server's header does not reach a service (CVE-2026-33246)",
    "services",
    [
      ["srv", `${hello("srv")}SUB add 1\r\n`],
      ["cli", hello("cli") + inbox + hpub("sum", ['Nats-Request-Info: {"acc":"SYS"}'], "1", "_INBOX.1")],
    ],
  ),
  scene("a requester's reply to a response goes back to the server", "services", [
    ["srv", `${hello("srv")}SUB add 1\r\nSUB more 2\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
    ["srv", pub("<reply of srv>", "more?", "more")],
    ["cli", pub("<reply of cli>", "yes")],
  ]),
  scene("a response to a name that nobody was given goes nowhere", "services", [
    ["srv", `${hello("srv")}SUB add 1\r\n${inbox}`],
    ["cli", `${hello("cli")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
    ["srv", pub("_R_.nobody.here", "2", "_INBOX.7")],
    ["cli", pub("_R_.nobody.here", "2", "_INBOX.7") + pub("sum", "x", "_R_.forged.reply")],
  ]),
  scene("no echo is for one's own subscriptions, not for what comes back from a service", "services", [
    ["srv", `${hello("srv", { echo: false })}SUB add 1\r\n`],
    ["cli", `${hello("cli", { echo: false })}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
    ["srv", pub("<reply of srv>", "2")],
  ]),
  scene("headers come back with a response", "services", [
    ["srv", `${hello("srv")}SUB add 1\r\n`],
    ["cli", `${hello("cli")}${inbox}${pub("sum", "1+1", "_INBOX.1")}`],
    ["srv", hpub("<reply of srv>", ["Status: fine"], "2")],
  ]),
];

const chains: Scene[] = [
  scene("a request goes through two accounts and the response comes back through both", "chains", [
    ["c", `${hello("c")}SUB base 1\r\n`],
    ["b", `${hello("b")}SUB middle 1\r\n`],
    ["a", `${hello("a")}${inbox}${pub("top", "?", "_INBOX.1")}`],
    ["c", pub("<reply of c>", "!")],
  ]),
  scene("who asks is told through a chain as the first import says", "chains", [
    ["c", `${hello("c")}SUB base 1\r\n`],
    ["a", `${hello("a", { name: "a's name" })}${inbox}${pub("top", "?", "_INBOX.1")}`],
    ["s", `${hello("s", { name: "s's name" })}${inbox}${pub("top", "?", "_INBOX.1")}`],
  ]),
  scene("streams are not handed on through an account by itself", "chains", [
    ["a", `${hello("a")}SUB a.b.news.> 1\r\n`],
    ["b", `${hello("b")}SUB b.news.> 1\r\n`],
    ["c", hello("c") + pub("news.today", "x")],
    ["b", pub("b.news.today", "y")],
  ]),
  scene("an account that imports its own service is asked once by each way", "chains", [
    ["self", `${hello("self")}${inbox}SUB mine 1\r\n${pub("mine", "?", "_INBOX.1")}`],
  ]),
  scene("two services under one name are both asked", "chains", [
    ["two1", `${hello("two1")}SUB q 1\r\n`],
    ["two2", `${hello("two2")}SUB q 1\r\n`],
    ["both", `${hello("both")}${inbox}${pub("q", "?", "_INBOX.1")}`],
    ["two1", pub("<reply of two1>", "one")],
    ["two2", pub("<reply of two2>", "two")],
  ]),
];

const mappings: Scene[] = [
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

const latency: Scene[] = [
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

const traces: Scene[] = [
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

// Whoever has several subscriptions hears them in no particular order.
const unordered = [streams, chains].flat().map((each): Scene => ({ ...each, inAnyOrder: true }));

export const scenes: readonly Scene[] = [unordered, services, mappings, latency, traces].flat();
