import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryServer } from "../../test/world/server.ts";

const ada = { user: "ada", pass: "x" };
const wrong = { user: "ada", pass: "no" };
const users = "authorization { users: [{ user: ada, password: x }, { user: bob, password: y }] }";
const throttled = "-ERR 'Connection throttling is active. Please try again later.'\r\n";

test("only so many connections from one address may be there that have not signed in", async () => {
  const { connect, client } = await memoryServer(`${users}, tenancy { unauthenticated_per_address: 2 }`);
  client(ada, "10.0.0.1");
  const first = connect("10.0.0.1");
  connect("10.0.0.1");

  const third = connect("10.0.0.1");
  const foreign = connect("10.0.0.2");
  first.hangUp();
  const later = connect("10.0.0.1");
  const last = connect("10.0.0.1");

  assert.ok(third.heard.endsWith(throttled));
  assert.ok(third.closed);
  assert.ok(!foreign.closed);
  assert.ok(!later.closed);
  assert.ok(last.closed);
});

test("only so many connections may be there in all that have not signed in", async () => {
  const { connect, clock } = await memoryServer(`${users}, tenancy { unauthenticated: 2 }`);
  const first = connect("10.0.0.1");
  connect("10.0.0.2");

  const third = connect("10.0.0.3");
  first.send('CONNECT {"user":"ada","pass":"x"}\r\n');
  const fourth = connect("10.0.0.4");
  const fifth = connect("10.0.0.5");
  clock.advance(2_001);
  const afterTheTimeout = connect("10.0.0.6");

  assert.ok(third.heard.endsWith(throttled));
  assert.ok(fifth.heard.endsWith(throttled));
  assert.deepEqual(
    [first, third, fourth, fifth, afterTheTimeout].map(({ closed }) => closed),
    [false, true, true, true, false],
  );
  assert.match(fourth.heard, /-ERR 'Authentication Timeout'\r\n$/);
});

test("the addresses of one IPv6 network are one address", async () => {
  const { connect } = await memoryServer(`${users}, tenancy { unauthenticated_per_address: 1 }`);
  connect("2001:db8:0:1::1");

  assert.ok(connect("2001:db8::1:ffff:0:0:2").closed);
  assert.ok(!connect("2001:db8:0:2::1").closed);
  assert.ok(!connect("::1").closed);
});

test("where nobody must sign in, nobody is a stranger", async () => {
  const { client } = await memoryServer("tenancy { unauthenticated: 1, unauthenticated_per_address: 1 }");

  assert.deepEqual(
    [client(), client(), client()].map(({ closed }) => closed),
    [false, false, false],
  );
});

test("when too many sign-ins from an address have failed, the next ones from there wait, the others do not", async () => {
  const { client, clock } = await memoryServer(`${users}, tenancy { failed_sign_ins_per_address: 2 }`);
  for (let i = 0; i < 3; i++) assert.ok(client(wrong, "10.0.0.1").closed);

  const guess = client(wrong, "10.0.0.1");
  const good = client(ada, "10.0.0.1");
  const foreign = client(ada, "10.0.0.2");
  for (const peer of [good, foreign]) peer.send("PING\r\n");
  const [goodHeard, foreignHeard] = [good.heard, foreign.takeHeard()];
  clock.advance(500);

  assert.equal(goodHeard, "");
  assert.match(foreignHeard, /^PONG\r\n/);
  assert.match(good.heard, /^PONG\r\n/);
  assert.ok(guess.closed);
  assert.equal(guess.heard, "-ERR 'Authorization Violation'\r\n");
});

test("whoever hangs up while it waits is not looked at", async () => {
  const { client, clock } = await memoryServer(`${users}, tenancy { failed_sign_ins_per_address: 1 }`);
  for (let i = 0; i < 2; i++) client(wrong);
  const alarms = clock.alarms;
  const impatient = client(ada);

  impatient.hangUp();
  const alarmsLeft = clock.alarms;
  clock.advance(1_000);

  assert.equal(impatient.heard, "");
  assert.equal(alarmsLeft, alarms);
  // Nothing is owed any more: who comes now is in at once.
  const next = client(ada);
  next.send("PING\r\n");
  assert.match(next.heard, /^PONG\r\n/);
});

test("when too many sign-ins have failed in all, everybody waits, for a second at most, however many failed", async () => {
  const { client, clock } = await memoryServer(`${users}, tenancy { failed_sign_ins: 10 }`);
  // Eleven fail at once, the others all together when the eleventh is paid back: a second's worth is owed since then.
  for (let i = 0; i < 100; i++) client(wrong, `10.0.0.${i}`);
  clock.advance(100);
  const good = client(ada, "10.1.0.1");
  good.send("PING\r\n");

  clock.advance(899);
  const before = good.heard;
  clock.advance(1);

  assert.equal(before, "");
  assert.match(good.heard, /^PONG\r\n/);
});

test("a user has so many connections at a time, another user of the account as many", async () => {
  const { connect, client } = await memoryServer(`${users}, tenancy { connections_per_user: 2 }`);
  const first = client(ada);
  client(ada);

  const third = connect();
  third.takeHeard();
  third.send('CONNECT {"user":"ada","pass":"x"}\r\n');
  const bob = client({ user: "bob", pass: "y" });
  first.hangUp();
  const fourth = client(ada);

  assert.equal(third.heard, "-ERR 'maximum account active connections exceeded'\r\n");
  assert.deepEqual(
    [third, bob, fourth].map(({ closed }) => closed),
    [true, false, false],
  );
});

test("a CONNECT without end is cut at the limit of a control line, before more of it is kept", async () => {
  const { connect } = await memoryServer(users);
  const peer = connect();
  peer.takeHeard();
  peer.send(`CONNECT {"user":"${"a".repeat(4_000)}`);
  const before = peer.closed;

  peer.send("a".repeat(100));

  assert.ok(!before);
  assert.equal(peer.heard, "-ERR 'maximum control line exceeded'\r\n");
  assert.ok(peer.closed);
});

test("a reload forgets what failed before", async () => {
  const { client, reload } = await memoryServer(`${users}, tenancy { failed_sign_ins_per_address: 1 }`);
  for (let i = 0; i < 2; i++) client(wrong);

  reload(`${users}, tenancy { failed_sign_ins_per_address: 2 }`);
  const good = client(ada);
  good.send("PING\r\n");

  assert.match(good.heard, /^PONG\r\n/);
});

test("a reload switches what holds for those who come on and off, and counts only who came since", async () => {
  const { connect, reload } = await memoryServer(users);
  connect();
  connect();

  reload(`${users}, tenancy { unauthenticated_per_address: 1 }`);
  const [one, two] = [connect(), connect()];
  reload(users);
  const three = connect();

  assert.deepEqual(
    [one, two, three].map(({ closed }) => closed),
    [false, true, false],
  );
});
