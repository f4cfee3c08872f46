// The ways in and what announces them: keys, TLS in its variants, WebSocket, the memory resolver, the ports file, and the
// events that tell the system account who came and went.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type Msg,
  type NatsConnection,
  nkeyAuthenticator,
  wsconnect,
} from "@nats-io/transport-node";
import { makeAuthority, makeLeaf } from "../../src/node/local-ca.ts";
import { selfSigned } from "../../src/server/config/testing/certificate.ts";
import { appears } from "../support/appears.ts";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Account, newKeys, Realm, refusal } from "../support/realm.ts";

const directory = mkdtempSync(join(tmpdir(), "chappe-entrances-"));
const authority = makeAuthority(Date.now());
const leaf = makeLeaf(authority, ["127.0.0.1", "localhost"], Date.now());
const client = selfSigned();
const file = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const files = {
  ca: file("ca.pem", authority.cert),
  cert: file("cert.pem", leaf.cert),
  key: file("key.pem", leaf.key),
  clientCa: file("client-ca.pem", client.cert),
  clientKey: file("client-key.pem", client.key),
};
const certificate = `cert_file: "${files.cert}", key_file: "${files.key}", timeout: 5`;
after(() => rmSync(directory, { recursive: true, force: true }));

for (const program of brokerPrograms()) {
  describe(`entrances of ${program.name}`, { skip: program.skip }, () => {
    const brokers: BrokerProcess[] = [];
    const connections: NatsConnection[] = [];
    const started = async (config: string): Promise<BrokerProcess> => {
      const broker = await startBrokerProcess(program, config);
      brokers.push(broker);
      return broker;
    };
    const dial = async (options: ConnectionOptions & { tls?: object | null }): Promise<NatsConnection> => {
      const connection = await connect({ reconnect: false, ...options });
      connections.push(connection);
      return connection;
    };
    after(async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await Promise.all(brokers.map((broker) => broker.stop()));
    });

    test("a user with a key signs the nonce; another key is refused", async () => {
      const [ada, eve] = [newKeys("user"), newKeys("user")];
      const { port } = await started(`authorization { users: [ { nkey: ${ada.publicKey} } ] }`);
      const seed = new TextEncoder().encode(ada.seed());

      const connection = await dial({ port, authenticator: nkeyAuthenticator(seed) });
      await connection.flush();

      const proof = (keys: typeof ada, signer: typeof ada) => (nonce: unknown) => ({
        nkey: keys.publicKey,
        sig: signer.sign(Buffer.from(String(nonce))).toString("base64url"),
      });
      assert.equal(await refusal(port, proof(ada, ada)), "");
      assert.equal(await refusal(port, proof(ada, eve)), "Authorization Violation");
      assert.equal(await refusal(port, proof(eve, eve)), "Authorization Violation");
    });

    test("resolver: MEMORY knows the accounts it was preloaded with", async () => {
      const realm = new Realm();
      const [known, unknown] = [new Account("known"), new Account("unknown")];
      const preload = [realm.system, known].map((account) => `${account.id}: "${realm.accountJwt(account)}"`);
      const { port } = await started(
        `operator: "${realm.operatorJwt()}"\nresolver: MEMORY\nresolver_preload { ${preload.join("\n")} }`,
      );
      const tryWith = (account: Account): Promise<string> => {
        const user = account.user("u");
        return refusal(port, (nonce) => user.proof(nonce));
      };

      assert.equal(await tryWith(known), "");
      assert.equal(await tryWith(unknown), "Authorization Violation");
    });

    test("TLS first: no word before the handshake", async () => {
      const { port } = await started(`tls { ${certificate}, handshake_first: true }`);
      const socket = connectTls({ port, host: "127.0.0.1", ca: authority.cert });
      await once(socket, "secureConnect");
      const [info] = (await once(socket, "data")) as [Buffer];
      socket.destroy();

      assert.match(info.toString(), /^INFO \{/);
      const connection = await dial({
        servers: `127.0.0.1:${port}`,
        tls: { caFile: files.ca, handshakeFirst: true },
      });
      await connection.flush();
    });

    test("TLS first or after INFO, as the client likes", async () => {
      const { port } = await started(`tls { ${certificate}, handshake_first: "100ms" }`);

      for (const handshakeFirst of [true, false]) {
        const connection = await dial({
          servers: `127.0.0.1:${port}`,
          tls: { caFile: files.ca, handshakeFirst },
        });
        await connection.flush();
      }
    });

    test("TLS with verification asks for a client's certificate", async () => {
      const { port } = await started(`tls { ${certificate}, ca_file: "${files.clientCa}", verify: true }`);
      const servers = `127.0.0.1:${port}`;

      const connection = await dial({
        servers,
        tls: { caFile: files.ca, certFile: files.clientCa, keyFile: files.clientKey },
      });
      await connection.flush();

      await assert.rejects(connect({ servers, tls: { caFile: files.ca }, reconnect: false, timeout: 5_000 }));
    });

    test("a WebSocket client and a TCP client hear each other", async () => {
      const broker = await started('websocket { host: "127.0.0.1", port: -1, no_tls: true }');
      const line = await broker.logged(/Listening for websocket clients on/);
      const address = /(ws:\/\/\S+)/.exec(line)![1]!;
      const [far, near] = [
        await wsconnect({ servers: address, reconnect: false }),
        await dial({ port: broker.port }),
      ];
      connections.push(far);
      const heard = [next(far, "to.far"), next(near, "to.near")];
      await Promise.all([far.flush(), near.flush()]);

      far.publish("to.near", "x".repeat(100_000));
      near.publish("to.far", "y".repeat(100_000));

      const [toFar, toNear] = await Promise.all(heard);
      assert.deepEqual([toFar!.string()[0], toNear!.string()[0]], ["y", "x"]);
      assert.deepEqual([toFar!.data.length, toNear!.data.length], [100_000, 100_000]);
    });

    test("the ports file names where each listener is, and goes with the server", async () => {
      const ports = mkdtempSync(join(directory, "ports-"));
      const config = `ports_file_dir: "${ports}"\nwebsocket { host: "127.0.0.1", port: -1, no_tls: true }`;
      const broker = await startBrokerProcess(program, config);
      const peer = await RawPeer.dial(broker.port);
      await peer.greeting();
      // The real server says that it is ready before it makes the file, which is empty at first.
      await appears(join(ports, `nats-server_${broker.pid}.ports`), /\}$/);
      const [name] = readdirSync(ports);

      const told = JSON.parse(readFileSync(join(ports, name!), "utf8")) as Record<string, string[]>;
      peer.close();
      await broker.stop("SIGTERM");

      assert.equal(name, `nats-server_${broker.pid}.ports`);
      assert.deepEqual(told.nats, [`nats://127.0.0.1:${broker.port}`]);
      assert.match(told.websocket?.[0] ?? "", /^ws:\/\/127\.0\.0\.1:\d+$/);
      assert.deepEqual(readdirSync(ports), []);
    });

    describe("events", () => {
      const realm = new Realm();
      const account = new Account("watched");
      let broker: BrokerProcess;
      let system: NatsConnection;
      before(async () => {
        broker = await started(realm.config({ [account.id]: realm.accountJwt(account) }));
        const creds = Buffer.from(realm.system.user("watcher").creds);
        system = await dial({ port: broker.port, authenticator: credsAuthenticator(creds) });
      });

      test("the system account is told who came and who went", async () => {
        const came = next(system, `$SYS.ACCOUNT.${account.id}.CONNECT`);
        const went = next(system, `$SYS.ACCOUNT.${account.id}.DISCONNECT`);
        await system.flush();
        const user = account.user("visitor");

        const visitor = await dial({
          port: broker.port,
          name: "a visit",
          authenticator: credsAuthenticator(Buffer.from(user.creds)),
        });
        const connected = (await came).json<SystemEvent>();
        visitor.publish("a", "four");
        await visitor.flush();
        await visitor.close();
        const disconnected = (await went).json<SystemEvent>();

        assert.equal(connected.type, "io.nats.server.advisory.v1.client_connect");
        assert.equal(disconnected.type, "io.nats.server.advisory.v1.client_disconnect");
        for (const { client: told } of [connected, disconnected]) {
          assert.deepEqual([told.name, told.user, told.acc], ["a visit", user.id, account.id]);
        }
        assert.deepEqual(disconnected.sent, { msgs: 1, bytes: 4 });
        assert.equal(disconnected.reason, "Client Closed");
      });

      test("an event names the account of who came", async () => {
        const came = next(system, `$SYS.ACCOUNT.${account.id}.CONNECT`);
        await system.flush();

        const creds = Buffer.from(account.user("visitor").creds);
        await dial({ port: broker.port, authenticator: credsAuthenticator(creds) });

        assert.equal((await came).json<SystemEvent>().client.name_tag, "watched");
      });

      test("the system account is told who was turned away", async () => {
        const turned = next(system, "$SYS.SERVER.*.CLIENT.AUTH.ERR");
        await system.flush();

        await refusal(broker.port, () => ({ name: "a stranger" }));

        const told = (await turned).json<SystemEvent>();
        assert.equal(told.client.name, "a stranger");
        assert.equal(told.reason, "Authentication Failure");
      });
    });
  });
}

interface SystemEvent {
  readonly type: string;
  readonly client: Readonly<Record<string, unknown>>;
  readonly sent?: { readonly msgs: number; readonly bytes: number };
  readonly reason?: string;
}

/** The next message of a subject. */
async function next(connection: NatsConnection, subject: string): Promise<Msg> {
  for await (const message of connection.subscribe(subject, { max: 1 })) return message;
  throw new Error(`nothing came on ${subject}`);
}
