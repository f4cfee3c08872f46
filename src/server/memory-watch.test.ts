import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peer } from "../../test/world/network.ts";
import { memoryServer } from "../../test/world/server.ts";

const accounts = `accounts { A { users: [{ user: a, password: p }] }, SYS { users: [{ user: s, password: p }] } }
  system_account: SYS, no_fast_producer_stall: true, write_deadline: 60s`;
const a = { user: "a", pass: "p" };

/** A server whose memory is what the test says it is: so much that is needed, so much garbage. */
async function aServer(tenancy: string) {
  let needed = 0;
  let garbage = 0;
  let collections = 0;
  const memory = {
    usedBytes: () => needed + garbage,
    collect: () => {
      garbage = 0;
      collections++;
    },
  };
  const world = await memoryServer(`${accounts}, tenancy { ${tenancy} }`, { memory });
  return {
    ...world,
    arrives(user: object): string {
      const peer = world.connect();
      peer.takeHeard();
      peer.send(`CONNECT ${JSON.stringify(user)}\r\n`);
      return peer.closed ? peer.heard : "in";
    },
    /** Time for one decision passes. */
    use(neededNow: number, garbageNow = 0): void {
      [needed, garbage] = [neededNow, garbageNow];
      world.clock.advance(9_000);
    },
    collections: () => collections,
  };
}

test("beyond the soft limit no tenant comes in, who is in stays, and so it is until there is memory again", async () => {
  const { client, arrives, use } = await aServer("memory_soft: 1000");
  const early = client(a);
  use(1_000);
  const within = arrives(a);

  use(1_001);
  const [beyond, system] = [arrives(a), arrives({ user: "s", pass: "p" })];
  use(1_000);
  const again = arrives(a);

  assert.equal(within, "in");
  assert.equal(beyond, "-ERR 'maximum connections exceeded'\r\n");
  assert.equal(system, "in");
  assert.equal(again, "in");
  assert.ok(!early.closed);
});

test("garbage keeps nobody out, and is collected now and then only", async () => {
  const { arrives, use, collections, clock } = await aServer("memory_soft: 1000");

  use(900, 5_000);
  const [garbage, collected] = [arrives(a), collections()];
  use(1_001);
  clock.advance(60_000);

  assert.deepEqual([garbage, collected], ["in", 1]);
  assert.equal(arrives(a), "-ERR 'maximum connections exceeded'\r\n");
  assert.equal(collections(), 8);
});

test("beyond the hard limit the peers with the largest buffers are cut, as many as it takes", async () => {
  const { client, use } = await aServer("memory_hard: 1000000");
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

  use(1_000_000, 5_000_000);
  const within = closed();
  use(1_400_000);
  const beyond = closed();
  use(9_000_000);

  assert.deepEqual(within, [false, false, false, false]);
  assert.deepEqual(beyond, [false, false, true, true]);
  assert.deepEqual(closed(), [false, true, true, true]);
});

test("a reload switches the limits on and off", async () => {
  const { arrives, use, reload } = await aServer("subject_tokens: 9");
  use(5_000);
  const before = arrives(a);

  reload(`${accounts}, tenancy { memory_soft: 1000 }`);
  use(5_000);
  const between = arrives(a);
  reload(accounts);
  const after = arrives(a);

  assert.deepEqual([before, between, after], ["in", "-ERR 'maximum connections exceeded'\r\n", "in"]);
});
