// What is too long, too large or too many. [nats-server client.go, parser.go]
import { hello, type Row } from "../wire-table.ts";
import { headers } from "./said.ts";

const line = "-ERR 'maximum control line exceeded'\r\n";
const payload = "-ERR 'Maximum Payload Violation'\r\n";
const tooManySubscriptions = "-ERR 'maximum subscriptions exceeded'\r\n";

export const limits: readonly Row[] = [
  {
    name: "a control line within its limit is served",
    on: "small",
    says: `${hello()}SUB ${"a".repeat(250)} 1\r\n`,
    hears: "",
  },
  {
    name: "a control line beyond its limit closes",
    on: "small",
    says: `${hello()}SUB ${"a".repeat(300)} 1\r\n`,
    hears: line,
    closes: true,
  },
  {
    name: "a control line that never ends closes",
    on: "small",
    says: `${hello()}SUB ${"a".repeat(300)}`,
    hears: line,
    closes: true,
  },
  {
    name: "a PUB line beyond the limit closes",
    on: "small",
    says: `${hello()}PUB ${"a".repeat(300)} 0\r\n\r\n`,
    hears: line,
    closes: true,
  },
  {
    name: "an UNSUB line beyond the limit closes",
    on: "small",
    says: `${hello()}UNSUB ${"1".repeat(300)}\r\n`,
    hears: line,
    closes: true,
  },
  {
    name: "a CONNECT line beyond the limit closes",
    on: "small",
    says: `CONNECT {"name":"${"a".repeat(300)}"}\r\n`,
    hears: line,
    closes: true,
  },
  {
    name: "the default control line takes 4,000 bytes",
    on: "open",
    says: `${hello()}SUB ${"a".repeat(4_000)} 1\r\n`,
    hears: "",
  },
  {
    name: "the default control line does not take 5,000 bytes",
    on: "open",
    says: `${hello()}SUB ${"a".repeat(5_000)} 1\r\n`,
    hears: line,
    closes: true,
  },
  {
    name: "a payload at its limit is served",
    on: "small",
    says: `${hello()}SUB a 1\r\nPUB a 64\r\n${"x".repeat(64)}\r\n`,
    hears: `MSG a 1 64\r\n${"x".repeat(64)}\r\n`,
  },
  {
    name: "a payload beyond its limit closes",
    on: "small",
    says: `${hello()}SUB a 1\r\nPUB a 65\r\n${"x".repeat(65)}\r\n`,
    hears: payload,
    closes: true,
  },
  {
    name: "an announced payload beyond the limit closes before it comes",
    on: "small",
    says: `${hello()}PUB a 999999999\r\n`,
    hears: payload,
    closes: true,
  },
  {
    name: "headers count as payload",
    on: "small",
    says: `${hello(headers)}HPUB a 20 65\r\n`,
    hears: payload,
    closes: true,
  },
  {
    name: "the default payload does not take a mebibyte and one",
    on: "open",
    says: `${hello()}PUB a 1048577\r\n`,
    hears: payload,
    closes: true,
  },
  {
    name: "a subscription too many is refused, and the connection stays",
    on: "two subscriptions",
    says: `${hello()}SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nPUB c 1\r\nx\r\nPUB a 1\r\ny\r\n`,
    hears: `${tooManySubscriptions}MSG a 1 1\r\ny\r\n`,
  },
  {
    name: "a subscription given back makes room",
    on: "two subscriptions",
    says: `${hello()}SUB a 1\r\nSUB b 2\r\nUNSUB 1\r\nSUB c 3\r\nPUB c 1\r\nx\r\n`,
    hears: "MSG c 3 1\r\nx\r\n",
  },
  {
    name: "a subscription with too many tokens is refused, and the connection stays",
    on: "three tokens",
    says: `${hello()}SUB a.b.c 1\r\nSUB a.b.c.d 2\r\n`,
    hears: `-ERR 'Permissions Violation for Subscription to "a.b.c.d", too many tokens'\r\n`,
  },
];
