// What ends in operator mode, on our broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { newAccount } from "../../src/identity/account-claims.ts";
import { encodeAccount, encodeOperator, encodeUser } from "../../src/identity/encode.ts";
import { type KeyKind, KeyPair } from "../../src/identity/nkey.ts";
import { newOperator } from "../../src/identity/operator-claims.ts";
import { newUser } from "../../src/identity/user-claims.ts";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Running } from "./running.ts";

const key = (kind: KeyKind, byte: number): KeyPair => KeyPair.create(kind, Buffer.alloc(32, byte));
const [operator, system, app, user] = [
  key("operator", 1),
  key("account", 2),
  key("account", 3),
  key("user", 4),
];
const nowS = (): number => Math.floor(Date.now() / 1_000);
const bearer = (exp = 0): string => {
  const claims = newUser(user.publicKey);
  return encodeUser({ ...claims, exp, nats: { ...claims.nats, bearer_token: true } }, app, nowS());
};

/** A configuration whose account APP has these claims besides. */
function configuration(terms: { exp?: number; conn?: number; absent?: boolean }): string {
  const claims = newAccount(app.publicKey);
  const limits = { ...claims.nats.limits, conn: terms.conn ?? -1 };
  const accounts = [
    { ...newAccount(system.publicKey), name: "SYS" },
    { ...claims, name: "APP", exp: terms.exp ?? 0, nats: { ...claims.nats, limits } },
  ].slice(0, terms.absent ? 1 : 2);
  const preload = accounts.map((each) => `${each.sub}: ${encodeAccount(each, operator, nowS())}`);
  const named = encodeOperator({ ...newOperator(operator.publicKey), name: "O" }, operator, 1_700_000_000);
  return `host: 127.0.0.1, port: -1, operator: ${named}, system_account: ${system.publicKey}
    resolver: MEMORY, resolver_preload {\n${preload.join("\n")}\n}`;
}

for (const program of brokerPrograms()) {
  describe(`operator mode of ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const start = async (config: string): Promise<{ running: Running; port: number }> => {
      const running = new Running(program, ["-c", "s.conf"], { "s.conf": config });
      started.push(running);
      return { running, port: await running.port() };
    };

    const signIn = async (port: number, jwt: string): Promise<RawPeer> => {
      const peer = await RawPeer.dial(port);
      peer.send(`CONNECT ${JSON.stringify({ verbose: false, jwt })}\r\nPING\r\n`);
      await peer.until(() => /PONG|-ERR/.test(peer.heard), "an answer");
      return peer;
    };

    test("an account that expires takes its connections with it, and lets nobody in", async () => {
      const { port } = await start(configuration({ exp: nowS() + 2 }));
      const peer = await signIn(port, bearer());
      assert.match(peer.heard, /PONG/);

      await peer.ended();
      const later = await signIn(port, bearer());

      assert.match(peer.heard, /-ERR 'Account Authentication Expired'\r\n$/);
      assert.match(later.heard, /-ERR 'Authorization Violation'/);
    });

    test("a user that expires is told and cut", async () => {
      const { port } = await start(configuration({}));
      const peer = await signIn(port, bearer(nowS() + 2));

      await peer.ended();

      assert.match(peer.heard, /-ERR 'User Authentication Expired'\r\n$/);
    });

    test("a reload brings the accounts that the configuration has now", async () => {
      const { running, port } = await start(configuration({ absent: true }));
      assert.match((await signIn(port, bearer())).heard, /-ERR 'Authorization Violation'/);

      running.write("s.conf", configuration({}));
      running.kill("SIGHUP");
      await running.line(/^Reloaded server configuration/);
      const peer = await signIn(port, bearer());

      assert.match(peer.heard, /PONG/);
      peer.close();
    });

    test("a reload that lowers an account's connections cuts those above", async () => {
      const { running, port } = await start(configuration({}));
      const peers = [await signIn(port, bearer()), await signIn(port, bearer())];

      running.write("s.conf", configuration({ conn: 1 }));
      running.kill("SIGHUP");
      await running.line(/^Reloaded server configuration/);
      await peers[1]!.ended();

      assert.match(peers[1]!.heard, /-ERR 'maximum account active connections exceeded'/);
      await peers[0]!.sync(1);
      peers[0]!.close();
    });
  });
}
