// What somebody hears over a real socket who goes beyond each limit of the tenancy block, to the letter.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";

const ours = brokerPrograms().find(({ name }) => name === "ours")!;
const user = (name: string) => `{ user: ${name}, password: p }`;
const accounts = `accounts { A { users: [${user("a")}, ${user("b")}] }, C { users: [${user("c")}] } }`;
const closedWith = (text: string): string => `-ERR '${text}'\r\n`;

async function signedIn(port: number, name: string): Promise<RawPeer> {
  const peer = await RawPeer.dial(port);
  peer.send(`CONNECT {"user":"${name}","pass":"p","verbose":false,"headers":true}\r\n`);
  await peer.sync();
  return peer;
}

/** What a message with so many headers of so many bytes is. */
function headed(count: number, bytes: number): string {
  const headers = `NATS/1.0\r\n${`${"h".repeat(bytes - 4)}:v\r\n`.repeat(count)}\r\n`;
  return `HPUB a ${headers.length} ${headers.length}\r\n${headers}\r\n`;
}

describe("beyond what a message or a subscription may be", () => {
  let broker: BrokerProcess;
  const long = "s".repeat(129);
  before(async () => {
    broker = await startBrokerProcess(
      ours,
      `${accounts}, tenancy { subject_bytes: 256, subject_tokens: 32, subject_token_bytes: 128, subscription_tokens: 32
        header_bytes: 64KB, header_lines: 256, account_subscriptions: 100 }`,
    );
  });
  after(() => broker.stop());

  const denied = (subject: string): string => `Permissions Violation for Publish to "${subject}"`;
  const spread = Array.from({ length: 3 }, () => "x".repeat(100)).join(".");
  const deep = Array.from({ length: 33 }, () => "t").join(".");
  for (const [what, says, answer, closes] of [
    ["a subject of 302 bytes", `PUB ${spread} 0\r\n\r\n`, denied(spread), false],
    ["a subject of 33 tokens", `PUB ${deep} 0\r\n\r\n`, denied(deep), false],
    ["a subject with a token of 129 bytes", `PUB ${long} 0\r\n\r\n`, denied(long), false],
    [
      "a subscription of 33 tokens",
      `SUB ${deep} 1\r\n`,
      `Permissions Violation for Subscription to "${deep}", too many tokens`,
      false,
    ],
    ["headers of more than 64 KB", headed(10, 6_554), "Maximum Payload Violation", true],
    ["257 headers", headed(257, 8), "Maximum Payload Violation", true],
    ["a 101st subscription", "SUB a 101\r\n", "maximum subscriptions exceeded", false],
  ] as const) {
    test(`${what} is answered with ${answer.slice(0, 50)}`, async () => {
      const [other, peer] = [await signedIn(broker.port, "a"), await signedIn(broker.port, "b")];
      if (says.endsWith(" 101\r\n")) {
        for (let sid = 1; sid <= 100; sid++) other.send(`SUB s.${sid} ${sid}\r\n`);
        await other.sync();
      }

      peer.send(says);

      if (closes) await peer.ended();
      else await peer.sync();
      assert.equal(peer.words(), closedWith(answer));
      assert.equal(peer.closed, closes);
      for (const each of [other, peer]) {
        each.close();
        await each.ended();
      }
    });
  }
});

describe("at the door", () => {
  let broker: BrokerProcess;
  before(async () => {
    broker = await startBrokerProcess(
      ours,
      `${accounts}, tenancy { unauthenticated: 12, unauthenticated_per_address: 8, connections_per_user: 3 }`,
    );
  });
  after(() => broker.stop());

  test("a fourth connection of a user is refused, and not the first of another", async () => {
    const three = [
      await signedIn(broker.port, "a"),
      await signedIn(broker.port, "a"),
      await signedIn(broker.port, "a"),
    ];
    const other = await signedIn(broker.port, "b");
    const fourth = await RawPeer.dial(broker.port);

    fourth.send('CONNECT {"user":"a","pass":"p"}\r\n');
    await fourth.ended();

    assert.equal(fourth.words(), closedWith("maximum account active connections exceeded"));
    for (const each of [...three, other]) each.close();
  });

  // Other systems have one address of their own only.
  const skip = process.platform === "linux" ? false : "needs 127.0.0.2";
  test("too many from one address, or in all, that have not signed in are told to come later", {
    skip,
  }, async () => {
    const there: RawPeer[] = [];
    const arrive = async (from: string): Promise<void> => {
      const peer = await RawPeer.dial(broker.port, "127.0.0.1", from);
      await peer.greeting();
      there.push(peer);
    };

    for (let i = 0; i < 9; i++) await arrive("127.0.0.1");
    const ninth = there.pop()!;
    await ninth.ended();
    for (let i = 0; i < 5; i++) await arrive("127.0.0.2");
    const thirteenth = there.pop()!;
    await thirteenth.ended();

    const throttled = closedWith("Connection throttling is active. Please try again later.");
    assert.deepEqual([ninth.words(), thirteenth.words()], [throttled, throttled]);
    assert.deepEqual(
      there.filter(({ closed }) => closed),
      [],
    );
    for (const peer of there) {
      peer.close();
      await peer.ended();
    }
  });
});

test("guesses are refused to the last, and a good sign-in behind them is let in", async () => {
  const broker = await startBrokerProcess(ours, `${accounts}, tenancy { failed_sign_ins_per_address: 4 }`);
  const fails = async (): Promise<string> => {
    const peer = await RawPeer.dial(broker.port);
    peer.send('CONNECT {"user":"a","pass":"wrong"}\r\n');
    await peer.ended();
    return peer.words();
  };

  const heard = await Promise.all(Array.from({ length: 12 }, fails));
  const began = performance.now();
  (await signedIn(broker.port, "a")).close();
  const waitedMs = performance.now() - began;

  assert.deepEqual(heard, Array(12).fill(closedWith("Authorization Violation")));
  console.log(`after 12 failures at 4 a second a good sign-in took ${waitedMs.toFixed(0)} ms`);
  await broker.stop();
});

test("who reads nothing while too much waits for its account is cut without a word, and who reads is not", async () => {
  const broker = await startBrokerProcess(
    ours,
    `${accounts}, no_fast_producer_stall: true, tenancy { account_pending: 4MB }`,
  );
  const [stuck, reader, publisher] = [
    await signedIn(broker.port, "a"),
    await signedIn(broker.port, "b"),
    await signedIn(broker.port, "a"),
  ];
  for (const each of [stuck, reader]) {
    each.send("SUB news 1\r\n");
    await each.sync();
  }
  stuck.stopReading();

  let published = 0;
  const message = `PUB news 100000\r\n${"x".repeat(100_000)}\r\n`;
  const cut = broker.logged(/Slow Consumer Detected/);
  let isCut = false;
  void cut.then(() => {
    isCut = true;
  });
  // The kernel's buffers come first, and how much they take is its own affair.
  for (; !isCut && published < 1_000; published++) {
    publisher.send(message);
    await publisher.sync();
  }
  const line = await cut;
  stuck.resumeReading();
  await stuck.ended();
  await reader.until(() => reader.heard.split("MSG news 1 100000").length - 1 === published, "all messages");

  assert.match(line, /Slow Consumer/);
  assert.ok(!stuck.heard.includes("-ERR"));
  assert.ok(!reader.closed);
  console.log(`cut after ${published} messages of 100 kB, with 4 MB for the account`);
  await broker.stop();
});

test("a broker that has more in memory than it may lets no tenant in", async () => {
  const broker = await startBrokerProcess(ours, `${accounts}, tenancy { memory_soft: 1MB }`);
  await broker.logged(/memory_soft/);
  const peer = await RawPeer.dial(broker.port);

  peer.send('CONNECT {"user":"a","pass":"p"}\r\n');
  await peer.ended();

  assert.equal(peer.words(), closedWith("maximum connections exceeded"));
  await broker.stop();
});
