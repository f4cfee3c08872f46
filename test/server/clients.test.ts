// A stock client over TLS with a credentials file, as an application uses it: @nats-io/transport-node against a broker in
// operator mode.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect, credsAuthenticator, headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { makeAuthority, makeLeaf } from "../../src/node/local-ca.ts";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { Account, Realm } from "../support/realm.ts";

const directory = mkdtempSync(join(tmpdir(), "chappe-clients-"));
const authority = makeAuthority(Date.now());
const leaf = makeLeaf(authority, ["127.0.0.1", "localhost"], Date.now());
const files = {
  ca: join(directory, "ca.pem"),
  cert: join(directory, "cert.pem"),
  key: join(directory, "key.pem"),
};
writeFileSync(files.ca, authority.cert);
writeFileSync(files.cert, leaf.cert);
writeFileSync(files.key, leaf.key);
after(() => rmSync(directory, { recursive: true, force: true }));

for (const program of brokerPrograms()) {
  describe(`a client of ${program.name} over TLS`, { skip: program.skip }, () => {
    const realm = new Realm();
    const account = new Account("app");
    const tls = `tls { cert_file: "${files.cert}", key_file: "${files.key}", timeout: 5 }`;
    const config = `${realm.config({ [account.id]: realm.accountJwt(account) })}\n${tls}`;
    const creds = Buffer.from(account.user("app").creds);
    const open: NatsConnection[] = [];
    let broker: BrokerProcess;

    before(async () => {
      broker = await startBrokerProcess(program, config);
    });
    after(async () => {
      await Promise.all(open.map((connection) => connection.close()));
      await broker?.stop();
    });

    test("a plain connection is not served", async () => {
      await assert.rejects(
        connect({ port: broker.port, authenticator: credsAuthenticator(creds), reconnect: false }),
      );
    });

    test("a certificate of an unknown authority is not trusted", async () => {
      const stranger = makeAuthority(Date.now()).cert;

      await assert.rejects(dial({ tls: { ca: stranger } }));
    });

    test("publish and subscribe", async () => {
      const [listener, speaker] = [await dial(), await dial()];
      const next = listening(listener, "greetings", 1);
      await listener.flush();

      speaker.publish("greetings", "Hi there!");

      assert.deepEqual((await next).map(told), [["greetings", "Hi there!"]]);
    });

    test("wildcards", async () => {
      const connection = await dial();
      const [one, more] = [listening(connection, "w.*.z", 1), listening(connection, "w.>", 3)];

      for (const subject of ["w.a", "w.a.z", "w.a.b.z", "v.a.z"]) connection.publish(subject, "");
      await connection.flush();

      assert.deepEqual((await one).map(told), [["w.a.z", ""]]);
      assert.deepEqual((await more).map(told), [
        ["w.a", ""],
        ["w.a.z", ""],
        ["w.a.b.z", ""],
      ]);
    });

    test("queue groups share messages, each goes to one member", async () => {
      const workers = [await dial(), await dial(), await dial()];
      const speaker = await dial();
      const counts = [0, 0, 0];
      let all = 0;
      const done = new Promise<void>((resolve) => {
        workers.forEach((worker, index) => {
          worker.subscribe("work", {
            queue: "crew",
            callback: () => {
              counts[index]!++;
              if (++all === 300) resolve();
            },
          });
        });
      });
      await Promise.all(workers.map((worker) => worker.flush()));

      for (let sent = 0; sent < 300; sent++) speaker.publish("work", "");
      await done;
      await Promise.all([speaker, ...workers].map((connection) => connection.flush()));

      assert.equal(all, 300);
      for (const count of counts) assert.ok(count > 30, `${counts}`);
    });

    test("request and reply", async () => {
      const [server, client] = [await dial(), await dial()];
      server.subscribe("upper", {
        callback: (_, message) => void message.respond(message.string().toUpperCase()),
      });
      await server.flush();

      const answers = await Promise.all(["a", "b", "c"].map((text) => client.request("upper", text)));

      assert.deepEqual(
        answers.map((answer) => answer.string()),
        ["A", "B", "C"],
      );
    });

    test("a request that nobody serves fails at once", async () => {
      const client = await dial();

      await assert.rejects(client.request("nobody.home", "", { timeout: 5_000 }), /no responders/i);
    });

    test("headers", async () => {
      const connection = await dial();
      const next = listening(connection, "with.headers", 1);
      const sent = headers();
      sent.append("Example", "True");
      sent.append("Many", "one");
      sent.append("Many", "two");

      connection.publish("with.headers", "body", { headers: sent });

      const [message] = await next;
      assert.equal(message?.headers?.get("Example"), "True");
      assert.deepEqual(message?.headers?.values("Many"), ["one", "two"]);
      assert.equal(message?.string(), "body");
    });

    test("drain hands over everything that was under way", async () => {
      const [listener, speaker] = [await dial(), await dial()];
      const heard: string[] = [];
      listener.subscribe("drained", { callback: (_, message) => void heard.push(message.string()) });
      await listener.flush();

      for (let sent = 0; sent < 1_000; sent++) speaker.publish("drained", String(sent));
      await speaker.flush();
      await listener.drain();

      assert.equal(heard.length, 1_000);
      assert.equal(listener.isClosed(), true);
    });

    test("after a restart of the broker every subscription is served again", async () => {
      const port = broker.port;
      const connection = await dial({ reconnect: true, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
      const speaker = await dial({ reconnect: true, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
      const reconnected = Promise.all([statusOf(connection, "reconnect"), statusOf(speaker, "reconnect")]);
      const subjects = ["again.plain", "again.*.wild", "again.queue"];
      const next = [
        listening(connection, "again.plain", 1),
        listening(connection, "again.*.wild", 1),
        listening(connection, "again.queue", 1, "q"),
      ];
      await connection.flush();

      await broker.stop("SIGKILL");
      broker = await startBrokerProcess(program, config, { port });
      await reconnected;
      await connection.flush();
      for (const subject of subjects) speaker.publish(subject.replace("*", "x"), "served");

      const heard = (await Promise.all(next)).flat().map(told);
      assert.deepEqual(heard, [
        ["again.plain", "served"],
        ["again.x.wild", "served"],
        ["again.queue", "served"],
      ]);
    });

    async function dial(options: Parameters<typeof connect>[0] = {}): Promise<NatsConnection> {
      const connection = await connect({
        servers: `127.0.0.1:${broker.port}`,
        authenticator: credsAuthenticator(creds),
        tls: { caFile: files.ca },
        reconnect: false,
        ...options,
      });
      open.push(connection);
      return connection;
    }
  });
}

/** The next `count` messages of a subject. */
async function listening(
  connection: NatsConnection,
  subject: string,
  count: number,
  queue?: string,
): Promise<Msg[]> {
  const heard: Msg[] = [];
  for await (const message of connection.subscribe(subject, { max: count, queue })) heard.push(message);
  return heard;
}

async function statusOf(connection: NatsConnection, type: string): Promise<void> {
  for await (const status of connection.status()) if (status.type === type) return;
}

function told(message: Msg): [string, string] {
  return [message.subject, message.string()];
}
