// What the log says of a conversation while tracing is on, on our broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Running } from "./running.ts";

const conversation =
  "SUB foo.* 1\r\nSUB foo.* workers 2\r\nUNSUB 2\r\n" +
  'PUB foo.a 2\r\nhi\r\nPUB foo.b answers 0\r\n\r\nHPUB foo.c 20 22\r\nNATS/1.0\r\nA: bé\r\n\r\n\u0001"\r\n' +
  "UNSUB 1 9\r\nPUB foo..x 0\r\n\r\n";

const lines = [
  "<<- [SUB foo.* 1]",
  "<<- [SUB foo.* workers 2]",
  "<<- [UNSUB 2]",
  "<-> [DELSUB 2]",
  "<<- [PUB foo.a 2]",
  '<<- MSG_PAYLOAD: ["hi"]',
  "->> [MSG foo.a 1 2]",
  '->> MSG_PAYLOAD: ["hi"]',
  "<<- [PUB foo.b answers 0]",
  "->> [MSG foo.b 1 answers 0]",
  "<<- [HPUB foo.c 20 22]",
  '<<- MSG_PAYLOAD: ["NATS/1.0\\r\\nA: bé\\r\\n\\r\\n\\x01\\""]',
  "->> [HMSG foo.c 1 20 22]",
  '->> MSG_PAYLOAD: ["NATS/1.0\\r\\nA: bé\\r\\n\\r\\n\\x01\\""]',
  "<<- [UNSUB 1 9]",
  "<<- [PUB foo..x 0]",
];

const head = (text: string): boolean => !text.startsWith("<<- [CONNECT") && !/\[P[IO]NG\]/.test(text);

for (const program of brokerPrograms()) {
  describe(`Transcripts of ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const serve = async (config: string): Promise<{ running: Running; port: number }> => {
      const running = new Running(program, ["-c", "s.conf"], {
        "s.conf": `host: 127.0.0.1, port: -1\n${config}`,
      });
      started.push(running);
      return { running, port: await running.port() };
    };

    /** What the log says of peers, without their addresses and, as nats-server adds them, their names. */
    const told = (running: Running): string[] =>
      running.lines.flatMap((line) => {
        const found = /^127\.0\.0\.1:\d+ - cid:\d+ - (?:"[^"]*" - ){0,2}((?:<<-|->>|<->) .*)$/.exec(line);
        return found === null ? [] : [found[1]!];
      });

    const converse = async (port: number, running: Running, connect: object = {}): Promise<void> => {
      const peer = await RawPeer.dial(port);
      peer.send(
        `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, headers: true, no_responders: true, ...connect })}\r\n`,
      );
      peer.send(Buffer.from(conversation, "utf8"));
      await peer.sync();
      peer.close();
      await running.line(/<-> \[DELSUB 1\]/);
    };

    test("every command and message is told, both ways", async () => {
      const { running, port } = await serve("trace: true");

      await converse(port, running);

      assert.deepEqual(told(running).filter(head), [...lines, "<-> [DELSUB 1]"]);
      assert.ok(told(running).includes("<<- [PING]"));
      assert.ok(told(running).includes("->> [PONG]"));
    });

    test("passwords, tokens and signatures are not told", async () => {
      const { running, port } = await serve("trace: true");

      const secrets = { user: "u", pass: "p4ss", auth_token: "t0ken", sig: "s1gn", name: "me" };
      await converse(port, running, secrets);

      const connect = told(running).find((line) => line.startsWith("<<- [CONNECT"));
      assert.match(connect ?? "", /"pass":"\[REDACTED\]","auth_token":"\[REDACTED\]".*"name":"me"/);
      assert.doesNotMatch(running.said, /p4ss|t0ken|s1gn/);
    });

    test("verbose answers, errors and a peer's end are told", async () => {
      const { running, port } = await serve("trace: true");

      const peer = await RawPeer.dial(port);
      peer.send('CONNECT {"verbose":true}\r\nSUB a 1\r\nnonsense\r\n');
      await peer.ended();
      await running.line(/DELSUB/);

      assert.deepEqual(told(running), [
        '<<- [CONNECT {"verbose":true}]',
        "->> [OK]",
        "<<- [SUB a 1]",
        "->> [OK]",
        "->> [-ERR Unknown Protocol Operation]",
        "<-> [DELSUB 1]",
      ]);
    });

    test("max_traced_msg_len cuts messages short", async () => {
      const { running, port } = await serve("trace: true, max_traced_msg_len: 3");

      await converse(port, running);

      const payloads = told(running).filter((line) => line.startsWith("<<- MSG_PAYLOAD"));
      assert.deepEqual(payloads, ['<<- MSG_PAYLOAD: ["hi"]', '<<- MSG_PAYLOAD: ["NAT..."]']);
    });

    test("trace_headers tells of messages their headers only", async () => {
      const { running, port } = await serve("trace: true, trace_headers: true");

      await converse(port, running);

      const payloads = told(running).filter((line) => line.startsWith("->> MSG_PAYLOAD"));
      assert.deepEqual(payloads, ['->> MSG_PAYLOAD: ["NATS/1.0\\r\\nA: bé"]']);
    });

    test("a reload turns it on and off for those who are connected", async () => {
      const { running, port } = await serve("trace: false");
      const peer = await RawPeer.dial(port);
      peer.send('CONNECT {"verbose":false}\r\nSUB a 1\r\n');
      await peer.sync();
      const reload = async (trace: boolean, nth: number): Promise<void> => {
        running.write("s.conf", `host: 127.0.0.1, port: -1\ntrace: ${trace}`);
        running.kill("SIGHUP");
        await running.line(/^Reloaded server configuration/, nth);
      };
      const publish = (): Promise<void> => {
        peer.send("PUB a 0\r\n\r\n".repeat(2));
        return peer.sync();
      };
      await publish();

      await reload(true, 1);
      await publish();
      await reload(false, 2);
      await publish();
      peer.close();

      const messages = told(running).filter((line) => line.startsWith("->> [MSG"));
      assert.deepEqual(messages, ["->> [MSG a 1 0]", "->> [MSG a 1 0]"]);
    });
  });
}
