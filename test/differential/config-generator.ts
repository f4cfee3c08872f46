// Configuration texts to compare on: valid ones out of what nats-server knows, the same with one thing changed, the same
// cut off, and texts out of the grammar's odd corners. One seed gives one text.

/** Names of files and variables that the texts refer to. */
export const includes: Readonly<Record<string, string>> = {
  "included.conf": "max_payload: 2MB\ndebug: true\n",
  "users.conf": "[ {user: inc, password: inc} ]\n",
  "nested/deeper.conf": "include ../included.conf\nping_max: 4\n",
  "broken.conf": "port: 1\nping_max: [ 1, 2\n",
};
export const environment: Readonly<Record<string, string>> = {
  CHAPPE_PORT: "4333",
  CHAPPE_NAME: "from-environment",
  CHAPPE_SIZE: "2MB",
  CHAPPE_BROKEN: "a b",
  CHAPPE_SELF: "$CHAPPE_SELF",
  CHAPPE_LIST: "[a, b]",
  CHAPPE_EMPTY: "",
};

/** A small generator of numbers that a seed determines (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

const odd = [
  "1",
  "-1",
  "0",
  "1k",
  "2MB",
  "1kbb",
  "99999999999999999999",
  "1.5",
  "-1.5",
  "1.",
  ".5",
  "true",
  "off",
  '"text"',
  "'raw \\n'",
  '"esc\\x41\\n"',
  '"bad\\q"',
  '"\\xZZ"',
  "text",
  "a.b.*",
  "foo.>",
  "127.0.0.1:4222",
  "[1, 2]",
  "[]",
  "{}",
  "{a: 1}",
  "[{a: 1}]",
  '"10s"',
  "10s",
  '"1h30m"',
  "2026-01-02T03:04:05Z",
  "2026-13-02T03:04:05Z",
  "$CHAPPE_PORT",
  "$CHAPPE_NAME",
  "$CHAPPE_SIZE",
  "$CHAPPE_BROKEN",
  "$CHAPPE_SELF",
  "$CHAPPE_LIST",
  "$CHAPPE_EMPTY",
  "$nothing",
  "$2a$11$abcdefghijklmnopqrstuv",
  "(\nblock\n)\n",
  '""',
  "é",
  '"\u2028<&>"',
  '"a b"',
  "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4",
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

const good: Readonly<Record<string, readonly string[]>> = {
  text: ['"text"', "word", "'raw'"],
  integer: ["1", "10", "1024", "1k"],
  boolean: ["true", "false", "on", "no"],
  size: ["1024", "1MB", "2Gi"],
  duration: ['"10s"', '"1m"', '"150ms"'],
  seconds: ["1", "0.5", '"2s"'],
  listen: ["4333", '"127.0.0.1:4333"', "127.0.0.1:-1", "localhost:4333"],
  subject: ["foo", '"a.b"', "foo.*", '"x.>"'],
  subjects: ["foo", '["a", "b.*"]', '[">"]'],
};

/** Keys and what their values look like; a map for a block, `[…]` for a list of what is inside. */
type Shape = string | { readonly [key: string]: Shape } | readonly [Shape];

const permissions: Shape = {
  publish: "subjects",
  subscribe: { allow: "subjects", deny: "subjects" },
  allow_responses: "boolean",
};
const user: Shape = { user: "text", password: "text", permissions, allowed_connection_types: '["STANDARD"]' };
const tls: Shape = {
  verify: "boolean",
  timeout: "seconds",
  handshake_first: "boolean",
  min_version: '"1.2"',
};
const address: Shape = { listen: "listen", host: "text", port: "integer" };

const top: { readonly [key: string]: Shape } = {
  listen: "listen",
  port: "integer",
  host: "text",
  server_name: "text",
  server_tags: '["a", "b:c"]',
  server_metadata: { a: "text", b: "text" },
  debug: "boolean",
  trace: "boolean",
  logtime: "boolean",
  log_file: "text",
  pid_file: "text",
  ports_file_dir: "text",
  http: "listen",
  monitor_port: "integer",
  max_payload: "size",
  max_pending: "size",
  max_connections: "integer",
  max_control_line: "integer",
  max_subscriptions: "integer",
  max_sub_tokens: "integer",
  ping_interval: "duration",
  ping_max: "integer",
  write_deadline: "duration",
  lame_duck_duration: '"60s"',
  lame_duck_grace_period: "duration",
  no_auth_user: "text",
  system_account: "text",
  authorization: {
    user: "text",
    password: "text",
    timeout: "seconds",
    users: [user],
    default_permissions: permissions,
  },
  accounts: {
    A: {
      users: [user],
      exports: [{ service: "subject", accounts: "[B]", response: "single", latency: "text" }],
      mappings: { foo: "subject", bar: [{ destination: "subject", weight: "50%" }] },
      limits: { max_subs: "integer", max_payload: "size" },
      jetstream: { max_mem: "size", max_streams: "integer" },
      default_permissions: permissions,
      msg_trace: { dest: "text", sampling: "50%" },
    },
    B: {
      imports: [{ service: { account: "A", subject: "subject" }, to: "text" }],
      nkey: "text",
    },
  },
  jetstream: {
    store_dir: "text",
    max_mem: "size",
    max_file: "size",
    domain: "text",
    sync_interval: "duration",
    limits: { max_ack_pending: "integer", duplicate_window: "duration", batch: { timeout: "duration" } },
  },
  tls,
  websocket: {
    ...address,
    no_tls: "boolean",
    tls,
    compression: "boolean",
    allowed_origins: '["http://a"]',
    handshake_timeout: "duration",
    headers: { a: "text" },
    authorization: { user: "text", timeout: "seconds" },
  },
  mappings: { foo: "subject", "x.*": [{ destination: '"y.$1"', weight: "20" }] },
  resolver: "MEMORY",
  resolver_preload: { A: "text" },
  trusted_keys: "text",
  cluster: {
    ...address,
    name: "text",
    routes: '["nats://a:1", "nats://b:2"]',
    pool_size: "integer",
    compression: "text",
  },
  gateway: { ...address, name: "text", gateways: [{ name: "text", urls: '["nats://a:1"]' }] },
  leafnodes: {
    ...address,
    remotes: [{ url: '"nats://a:1"', account: "text", deny_imports: "subjects" }],
    authorization: { user: "text", password: "text" },
  },
  mqtt: { ...address, ack_wait: "duration", max_ack_pending: "integer" },
  proxies: { trusted: [{ key: "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4" }] },
  feature_flags: { a: "boolean" },
  ocsp: "boolean",
};

function value(shape: Shape, dice: Dice, indent: string): string {
  if (dice.below(60) === 0) return dice.pick(odd);
  if (typeof shape === "string") return dice.pick(good[shape] ?? [shape]);
  const inner = `${indent}  `;
  if (isListShape(shape)) {
    const items = Array.from({ length: 1 + dice.below(2) }, () => value(shape[0], dice, inner));
    return `[\n${items.map((item) => inner + item).join(dice.pick([",\n", "\n"]))}\n${indent}]`;
  }
  const keys = Object.keys(shape).filter(() => dice.below(3) > 0);
  const lines = keys.map((key) => `${inner}${pair(key, shape[key]!, dice, inner)}`);
  return `{\n${lines.join("\n")}\n${indent}}`;
}

function isListShape(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function pair(key: string, shape: Shape, dice: Dice, indent: string): string {
  const name = dice.below(40) === 0 ? key.toUpperCase() : dice.below(40) === 0 ? `${key}x` : key;
  const separator = dice.pick([": ", " = ", " ", ":", "="]);
  const end = dice.pick(["", "", "", " # note", " // note", ",", ";"]);
  return `${name}${separator}${value(shape, dice, indent)}${end}`;
}

function valid(dice: Dice): string {
  const keys = Object.keys(top);
  const lines: string[] = [];
  for (let count = 1 + dice.below(5); count > 0; count--) {
    const key = dice.pick(keys);
    lines.push(pair(key, top[key]!, dice, ""));
    const extra = dice.below(14);
    if (extra === 0) lines.push(`include ${dice.pick([...Object.keys(includes), "missing.conf"])}`);
    if (extra === 1) lines.push(`${dice.pick(keys)}: ${dice.pick(odd)}`);
    if (extra === 2) lines.unshift(`somewhere: ${dice.pick(odd)}`, `max_traced_msg_len: $somewhere`);
  }
  return `${lines.join("\n")}\n`;
}

const splinters = [
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  "'",
  '"',
  "\\",
  "/",
  "#",
  "//",
  ":",
  "=",
  ",",
  ";",
  "\n",
  "\r\n",
  " ",
  "\t",
  "$",
  "-",
  ".",
  "\0",
  "\u00a0",
  "é",
  "include ",
  "1",
  "k",
  "\\x",
];

/** One or a few small changes anywhere. */
function mutated(text: string, dice: Dice): string {
  let changed = text;
  for (let count = 1 + dice.below(3); count > 0; count--) {
    const at = dice.below(changed.length + 1);
    const cut = dice.below(3) === 0 ? 0 : dice.below(4);
    const put = dice.below(3) === 0 ? "" : dice.pick(dice.below(4) === 0 ? odd : splinters);
    changed = changed.slice(0, at) + put + changed.slice(at + cut);
  }
  return changed;
}

/** Splinters of the grammar in any order. */
function rubble(dice: Dice): string {
  const pieces = Array.from({ length: 1 + dice.below(12) }, () =>
    dice.pick(
      dice.below(3) === 0 ? odd : dice.below(2) === 0 ? splinters : ["port", "debug", "a", "x: ", "b = "],
    ),
  );
  return pieces.join(dice.pick(["", " ", "\n"]));
}

function jsonText(dice: Dice): string {
  const body = valid(dice);
  return `{\n${body}}${dice.pick(["", "\n", " "])}`;
}

export function configText(seed: number): string {
  const dice = new Dice(seed);
  const kind = dice.below(10);
  if (kind < 3) return valid(dice);
  if (kind < 7) return mutated(valid(dice), dice);
  if (kind === 7) return valid(dice).slice(0, dice.below(200));
  if (kind === 8) return rubble(dice);
  return dice.below(2) === 0 ? jsonText(dice) : mutated(jsonText(dice), dice);
}
