// The client protocol on the wire, row by row. [nats-server parser.go, client.go]
import { hello, type Row } from "./wire-table.ts";

/** Of plainOfHash, by bcrypt at cost 4. */
const hash = "$2a$04$QNNdZgQelk3AmX33AbIny.oUzSRz79Ujv9C6l10PNxsAHTm1kSwIq";
const plainOfHash = "s3cretS3cretS3cretS3cret";

/** The servers the rows talk to, by their configuration. */
export const servers: Readonly<Record<string, string>> = {
  open: "",
  small: "max_payload: 64\nmax_control_line: 256",
  "two subscriptions": "max_subscriptions: 2",
  "three tokens": "max_sub_tokens: 3",
  "one connection": "max_connections: 1",
  "without headers": "no_header_support: true",
  password: 'authorization { user: ada, password: "s3cret" }',
  token: 'authorization { token: "t0ken" }',
  hashed: `authorization { user: ada, password: "${hash}" }`,
  guest:
    "authorization { users: [ { user: guest, password: x }, { user: ada, password: x } ] }\nno_auth_user: guest",
  permits: `authorization { users: [
    { user: ada, password: x, permissions: {
        publish: { allow: ["ok.>", "_INBOX.>"], deny: "ok.not" }
        subscribe: { allow: ["ok.>", "work crew", "inbox.*"], deny: ["ok.hidden", "ok.deep.>"] } } }
    { user: bob, password: x }
    { user: server, password: x, permissions: { subscribe: "ask", allow_responses: true } }
    { user: chatty, password: x, permissions: { subscribe: "ask", allow_responses: { max: 2, expires: "1m" } } }
    { user: mute, password: x, permissions: { publish: { deny: ">" } } }
  ] }`,
};

const unknown = "-ERR 'Unknown Protocol Operation'\r\n";
const violation = "-ERR 'Authorization Violation'\r\n";
const line = "-ERR 'maximum control line exceeded'\r\n";
const payload = "-ERR 'Maximum Payload Violation'\r\n";
const publishSubject = "-ERR 'Invalid Publish Subject'\r\n";
const tooManySubscriptions = "-ERR 'maximum subscriptions exceeded'\r\n";

/** A message with headers as HPUB: subject, optional reply, the block, the payload. */
function hpub(subject: string, block: string, body: string): string {
  return `HPUB ${subject} ${block.length} ${block.length + body.length}\r\n${block}${body}\r\n`;
}

const block = "NATS/1.0\r\nA: 1\r\n\r\n";
const headers = { headers: true };

const greeting: readonly Row[] = [
  { name: "CONNECT without options is verbose", on: "open", says: "CONNECT {}\r\n", hears: "+OK\r\n" },
  { name: "CONNECT with verbose off is silent", on: "open", says: hello(), hears: "" },
  {
    name: "verbs may be written in any case",
    on: "open",
    says: "connect {}\r\nsUb a 1\r\npub a 1\r\nx\r\n",
    hears: "+OK\r\n+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n",
  },
  {
    name: "unknown CONNECT fields are passed over",
    on: "open",
    says: 'CONNECT {"verbose":true,"colour":"red","deep":{"a":[1]}}\r\n',
    hears: "+OK\r\n",
  },
  {
    name: "CONNECT fields may be written in any case",
    on: "open",
    says: 'CONNECT {"VERBOSE":false}\r\n',
    hears: "",
  },
  {
    name: "CONNECT that is no JSON closes silently",
    on: "open",
    says: "CONNECT {nonsense}\r\n",
    hears: "",
    closes: true,
  },
  {
    name: "CONNECT that is an array closes silently",
    on: "open",
    says: "CONNECT []\r\n",
    hears: "",
    closes: true,
  },
  {
    name: "CONNECT cut short closes silently",
    on: "open",
    says: 'CONNECT {"verbose":false\r\n',
    hears: "",
    closes: true,
  },
  {
    name: "CONNECT with a mistyped flag closes silently",
    on: "open",
    says: 'CONNECT {"verbose":"yes"}\r\n',
    hears: "",
    closes: true,
  },
  {
    name: "CONNECT with a mistyped protocol closes silently",
    on: "open",
    says: 'CONNECT {"protocol":"1"}\r\n',
    hears: "",
    closes: true,
  },
  {
    name: "CONNECT with a mistyped user closes silently",
    on: "open",
    says: 'CONNECT {"user":7}\r\n',
    hears: "",
    closes: true,
  },
  { name: "CONNECT null is an empty CONNECT", on: "open", says: "CONNECT null\r\n", hears: "+OK\r\n" },
  {
    name: "CONNECT without a body closes silently",
    on: "open",
    says: "CONNECT\r\n",
    hears: "",
    closes: true,
  },
  { name: "protocol 0 is spoken", on: "open", says: hello({ protocol: 0 }), hears: "" },
  { name: "protocol 1 is spoken", on: "open", says: hello({ protocol: 1 }), hears: "" },
  {
    name: "protocol 2 is not",
    on: "open",
    says: hello({ protocol: 2 }),
    hears: "-ERR 'invalid client protocol'\r\n",
    closes: true,
  },
  {
    name: "a negative protocol is not",
    on: "open",
    says: hello({ protocol: -1 }),
    hears: "-ERR 'invalid client protocol'\r\n",
    closes: true,
  },
  {
    name: "no_responders needs headers",
    on: "open",
    says: hello({ no_responders: true }),
    hears: "-ERR 'no responders requires headers support'\r\n",
    closes: true,
  },
  {
    name: "no_responders needs a server with headers",
    on: "without headers",
    says: hello({ no_responders: true, headers: true }),
    hears: "-ERR 'no responders requires headers support'\r\n",
    closes: true,
  },
  {
    name: "asking for an account is refused",
    on: "open",
    says: hello({ account: "OTHER" }),
    hears: violation,
    closes: true,
  },
  {
    name: "asking for a new account is refused",
    on: "open",
    says: hello({ new_account: true }),
    hears: violation,
    closes: true,
  },
  {
    name: "a second CONNECT drops the subscriptions of the first",
    on: "open",
    says: `${hello()}SUB a 1\r\n${hello()}PUB a 1\r\nx\r\nSUB a 1\r\nPUB a 1\r\ny\r\n`,
    hears: "MSG a 1 1\r\ny\r\n",
  },
  {
    name: "a second CONNECT may turn verbose on",
    on: "open",
    says: `${hello()}SUB a 1\r\n${hello({ verbose: true })}SUB a 1\r\n`,
    hears: "+OK\r\n+OK\r\n",
  },
  {
    name: "commands before CONNECT are served where nobody has to sign in",
    on: "open",
    says: "SUB a 1\r\nPUB a 1\r\nx\r\n",
    hears: "+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n",
  },
];

const signIn: readonly Row[] = [
  {
    name: "the right password is admitted",
    on: "password",
    says: hello({ user: "ada", pass: "s3cret" }),
    hears: "",
  },
  {
    name: "a wrong password is refused",
    on: "password",
    says: hello({ user: "ada", pass: "s3cre" }),
    hears: violation,
    closes: true,
  },
  {
    name: "a wrong user is refused",
    on: "password",
    says: hello({ user: "eve", pass: "s3cret" }),
    hears: violation,
    closes: true,
  },
  {
    name: "no password is refused",
    on: "password",
    says: hello({ user: "ada" }),
    hears: violation,
    closes: true,
  },
  { name: "no user is refused", on: "password", says: hello(), hears: violation, closes: true },
  {
    name: "a user called __proto__ is refused",
    on: "password",
    says: 'CONNECT {"user":"__proto__","pass":"x","__proto__":{"user":"ada"}}\r\n',
    hears: violation,
    closes: true,
  },
  {
    name: "PING before CONNECT is refused where people sign in",
    on: "password",
    says: "PING\r\n",
    hears: violation,
    closes: true,
  },
  {
    name: "SUB before CONNECT is refused where people sign in",
    on: "password",
    says: "SUB a 1\r\n",
    hears: violation,
    closes: true,
  },
  {
    name: "PUB before CONNECT is refused where people sign in",
    on: "password",
    says: "PUB a 1\r\nx\r\n",
    hears: violation,
    closes: true,
  },
  {
    name: "garbage before CONNECT is refused where people sign in",
    on: "password",
    says: "\0\x01\xff",
    hears: violation,
    closes: true,
  },
  {
    name: "HTTP before CONNECT is refused where people sign in",
    on: "password",
    says: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    hears: violation,
    closes: true,
  },
  {
    name: "the verb is judged only once it is whole",
    on: "password",
    says: "COFFEE\r\n",
    hears: unknown,
    closes: true,
  },
  {
    name: "a second CONNECT keeps what it does not say again",
    on: "password",
    says: `${hello({ user: "ada", pass: "s3cret" })}${hello()}`,
    hears: "",
  },
  {
    name: "a second CONNECT is judged anew",
    on: "password",
    says: `${hello({ user: "ada", pass: "s3cret" })}${hello({ pass: "x" })}`,
    hears: violation,
    closes: true,
  },
  { name: "the right token is admitted", on: "token", says: hello({ auth_token: "t0ken" }), hears: "" },
  {
    name: "a wrong token is refused",
    on: "token",
    says: hello({ auth_token: "t0ke" }),
    hears: violation,
    closes: true,
  },
  {
    name: "a token as password is refused",
    on: "token",
    says: hello({ user: "t0ken", pass: "t0ken" }),
    hears: violation,
    closes: true,
  },
  {
    name: "a hashed password admits its plain text",
    on: "hashed",
    says: hello({ user: "ada", pass: plainOfHash }),
    hears: "",
    oursFails: "bcrypt comes with the server's other sign-ins",
  },
  {
    name: "a hashed password refuses another",
    on: "hashed",
    says: hello({ user: "ada", pass: "secret" }),
    hears: violation,
    closes: true,
  },
  {
    name: "the hash itself is no password",
    on: "hashed",
    says: hello({ user: "ada", pass: hash }),
    hears: violation,
    closes: true,
  },
  {
    name: "a guest is served before CONNECT",
    on: "guest",
    says: "SUB a 1\r\nPUB a 1\r\nx\r\n",
    hears: "+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n",
  },
  { name: "a CONNECT without a user is the guest", on: "guest", says: hello(), hears: "" },
  {
    name: "a wrong password is no guest",
    on: "guest",
    says: hello({ user: "ada", pass: "y" }),
    hears: violation,
    closes: true,
  },
  {
    name: "a connection too many is refused",
    on: "one connection",
    says: [
      ["a", hello()],
      ["b", ""],
    ],
    hears: { b: "-ERR 'maximum connections exceeded'\r\n" },
    closes: ["b"],
  },
];

const grammar: readonly Row[] = [
  { name: "an unknown verb closes", on: "open", says: `${hello()}FETCH a\r\n`, hears: unknown, closes: true },
  { name: "a lone line end closes", on: "open", says: `${hello()}\r\n`, hears: unknown, closes: true },
  { name: "garbage closes", on: "open", says: `${hello()}\0\x01\x80\xff`, hears: unknown, closes: true },
  {
    name: "a verb cut by a line end closes",
    on: "open",
    says: `${hello()}PU\r\n`,
    hears: unknown,
    closes: true,
  },
  {
    name: "verbs between servers are refused: RS+",
    on: "open",
    says: `${hello()}RS+ A a\r\n`,
    hears: unknown,
    closes: true,
  },
  {
    name: "verbs between servers are refused: A+",
    on: "open",
    says: `${hello()}A+ A\r\n`,
    hears: unknown,
    closes: true,
  },
  {
    name: "verbs between servers are refused: LS+",
    on: "open",
    says: `${hello()}LS+ a\r\n`,
    hears: unknown,
    closes: true,
  },
  {
    name: "MSG from a client is refused",
    on: "open",
    says: `${hello()}MSG a 1 1\r\nx\r\n`,
    hears: unknown,
    closes: true,
  },
  { name: "+OK from a client is passed over", on: "open", says: `${hello()}+OK\r\n`, hears: "" },
  {
    name: "-ERR from a client closes silently",
    on: "open",
    says: `${hello()}-ERR 'no'\r\n`,
    hears: "",
    closes: true,
  },
  { name: "INFO from a client is passed over", on: "open", says: `${hello()}INFO {}\r\n`, hears: "" },
  { name: "PING is answered", on: "open", says: `${hello()}PING\r\nping\r\n`, hears: "PONG\r\nPONG\r\n" },
  { name: "PING may carry words", on: "open", says: `${hello()}PING hello\r\n`, hears: "PONG\r\n" },
  { name: "an unasked PONG is passed over", on: "open", says: `${hello()}PONG\r\nPONG\r\n`, hears: "" },
  {
    name: "a line feed alone ends a line",
    on: "open",
    says: `${hello()}SUB a 1\nPUB a 1\nx\r\nPING\n`,
    hears: "MSG a 1 1\r\nx\r\nPONG\r\n",
  },
  {
    name: "blanks and tabs part arguments",
    on: "open",
    says: `${hello()}SUB \t a  \t1 \r\nPUB\ta \t 1\r\nx\r\n`,
    hears: "MSG a 1 1\r\nx\r\n",
  },
  {
    name: "PUB without a size closes silently",
    on: "open",
    says: `${hello()}PUB a\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "PUB without arguments closes",
    on: "open",
    says: `${hello()}PUB\r\n`,
    hears: unknown,
    closes: true,
  },
  {
    name: "PUB with too many arguments closes silently",
    on: "open",
    says: `${hello()}PUB a b c 1\r\nx\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "PUB with a size that is no number closes silently",
    on: "open",
    says: `${hello()}PUB a x\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "PUB with a negative size closes silently",
    on: "open",
    says: `${hello()}PUB a -1\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "PUB with a fractional size closes silently",
    on: "open",
    says: `${hello()}PUB a 1.5\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "PUB with a size of ten digits closes",
    on: "open",
    says: `${hello()}PUB a 1234567890\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "PUB with a size beyond 64 bits closes silently",
    on: "open",
    says: `${hello()}PUB a 99999999999999999999\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "PUB with a size with leading zeros is served",
    on: "open",
    says: `${hello()}SUB a 1\r\nPUB a 0001\r\nx\r\n`,
    hears: "MSG a 1 0001\r\nx\r\n",
  },
  {
    name: "an empty payload is a payload",
    on: "open",
    says: `${hello()}SUB a 1\r\nPUB a 0\r\n\r\n`,
    hears: "MSG a 1 0\r\n\r\n",
  },
  {
    name: "a payload longer than its size closes",
    on: "open",
    says: `${hello()}PUB a 1\r\nxyz\r\n`,
    hears: unknown,
    closes: true,
  },
  {
    name: "a payload shorter than its size swallows what follows",
    on: "open",
    says: `${hello()}SUB a 1\r\nPUB a 5\r\nxyz\r\n\r\n`,
    hears: "MSG a 1 5\r\nxyz\r\n\r\n",
  },
  {
    name: "a payload may hold any bytes",
    on: "open",
    says: `${hello()}SUB a 1\r\nPUB a 6\r\n\0\r\n\xff\xfeM\r\n`,
    hears: "MSG a 1 6\r\n\0\r\n\xff\xfeM\r\n",
  },
  {
    name: "SUB without a sid closes silently",
    on: "open",
    says: `${hello()}SUB a\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "SUB with too many arguments closes silently",
    on: "open",
    says: `${hello()}SUB a b c d\r\n`,
    hears: "",
    closes: true,
  },
  {
    name: "UNSUB without a sid closes",
    on: "open",
    says: `${hello()}UNSUB\r\n`,
    hears: unknown,
    closes: true,
  },
  {
    name: "UNSUB with too many arguments closes silently",
    on: "open",
    says: `${hello()}UNSUB 1 2 3\r\n`,
    hears: "",
    closes: true,
  },
  { name: "UNSUB of an unknown sid is passed over", on: "open", says: `${hello()}UNSUB 7\r\n`, hears: "" },
  {
    name: "a sid may be any word",
    on: "open",
    says: `${hello()}SUB a __proto__\r\nSUB b caf\xe9\r\nPUB a 1\r\nx\r\nPUB b 1\r\ny\r\n`,
    hears: "MSG a __proto__ 1\r\nx\r\nMSG b caf\xe9 1\r\ny\r\n",
  },
];

const limits: readonly Row[] = [
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

const subjects: readonly Row[] = [
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

const delivery: readonly Row[] = [
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

const withHeaders: readonly Row[] = [
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
    oursFails: "it is delivered as HMSG with 0",
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

const ada = hello({ user: "ada", pass: "x" });
const bob = hello({ user: "bob", pass: "x" });

const permissions: readonly Row[] = [
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

export const rows: readonly Row[] = [
  ...greeting,
  ...signIn,
  ...grammar,
  ...limits,
  ...subjects,
  ...delivery,
  ...withHeaders,
  ...permissions,
];
