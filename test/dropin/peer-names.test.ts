// What lines of the log call a peer, on our broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Account, newKeys, Realm } from "../support/realm.ts";
import { Running } from "./running.ts";
import { WebSocketPeer } from "./websocket-peer.ts";

interface Case {
  readonly name: string;
  /** What CONNECT says to a server that gave this nonce; undefined: there is no CONNECT. */
  readonly connect?: (nonce: string) => object;
  /** Said after it. */
  readonly after?: string;
  /** What follows the address and the number. */
  readonly called: string;
}

interface Scene {
  readonly name: string;
  readonly config: string;
  readonly cases: readonly Case[];
}

const says =
  (options: object): (() => object) =>
  () =>
    options;

const keys = newKeys("user");
const signed = (nonce: string): object => ({
  nkey: keys.publicKey,
  sig: keys.sign(Buffer.from(nonce)).toString("base64url"),
});

const realm = new Realm();
const account = new Account("shop");
const user = account.user("till");

const scenes: readonly Scene[] = [
  {
    name: "where nobody need sign in",
    config: "",
    cases: [
      { name: "one without CONNECT", called: "" },
      { name: "one that says nothing of itself", connect: says({}), called: "" },
      { name: "one with a name", connect: says({ name: "n" }), called: ' - "n"' },
      { name: "one with a language", connect: says({ lang: "go" }), called: ' - "go"' },
      { name: "one with a version", connect: says({ version: "1.2" }), called: ' - "v1.2"' },
      {
        name: "one with everything",
        connect: says({ name: "n", lang: "go", version: "1.2", user: "u", pass: "p" }),
        called: ' - "v1.2:go:n" - "$G/user:u"',
      },
      { name: "one with a user", connect: says({ user: "u" }), called: ' - "$G/user:u"' },
      { name: "one with a token", connect: says({ auth_token: "t" }), called: ' - "$G/token"' },
      {
        name: "one with an nkey and a user",
        connect: says({ nkey: "k", user: "u" }),
        called: ' - "$G/nkey:k"',
      },
      { name: "one with a JWT that nobody reads", connect: says({ jwt: "j" }), called: "" },
      {
        name: "one with a name to be quoted",
        connect: says({ name: 'a"é\n' }),
        called: ' - "a\\"é\\n"',
      },
      {
        name: "one that says CONNECT again",
        connect: says({ name: "n" }),
        after: 'CONNECT {"name":"m","user":"u"}\r\n',
        called: ' - "n"',
      },
      {
        name: "one whose protocol is refused",
        connect: says({ name: "n", protocol: 7 }),
        called: ' - "n"',
      },
    ],
  },
  {
    name: "where users are listed",
    config: `
      no_auth_user: guest
      accounts {
        A { users: [ { user: ada, password: x }, { user: guest }, { nkey: ${keys.publicKey} } ] }
      }`,
    cases: [
      {
        name: "a user",
        connect: says({ user: "ada", pass: "x", name: "n" }),
        called: ' - "n" - "A/user:ada"',
      },
      { name: "an nkey", connect: signed, called: ` - "A/nkey:${keys.publicKey}"` },
      { name: "the no_auth_user", connect: says({}), called: ' - "A/user:guest"' },
      { name: "one without CONNECT", called: "" },
      { name: "one that is not let in", connect: says({ user: "ada", pass: "y", name: "n" }), called: "" },
    ],
  },
  {
    name: "where an nkey is the no_auth_user",
    config: `no_auth_user: ${keys.publicKey}, authorization { users: [ { nkey: ${keys.publicKey} } ] }`,
    cases: [{ name: "it", connect: says({}), called: ` - "$G/nkey:${keys.publicKey}"` }],
  },
  {
    name: "where a token is asked for",
    config: "authorization { token: t }",
    cases: [{ name: "who has it", connect: says({ auth_token: "t" }), called: ' - "$G/token"' }],
  },
  {
    name: "where JWTs are asked for",
    config: realm.config({ [account.id]: realm.accountJwt(account) }, "MEMORY"),
    cases: [
      {
        name: "a user",
        connect: (nonce) => ({ ...user.proof(nonce), lang: "x" }),
        called: ` - "x" - "${account.id}/shop/jwt:${user.id}"`,
      },
      { name: "one that is not let in", connect: says({ jwt: user.jwt, sig: "x" }), called: "" },
    ],
  },
];

for (const program of brokerPrograms()) {
  describe(`names of peers in the log of ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const serve = (config: string): Running => {
      const text = `host: 127.0.0.1, port: -1, debug: true, trace: true\n${config}`;
      const running = new Running(program, ["-c", "s.conf"], { "s.conf": text });
      started.push(running);
      return running;
    };

    for (const { name: where, config, cases } of scenes) {
      test(where, async () => {
        const running = serve(config);
        const port = await running.port();

        for (const [index, { name, connect, after: more = "", called }] of cases.entries()) {
          const peer = await RawPeer.dial(port);
          const { nonce } = await peer.greeting();
          const stated = connect === undefined ? "" : `CONNECT ${JSON.stringify(connect(String(nonce)))}\r\n`;
          peer.send(Buffer.from(`${stated}${more}PING\r\n`, "utf8"));
          await peer.until(() => /PONG|-ERR/.test(peer.heard), "an answer");
          peer.close();
          const line = await running.line(/ - Client connection closed: /, index + 1);

          const found = /^127\.0\.0\.1:\d+ - cid:\d+(.*) - Client connection closed: [A-Z]/.exec(line);
          assert.equal(found?.[1], called, `${name}: ${line}`);
        }
        assert.equal(
          running.lines.filter((line) => /cid:\d+ - Client connection created$/.test(line)).length,
          cases.length,
        );
      });
    }

    test("every line after CONNECT has the whole name, errors too", async () => {
      const running = serve(
        "authorization { users: [ { user: u, password: x, permissions { publish: a } } ] }",
      );
      const peer = await RawPeer.dial(await running.port());

      peer.send('CONNECT {"user":"u","pass":"x","name":"n"}\r\nPUB b 0\r\n\r\nnonsense\r\n');
      await peer.ended();

      const whole = /^127\.0\.0\.1:\d+ - cid:\d+ - "n" - "\$G\/user:u" - (.*)$/;
      const told = async (what: RegExp): Promise<string | undefined> =>
        whole.exec(await running.line(what))?.[1];
      assert.equal(await told(/<<- \[PUB b 0\]/), "<<- [PUB b 0]");
      assert.equal(await told(/Publish Violation/), 'Publish Violation - Subject "b"');
      assert.equal(await told(/connection closed/), "Client connection closed: Protocol Violation");
    });

    test("a WebSocket's peer is a wid, with the address that a proxy names", async () => {
      const running = serve("websocket { port: -1, host: 127.0.0.1, no_tls: true }");
      const port = await running.webSocketPort();
      const forwarded: readonly (readonly [string, string])[] = [
        ["", ""],
        ["10.1.2.3", "10.1.2.3/"],
        ["2001:db8::1", "[2001:db8::1]/"],
      ];

      for (const [index, [address, shown]] of forwarded.entries()) {
        const headers: Record<string, string> = address === "" ? {} : { "X-Forwarded-For": address };
        const peer = await WebSocketPeer.dial(port, { headers });
        assert.equal(await peer.signIn({ name: "n", user: "u" }), "in");
        peer.close();

        const line = await running.line(/ - Client connection closed: /, index + 1);
        const found = /^(.*)127\.0\.0\.1:\d+ - wid:\d+(.*) - Client connection closed: /.exec(line);
        assert.deepEqual(found?.slice(1), [shown, ' - "n" - "$G/user:u"'], line);
      }
    });
  });
}
