import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryServer } from "../../test/world/server.ts";

/** A message with so many headers, each of `bytes` in all. */
function withHeaders(count: number, bytes: number): string {
  const headers = `NATS/1.0\r\n${`${"a".repeat(bytes - 4)}:b\r\n`.repeat(count)}\r\n`;
  return `HPUB news ${headers.length} ${headers.length}\r\n${headers}\r\n`;
}

test("a subject of too many bytes, tokens or bytes in one token is refused as by a permission", async () => {
  for (const [limit, most, tooMuch] of [
    ["subject_bytes: 9", "a.b.c.d.e", "a.b.c.d.ee"],
    ["subject_tokens: 3", "aaaaaa.b.c", "a.b.c.d"],
    ["subject_token_bytes: 4", "aaaa.bbbb.cccc.dddd", "a.bbbbb.c"],
    ["subject_token_bytes: 4", "aaaa", "a.b.ccccc"],
  ] as const) {
    const { client } = await memoryServer(`tenancy { ${limit} }`);
    const subscriber = client();
    subscriber.send("SUB > 1\r\n");
    const publisher = client();

    // Often enough for the route to be repeated without the stair.
    publisher.send(`PUB ${most} 0\r\n\r\nPUB ${tooMuch} 0\r\n\r\n`.repeat(4));

    assert.equal(subscriber.heard, `MSG ${most} 1 0\r\n\r\n`.repeat(4), limit);
    assert.equal(publisher.heard, `-ERR 'Permissions Violation for Publish to "${tooMuch}"'\r\n`.repeat(4));
    assert.ok(!publisher.closed);
  }
});

test("JetStream's subjects may be longer, since they carry names", async () => {
  const { client } = await memoryServer(
    "tenancy { subject_bytes: 9, subject_token_bytes: 4, subject_tokens: 2 }",
  );
  const subscriber = client();
  subscriber.send("SUB > 1\r\n");

  client().send("PUB $JS.ACK.stream.consumer 0\r\n\r\n");

  assert.equal(subscriber.heard, "MSG $JS.ACK.stream.consumer 1 0\r\n\r\n");
});

test("a message with too long headers, or too many, closes its connection", async () => {
  for (const [limit, most, tooMuch] of [
    ["header_bytes: 44", withHeaders(1, 32), withHeaders(1, 33)],
    ["header_lines: 3", withHeaders(3, 100), withHeaders(4, 100)],
  ] as const) {
    const { client } = await memoryServer(`tenancy { ${limit} }`);
    const subscriber = client();
    subscriber.send("SUB news 1\r\n");
    const publisher = client();

    publisher.send(most.repeat(4));
    publisher.send(tooMuch);

    assert.equal(subscriber.heard, most.repeat(4).replaceAll("HPUB news", "HMSG news 1"), limit);
    assert.equal(publisher.heard, "-ERR 'Maximum Payload Violation'\r\n");
    assert.ok(publisher.closed);
  }
});

test("a subscription of too many tokens is refused, and the connection stays", async () => {
  const { client } = await memoryServer("tenancy { subscription_tokens: 3 }");
  const peer = client();

  peer.send("SUB a.*.> 1\r\nSUB a.*.*.> 2\r\nPUB a.b.c.d 0\r\n\r\n");

  const refusal = `-ERR 'Permissions Violation for Subscription to "a.*.*.>", too many tokens'\r\n`;
  assert.equal(peer.heard, `${refusal}MSG a.b.c.d 1 0\r\n\r\n`);
});

test("an account has so many subscriptions among all its connections, and the others have theirs", async () => {
  const { client } = await memoryServer(`
    accounts { A { users: [{ user: a, password: p }] }, B { users: [{ user: b, password: p }] } }
    tenancy { account_subscriptions: 3 }`);
  const [one, two, foreign] = [
    client({ user: "a", pass: "p" }),
    client({ user: "a", pass: "p" }),
    client({ user: "b", pass: "p" }),
  ];
  one.send("SUB x 1\r\nSUB x 2\r\n");
  two.send("SUB x 1\r\n");

  two.send("SUB x 2\r\n");
  foreign.send("SUB x 1\r\n");
  one.hangUp();
  two.send("SUB x 3\r\n");

  assert.equal(two.heard, "-ERR 'maximum subscriptions exceeded'\r\n");
  assert.equal(foreign.heard, "");
});

test("the system account is held to none of it", async () => {
  const { client } = await memoryServer(`
    accounts { SYS { users: [{ user: s, password: p }] } }, system_account: SYS
    tenancy { subject_tokens: 2, account_subscriptions: 1, subscription_tokens: 1 }`);
  const system = client({ user: "s", pass: "p" });

  system.send("SUB a.b.c 1\r\nSUB a.b.c 2\r\nPUB a.b.c 0\r\n\r\n");

  assert.equal(system.heard, "MSG a.b.c 1 0\r\n\r\nMSG a.b.c 2 0\r\n\r\n");
});

test("a reload switches the limits on and off again for who is connected, on routes that stand too", async () => {
  const { client, reload } = await memoryServer();
  const peer = client();
  peer.send("SUB > 1\r\n");
  const publish = "PUB a.b.c 0\r\n\r\n".repeat(3);
  peer.send(publish);
  const delivered = peer.takeHeard();

  assert.equal(reload("tenancy { subject_tokens: 2 }"), undefined);
  peer.send(publish);
  const refused = peer.takeHeard();
  assert.equal(reload(""), undefined);
  peer.send(publish);

  assert.equal(delivered, "MSG a.b.c 1 0\r\n\r\n".repeat(3));
  assert.equal(refused, `-ERR 'Permissions Violation for Publish to "a.b.c"'\r\n`.repeat(3));
  assert.equal(peer.heard, delivered);
});
