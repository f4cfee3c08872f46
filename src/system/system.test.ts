// The server's own voice in a world of memory: when it speaks, to whom, and what it keeps to itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peer } from "../../test/world/network.ts";
import { type MemoryServer, memoryServer } from "../../test/world/server.ts";

const config = `
server_name: memory
accounts {
  A { users [ { user: a, password: secret-of-a } ] }
  SYS { users [ { user: sys, password: secret-of-sys } ] }
}
system_account: SYS
`;

const operator = { user: "sys", pass: "secret-of-sys" };
const member = { user: "a", pass: "secret-of-a" };

/** Messages heard since this was last asked, by subject. */
function events(peer: Peer): { subject: string; body: Record<string, unknown> }[] {
  const found: { subject: string; body: Record<string, unknown> }[] = [];
  const heard = peer.takeHeard();
  for (const match of heard.matchAll(/MSG (\S+) \S+ (\d+)\r\n/g)) {
    const start = match.index + match[0].length;
    const payload = Buffer.from(heard.slice(start, start + Number(match[2])), "latin1").toString();
    found.push({ subject: match[1]!, body: JSON.parse(payload) as Record<string, unknown> });
  }
  return found;
}

function subjects(peer: Peer): string[] {
  return events(peer).map(({ subject }) => subject);
}

async function watched(): Promise<MemoryServer & { watcher: Peer }> {
  const world = await memoryServer(config);
  const watcher = world.client(operator);
  watcher.send("SUB $SYS.ACCOUNT.> 1\r\nSUB $SYS.SERVER.> 2\r\n");
  watcher.takeHeard();
  return { ...world, watcher };
}

function ask(
  world: MemoryServer,
  peer: Peer,
  subject: string,
  body = "",
): Record<string, unknown> | undefined {
  peer.takeHeard();
  peer.send(`SUB in 9\r\nPUB ${subject} in ${body.length}\r\n${body}\r\nUNSUB 9\r\n`);
  world.clock.advance(0);
  return events(peer).find((each) => each.subject === "in")?.body;
}

test("statistics come quickly after the start, then ever slower, then every ten seconds", async () => {
  const { clock, watcher, server } = await watched();

  const times: number[] = [];
  for (let ms = 250; ms <= 60_000; ms += 250) {
    clock.advance(250);
    if (subjects(watcher).includes(`$SYS.SERVER.${server.id}.STATSZ`)) times.push(ms);
  }

  assert.deepEqual(times.slice(0, 5), [250, 1_250, 3_250, 7_250, 15_250]);
  assert.deepEqual(times.slice(5), [25_250, 35_250, 45_250, 55_250]);
});

test("an account's connections are told when one comes, every thirty seconds, and when one goes", async () => {
  const world = await watched();
  const conns = (): unknown[] =>
    events(world.watcher)
      .filter(({ subject }) => subject === "$SYS.ACCOUNT.A.SERVER.CONNS")
      .map(({ body }) => body.conns);

  const peer = world.client(member);
  assert.deepEqual(conns(), [1]);
  world.clock.advance(29_000);
  assert.deepEqual(conns(), []);
  world.clock.advance(1_000);
  assert.deepEqual(conns(), [1]);
  peer.hangUp();
  assert.deepEqual(conns(), [0]);
  world.clock.advance(120_000);
  assert.deepEqual(conns(), []);
});

test("what was sent and received never becomes less when clients go", async () => {
  const world = await watched();
  const totals = (): unknown[] => {
    const { data } = ask(world, world.watcher, "$SYS.REQ.SERVER.PING.VARZ") as {
      data: Record<string, number>;
    };
    const { account_statz } = (
      ask(world, world.watcher, "$SYS.REQ.ACCOUNT.A.STATZ", '{"include_unused":true}') as {
        data: { account_statz: { received: { msgs: number }; sent: { msgs: number } }[] };
      }
    ).data;
    return [data.in_bytes! >= 500, account_statz[0]!.received.msgs, account_statz[0]!.sent.msgs];
  };
  const peer = world.client(member);
  peer.send(`SUB own 1\r\n${`PUB own 100\r\n${"x".repeat(100)}\r\n`.repeat(5)}`);

  const before = totals();
  peer.hangUp();

  assert.deepEqual(before, [true, 5, 5]);
  assert.deepEqual(totals(), before);
});

test("a client that does not keep up, and one that says nothing any more, are counted apart", async () => {
  const world = await memoryServer(
    `${config}\nmax_payload: 1000\nmax_pending: 1000\nping_interval: "1s"\nping_max: 1`,
  );
  const slow = world.client(member);
  slow.send("SUB flood 1\r\n");
  slow.stall(true);
  const sender = world.client(member);
  sender.send(`PUB flood 900\r\n${"x".repeat(900)}\r\n`.repeat(5));
  world.clock.advance(60_000);

  const watcher = world.client(operator);
  const { data } = ask(world, watcher, "$SYS.REQ.SERVER.PING.VARZ") as { data: Record<string, unknown> };

  assert.deepEqual([data.slow_consumers, data.stale_connections], [1, 1]);
  assert.deepEqual(data.slow_consumer_stats, { clients: 1, routes: 0, gateways: 0, leafs: 0 });
  const { data: stats } = ask(world, watcher, "$SYS.REQ.ACCOUNT.A.STATZ", '{"include_unused":true}') as {
    data: { account_statz: { slow_consumers: number }[] };
  };
  assert.equal(stats.account_statz[0]!.slow_consumers, 1);
});

test("passwords and tokens are shown to nobody", async () => {
  const world = await watched();
  world.client(member);
  world.client({ user: "a", pass: "guessed-wrong", auth_token: "token-tried" });
  const heard = JSON.stringify(events(world.watcher));
  const answers = ["VARZ", "CONNZ", "ACCOUNTZ", "STATSZ", "EXPVARZ"].map((what) =>
    ask(
      world,
      world.watcher,
      `$SYS.REQ.SERVER.PING.${what}`,
      what === "CONNZ" ? '{"auth":true,"state":2}' : "",
    ),
  );

  const everything = heard + JSON.stringify(answers);

  assert.match(everything, /memory/);
  for (const secret of ["secret-of-a", "secret-of-sys", "guessed-wrong", "token-tried"]) {
    assert.equal(everything.includes(secret), false, secret);
  }
});

test("a command line is shown to nobody", async () => {
  const world = await watched();

  const { data } = ask(world, world.watcher, "$SYS.REQ.SERVER.PING.EXPVARZ") as {
    data: { cmdline: unknown };
  };

  assert.deepEqual(data.cmdline, []);
});

test("a server that ends softly tells of that first, and then of its end", async () => {
  const { server, watcher, clock } = await watched();

  const gone = server.lameDuck();
  const first = subjects(watcher);
  for (let i = 0; i < 200; i++) clock.advance(1_000);
  await gone;
  await server.stop();

  assert.ok(first.includes(`$SYS.SERVER.${server.id}.LAMEDUCK`));
});

test("a configuration that cannot be read again leaves its reason with who asked for that", async () => {
  const world = await watched();

  const answer = ask(world, world.watcher, `$SYS.REQ.SERVER.${world.server.id}.RELOAD`);

  assert.deepEqual(answer?.error, {
    code: 500,
    description: "can only reload config when a file is provided using -c or --config",
  });
});

test("who owns an account hears of who was turned away at its door", async () => {
  const world = await memoryServer("authorization { user: me, password: mine }");
  const owner = world.client({ user: "me", pass: "mine" });
  owner.send("SUB $SYS.ACCOUNT.CLIENT.AUTH.ERR 1\r\n");

  world.client({ user: "me", pass: "guessed", name: "burglar" });

  const bodies = events(owner).map(({ body }) => body as { reason: string; client: { name: string } });
  assert.deepEqual(
    bodies.map(({ reason, client }) => [reason, client.name]),
    [["Authentication Failure", "burglar"]],
  );
});
