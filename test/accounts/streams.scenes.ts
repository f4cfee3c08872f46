// Streams that accounts share: who hears what under which name.
import { hello, hpub, inbox, pub, type Scene, scene } from "./playing.ts";

export const streams: readonly Scene[] = [
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
