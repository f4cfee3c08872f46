// Accounts hear nothing of one another; credentials that are not good, or no more, are refused with the right words, and
// live connections are cut with them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Account, now, openLimits, Realm, refusal, type User } from "../support/realm.ts";

const violation = "Authorization Violation";
const requestTimeoutMs = 5_000;

for (const program of brokerPrograms()) {
  describe(`accounts at ${program.name}`, { skip: program.skip }, () => {
    const realm = new Realm();
    const [red, blue] = [new Account("red"), new Account("blue")];
    let broker: BrokerProcess;
    let system: NatsConnection;

    before(async () => {
      const known = { [red.id]: realm.accountJwt(red), [blue.id]: realm.accountJwt(blue) };
      broker = await startBrokerProcess(program, realm.config(known));
      system = await dial(realm.system.user("control"));
    });
    after(async () => {
      await system?.close();
      await broker?.stop();
    });

    test("two accounts on the same subjects hear nothing of each other", async () => {
      const [redListener, redSpeaker, blueListener, blueSpeaker] = await Promise.all([
        dial(red.user("l")),
        dial(red.user("s")),
        dial(blue.user("l")),
        dial(blue.user("s")),
      ]);
      const heard: Record<string, string[]> = { red: [], blue: [] };
      for (const [name, listener] of Object.entries({ red: redListener, blue: blueListener })) {
        for (const options of [{}, { queue: "q" }]) {
          listener.subscribe("news.>", {
            ...options,
            callback: (_, message) => void heard[name]!.push(message.string()),
          });
        }
        await listener.flush();
      }

      redSpeaker.publish("news.today", "of red");
      blueSpeaker.publish("news.today", "of blue");
      await Promise.all([redSpeaker.flush(), blueSpeaker.flush()]);
      await Promise.all([redListener.flush(), blueListener.flush()]);

      assert.deepEqual(heard, { red: ["of red", "of red"], blue: ["of blue", "of blue"] });
      await closed(redListener, redSpeaker, blueListener, blueSpeaker);
    });

    test("a request in one account finds no responder of the other", async () => {
      const [server, client] = await Promise.all([dial(red.user("s")), dial(blue.user("c"))]);
      server.subscribe("ask", { callback: (_, message) => void message.respond("answer") });
      await server.flush();

      await assert.rejects(client.request("ask"), /no responders/i);
      await closed(server, client);
    });

    test("a credential of another operator is refused", async () => {
      const elsewhere = new Account("elsewhere");

      assert.equal(await refused(elsewhere.user("u")), violation);
    });

    test("a credential forged for an account with another key is refused", async () => {
      assert.equal(await refused(red.user("u", {}, blue.keys)), "");
      assert.equal(await refused(red.user("u", { nats: { issuer_account: red.id } }, blue.keys)), violation);
      assert.equal(await refused(red.user("u", { iss: red.id }, blue.keys)), violation);
    });

    test("an expired credential is refused", async () => {
      assert.equal(await refused(red.user("u", { exp: now() - 10 })), violation);
    });

    test("a credential that is not valid yet is refused", async () => {
      assert.equal(await refused(red.user("u", { nbf: now() + 3_600 })), violation);
    });

    test("a live connection is told and cut when its credential expires", async () => {
      const peer = await signedIn(red.user("u", { exp: now() + 2 }));

      await peer.ended();

      assert.match(peer.words(), /-ERR 'User Authentication Expired'\r\n$/);
    });

    test("a live connection is told and cut when its account expires", async () => {
      const account = new Account("short");
      await push(realm.accountJwt(account, { exp: now() + 2 }));
      const peer = await signedIn(account.user("u"));

      await peer.ended();

      assert.match(peer.words(), /-ERR 'Account Authentication Expired'\r\n$/);
      assert.equal(await refused(account.user("v")), violation);
    });

    test("a revoked credential is told, cut and refused, and no other", async () => {
      const account = new Account("revoking");
      await push(realm.accountJwt(account));
      const [bad, good] = [account.user("bad"), account.user("good")];
      const [cut, kept] = [await signedIn(bad), await signedIn(good)];

      await push(realm.accountJwt(account, { nats: { revocations: { [bad.id]: now() + 1 } } }));
      await cut.ended();
      await kept.sync();

      assert.match(cut.words(), /-ERR 'User Authentication Revoked'\r\n$/);
      assert.equal(await refused(bad), violation);
      assert.equal(await refused(good), "");
      kept.close();
    });

    test("credentials of a deleted account are refused, and its live connections are cut", async () => {
      const account = new Account("deleted");
      await push(realm.accountJwt(account));
      const user = account.user("u");
      const peer = await signedIn(user);

      const answer = await system.request("$SYS.REQ.CLAIMS.DELETE", realm.deletion(account), {
        timeout: requestTimeoutMs,
      });
      await peer.ended();

      assert.equal(answer.json<{ data?: { code: number } }>().data?.code, 200);
      assert.equal(await refused(user), violation);
    });

    test("a credential of a dropped signing key is cut and refused", async () => {
      const [account, signing] = [new Account("signing"), new Account("its key")];
      await push(realm.accountJwt(account, { nats: { signing_keys: [signing.id] } }));
      const user = account.user("u", { nats: { issuer_account: account.id } }, signing.keys);
      const peer = await signedIn(user);

      await push(realm.accountJwt(account));
      await peer.ended();

      assert.equal(await refused(user), violation);
      assert.equal(await refused(account.user("v")), "");
    });

    test("connections beyond the account's limit are refused with its own words", async () => {
      const account = new Account("narrow");
      await push(realm.accountJwt(account, { nats: { limits: { ...openLimits, conn: 1 } } }));
      const peer = await signedIn(account.user("u"));

      assert.equal(await refused(account.user("v")), "maximum account active connections exceeded");
      peer.close();
    });

    test("a payload limit is the smallest of user, account and server", async () => {
      const account = new Account("small");
      await push(realm.accountJwt(account, { nats: { limits: { ...openLimits, payload: 32 } } }));
      const [byUser, byAccount] = [
        await signedIn(account.user("u", { nats: { payload: 16 } })),
        await signedIn(account.user("v")),
      ];

      byUser.send(`PUB a 17\r\n${"x".repeat(17)}\r\n`);
      byAccount.send(`PUB a 32\r\n${"x".repeat(32)}\r\nPUB a 33\r\n${"x".repeat(33)}\r\n`);
      await Promise.all([byUser.ended(), byAccount.ended()]);

      assert.match(byUser.words(), /-ERR 'Maximum Payload Violation'\r\n$/);
      assert.match(byAccount.words(), /-ERR 'Maximum Payload Violation'\r\n$/);
    });

    test("a subscription limit of the account counts each connection's", async () => {
      const account = new Account("few");
      await push(realm.accountJwt(account, { nats: { limits: { ...openLimits, subs: 2 } } }));
      const peer = await signedIn(account.user("u"));

      peer.send("SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n");
      await peer.sync(1);

      assert.match(peer.words(), /-ERR 'maximum subscriptions exceeded'\r\n$/);
      peer.close();
    });

    test("permissions of a user's claims bind it", async () => {
      const peer = await signedIn(
        red.user("u", { nats: { pub: { allow: ["ok"] }, sub: { deny: ["secret.>"] } } }),
      );

      peer.send("PUB no 1\r\nx\r\nPUB ok 1\r\nx\r\nSUB secret.a 1\r\nSUB open 2\r\n");
      await peer.sync(1);

      assert.equal(
        peer.words().replace("PONG\r\n", ""),
        `-ERR 'Permissions Violation for Publish to "no"'\r\n-ERR 'Permissions Violation for Subscription to "secret.a"'\r\n`,
      );
      peer.close();
    });

    test("a bearer token needs no signature", async () => {
      const { jwt } = red.user("u", { nats: { bearer_token: true } });

      assert.equal(await refusal(broker.port, () => ({ jwt })), "");
    });

    test("a user says who it is", async () => {
      const connection = await dial(red.user("asker"));

      const answer = await connection.request("$SYS.REQ.USER.INFO", "", { timeout: requestTimeoutMs });

      const { account, account_name, user_name } = answer.json<{ data: Record<string, unknown> }>().data;
      assert.deepEqual(
        { account, account_name, user_name },
        { account: red.id, account_name: "red", user_name: "asker" },
      );
      await closed(connection);
    });

    function dial(user: User): Promise<NatsConnection> {
      const authenticator = credsAuthenticator(Buffer.from(user.creds));
      return connect({ port: broker.port, authenticator, reconnect: false });
    }

    function refused(user: User): Promise<string> {
      return refusal(broker.port, (nonce) => user.proof(nonce));
    }

    /** A peer that has signed in and heard its first PONG. */
    async function signedIn(user: User): Promise<RawPeer> {
      const peer = await RawPeer.dial(broker.port);
      const { nonce } = await peer.greeting();
      peer.send(`CONNECT ${JSON.stringify({ verbose: false, ...user.proof(nonce) })}\r\nPING\r\n`);
      await peer.until(() => peer.heard.includes("PONG\r\n"), "PONG");
      return peer;
    }

    async function push(jwt: string): Promise<void> {
      const answer = await system.request("$SYS.REQ.CLAIMS.UPDATE", jwt, { timeout: requestTimeoutMs });
      assert.equal(answer.json<{ data?: { code: number } }>().data?.code, 200, answer.string());
    }
  });
}

async function closed(...connections: readonly NatsConnection[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.close()));
}
