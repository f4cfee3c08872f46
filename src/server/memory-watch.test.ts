import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peer } from "../../test/world/network.ts";
import { memoryServer } from "../../test/world/server.ts";

const accounts = `accounts { A { users: [{ user: a, password: p }] }, SYS { users: [{ user: s, password: p }] } }
  system_account: SYS`;
const a = { user: "a", pass: "p" };

/** What a server whose memory is what the test says it is answers to whoever comes. */
async function aServer(tenancy: string) {
  let bytes = 0;
  const world = await memoryServer(`${accounts}, no_fast_producer_stall: true, tenancy { ${tenancy} }`, {
    residentBytes: () => bytes,
  });
  const arrives = (user: object): string => {
    const peer = world.connect();
    peer.takeHeard();
    peer.send(`CONNECT ${JSON.stringify(user)}\r\n`);
    return peer.closed ? peer.heard : "in";
  };
  const memory = (now: number): void => {
    bytes = now;
    world.clock.advance(1_000);
  };
  return { ...world, arrives, memory };
}

test("beyond the soft limit no tenant comes in, who is in stays, and so it is until there is memory again", async () => {
  const { client, arrives, memory } = await aServer("memory_soft: 1000");
  const early = client(a);
  memory(1_000);
  const within = arrives(a);

  memory(1_001);
  const [beyond, system] = [arrives(a), arrives({ user: "s", pass: "p" })];
  memory(1_000);
  const again = arrives(a);

  assert.equal(within, "in");
  assert.equal(beyond, "-ERR 'maximum connections exceeded'\r\n");
  assert.equal(system, "in");
  assert.equal(again, "in");
  assert.ok(!early.closed);
});

test("beyond the hard limit the peers with the largest buffers are cut, as many as it takes", async () => {
  const { client, memory } = await aServer("memory_hard: 1000000");
  const waiting = (messages: number): Peer => {
    const peer = client(a);
    peer.send(`SUB to.${messages} 1\r\n`);
    peer.stall(true);
    const message = `PUB to.${messages} 1000\r\n${"x".repeat(1_000)}\r\n`;
    for (let i = 0; i < messages; i++) client(a).send(message);
    return peer;
  };
  const peers = [waiting(60), waiting(100), waiting(300), waiting(200)];
  const closed = (): boolean[] => peers.map((peer) => peer.closed);

  memory(1_000_000);
  const within = closed();
  memory(1_400_000);
  const beyond = closed();
  memory(9_000_000);

  assert.deepEqual(within, [false, false, false, false]);
  assert.deepEqual(beyond, [false, false, true, true]);
  assert.deepEqual(closed(), [false, true, true, true]);
});

test("a reload switches the limits on and off", async () => {
  const { arrives, memory, reload } = await aServer("subject_tokens: 9");
  memory(5_000);
  const before = arrives(a);

  reload(`${accounts}, no_fast_producer_stall: true, tenancy { memory_soft: 1000 }`);
  memory(5_000);
  const between = arrives(a);
  reload(`${accounts}, no_fast_producer_stall: true`);
  const after = arrives(a);

  assert.deepEqual([before, between, after], ["in", "-ERR 'maximum connections exceeded'\r\n", "in"]);
});
