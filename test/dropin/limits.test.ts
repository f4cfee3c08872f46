// Limits on who may be here, how many and how long, in a world whose time the test tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { silent } from "../../src/ports/trace.ts";
import { LameDuck } from "../../src/server/lame-duck.ts";
import type { Session } from "../../src/session/session.ts";
import { ManualClock } from "../world/clock.ts";
import { seededRandom } from "../world/random.ts";
import { memoryServer } from "../world/server.ts";

const megabyte = "x".repeat(1_000_000);

test("one connection more than max_connections is told and closed", async () => {
  const { connect, client } = await memoryServer("max_connections: 2");
  const [first, second] = [client(), client()];

  const third = connect();

  assert.match(third.heard, /^INFO .*-ERR 'maximum connections exceeded'\r\n$/s);
  assert.deepEqual([first.closed, second.closed, third.closed], [false, false, true]);
});

test("a connection that goes makes room for another", async () => {
  const { connect, client } = await memoryServer("max_connections: 1");
  client().hangUp();

  assert.equal(connect().closed, false);
});

test("an account's connections are counted by themselves", async () => {
  const { client } = await memoryServer(`accounts {
    SMALL { limits { max_connections: 1 }, users: [ { user: ada, password: x } ] }
    LARGE { users: [ { user: bob, password: y } ] }
  }`);
  client({ user: "ada", pass: "x" });

  const second = client({ user: "ada", pass: "x" });
  const others = [client({ user: "bob", pass: "y" }), client({ user: "bob", pass: "y" })];

  assert.equal(second.closed, true);
  assert.deepEqual(
    others.map(({ closed }) => closed),
    [false, false],
  );
});

test("an account's subscriptions and payloads are limited by its configuration", async () => {
  const { client } = await memoryServer(`accounts {
    SMALL { limits { max_subscriptions: 1, max_payload: 4 }, users: [ { user: ada, password: x } ] }
  }`);
  const peer = client({ user: "ada", pass: "x" });

  peer.send("SUB a 1\r\nSUB b 2\r\n");
  peer.send("PUB a 5\r\n12345\r\n");

  assert.equal(peer.heard, "-ERR 'maximum subscriptions exceeded'\r\n-ERR 'Maximum Payload Violation'\r\n");
  assert.equal(peer.closed, true);
});

test("the log tells of too many subscriptions once in two seconds and account, their peer of each", async () => {
  const lines: string[] = [];
  const { client, clock } = await memoryServer("max_subscriptions: 1", {
    trace: { enabled: () => true, log: (_level, text) => lines.push(text) },
  });
  const peer = client();
  const said = (): number => lines.filter((line) => line.endsWith("maximum subscriptions exceeded")).length;

  peer.send("SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n");
  const atOnce = said();
  clock.advance(2_000);
  peer.send("SUB d 4\r\n");

  assert.deepEqual([atOnce, said()], [1, 2]);
  assert.equal(peer.heard, "-ERR 'maximum subscriptions exceeded'\r\n".repeat(3));
});

test("who sends faster than another reads is held up for moments, and nothing is lost", async () => {
  const { client, clock } = await memoryServer("max_payload: 2MB, max_pending: 4MB, write_deadline: 60s");
  const slow = client();
  slow.send("SUB big 1\r\n");
  slow.stall(true);
  const fast = client();
  fast.send("SUB ping 1\r\n");

  for (let sent = 0; sent < 4; sent++) fast.send(`PUB big ${megabyte.length}\r\n${megabyte}\r\n`);
  fast.send("PUB ping 1\r\nx\r\n");
  const heldUp = fast.takeHeard();
  clock.advance(20);

  assert.equal(heldUp, "");
  assert.equal(fast.takeHeard(), "MSG ping 1 1\r\nx\r\n");
  slow.stall(false);
  assert.equal(slow.closed, false);
});

test("write_timeout: retry spares who reads a little by every write deadline, and nobody who reads nothing", async () => {
  const lines: string[] = [];
  const { client, clock } = await memoryServer('write_deadline: "300ms", write_timeout: retry', {
    trace: { enabled: () => true, log: (_level, text) => lines.push(text) },
  });
  const [moving, stuck] = [client(), client()];
  for (const peer of [moving, stuck]) {
    peer.send("SUB big 1\r\n");
    peer.stall(true);
  }
  const fast = client();

  fast.send(`PUB big ${megabyte.length}\r\n${megabyte}\r\n`);
  for (let deadline = 0; deadline < 3; deadline++) {
    moving.socket.takeOnly(1_000);
    clock.advance(300);
  }
  const spared = !moving.closed;
  moving.stall(false);
  clock.advance(300);

  assert.deepEqual([spared, moving.closed, stuck.closed], [true, false, true]);
  const slow = lines.flatMap((line) => / - (Slow Consumer .*?) \d+ total bytes/.exec(line)?.[1] ?? []);
  assert.deepEqual(slow, [
    "Slow Consumer Detected: WriteDeadline of 300ms exceeded with",
    "Slow Consumer Detected: WriteDeadline of 300ms exceeded with",
    "Slow Consumer State: WriteDeadline of 300ms exceeded with",
    "Slow Consumer State: WriteDeadline of 300ms exceeded with",
  ]);
  assert.ok(lines.some((line) => line.endsWith(" - Slow Consumer Recovered")));
});

test("no_fast_producer_stall holds nobody up, and messages pass by who has not read much", async () => {
  const { client } = await memoryServer(
    "max_payload: 2MB, max_pending: 4MB, no_fast_producer_stall: true, write_deadline: 60s",
  );
  const slow = client();
  slow.send("SUB big 1\r\n");
  slow.stall(true);
  const fast = client();
  fast.send("SUB ping 1\r\n");

  for (let sent = 0; sent < 9; sent++) fast.send(`PUB big ${megabyte.length}\r\n${megabyte}\r\n`);
  fast.send("PUB ping 1\r\nx\r\n");
  const heard = fast.takeHeard();
  slow.stall(false);
  fast.send("PUB big 1\r\ny\r\n".repeat(9));

  assert.equal(heard, "MSG ping 1 1\r\nx\r\n");
  assert.equal(slow.closed, false);
  assert.equal(slow.heard.split(`MSG big 1 ${megabyte.length}\r\n`).length - 1, 4);
  assert.equal(slow.heard.split("MSG big 1 1\r\ny\r\n").length - 1, 9);
});

test("lame duck mode spreads its ends over the time it has, and gives its grace first", async () => {
  const clock = new ManualClock();
  const ended: number[] = [];
  const session = (): Session =>
    ({ sendInfoAgain: () => undefined, end: () => ended.push(clock.monotonicMs()) }) as unknown as Session;
  const sessions = Array.from({ length: 100 }, session);
  const options = { durationMs: 40_000, gracePeriodMs: 10_000 };
  const duck = new LameDuck({ clock, random: seededRandom(1), trace: silent, sessions, options });
  let done = false;

  void duck.begin().then(() => {
    done = true;
  });
  clock.advance(9_999);
  const duringGrace = ended.length;
  clock.advance(30_001);
  await Promise.resolve();

  assert.equal(duringGrace, 0);
  assert.equal(ended.length, 100);
  assert.ok(done);
  // Pauses lie between half an interval of 300 ms and a whole one.
  assert.ok(ended.at(-1)! - ended[0]! >= 99 * 150);
  assert.ok(ended.at(-1)! - ended[0]! <= 99 * 300);
});

test("more clients than milliseconds are closed several at a time", async () => {
  const clock = new ManualClock();
  let ended = 0;
  const session = (): Session =>
    ({ sendInfoAgain: () => undefined, end: () => ended++ }) as unknown as Session;
  const sessions = Array.from({ length: 5_000 }, session);
  const options = { durationMs: 1_000, gracePeriodMs: 0 };
  const duck = new LameDuck({ clock, random: seededRandom(1), trace: silent, sessions, options });

  void duck.begin();
  clock.advance(1_100);

  assert.equal(ended, 5_000);
});
