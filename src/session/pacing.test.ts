import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peer } from "../../test/world/network.ts";
import { memoryServer } from "../../test/world/server.ts";

const accounts =
  "accounts { A { users: [{ user: a, password: p }] }, B { users: [{ user: b, password: p }] } }";
const a = { user: "a", pass: "p" };
const b = { user: "b", pass: "p" };
const publish = "PUB news 2\r\nhi\r\n";

/** How many messages a subscriber has had. */
const had = (subscriber: Peer): number => subscriber.heard.split("MSG news").length - 1;

test("an account that publishes too many messages is read on when they are paid back, the others at once", async () => {
  const { client, clock } = await memoryServer(`${accounts}, tenancy { account_messages: 10 }`);
  const [subscriber, publisher, second, foreign, foreignSubscriber] = [
    client(a),
    client(a),
    client(a),
    client(b),
    client(b),
  ];
  for (const each of [subscriber, foreignSubscriber]) each.send("SUB news 1\r\n");

  // Those of one chunk are taken whole, by the stair and past it.
  publisher.send(publish.repeat(15));
  publisher.send(publish);
  second.send("PING\r\n");
  second.send(publish);
  second.send(publish);
  foreign.send(publish.repeat(10));
  const atOnce = had(subscriber);
  clock.advance(499);
  const before = had(subscriber);
  clock.advance(101);

  assert.equal(atOnce, 16);
  assert.equal(before, 16);
  assert.equal(had(subscriber), 18);
  assert.equal(had(foreignSubscriber), 10);
  assert.match(second.heard, /^PONG\r\n/);
});

test("an account that publishes too many bytes waits as well, whichever way its messages go", async () => {
  for (const subscribed of [true, false]) {
    const { client, clock, server } = await memoryServer(`${accounts}, tenancy { account_bytes: 100 }`);
    const publisher = client(a);
    if (subscribed) client(a).send("SUB news 1\r\n");
    const message = `PUB news 50\r\n${"x".repeat(50)}\r\n`;

    for (let i = 0; i < 10; i++) publisher.send(message);
    const session = [...server.reception.roster.all()].find(({ received }) => received.messages > 0)!;
    const counts = [session.received.messages];
    for (let second = 0; second < 3; second++) {
      clock.advance(1_000);
      counts.push(session.received.messages);
    }

    assert.deepEqual(counts, [3, 5, 7, 9]);
  }
});

test("subscribers of an account that owes are served, and may ask", async () => {
  const { client } = await memoryServer(`${accounts}, tenancy { account_messages: 1 }`);
  const [subscriber, publisher] = [client(a), client(a)];
  subscriber.send("SUB news 1\r\n");
  publisher.send(publish.repeat(5));
  subscriber.takeHeard();

  for (let i = 0; i < 3; i++) subscriber.send("PING\r\n");

  assert.equal(subscriber.heard.split("PONG").length - 1, 3);
});

test("who has paid and publishes no more does not wait with those who do", async () => {
  const { client } = await memoryServer(`${accounts}, tenancy { account_messages: 1 }`);
  const [quiet, publisher] = [client(a), client(a)];
  quiet.send(publish);
  publisher.send(publish.repeat(5));

  for (let i = 0; i < 3; i++) quiet.send("PING\r\n");

  assert.equal(quiet.heard.split("PONG").length - 1, 3);
});

test("who waits is read again when the limit is gone, or is another", async () => {
  for (const then of ["", "tenancy { account_messages: 10000 }"]) {
    const { client, clock, reload } = await memoryServer(`${accounts}, tenancy { account_messages: 1 }`);
    const [subscriber, publisher] = [client(a), client(a)];
    subscriber.send("SUB news 1\r\n");
    publisher.send(publish.repeat(1_000));
    publisher.send(publish);

    reload(`${accounts}, ${then}`);
    clock.advance(1_000);
    for (let i = 0; i < 10; i++) publisher.send(publish);

    assert.equal(had(subscriber), 1_011, then);
  }
});

test("who hangs up while it waits leaves nothing behind", async () => {
  const { client, clock, server } = await memoryServer(`${accounts}, tenancy { account_messages: 1 }`);
  const publisher = client(a);
  publisher.send(publish.repeat(5));
  publisher.send(publish);

  publisher.hangUp();
  clock.advance(5_000);

  assert.equal(server.reception.roster.size, 0);
});

test("the system account is not paced", async () => {
  const { client, server } = await memoryServer(
    "accounts { SYS { users: [{ user: s, password: p }] } }, system_account: SYS, tenancy { account_messages: 1, turn_bytes: 10 }",
  );
  const publisher = client({ user: "s", pass: "p" });

  for (let i = 0; i < 10; i++) publisher.send(publish);

  assert.equal([...server.reception.roster.all()][0]!.received.messages, 10);
});

test("a chunk that is more than a turn is taken in portions, and nothing of it is lost", async () => {
  const { client, clock } = await memoryServer(`${accounts}, tenancy { turn_bytes: 100 }`);
  const [subscriber, publisher] = [client(a), client(a)];
  subscriber.send("SUB news 1\r\n");

  publisher.send(publish.repeat(100));
  publisher.send(publish);
  publisher.send(`${publish}PING\r\n`);
  const atOnce = had(subscriber);
  clock.advance(0);

  assert.equal(atOnce, 6);
  assert.equal(had(subscriber), 102);
  assert.match(publisher.heard, /PONG\r\n/);
  // Its turn is not over any more.
  publisher.takeHeard();
  for (let i = 0; i < 3; i++) publisher.send("PING\r\n");
  assert.equal(publisher.heard, "PONG\r\n".repeat(3));
});

test("what came in one chunk with a sign-in is taken in portions as well", async () => {
  const { connect, clock } = await memoryServer(`${accounts}, tenancy { turn_bytes: 100 }`);
  const peer = connect();

  peer.send(`CONNECT ${JSON.stringify(a)}\r\nSUB news 1\r\n${publish.repeat(100)}PING\r\n`);
  const atOnce = had(peer);
  clock.advance(0);

  assert.equal(atOnce, 0);
  assert.equal(had(peer), 100);
  assert.match(peer.heard, /PONG\r\n/);
});

test("who need not sign in is held to its turns from its first command on", async () => {
  for (const config of ["", "authorization { users: [{ user: ada, password: x }] }, no_auth_user: ada"]) {
    const { connect, clock } = await memoryServer(`${config}\ntenancy { turn_bytes: 100 }`);
    const peer = connect();

    peer.send(`SUB news 1\r\n${publish.repeat(100)}PING\r\n`);
    const atOnce = had(peer);
    clock.advance(0);

    assert.ok(atOnce <= 6, `${atOnce}`);
    assert.equal(had(peer), 100);
    assert.match(peer.heard, /PONG\r\n/);
  }
});

test("what came with a sign-in that takes time counts as well", async () => {
  const { connect, clock } = await memoryServer(
    `${accounts}, tenancy { failed_sign_ins: 1, account_messages: 10 }`,
  );
  for (let i = 0; i < 2; i++) connect().send('CONNECT {"user":"a"}\r\n');
  const peer = connect();
  peer.takeHeard();

  peer.send(`CONNECT ${JSON.stringify(a)}\r\nSUB news 1\r\n${publish.repeat(20)}`);
  const before = peer.heard;
  clock.advance(1_000);
  peer.send(publish);
  const signedIn = had(peer);
  clock.advance(1_000);

  assert.equal(before, "");
  assert.equal(signedIn, 20);
  assert.equal(had(peer), 21);
});

test("when too many bytes wait for an account's peers together, the one with the most of them is cut", async () => {
  const { client } = await memoryServer(`${accounts}, tenancy { account_pending: 10000 }`);
  const [most, some, foreign] = [client(a), client(a), client(b)];
  const [publisher, foreignPublisher] = [client(a), client(b)];
  for (const each of [most, some, foreign]) each.stall(true);
  most.send("SUB news 1\r\nSUB news 2\r\n");
  for (const each of [some, foreign]) each.send("SUB news 1\r\n");
  const message = `PUB news 1000\r\n${"x".repeat(1_000)}\r\n`;

  for (let i = 0; i < 3; i++) for (const each of [publisher, foreignPublisher]) each.send(message);
  const before = most.closed;
  publisher.send(message);

  assert.ok(!before);
  assert.deepEqual([most.closed, most.heard], [true, ""]);
  assert.deepEqual([some.closed, foreign.closed, publisher.closed], [false, false, false]);
});

test("bytes that have been sent, and those of peers that are gone, no longer wait", async () => {
  const { client } = await memoryServer(`${accounts}, tenancy { account_pending: 15000 }`);
  const [kept, publisher] = [client(a), client(a)];
  kept.send("SUB news 1\r\nSUB news 2\r\n");

  for (let round = 0; round < 5; round++) {
    const gone = client(a);
    gone.send("SUB news 1\r\n");
    for (const each of [gone, kept]) each.stall(true);
    for (let i = 0; i < 4; i++) publisher.send(`PUB news 1000\r\n${"x".repeat(1_000)}\r\n`);
    kept.stall(false);
    gone.hangUp();
  }

  assert.ok(!kept.closed);
});
