// What the log says of peers that do what they must not, on our broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Running } from "./running.ts";

const config = `
  host: 127.0.0.1, port: -1, debug: true
  max_payload: 100, max_subscriptions: 1, max_sub_tokens: 4
  no_auth_user: u
  accounts { A { users: [ {
    user: u, password: p
    permissions { publish: { deny: "no" }, subscribe: { deny: [ "no", "a q" ] } }
  } ] } }`;

/** What follows CONNECT, and what the log says after the peer's name; undefined: nothing. */
const complaints: readonly (readonly [said: string, logged: string | undefined])[] = [
  ["PUB no 0\r\n\r\n", 'Publish Violation - Subject "no"'],
  ["PUB a _R_.x 0\r\n\r\n", 'Publish Violation - Reply "_R_.x"'],
  ["SUB no 1\r\n", 'Subscription Violation - Subject "no", SID 1'],
  ["SUB no q 1\r\n", 'Subscription Violation - Subject "no", Queue: "q", SID 1'],
  ["SUB a q 1\r\n", 'Subscription Violation - Subject "a", Queue: "q", SID 1'],
  ["SUB a.b.c.d.é 1\r\n", 'Subscription Violation Too Many Tokens - Subject "a.b.c.d.é", SID 1'],
  ["SUB b 1\r\nSUB c 2\r\n", "maximum subscriptions exceeded"],
  [`PUB a 200\r\n${"x".repeat(200)}\r\n`, "maximum payload exceeded: 200 vs 100"],
  ["SUB a..b 1\r\n", undefined],
  ["PUB a b c d 1\r\n", 'processPub Parse Error: "a b c d 1"'],
  ["PUB a x\r\n", 'processPub Bad or Missing Size: "a x"'],
  ["SUB a\r\n", 'processSub Parse Error: "a"'],
  ["HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n", "message headers not supported"],
  ["-ERR 'bye'\r\n", "Client Error 'bye'"],
];

/** What CONNECT says. */
const refusals: readonly (readonly [says: object, logged: string])[] = [
  [{ user: "u", pass: "bad" }, 'authentication error - User "u"'],
  [{ user: 'n"o' }, 'authentication error - User "n\\"o"'],
  [{ auth_token: "t" }, 'authentication error - Token "[REDACTED]"'],
  [{ user: "u", pass: "p", account: "A" }, 'authentication error - User "u"'],
];

for (const program of brokerPrograms()) {
  describe(`complaints in the log of ${program.name}`, { skip: program.skip }, () => {
    let running: Running;
    let connections = 0;
    after(() => running.stop());

    /** What one more peer, which says this, has in the log under its name. */
    const loggedOf = async (connect: object, said: string): Promise<string[]> => {
      running ??= new Running(program, ["-c", "s.conf"], { "s.conf": config });
      const peer = await RawPeer.dial(await running.port());
      await peer.greeting();
      const options = JSON.stringify({ verbose: false, pedantic: false, ...connect });
      peer.send(Buffer.from(`CONNECT ${options}\r\n${said}PING\r\n`, "utf8"));
      await peer.until(() => peer.closed || peer.heard.includes("PONG\r\n"), "an answer");
      peer.close();
      const closed = await running.line(/ - Client connection closed: /, ++connections);
      const number = /cid:\d+/.exec(closed)![0];
      return running.lines
        .filter((line) => line.includes(` - ${number} - `) && !/ - Client connection /.test(line))
        .map((line) => line.replace(/^.*? - cid:\d+ - ("A\/user:u" - )?/, ""));
    };

    for (const [said, logged] of complaints) {
      test(JSON.stringify(said.slice(0, 40)), async () => {
        assert.deepEqual(await loggedOf({}, said), logged === undefined ? [] : [logged]);
      });
    }

    for (const [says, logged] of refusals) {
      test(`CONNECT ${JSON.stringify(says)}`, async () => {
        assert.deepEqual(await loggedOf(says, ""), [logged]);
      });
    }
  });
}
