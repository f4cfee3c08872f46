// Reloads by SIGHUP, on our broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { LiveBroker } from "./live-broker.ts";
import { type Actor, rows } from "./rows.ts";

for (const program of brokerPrograms()) {
  describe(`a reload of ${program.name}`, { skip: program.skip }, () => {
    for (const row of rows) {
      const skip = program.name === "ours" ? false : (row.oursOnly ?? false);
      test(row.name, { skip }, async () => {
        const live = new LiveBroker(program, row.before);
        try {
          const port = await live.running.port();
          const peers = await Promise.all(row.actors.map((actor) => enter(actor, port)));

          const outcome = await live.reload(row.after);

          assert.equal(outcome, row.outcome ?? "Reloaded server configuration");
          for (const line of row.logs ?? [])
            assert.ok(live.running.lines.includes(line), `${line} in ${live.running.said}`);
          for (const [at, actor] of row.actors.entries()) await leave(actor, peers[at]!);
        } finally {
          await live.stop();
        }
      });
    }
  });
}

async function enter({ connect = {}, says = "" }: Actor, port: number): Promise<RawPeer> {
  const peer = await RawPeer.dial(port);
  peer.send(`CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...connect })}\r\n${says}`);
  await peer.sync();
  return peer;
}

async function leave(actor: Actor, peer: RawPeer): Promise<void> {
  if (actor.afterwards !== undefined) peer.send(actor.afterwards);
  if (actor.closes) await peer.ended();
  else await peer.sync();
  assert.equal(peer.words(), actor.hears);
  peer.close();
}
