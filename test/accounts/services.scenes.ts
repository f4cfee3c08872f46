// Services that accounts share: who is asked, what is told of who asks, who is answered.
import { hello, hpub, inbox, pub, type Scene, scene } from "./playing.ts";

export const services: readonly Scene[] = [
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

export const chains: readonly Scene[] = [
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
