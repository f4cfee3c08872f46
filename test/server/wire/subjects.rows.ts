// Which subjects are valid, and what wildcards match. [nats-server sublist.go]
import { hello, type Row } from "../wire-table.ts";
import { block, hpub } from "./said.ts";

const publishSubject = "-ERR 'Invalid Publish Subject'\r\n";

export const subjects: readonly Row[] = [
  ...["a..b", ".a", "a.", ".", "a.>.b", ">.a"].map(
    (subject): Row => ({
      name: `SUB ${subject} is refused, and the connection stays`,
      on: "open",
      says: `${hello({ verbose: true })}SUB ${subject} 1\r\n`,
      hears: "+OK\r\n-ERR 'Invalid Subject'\r\n",
    }),
  ),
  ...["foo*", "fo>o", "a.b*.c", "caf\xc3\xa9", "$x"].map(
    (subject): Row => ({
      name: `SUB ${subject} is a literal`,
      on: "open",
      says: `${hello()}SUB ${subject} 1\r\nPUB ${subject} 1\r\nx\r\nPUB foo 1\r\nx\r\n`,
      hears: `MSG ${subject} 1 1\r\nx\r\n`,
    }),
  ),
  {
    name: "* takes exactly one token",
    on: "open",
    says: `${hello()}SUB a.*.c 1\r\nPUB a.b.c 1\r\n1\r\nPUB a.c 1\r\n2\r\nPUB a.b.b.c 1\r\n3\r\nPUB a.b.d 1\r\n4\r\n`,
    hears: "MSG a.b.c 1 1\r\n1\r\n",
  },
  {
    name: "> takes one token and more",
    on: "open",
    says: `${hello()}SUB a.> 1\r\nPUB a 1\r\n1\r\nPUB a.b 1\r\n2\r\nPUB a.b.c 1\r\n3\r\nPUB b.a 1\r\n4\r\n`,
    hears: "MSG a.b 1 1\r\n2\r\nMSG a.b.c 1 1\r\n3\r\n",
  },
  {
    name: "subjects tell case apart",
    on: "open",
    says: `${hello()}SUB foo 1\r\nPUB FOO 1\r\nx\r\n`,
    hears: "",
  },
  {
    name: "a publish to a wildcard is taken literally",
    on: "open",
    says: `${hello()}SUB a.* 1\r\nSUB a.b 2\r\nPUB a.* 1\r\nx\r\n`,
    hears: "MSG a.* 1 1\r\nx\r\n",
  },
  {
    name: "pedantic: a publish to a wildcard is told, and served all the same",
    on: "open",
    says: `${hello({ pedantic: true })}SUB a.* 1\r\nPUB a.* 1\r\nx\r\n`,
    hears: `${publishSubject}MSG a.* 1 1\r\nx\r\n`,
  },
  {
    name: "pedantic: a publish with an empty token is told",
    on: "open",
    says: `${hello({ pedantic: true })}PUB a..b 1\r\nx\r\n`,
    hears: publishSubject,
  },
  {
    name: "not pedantic: a publish with an empty token is not told",
    on: "open",
    says: `${hello()}PUB a..b 1\r\nx\r\n`,
    hears: "",
  },
  {
    name: "pedantic: HPUB to a wildcard is told",
    on: "open",
    says: `${hello({ pedantic: true, headers: true })}${hpub("a.*", block, "x")}`,
    hears: publishSubject,
  },
];
