// What a user may publish and subscribe to. [nats-server client.go]
import { hello, type Row } from "../wire-table.ts";

const ada = hello({ user: "ada", pass: "x" });
const bob = hello({ user: "bob", pass: "x" });

const publishRefused = (subject: string): string =>
  `-ERR 'Permissions Violation for Publish to "${subject}"'\r\n`;
const replyRefused = (reply: string): string =>
  `-ERR 'Permissions Violation for Publish with Reply of "${reply}"'\r\n`;

/** Replies that only the server makes; with whether they are refused. */
const reservedReplies: readonly Row[] = (
  [
    ["_R_.", true],
    ["_R_", false],
    ["_R_x", false],
    ["_GR_.x", true],
    ["_GR_.", false],
    ["_GR_x", false],
    ["$GR.x", true],
    ["$GR.", false],
    ["$JS.ACK.x", true],
    ["$JS.ACK.", false],
    ["$JS.ACKx", false],
    ["$NRG.x", false],
  ] as const
).map(([reply, refused]) => ({
  name: `a reply to ${reply} is ${refused ? "refused" : "anybody's"}`,
  on: "open",
  says: `${hello()}SUB a 1\r\nPUB a ${reply} 1\r\nx\r\n`,
  hears: refused ? replyRefused(reply) : `MSG a 1 ${reply} 1\r\nx\r\n`,
}));

/** Subjects that only servers publish to; with whether a client is refused. */
const reservedSubjects: readonly Row[] = (
  [
    ["_GR_.x", true],
    ["_GR_.", false],
    ["_GR_x", false],
    ["$GR.x", true],
    ["$GR.", false],
    ["$NRG.x", true],
    ["$NRG.", true],
    ["$NRG", false],
    ["$NRGx", false],
    ["_R_.x", false],
    ["$JS.ACK.x", false],
  ] as const
).map(([subject, refused]) => ({
  name: `publishing to ${subject} is ${refused ? "refused" : "anybody's"}`,
  on: "open",
  says: `${hello()}SUB > 1\r\nPUB ${subject} 1\r\nx\r\n`,
  // What ends in a dot has an empty token, which no pattern takes.
  hears: refused ? publishRefused(subject) : subject.endsWith(".") ? "" : `MSG ${subject} 1 1\r\nx\r\n`,
}));

export const permissions: readonly Row[] = [
  {
    name: "a publish beyond the permissions is told and dropped, and the connection stays",
    on: "permits",
    says: [
      ["b", `${bob}SUB > 1\r\n`],
      ["a", `${ada}PUB no.where 1\r\nx\r\nPUB ok.yes 1\r\ny\r\n`],
    ],
    hears: { a: `-ERR 'Permissions Violation for Publish to "no.where"'\r\n`, b: "MSG ok.yes 1 1\r\ny\r\n" },
  },
  {
    name: "deny is stronger than allow",
    on: "permits",
    says: `${ada}PUB ok.not 1\r\nx\r\n`,
    hears: `-ERR 'Permissions Violation for Publish to "ok.not"'\r\n`,
  },
  {
    name: "verbose: a refused publish has no +OK",
    on: "permits",
    says: `${hello({ user: "ada", pass: "x", verbose: true })}PUB no 1\r\nx\r\n`,
    hears: `+OK\r\n-ERR 'Permissions Violation for Publish to "no"'\r\n`,
  },
  {
    name: "a subscription beyond the permissions is told, and the connection stays",
    on: "permits",
    says: `${ada}SUB no.where 1\r\n`,
    hears: `-ERR 'Permissions Violation for Subscription to "no.where"'\r\n`,
  },
  {
    name: "a queue subscription beyond the permissions is told with its queue",
    on: "permits",
    says: `${ada}SUB no.where crew 1\r\n`,
    hears: `-ERR 'Permissions Violation for Subscription to "no.where" using queue "crew"'\r\n`,
  },
  {
    name: "a subscription to a denied subject is told",
    on: "permits",
    says: `${ada}SUB ok.hidden 1\r\n`,
    hears: `-ERR 'Permissions Violation for Subscription to "ok.hidden"'\r\n`,
  },
  {
    name: "a wildcard over a denied subject is served without it",
    on: "permits",
    says: `${ada}SUB ok.* 1\r\nPUB ok.hidden 1\r\nx\r\nPUB ok.seen 1\r\ny\r\n`,
    hears: "MSG ok.seen 1 1\r\ny\r\n",
  },
  {
    name: "a subject allowed to one queue admits its members",
    on: "permits",
    says: `${ada}SUB work crew 1\r\n`,
    hears: "",
  },
  {
    name: "a subject allowed to one queue refuses a plain subscription",
    on: "permits",
    says: `${ada}SUB work 1\r\n`,
    hears: `-ERR 'Permissions Violation for Subscription to "work"'\r\n`,
  },
  {
    name: "a subject allowed to one queue refuses another queue",
    on: "permits",
    says: `${ada}SUB work other 1\r\n`,
    hears: `-ERR 'Permissions Violation for Subscription to "work" using queue "other"'\r\n`,
  },
  {
    name: "the queue of the system is nobody's",
    on: "open",
    says: `${hello()}SUB a _sys_ 1\r\n`,
    hears: `-ERR 'Permissions Violation for Subscription to "a" using queue "_sys_"'\r\n`,
  },
  {
    name: "who may publish nothing is told each time",
    on: "permits",
    says: `${hello({ user: "mute", pass: "x" })}PUB a 1\r\nx\r\nPUB b 1\r\nx\r\n`,
    hears: `-ERR 'Permissions Violation for Publish to "a"'\r\n-ERR 'Permissions Violation for Publish to "b"'\r\n`,
  },
  {
    name: "a reply to the reserved _R_ is refused",
    on: "open",
    says: `${hello()}PUB a _R_.x 1\r\nx\r\n`,
    hears: `-ERR 'Permissions Violation for Publish with Reply of "_R_.x"'\r\n`,
  },
  ...reservedReplies,
  ...reservedSubjects,
  {
    name: "the system account may publish where replication groups speak",
    on: "system",
    says: `${hello({ user: "sys", pass: "x" })}SUB $NRG.> 1\r\nPUB $NRG.V.x 1\r\nx\r\n`,
    hears: "MSG $NRG.V.x 1 1\r\nx\r\n",
  },
  {
    name: "anybody may subscribe to what is reserved, and hears nothing of it",
    on: "open",
    says: `${hello()}SUB _R_.> 1\r\nSUB _GR_.> 2\r\nSUB $NRG.> 3\r\nSUB $JS.ACK.> 4\r\nPUB _GR_.x 0\r\n\r\n`,
    hears: publishRefused("_GR_.x"),
  },
  {
    name: "allow_responses admits one reply to a received request",
    on: "permits",
    says: [
      ["s", `${hello({ user: "server", pass: "x" })}SUB ask 1\r\n`],
      ["b", `${bob}SUB inbox.* 2\r\nPUB ask inbox.1 1\r\n?\r\n`],
      ["s", "PUB inbox.1 1\r\n1\r\nPUB inbox.1 1\r\n2\r\nPUB inbox.2 1\r\n3\r\n"],
    ],
    hears: {
      s: `MSG ask 1 inbox.1 1\r\n?\r\n-ERR 'Permissions Violation for Publish to "inbox.1"'\r\n-ERR 'Permissions Violation for Publish to "inbox.2"'\r\n`,
      b: "MSG inbox.1 2 1\r\n1\r\n",
    },
  },
  {
    name: "allow_responses admits as many replies as it says",
    on: "permits",
    says: [
      ["s", `${hello({ user: "chatty", pass: "x" })}SUB ask 1\r\n`],
      ["b", `${bob}SUB inbox.* 2\r\nPUB ask inbox.1 1\r\n?\r\n`],
      ["s", "PUB inbox.1 1\r\n1\r\nPUB inbox.1 1\r\n2\r\nPUB inbox.1 1\r\n3\r\n"],
    ],
    hears: {
      s: `MSG ask 1 inbox.1 1\r\n?\r\n-ERR 'Permissions Violation for Publish to "inbox.1"'\r\n`,
      b: "MSG inbox.1 2 1\r\n1\r\nMSG inbox.1 2 1\r\n2\r\n",
    },
  },
];
