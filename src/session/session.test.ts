import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryServer } from "../../test/world/server.ts";

test("a peer is greeted with INFO before it says anything", async () => {
  const { connect } = await memoryServer();

  const peer = connect();

  assert.match(peer.heard, /^INFO \{"server_id":"N[A-Z2-7]{55}",.*"headers":true.*\} \r\n$/);
});

test("a message reaches a plain subscriber and one member of each queue group", async () => {
  const { client } = await memoryServer();
  const subscriber = client();
  subscriber.send("SUB news 1\r\nSUB news.* 2\r\nSUB news workers 3\r\nSUB news workers 4\r\n");
  const publisher = client();

  publisher.send("PUB news 2\r\nhi\r\n");

  const lines = subscriber.heard.split("\r\n").filter((line) => line.startsWith("MSG"));
  assert.equal(lines.length, 2);
  assert.ok(lines.includes("MSG news 1 2"));
  assert.ok(lines.some((line) => line === "MSG news 3 2" || line === "MSG news 4 2"));
});

test("a subscription with a maximum ends after that many messages, wherever they came from", async () => {
  const { client } = await memoryServer();
  const subscriber = client();
  subscriber.send("SUB news 1\r\n");
  const publisher = client();
  // Enough for the route to be repeated without the stair.
  publisher.send("PUB news 0\r\n\r\n".repeat(5));
  subscriber.send("UNSUB 1 7\r\n");

  publisher.send("PUB news 0\r\n\r\n".repeat(5));

  assert.equal(subscriber.heard.split("MSG news 1 0").length - 1, 7);
});

test("unsubscribing after more messages than asked for ends at once", async () => {
  const { client } = await memoryServer();
  const subscriber = client();
  subscriber.send("SUB news 1\r\n");
  const publisher = client();
  publisher.send("PUB news 0\r\n\r\n".repeat(5));
  subscriber.send("UNSUB 1 3\r\n");
  subscriber.takeHeard();

  publisher.send("PUB news 0\r\n\r\n");

  assert.equal(subscriber.heard, "");
});

test("who wants no echo does not hear itself, on the stair or past it", async () => {
  const { client } = await memoryServer();
  const peer = client({ echo: false });
  const other = client();
  peer.send("SUB news 1\r\n");
  other.send("SUB news 9\r\n");

  peer.send("PUB news 0\r\n\r\n".repeat(5));

  assert.equal(peer.heard, "");
  assert.equal(other.heard.split("MSG news 9 0").length - 1, 5);
});

test("headers are stripped for a peer that does not know them", async () => {
  const { client } = await memoryServer();
  const modern = client();
  const old = client({ headers: false });
  modern.send("SUB news 1\r\n");
  old.send("SUB news 1\r\n");
  const publisher = client();

  publisher.send("HPUB news 12 14\r\nNATS/1.0\r\n\r\nhi\r\n".repeat(4));

  assert.equal(modern.heard, "HMSG news 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n".repeat(4));
  assert.equal(old.heard, "MSG news 1 2\r\nhi\r\n".repeat(4));
});

test("a requester is told that nobody listens, if it asked to be told", async () => {
  const { client } = await memoryServer();
  const requester = client({ no_responders: true });
  requester.send("SUB _INBOX.a.* 5\r\n");

  requester.send("PUB void _INBOX.a.1 0\r\n\r\n");

  const headers = "NATS/1.0 503\r\nNats-Subject: void\r\n\r\n";
  assert.equal(requester.heard, `HMSG _INBOX.a.1 5 ${headers.length} ${headers.length}\r\n${headers}\r\n`);
});

test("the first PONG to a modern client is followed by what it is connected as", async () => {
  const { client } = await memoryServer();
  const peer = client();

  peer.send("PING\r\nPING\r\n");

  assert.match(peer.heard, /^PONG\r\nINFO \{.*"connect_info":true,"remote_account":"\$G".*\} \r\nPONG\r\n$/);
});

test("a silent peer is pinged, and closed when it leaves two pings unanswered", async () => {
  const { client, clock } = await memoryServer("ping_interval: 10s");
  const peer = client();

  clock.advance(2_500);
  assert.equal(peer.takeHeard(), "PING\r\n");
  clock.advance(10_000);
  assert.equal(peer.takeHeard(), "PING\r\n");
  clock.advance(10_000);

  assert.equal(peer.heard, "-ERR 'Stale Connection'\r\n");
  assert.ok(peer.closed);
});

test("a peer that answers its pings stays", async () => {
  const { client, clock } = await memoryServer("ping_interval: 10s");
  const peer = client();

  for (let i = 0; i < 20; i++) {
    clock.advance(10_000);
    if (peer.takeHeard().includes("PING")) peer.send("PONG\r\n");
  }

  assert.ok(!peer.closed);
});

test("who does not authenticate in time is told and closed", async () => {
  const { connect, clock } = await memoryServer("authorization { user: u, password: p, timeout: 2 }");
  const peer = connect();
  peer.takeHeard();

  clock.advance(2_001);

  assert.equal(peer.heard, "-ERR 'Authentication Timeout'\r\n");
  assert.ok(peer.closed);
});

test("nothing but CONNECT is heard from a peer that must authenticate", async () => {
  for (const first of [
    "PING\r\n",
    "PUB a 0\r\n\r\n",
    "SUB a 1\r\n",
    "HPUB a 0 0\r\n\r\n",
    "\x16\x03\x01",
    "GET / HTTP/1.1\r\n",
  ]) {
    const { connect } = await memoryServer("authorization { user: u, password: p }");
    const peer = connect();
    peer.takeHeard();

    peer.send(first);

    assert.equal(peer.heard, "-ERR 'Authorization Violation'\r\n", JSON.stringify(first));
    assert.ok(peer.closed);
  }
});

test("a wrong password is refused, the right one admitted", async () => {
  const { client } = await memoryServer("authorization { user: u, password: p }");

  const wrong = client({ user: "u", pass: "x" });
  const right = client({ user: "u", pass: "p" });

  assert.ok(wrong.closed);
  right.send("PING\r\n");
  assert.match(right.heard, /^PONG\r\n/);
});

test("a peer that does not read is cut when too much waits for it, without a word", async () => {
  const { client } = await memoryServer(
    "max_payload: 60000, max_pending: 100000, no_fast_producer_stall: true",
  );
  const slow = client();
  slow.send("SUB news 1\r\n");
  slow.stall(true);
  const publisher = client();

  for (let i = 0; i < 2; i++) publisher.send(`PUB news 60000\r\n${"x".repeat(60_000)}\r\n`);

  assert.ok(slow.closed);
  assert.equal(slow.heard, "");
  assert.ok(!publisher.closed);
});

test("a peer that takes nothing for the write deadline is cut, one that takes its time is not", async () => {
  const { client, clock } = await memoryServer("write_deadline: 2s");
  const stuck = client();
  const slow = client();
  for (const peer of [stuck, slow]) {
    peer.send("SUB news 1\r\n");
    peer.stall(true);
  }
  const publisher = client();
  publisher.send("PUB news 2\r\nhi\r\n");

  clock.advance(1_000);
  slow.stall(false);
  clock.advance(1_500);

  assert.ok(stuck.closed);
  assert.ok(!slow.closed);
  assert.ok(slow.heard.startsWith("MSG news 1 2\r\nhi\r\n"));
});

test("the name a subscription already has stays with it", async () => {
  const { client } = await memoryServer();
  const peer = client({ verbose: true });
  peer.send("SUB a 1\r\nSUB b 1\r\n");
  assert.equal(peer.takeHeard(), "+OK\r\n+OK\r\n");

  peer.send("PUB b 0\r\n\r\nPUB a 0\r\n\r\n");

  assert.equal(peer.heard, "+OK\r\n+OK\r\nMSG a 1 0\r\n\r\n");
});

test("when a session ends its subscriptions end, and nothing of it is left", async () => {
  const { server, client, clock } = await memoryServer();
  const before = clock.alarms;
  const peer = client();
  peer.send("SUB a 1\r\nSUB b.* 2\r\nSUB c.> q 3\r\n");

  peer.hangUp();

  const account = server.directory.find("$G")!;
  assert.equal(server.reception.roster.size, 0);
  assert.ok(!account.hasInterest("a") && !account.hasInterest("b.x") && !account.hasInterest("c.x"));
  assert.equal(clock.alarms, before);
});

test("a second CONNECT starts over: what was subscribed to is gone", async () => {
  const { client } = await memoryServer();
  const peer = client();
  peer.send("SUB a 1\r\n");

  peer.send('CONNECT {"verbose":false}\r\nPUB a 0\r\n\r\n');

  assert.equal(peer.heard, "");
});

test("a publish whose subject holds a line's end cannot break a subscriber's framing", async () => {
  const { client } = await memoryServer();
  const subscriber = client();
  subscriber.send("SUB > 1\r\n");
  const publisher = client();

  publisher.send("PUB \na 0\r\n\r\n");

  assert.ok(!subscriber.heard.includes("\na"));
});

test("an account is credited once with what a session counts, however often the session says CONNECT", async () => {
  const { server, client } = await memoryServer();
  const peer = client();
  peer.send("PUB a 3\r\nabc\r\n");
  peer.send('CONNECT {"verbose":false}\r\nPUB a 3\r\nabc\r\n');

  peer.hangUp();

  assert.deepEqual(server.directory.find("$G")!.received, { messages: 2, bytes: 6 });
});
