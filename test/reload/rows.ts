// What a reload does to those who are connected, and what it says of itself.

/** One connection: who it is, what it says before the reload, and after. */
export interface Actor {
  readonly connect?: Readonly<Record<string, unknown>>;
  readonly says?: string;
  readonly afterwards?: string;
  /** All it hears, from before the reload on, but for INFO and the PONG that ends each part. */
  readonly hears: string;
  readonly closes?: boolean;
}

export interface ReloadRow {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  /** The line of the log that tells the outcome; without a digest. */
  readonly outcome?: string;
  /** Lines that the log must have besides. */
  readonly logs?: readonly string[];
  readonly actors: readonly Actor[];
  /** Why nats-server is not asked: it does something else, and that is not worth having. */
  readonly oursOnly?: string;
}

const ada = { user: "ada", pass: "x" };
const bob = { user: "bob", pass: "y" };
const violation = "-ERR 'Authorization Violation'\r\n";
const users = (...list: string[]): string => `authorization { users: [ ${list.join(", ")} ] }`;
const allowed = (what: string): string => `{ user: ada, password: x, permissions: { ${what} } }`;

export const rows: readonly ReloadRow[] = [
  {
    name: "a configuration that says the same changes nothing for anybody",
    before: users("{ user: ada, password: x }"),
    after: users("{ user: ada, password: x }"),
    actors: [
      { connect: ada, says: "SUB a 1\r\n", afterwards: "PUB a 1\r\nx\r\n", hears: "MSG a 1 1\r\nx\r\n" },
    ],
  },
  {
    name: "a user that is gone is disconnected, the others stay",
    before: users("{ user: ada, password: x }", "{ user: bob, password: y }"),
    after: users("{ user: bob, password: y }"),
    logs: ["Reloaded: authorization users"],
    actors: [
      { connect: ada, hears: "", closes: true },
      { connect: bob, hears: "" },
    ],
  },
  {
    name: "a user with another password is an authorization violation",
    before: users("{ user: ada, password: x }"),
    after: users("{ user: ada, password: z }"),
    actors: [{ connect: ada, hears: violation, closes: true }],
  },
  {
    name: "the one user's new password ends its connections",
    before: "authorization { user: ada, password: x }",
    after: "authorization { user: ada, password: z }",
    logs: ["Reloaded: authorization password"],
    actors: [{ connect: ada, hears: "", closes: true }],
  },
  {
    name: "a reload that leaves the one user alone leaves its connections alone",
    oursOnly: "it disconnects who named a user, whatever changed",
    before: "authorization { user: ada, password: x }",
    after: "authorization { user: ada, password: x }, debug: true",
    actors: [{ connect: ada, hears: "" }],
  },
  {
    name: "another token ends the connections of the old one",
    before: "authorization { token: one }",
    after: "authorization { token: two }",
    logs: ["Reloaded: authorization token"],
    actors: [{ connect: { auth_token: "one" }, hears: violation, closes: true }],
  },
  {
    name: "authentication that was not there before ends who has none",
    before: "",
    after: users("{ user: ada, password: x }"),
    actors: [
      { connect: {}, hears: violation, closes: true },
      { connect: ada, hears: "" },
    ],
  },
  {
    name: "authentication that is dropped lets everybody stay",
    oursOnly: "it disconnects who named a user",
    before: users("{ user: ada, password: x }"),
    after: "",
    actors: [
      { connect: ada, says: "SUB a 1\r\n", afterwards: "PUB a 1\r\nx\r\n", hears: "MSG a 1 1\r\nx\r\n" },
    ],
  },
  {
    name: "a subscription that is no longer allowed ends and is named",
    before: users(allowed('subscribe: ["a", "b"]')),
    after: users(allowed('subscribe: "b"')),
    actors: [
      {
        connect: ada,
        says: "SUB a 7\r\nSUB b 8\r\n",
        afterwards: "PUB a 1\r\nx\r\nPUB b 1\r\ny\r\n",
        hears: '-ERR \'Permissions Violation for Subscription to "a" (sid "7")\'\r\nMSG b 8 1\r\ny\r\n',
      },
    ],
  },
  {
    name: "a queue subscription that is no longer allowed is named with its queue",
    before: users(allowed('subscribe: "a"')),
    after: users(allowed('subscribe: "a w1"')),
    actors: [
      {
        connect: ada,
        says: "SUB a w1 7\r\nSUB a w2 8\r\n",
        afterwards: "PUB a 1\r\nx\r\n",
        hears:
          '-ERR \'Permissions Violation for Subscription to "a" using queue "w2" (sid "8")\'\r\nMSG a 7 1\r\nx\r\n',
      },
    ],
  },
  {
    name: "what may be published is what the new configuration says",
    before: users(allowed('publish: "a"')),
    after: users(allowed('publish: "b"')),
    actors: [
      {
        connect: ada,
        says: "SUB > 1\r\nPUB a 1\r\nx\r\n",
        afterwards: "PUB a 1\r\nx\r\nPUB b 1\r\ny\r\n",
        hears: "MSG a 1 1\r\nx\r\n-ERR 'Permissions Violation for Publish to \"a\"'\r\nMSG b 1 1\r\ny\r\n",
      },
    ],
  },
  {
    name: "what must not be delivered any more is not",
    before: users(allowed('subscribe: ">"')),
    after: users(allowed('subscribe: { allow: ">", deny: "a.secret" }')),
    actors: [
      {
        connect: ada,
        says: "SUB a.* 1\r\nPUB a.secret 1\r\nx\r\n",
        afterwards: "PUB a.secret 1\r\nx\r\nPUB a.open 1\r\ny\r\n",
        hears: "MSG a.secret 1 1\r\nx\r\nMSG a.open 1 1\r\ny\r\n",
      },
    ],
  },
  {
    name: "a user that moves to another account is disconnected to come back there",
    before:
      "accounts { A { users: [ { user: ada, password: x } ] }, B { users: [ { user: bob, password: y } ] } }",
    after:
      "accounts { A { users: [] }, B { users: [ { user: bob, password: y }, { user: ada, password: x } ] } }",
    logs: ["Reloaded: accounts"],
    actors: [
      { connect: ada, hears: "", closes: true },
      { connect: bob, hears: "" },
    ],
  },
  {
    name: "the users of an account that is gone are disconnected",
    before:
      "accounts { A { users: [ { user: ada, password: x } ] }, B { users: [ { user: bob, password: y } ] } }",
    after: "accounts { B { users: [ { user: bob, password: y } ] } }",
    actors: [
      { connect: ada, hears: "", closes: true },
      { connect: bob, hears: "" },
    ],
  },
  {
    name: "a smaller max_payload holds for who is connected",
    before: "max_payload: 100",
    after: "max_payload: 10",
    logs: ["Reloaded: max_payload = 10"],
    actors: [
      {
        connect: {},
        says: "SUB a 1\r\nPUB a 11\r\n12345678901\r\n",
        afterwards: "PUB a 11\r\n12345678901\r\n",
        hears: "MSG a 1 11\r\n12345678901\r\n-ERR 'Maximum Payload Violation'\r\n",
        closes: true,
      },
    ],
  },
  {
    name: "a smaller max_control_line holds for who is connected",
    before: "max_control_line: 200",
    after: "max_control_line: 20",
    logs: ["Reloaded: max_control_line = 20"],
    actors: [
      {
        connect: {},
        afterwards: `PUB ${"a".repeat(30)} 1\r\nx\r\n`,
        hears: "-ERR 'maximum control line exceeded'\r\n",
        closes: true,
      },
    ],
  },
  {
    name: "debug, trace and times of the log can be changed",
    before: "",
    after:
      "debug: true, logtime: true, ping_interval: 30s, ping_max: 5, write_deadline: 3s, server_tags: [a]",
    logs: [
      "Reloaded: debug = true",
      "Reloaded: ping_interval = 30s",
      "Reloaded: ping_max = 5",
      "Reloaded: write_deadline = 3s",
      "Reloaded: tags",
    ],
    actors: [{ connect: {}, hears: "" }],
  },
  {
    name: "fast producers may be left alone from now on",
    before: "",
    after: "no_fast_producer_stall: true",
    logs: ["Reloaded: fast producers will not be stalled"],
    actors: [],
  },
  {
    name: "limits for tenants hold at once for who is connected, on routes that stand too",
    before: "",
    after: "tenancy { subject_tokens: 2 }",
    logs: ["Reloaded: tenancy"],
    oursOnly: "it does not know the block",
    actors: [
      {
        says: `SUB > 1\r\n${"PUB a.b.c 0\r\n\r\n".repeat(3)}`,
        afterwards: "PUB a.b.c 0\r\n\r\nPUB a.b 0\r\n\r\n",
        hears: `${"MSG a.b.c 1 0\r\n\r\n".repeat(3)}-ERR 'Permissions Violation for Publish to "a.b.c"'\r\nMSG a.b 1 0\r\n\r\n`,
      },
    ],
  },
  {
    name: "another host is refused by name, and users stay as they were",
    before: users("{ user: ada, password: x }"),
    after: `${users("{ user: bob, password: y }")}\nserver_name: other`,
    outcome:
      "Failed to reload server configuration: config reload not supported for ServerName: old=, new=other",
    actors: [
      { connect: ada, says: "SUB a 1\r\n", afterwards: "PUB a 1\r\nx\r\n", hears: "MSG a 1 1\r\nx\r\n" },
    ],
  },
  {
    name: "another max_pending is refused by name",
    before: "",
    after: "max_pending: 2000000",
    outcome:
      "Failed to reload server configuration: config reload not supported for MaxPending: old=67108864, new=2000000",
    actors: [],
  },
  {
    name: "a no_auth_user that comes is refused by name",
    before: users("{ user: ada, password: x }"),
    after: `${users("{ user: ada, password: x }")}\nno_auth_user: ada`,
    outcome:
      "Failed to reload server configuration: config reload not supported for NoAuthUser: old=, new=ada",
    actors: [{ connect: ada, hears: "" }],
  },
];
