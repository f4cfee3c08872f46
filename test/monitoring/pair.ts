// Our broker and the real nats-server side by side: the same configuration, the same clients doing the same things.
import assert from "node:assert/strict";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";

export const accountsConfig = `
http: "127.0.0.1:-1"
server_name: side
server_tags: ["az:one", "big"]
server_metadata { rack: "r1" }
ping_interval: "2m"
accounts {
  A {
    users [ { user: "a", password: "secret-of-a" }, { user: "limited", password: "p", permissions { publish: "ok.>" } } ]
    exports [ { stream: "open.>" }, { service: "help", accounts: ["B"] } ]
    mappings { "old.*": "new.$1" }
  }
  B {
    users [ { user: "b", password: "secret-of-b" } ]
  }
  SYS { users [ { user: "sys", password: "secret-of-sys" } ] }
}
system_account: SYS
`;

export interface HttpAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly origin: string | null;
  readonly body: string;
}

/** One of the two servers, with its clients. */
export class Side {
  readonly broker: BrokerProcess;
  readonly url: string;
  readonly id: string;
  readonly #peers: RawPeer[] = [];
  #inbox = 0;

  private constructor(broker: BrokerProcess, url: string, id: string) {
    this.broker = broker;
    this.url = url;
    this.id = id;
  }

  static async start(name: "ours" | "nats-server", config: string): Promise<Side> {
    const program = brokerPrograms().find((each) => each.name === name)!;
    const broker = await startBrokerProcess(program, config);
    const line = await broker.logged(/Starting https? monitor on/);
    const [, scheme, where] = /Starting (https?) monitor on (\S+)/.exec(line)!;
    const id = /ID: +(N[A-Z2-7]{55})/.exec(broker.log.join("\n"))![1]!;
    return new Side(broker, `${scheme}://${where}`, id);
  }

  async get(path: string): Promise<HttpAnswer> {
    const response = await fetch(this.url + path, { redirect: "manual" });
    const { status, headers } = response;
    const body = await response.text();
    return {
      status,
      type: headers.get("content-type"),
      origin: headers.get("access-control-allow-origin"),
      body,
    };
  }

  /** A client that is in. */
  async client(options: object): Promise<RawPeer> {
    const peer = await this.stranger(options);
    await peer.sync();
    return peer;
  }

  /** A client that has said CONNECT. */
  async stranger(options: object): Promise<RawPeer> {
    const peer = await RawPeer.dial(this.broker.port);
    this.#peers.push(peer);
    await peer.greeting();
    peer.send(
      `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, protocol: 1, headers: true, ...options })}\r\n`,
    );
    return peer;
  }

  /** A peer that goes when the server does. */
  keep(peer: RawPeer): void {
    this.#peers.push(peer);
  }

  /** The answer to a request; undefined when there is none by the time that later requests are answered. */
  async ask(peer: RawPeer, subject: string, body = ""): Promise<string | undefined> {
    const inbox = `_INBOX.${++this.#inbox}`;
    const sid = `ask${this.#inbox}`;
    const last = `_INBOX.last${this.#inbox}`;
    const asked = subject.replace("ID", this.id);
    peer.send(`SUB _INBOX.> ${sid}\r\nPUB ${asked} ${inbox} ${Buffer.byteLength(body)}\r\n`);
    peer.send(Buffer.concat([Buffer.from(body), Buffer.from("\r\n")]));
    // Questions are answered in turn, so what comes after the answer to this one comes after all.
    const find = (to: string): string | undefined => messageTo(peer.heard, to);
    peer.send(`PUB $SYS.REQ.USER.INFO ${last} 0\r\n\r\n`);
    await peer.until(() => find(last) !== undefined, `an answer to ${subject}`);
    if (find(inbox) === undefined) await new Promise((resolve) => setTimeout(resolve, 60));
    peer.send(`UNSUB ${sid}\r\n`);
    await peer.sync(peer.heard.split("PONG\r\n").length - 1);
    return find(inbox);
  }

  async stop(): Promise<void> {
    for (const peer of this.#peers) peer.close();
    await this.broker.stop();
  }
}

/** Ours first. When one of them does not start, the other one does not stay. */
export async function startBoth(config: string): Promise<readonly [Side, Side]> {
  const [ours, theirs] = await Promise.allSettled([
    Side.start("ours", config),
    Side.start("nats-server", config),
  ]);
  if (ours.status === "fulfilled" && theirs.status === "fulfilled") return [ours.value, theirs.value];
  for (const side of [ours, theirs]) if (side.status === "fulfilled") await side.value.stop();
  throw ours.status === "rejected" ? ours.reason : (theirs as PromiseRejectedResult).reason;
}

/** The payload of the first complete message to a subject, among what was heard. */
export function messageTo(heard: string, subject: string): string | undefined {
  const marker = `MSG ${subject} `;
  const at = heard.indexOf(marker);
  const end = heard.indexOf("\r\n", at);
  if (at === -1 || end === -1) return undefined;
  const size = Number(heard.slice(at, end).split(" ").at(-1));
  const payload = heard.slice(end + 2, end + 2 + size);
  return payload.length === size ? Buffer.from(payload, "latin1").toString("utf8") : undefined;
}

/** Members whose value is no server's but the moment's, the machine's or the build's: their kind alone is compared. */
const passing = new Set([
  "server_id",
  "id",
  "now",
  "start",
  "stop",
  "last_activity",
  "uptime",
  "idle",
  "rtt",
  "time",
  "timestamp",
  "seq",
  "mem",
  "cpu",
  "cores",
  "gomaxprocs",
  "go",
  "config_load_time",
  "update_time",
  "config_digest",
  "port",
  "http_port",
  "cid",
  "num_cache",
  "num_matches",
  "num_removes",
  "num_inserts",
  "cache_hit_rate",
  "max_fanout",
  "avg_fanout",
  "sid",
  "stalls",
  "expires",
]);

const unordered = new Set([
  "subscriptions_list",
  "subscriptions_list_detail",
  "accounts",
  "account_statz",
  "imports",
  "exports",
]);

/** A value as far as it must be the same on both sides. */
export function lasting(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((each) => lasting(each));
    // A Go map walks as it likes.
    return unordered.has(name)
      ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : items;
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, lasting(each, key)]));
  }
  return passing.has(name) ? typeof value : value;
}

/** Both texts are JSON, and the same one but for what passes; names stand in the same order. */
export function assertAlike(
  ours: string | undefined,
  theirs: string | undefined,
  of: string,
  ignoring: readonly string[] = [],
): void {
  const read = (text: string | undefined): string => {
    if (text === undefined) return "nothing";
    if (!/^[{[]/.test(text)) return text;
    const value = lasting(JSON.parse(text) as unknown);
    return JSON.stringify(without(value, new Set(["git_commit", ...ignoring])), null, 1);
  };
  assert.equal(read(ours), read(theirs), of);
}

function without(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => without(each, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, names.has(key) ? "ignored" : without(each, names)])
      .filter(([key]) => key !== "git_commit"),
  );
}
