// Forwarding against the stair: the same bytes into two servers, one of which forwards nothing, must come out the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peer } from "../../test/world/network.ts";
import { seededRandom } from "../../test/world/random.ts";
import { memoryServer } from "../../test/world/server.ts";
import type { Random } from "../ports/random.ts";
import { Forwarder } from "./reference.ts";

/** The stair alone: everything is declined. */
class Declining extends Forwarder {
  override forward(_lane: unknown, _chunk: Buffer, position: number): number {
    return position;
  }
}

const subjects = ["a", "b", "a.b", "a.c", "x.y.z", "_INBOX.1.2", "_INBOX.1.3", "deny.me"];
const patterns = [...subjects, "*", "a.*", "a.>", ">", "*.b", "_INBOX.1.*", "_INBOX.>", "x.*.z"];
const config = `
  max_payload: 300
  authorization { users: [
    { user: all, password: p },
    { user: few, password: p, permissions: { publish: { allow: ["a", "a.>", "_INBOX.>"] }, subscribe: { deny: ["deny.>", "a.c"] } } },
    { user: responder, password: p, permissions: { publish: { allow: ["b"] }, subscribe: [">"], allow_responses: true } },
  ] }`;

/** The same users, in accounts that share streams and services with one another and map subjects. */
const sharing = `
  max_payload: 300
  accounts {
    A {
      users: [
        { user: all, password: p }
        { user: few, password: p, permissions: { publish: { allow: ["a", "a.>", "_INBOX.>"] }, subscribe: { deny: ["deny.>", "a.c"] } } }
        { user: responder, password: p, permissions: { publish: { allow: ["b"] }, subscribe: [">"], allow_responses: true } }
      ]
      mappings: { "x.*.z": "a.b", "deny.me": [ { destination: "a.c", weight: 50 } ] }
      msg_trace: { dest: "a.b" }
      exports: [ { stream: "a.>" }, { service: "b", response_type: stream } ]
      imports: [ { stream: { account: B, subject: "x.*.z" }, to: "_INBOX.1.$1" } ]
    }
    B {
      users: [ { user: other, password: p } ]
      exports: [ { stream: "x.*.z" } ]
      imports: [ { stream: { account: A, subject: "a.>" } }, { stream: { account: A, subject: "a.b" }, to: "x.y.z" }
                 { service: { account: A, subject: "b" }, share: true }, { service: { account: A, subject: "b" }, to: "a.c" } ]
    }
  }`;

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)]!;
}

const plain = "NATS/1.0\r\nk: v\r\n\r\n";
const blocks = [
  plain,
  plain,
  plain,
  "",
  "NATS/1.0\r\nk: v\r\nNats-Trace-Dest: a.c\r\n\r\n",
  "NATS/1.0\r\nNats-Trace-Dest: a.b\r\nNats-Trace-Only: true\r\n\r\n",
  "NATS/1.0\r\nTraceParent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n",
];

/** One command of a peer, mostly well-formed. */
function command(random: Random): string {
  const kind = random.below(20);
  if (kind === 0) return `SUB ${pick(random, patterns)} ${1 + random.below(6)}\r\n`;
  if (kind === 1) return `SUB ${pick(random, patterns)} q${random.below(2)} ${1 + random.below(6)}\r\n`;
  if (kind === 2) return `UNSUB ${1 + random.below(6)}${pick(random, ["", " 2", " 50"])}\r\n`;
  if (kind === 3) return "PING\r\n";
  if (kind === 4) return `pub  ${pick(random, subjects)}\t3\r\nabc\r\n`;
  const payload = "x".repeat(random.below(40));
  const reply = pick(random, ["", "", " _INBOX.1.2", " a.b", " _R_.nobody"]);
  if (kind < 8) {
    const headers = pick(random, blocks);
    const total = headers.length + payload.length;
    return `HPUB ${pick(random, subjects)}${reply} ${headers.length} ${total}\r\n${headers}${payload}\r\n`;
  }
  const zeros = random.below(15) === 0 ? "00" : "";
  return `PUB ${pick(random, subjects)}${reply} ${zeros}${payload.length}\r\n${payload}\r\n`;
}

interface Script {
  readonly peer: number;
  readonly bytes: Buffer;
}

/** A conversation: who says what, cut anywhere. */
function conversation(seed: number, peers: number): Script[] {
  const random = seededRandom(seed);
  const script: Script[] = [];
  for (let i = 0; i < 60; i++) {
    const peer = random.below(peers);
    const text = Array.from({ length: 1 + random.below(12) }, () => command(random)).join("");
    const cut = random.below(text.length);
    script.push({ peer, bytes: Buffer.from(text.slice(0, cut), "latin1") });
    script.push({ peer, bytes: Buffer.from(text.slice(cut), "latin1") });
  }
  return script;
}

const connects = [
  { user: "all", pass: "p", no_responders: true },
  { user: "all", pass: "p", echo: false },
  { user: "all", pass: "p", headers: false },
  { user: "few", pass: "p" },
  { user: "responder", pass: "p" },
  { user: "all", pass: "p", verbose: true },
];

const others = [
  { user: "other", pass: "p", no_responders: true },
  { user: "other", pass: "p", echo: false },
];

async function outcome(
  seed: number,
  make?: (below: (bound: number) => number) => Forwarder,
  text = config,
): Promise<string[]> {
  const { client, server } = await memoryServer(text, { seed, firstMember: true, makeForwarder: make });
  const users = text === sharing ? [...connects, ...others] : connects;
  const peers: Peer[] = users.map((options) => client(options));
  for (const { peer, bytes } of conversation(seed, peers.length)) peers[peer]!.send(bytes);
  server.reception.forwarder.settle();
  const counts = [...server.reception.roster.all()].map(({ received, sent }) =>
    JSON.stringify([received, sent]),
  );
  return [
    ...peers.map(
      ({ heard, closed }) => `${closed} ${heard.replace(/"server_id":"[^"]*"|"nonce":"[^"]*"/g, "")}`,
    ),
    ...counts,
  ];
}

const seeds = Number(process.env.FORWARD_SEEDS ?? 150);

test(`what is forwarded is what the stair would have done, ${seeds} conversations long`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const climbed = await outcome(seed, (below) => new Declining(below));
    const forwarded = await outcome(seed);

    assert.deepEqual(forwarded, climbed, `seed ${seed}`);
  }
});

test(`accounts that share and map are forwarded as the stair would have done, ${seeds} conversations long`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const climbed = await outcome(seed, (below) => new Declining(below), sharing);
    const forwarded = await outcome(seed, undefined, sharing);

    assert.deepEqual(forwarded, climbed, `seed ${seed}`);
  }
});

test("most of a busy publisher's messages are forwarded, or the comparison compares the stair with itself", async () => {
  let forwarded = 0;
  class Counting extends Forwarder {
    override forward(...args: Parameters<Forwarder["forward"]>): number {
      const reached = super.forward(...args);
      forwarded += reached - args[2];
      return reached;
    }
  }

  await outcome(7, (below) => new Counting(below));

  assert.ok(forwarded > 1_000, `${forwarded} bytes`);
});
