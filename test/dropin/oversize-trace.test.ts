// A message that is too large to be taken is told of where its headers ask for a trace, on our broker and on the real
// nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Running } from "./running.ts";

const config = `
  host: 127.0.0.1, port: -1, max_payload: 300
  accounts { A {
    msg_trace: { dest: traces.account }
    mappings { old: new }
    users: [
      { user: free, password: x }
      { user: bound, password: x, permissions { publish: "ok.>" } }
    ]
  } }`;

const sampled = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const tooLarge = "-ERR 'Maximum Payload Violation'\r\n";

interface Case {
  readonly name: string;
  readonly headers: readonly string[];
  readonly subject?: string;
  readonly user?: string;
  /** Bytes of the message that come in one write with its control line; by itself all. */
  readonly sent?: number;
  /** Where the trace goes, and the headers it tells; undefined: there is none. */
  readonly traced?: readonly [to: string, headers: object];
  readonly hears?: string;
}

const asked = { "Nats-Trace-Dest": ["traces.here"] };
const cases: readonly Case[] = [
  { name: "no trace is asked for", headers: ["K: v"] },
  {
    name: "a trace is asked for",
    headers: ["Nats-Trace-Dest: traces.here", "K: v"],
    traced: ["traces.here", { ...asked, K: ["v"] }],
  },
  {
    name: "a trace alone is asked for",
    headers: ["Nats-Trace-Dest: traces.here", "Nats-Trace-Only: true"],
    traced: ["traces.here", { ...asked, "Nats-Trace-Only": ["true"] }],
  },
  {
    name: "the subject is mapped",
    subject: "old",
    headers: ["Nats-Trace-Dest: traces.here"],
    traced: ["traces.here", asked],
  },
  {
    name: "an external trace is recorded",
    headers: [sampled],
    traced: ["traces.account", { traceparent: [sampled.slice(13)] }],
  },
  {
    name: "its last headers are still to come",
    headers: ["Nats-Trace-Dest: traces.here", "K: v"],
    sent: 10 + 30 + 3,
    traced: ["traces.here", asked],
  },
  { name: "its headers are all still to come", headers: ["Nats-Trace-Dest: traces.here"], sent: 0 },
  { name: "the trace has nowhere to go", headers: ["Nats-Trace-Dest: a..b"] },
  {
    name: "the peer may not publish there",
    headers: ["Nats-Trace-Dest: traces.here"],
    user: "bound",
    subject: "ok.a",
    hears: `-ERR 'Permissions Violation for Publish to "traces.here"'\r\n${tooLarge}`,
  },
  {
    name: "the peer may not publish the message itself",
    headers: ["Nats-Trace-Dest: ok.trace"],
    user: "bound",
    subject: "not.ok",
    traced: ["ok.trace", { "Nats-Trace-Dest": ["ok.trace"] }],
  },
];

for (const program of brokerPrograms()) {
  describe(`traces of what is too large, on ${program.name}`, { skip: program.skip }, () => {
    let running: Running | undefined;
    after(() => running?.stop());

    const dial = async (user: string): Promise<RawPeer> => {
      running ??= new Running(program, ["-c", "s.conf"], { "s.conf": config });
      const peer = await RawPeer.dial(await running.port());
      await peer.greeting();
      const options = { verbose: false, pedantic: false, headers: true, user, pass: "x", name: user };
      peer.send(`CONNECT ${JSON.stringify(options)}\r\n`);
      await peer.sync();
      return peer;
    };

    for (const { name, headers, subject = "a.b", user = "free", sent, traced, hears = tooLarge } of cases) {
      test(name, async () => {
        const watcher = await dial("free");
        watcher.send("SUB > 1\r\n");
        await watcher.sync();
        const peer = await dial(user);
        const block = `NATS/1.0\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n`;

        const message = block + "x".repeat(301 - block.length);
        peer.send(`HPUB ${subject} ${block.length} 301\r\n${message.slice(0, sent)}`);
        await peer.ended();
        // The real one tells its own news when it comes to it.
        if (traced !== undefined) await watcher.until(() => watcher.heard.includes('"events"'), "a trace");
        await watcher.sync();

        assert.equal(peer.words(), hears);
        assert.deepEqual(toldOf(watcher.words()), traced && toldAs(traced, subject, user));
        watcher.close();
      });
    }
  });
}

/** What was heard: undefined for nothing, else the subject and the trace without what passes. */
function toldOf(words: string): object | undefined {
  const found = /^MSG (\S+) 1 +\d+\r\n(.*)\r\n$/s.exec(words);
  if (found === null) return words === "" ? undefined : { words };
  const { request, events } = JSON.parse(found[2]!) as { request: object; events: Record<string, unknown>[] };
  return { to: found[1], request, events: events.map(({ ts: _, cid: _number, ...event }) => event) };
}

function toldAs([to, header]: readonly [string, object], subj: string, name: string): object {
  const error = "maximum payload exceeded";
  return {
    to,
    request: { header, msgsize: 301 },
    events: [{ type: "in", kind: 0, name, acc: "A", subj, error }],
  };
}
