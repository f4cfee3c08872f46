// Messages with headers, and the status that tells a request nobody serves. [nats-server client.go]
import { hello, type Row } from "../wire-table.ts";
import { block, headers, hpub } from "./said.ts";

export const withHeaders: readonly Row[] = [
  {
    name: "headers reach who asked for them",
    on: "open",
    says: `${hello(headers)}SUB a 1\r\n${hpub("a", block, "xy")}`,
    hears: `HMSG a 1 ${block.length} ${block.length + 2}\r\n${block}xy\r\n`,
  },
  {
    name: "headers carry a reply subject",
    on: "open",
    says: `${hello(headers)}SUB a 1\r\n${hpub("a re.ply", block, "")}`,
    hears: `HMSG a 1 re.ply ${block.length} ${block.length}\r\n${block}\r\n`,
  },
  {
    name: "headers are cut off for who did not ask for them",
    on: "open",
    says: [
      ["b", `${hello()}SUB a 1\r\n`],
      ["a", `${hello(headers)}${hpub("a re", block, "xy")}`],
    ],
    hears: { b: "MSG a 1 re 2\r\nxy\r\n" },
  },
  {
    name: "a plain message stays plain for who asked for headers",
    on: "open",
    says: `${hello(headers)}SUB a 1\r\nPUB a 1\r\nx\r\n`,
    hears: "MSG a 1 1\r\nx\r\n",
  },
  {
    name: "HPUB without having asked for headers closes silently",
    on: "open",
    says: `${hello()}${hpub("a", block, "x")}`,
    hears: "",
    closes: true,
  },
  {
    name: "HPUB to a server without headers closes silently",
    on: "without headers",
    says: `${hello(headers)}${hpub("a", block, "x")}`,
    hears: "",
    closes: true,
  },
  {
    name: "HPUB whose headers are longer than the whole closes silently",
    on: "open",
    says: `${hello(headers)}HPUB a 22 20\r\n${"x".repeat(20)}\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "HPUB with a negative header size closes silently",
    on: "open",
    says: `${hello(headers)}HPUB a -1 5\r\nhello\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "HPUB with a header size that is no number closes silently",
    on: "open",
    says: `${hello(headers)}HPUB a x 5\r\nhello\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "HPUB with one size closes silently",
    on: "open",
    says: `${hello(headers)}HPUB a 5\r\nhello\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "HPUB with a header size beyond 64 bits closes silently",
    on: "open",
    says: `${hello(headers)}HPUB a 99999999999999999999 99999999999999999999\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "headers that are no headers are passed on as they are",
    on: "open",
    says: `${hello(headers)}SUB a 1\r\nHPUB a 3 5\r\nabcde\r\n`,
    hears: "HMSG a 1 3 5\r\nabcde\r\n",
  },
  {
    name: "a header size that ends within a line is passed on as it is",
    on: "open",
    says: `${hello(headers)}SUB a 1\r\nHPUB a 11 20\r\n${block}xx\r\n`,
    hears: `HMSG a 1 11 20\r\n${block}xx\r\n`,
  },
  {
    name: "a header size of 0 is a header size",
    on: "open",
    says: `${hello(headers)}SUB a 1\r\nHPUB a 0 2\r\nhi\r\n`,
    hears: "MSG a 1 2\r\nhi\r\n",
  },
  {
    name: "a request that nobody serves is answered 503",
    on: "open",
    says: `${hello({ headers: true, no_responders: true })}SUB inbox.1 7\r\nPUB ask inbox.1 1\r\nx\r\n`,
    hears: "HMSG inbox.1 7 35 35\r\nNATS/1.0 503\r\nNats-Subject: ask\r\n\r\n\r\n",
  },
  {
    name: "a request that nobody serves waits for who did not ask for no_responders",
    on: "open",
    says: `${hello(headers)}SUB inbox.1 7\r\nPUB ask inbox.1 1\r\nx\r\n`,
    hears: "",
  },
  {
    name: "a request is answered 503 only where the asker listens for the reply itself",
    on: "open",
    says: [
      ["b", `${hello()}SUB inbox.1 1\r\n`],
      ["a", `${hello({ headers: true, no_responders: true })}PUB ask inbox.1 1\r\nx\r\n`],
    ],
    hears: {},
  },
  {
    name: "a request that somebody serves is not answered 503",
    on: "open",
    says: [
      ["b", `${hello()}SUB ask 1\r\n`],
      ["a", `${hello({ headers: true, no_responders: true })}SUB inbox.1 7\r\nPUB ask inbox.1 1\r\nx\r\n`],
    ],
    hears: { b: "MSG ask 1 inbox.1 1\r\nx\r\n" },
  },
];
