// Who hears a message, how often and in which order. [nats-server client.go]
import { hello, type Row } from "../wire-table.ts";

export const delivery: readonly Row[] = [
  {
    name: "a message reaches another connection",
    on: "open",
    says: [
      ["b", `${hello()}SUB news.> 9\r\n`],
      ["a", `${hello()}PUB news.x 2\r\nhi\r\n`],
    ],
    hears: { b: "MSG news.x 9 2\r\nhi\r\n" },
  },
  {
    name: "a message carries its reply subject",
    on: "open",
    says: `${hello()}SUB a 1\r\nPUB a back.here 1\r\nx\r\n`,
    hears: "MSG a 1 back.here 1\r\nx\r\n",
  },
  {
    name: "every matching subscription is served, in one connection too",
    on: "open",
    says: `${hello()}SUB a 1\r\nSUB a 2\r\nPUB a 1\r\nx\r\nUNSUB 1\r\nPUB a 1\r\ny\r\nUNSUB 2\r\nPUB a 1\r\nz\r\n`,
    inAnyOrder: true,
    hears: "MSG a 1 1\r\nx\r\nMSG a 2 1\r\nx\r\nMSG a 2 1\r\ny\r\n",
  },
  {
    name: "messages of one publisher come in their order",
    on: "open",
    says: [
      ["b", `${hello()}SUB a 1\r\n`],
      ["a", `${hello()}${Array.from({ length: 50 }, (_, i) => `PUB a 2\r\n${10 + i}\r\n`).join("")}`],
    ],
    hears: { b: Array.from({ length: 50 }, (_, i) => `MSG a 1 2\r\n${10 + i}\r\n`).join("") },
  },
  {
    name: "echo off: own messages are not heard",
    on: "open",
    says: `${hello({ echo: false })}SUB a 1\r\nSUB a q 2\r\nPUB a 1\r\nx\r\n`,
    hears: "",
  },
  {
    name: "echo off: others hear them",
    on: "open",
    says: [
      ["b", `${hello({ echo: false })}SUB a 1\r\n`],
      ["a", `${hello({ echo: false })}SUB a 1\r\nPUB a 1\r\nx\r\n`],
    ],
    hears: { b: "MSG a 1 1\r\nx\r\n" },
  },
  {
    name: "a queue group has one member's delivery for each message",
    on: "open",
    says: `${hello()}SUB a q 1\r\nPUB a 1\r\nx\r\nPUB a 1\r\ny\r\n`,
    hears: "MSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\n",
  },
  {
    name: "plain subscriptions are served beside a queue group",
    on: "open",
    says: [
      ["a", `${hello()}SUB a 1\r\nSUB a q 2\r\n`],
      ["b", `${hello()}PUB a 1\r\nx\r\n`],
    ],
    hears: { a: "MSG a 1 1\r\nx\r\nMSG a 2 1\r\nx\r\n" },
  },
  {
    name: "UNSUB with a maximum ends after so many messages",
    on: "open",
    says: `${hello()}SUB a 1\r\nUNSUB 1 2\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n`,
    hears: "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\n",
  },
  {
    name: "UNSUB with a maximum counts what came before",
    on: "open",
    says: `${hello()}SUB a 1\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nUNSUB 1 3\r\nPUB a 1\r\n3\r\nPUB a 1\r\n4\r\n`,
    hears: "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\nMSG a 1 1\r\n3\r\n",
  },
  {
    name: "UNSUB with a maximum already reached ends at once",
    on: "open",
    says: `${hello()}SUB a 1\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nUNSUB 1 1\r\nPUB a 1\r\n3\r\n`,
    hears: "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\n",
  },
  {
    name: "UNSUB with a maximum of 0 ends at once",
    on: "open",
    says: `${hello()}SUB a 1\r\nUNSUB 1 0\r\nPUB a 1\r\n1\r\n`,
    hears: "",
  },
  {
    name: "UNSUB with a maximum that is no number ends at once",
    on: "open",
    says: `${hello()}SUB a 1\r\nUNSUB 1 x\r\nPUB a 1\r\n1\r\n`,
    hears: "",
  },
  {
    name: "UNSUB with a larger maximum replaces the smaller",
    on: "open",
    says: `${hello()}SUB a 1\r\nUNSUB 1 1\r\nUNSUB 1 2\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n`,
    hears: "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\n",
  },
  {
    name: "a sid in use stays with its first subject, and verbose says +OK",
    on: "open",
    says: `${hello({ verbose: true })}SUB a 1\r\nSUB b 1\r\nPUB b 1\r\nx\r\nPUB a 1\r\ny\r\n`,
    hears: "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\nMSG a 1 1\r\ny\r\n",
  },
  {
    name: "a sid given back may be used again",
    on: "open",
    says: `${hello()}SUB a 1\r\nUNSUB 1\r\nSUB b 1\r\nPUB a 1\r\nx\r\nPUB b 1\r\ny\r\n`,
    hears: "MSG b 1 1\r\ny\r\n",
  },
  {
    name: "a sid ended by its maximum may be used again",
    on: "open",
    says: `${hello()}SUB a 1\r\nUNSUB 1 1\r\nPUB a 1\r\nx\r\nSUB b 1\r\nPUB b 1\r\ny\r\n`,
    hears: "MSG a 1 1\r\nx\r\nMSG b 1 1\r\ny\r\n",
  },
  {
    name: "verbose answers SUB, PUB and UNSUB, and not PING",
    on: "open",
    says: `${hello({ verbose: true })}SUB a 1\r\nUNSUB 1\r\nPUB a 1\r\nx\r\nPING\r\n`,
    hears: "+OK\r\n+OK\r\n+OK\r\n+OK\r\nPONG\r\n",
  },
];
