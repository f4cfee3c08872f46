// A log that goes to a syslog server, from our broker and from the real nats-server where one is found.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { brokerPrograms } from "../support/broker-process.ts";
import { Hearing } from "../support/hearing.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Running } from "./running.ts";

const folder = mkdtempSync(join(tmpdir(), "chappe-syslog-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A syslog server that keeps what it hears. */
interface Ear {
  readonly address: string;
  /** The time, and but for a server of this machine the host. */
  readonly origin: RegExp;
  readonly lines: readonly string[];
  /** The first line that matches, past or to come. */
  line(pattern: RegExp): Promise<string>;
  close(): void;
}

async function datagramEar(): Promise<Ear> {
  const heard = new Hearing();
  const socket = createSocket("udp4");
  socket.on("message", (bytes) => heard.add(bytes));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return ear(heard, `udp://127.0.0.1:${socket.address().port}`, () => socket.close());
}

async function streamEar(at: string | number): Promise<Ear> {
  const heard = new Hearing();
  const server: Server = createServer((from) => {
    from.on("data", (bytes: Buffer) => heard.add(bytes));
    from.on("error", () => {});
  });
  if (typeof at === "string") server.listen(at);
  else server.listen(at, "127.0.0.1");
  await once(server, "listening");
  const address =
    typeof at === "string" ? `unix://${at}` : `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return ear(heard, address, () => server.close());
}

function ear(heard: Hearing, address: string, close: () => void): Ear {
  const remote = new RegExp(
    `^\\d{4}-\\d\\d-\\d\\dT[\\d:]{8}(Z|[+-]\\d\\d:\\d\\d) ${RegExp.escape(hostname())}$`,
  );
  const lines = (): readonly string[] => heard.text.split("\n").slice(0, -1);
  return {
    address,
    origin: address.startsWith("unix:") ? /^[A-Z][a-z]{2} [ \d]\d [\d:]{8}$/ : remote,
    get lines() {
      return lines();
    },
    async line(pattern) {
      const found = (): string | undefined => lines().find((line) => pattern.test(line));
      await heard.until(() => found() !== undefined, String(pattern));
      return found()!;
    },
    close,
  };
}

for (const program of brokerPrograms()) {
  describe(`syslog of ${program.name}`, { skip: program.skip }, () => {
    const ways: readonly (readonly [string, () => Promise<Ear>])[] = [
      ["datagrams", datagramEar],
      ["a stream", () => streamEar(0)],
      ["a stream of this machine", () => streamEar(join(folder, `${program.name}.socket`))],
    ];
    for (const [name, listen] of ways) {
      test(`lines go by ${name}, each with its severity, time, host, program and process`, async () => {
        const listening = await listen();
        const config = "host: 127.0.0.1, port: -1, authorization { users: [ { user: u, password: p } ] }";
        const running = new Running(program, ["-DV", "-r", listening.address, "-c", "s.conf"], {
          "s.conf": config,
        });
        try {
          await listening.line(/Server is ready/);
          const port = Number(/:(\d+)$/.exec(await listening.line(/Listening for client connections/))![1]);
          const peer = await RawPeer.dial(port);
          peer.send('CONNECT {"user":"u","pass":"wrong"}\r\n');
          await peer.ended();
          await listening.line(/Client connection closed/);

          const severityOf = (text: string): string | undefined => {
            const line = listening.lines.find((each) => each.includes(`]: ${text}`) || each.endsWith(text));
            return /^<(\d+)>/.exec(line ?? "")?.[1];
          };
          assert.equal(severityOf("Starting nats-server"), "5");
          assert.equal(severityOf("Plaintext passwords detected, use nkeys or bcrypt"), "4");
          assert.equal(severityOf('authentication error - User "u"'), "3");
          assert.equal(severityOf("Client connection closed: Authentication Failure"), "7");
          assert.equal(severityOf('<<- [CONNECT {"user":"u","pass":"[REDACTED]"}]'), "5");
          const first = listening.lines[0]!;
          const [, origin, pid] = /^<5>(.*) nats-server\[(\d+)\]: Starting nats-server$/.exec(first)!;
          assert.match(origin!, listening.origin);
          assert.equal(Number(pid), running.pid);
          assert.equal(running.said, "");
        } finally {
          await running.stop();
          listening.close();
        }
      });
    }

    test("an address of another kind ends the start", async () => {
      const running = new Running(program, ["-a", "127.0.0.1", "-p", "-1", "-r", "http://127.0.0.1:1"]);

      const { code } = await running.ended;

      assert.equal(code, 1);
      assert.match(running.said, /error invalid network type: "http"/);
      await running.stop();
    });
  });
}
