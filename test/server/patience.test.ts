// What a server does with peers that are too slow: to sign in, to answer a PING, to read what they asked for.
// [nats-server client.go processPingTimer, queueOutbound, handleWriteTimeout]
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import {
  type BrokerProcess,
  type BrokerProgram,
  brokerPrograms,
  startBrokerProcess,
} from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { hello } from "./wire-table.ts";

const megabyte = "x".repeat(1_000_000);
const tooManyMegabytes = 40;
const betweenReadsMs = 250;

for (const program of brokerPrograms()) {
  describe(`the patience of ${program.name}`, { skip: program.skip }, () => {
    test("who does not sign in in time is told and cut", async () => {
      await withBroker(program, "authorization { user: a, password: b, timeout: 0.2 }", async ({ port }) => {
        const peer = await RawPeer.dial(port);

        await peer.ended();

        assert.equal(peer.words(), "-ERR 'Authentication Timeout'\r\n");
      });
    });

    test("who signs in in time is not cut later", async () => {
      const config =
        'authorization { user: a, password: b, timeout: 0.3 }\nping_interval: "200ms"\nping_max: 100';
      await withBroker(program, config, async ({ port }) => {
        const peer = await RawPeer.dial(port);
        peer.send(hello({ user: "a", pass: "b" }));

        await peer.until(() => peer.heard.split("PING\r\n").length > 3, "three PINGs");

        assert.equal(peer.closed, false);
        peer.close();
      });
    });

    describe("with short PINGs", () => {
      let broker: BrokerProcess;
      before(async () => {
        broker = await startBrokerProcess(program, 'ping_interval: "100ms"\nping_max: 2');
      });
      after(() => broker.stop());

      test("who leaves PINGs unanswered is told and cut", async () => {
        const peer = await RawPeer.dial(broker.port);
        peer.send(hello());

        await peer.ended();

        assert.equal(peer.words(), "PING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
      });

      test("who answers PINGs stays", async () => {
        const peer = await RawPeer.dial(broker.port);
        peer.send(hello());

        for (let answered = 1; answered <= 6; answered++) {
          await peer.until(() => peer.heard.split("PING\r\n").length > answered, "a PING");
          peer.send("PONG\r\n");
        }
        await peer.sync();

        assert.equal(peer.words(), "PING\r\n".repeat(peer.words().length / 6));
        peer.close();
      });
    });

    test("who does not read is cut without a word once too much is pending, and nobody else", async () => {
      await withBroker(program, "max_pending: 2MB\nmax_payload: 1MB", async (broker) => {
        const slow = await RawPeer.dial(broker.port);
        slow.send(`${hello()}SUB a 1\r\n`);
        await slow.sync();
        slow.stopReading();
        const fast = await RawPeer.dial(broker.port);
        fast.send(hello());

        for (let sent = 0; sent < tooManyMegabytes; sent++)
          fast.send(`PUB a ${megabyte.length}\r\n${megabyte}\r\n`);
        await broker.logged(/Slow Consumer/i);
        slow.resumeReading();
        await slow.ended();
        await fast.sync();

        assert.doesNotMatch(slow.heard.slice(-200), /-ERR/);
        assert.equal(fast.words(), "");
        fast.close();
      });
    });

    test("who does not read within the write deadline is cut", async () => {
      await withBroker(
        program,
        'max_pending: 256MB\nwrite_deadline: "300ms"\nmax_payload: 1MB',
        async (broker) => {
          const slow = await RawPeer.dial(broker.port);
          slow.send(`${hello()}SUB a 1\r\n`);
          await slow.sync();
          slow.stopReading();
          const fast = await RawPeer.dial(broker.port);
          fast.send(hello());

          for (let sent = 0; sent < tooManyMegabytes; sent++)
            fast.send(`PUB a ${megabyte.length}\r\n${megabyte}\r\n`);
          await broker.logged(/Slow Consumer/i);
          slow.resumeReading();
          await slow.ended();
          await fast.sync();

          assert.equal(fast.closed, false);
          fast.close();
        },
      );
    });

    for (const [policy, spared] of [
      ["retry", true],
      ["close", false],
    ] as const) {
      test(`with write_timeout: ${policy} who reads too little by the write deadline is ${spared ? "spared" : "cut"}`, async () => {
        const config = `max_pending: 256MB\nwrite_deadline: "1s"\nmax_payload: 1MB\nwrite_timeout: ${policy}`;
        await withBroker(program, config, async (broker) => {
          const slow = await LittleReader.dial(broker.port);
          const fast = await RawPeer.dial(broker.port);
          fast.send(hello());
          for (let sent = 0; sent < tooManyMegabytes; sent++)
            fast.send(`PUB a ${megabyte.length}\r\n${megabyte}\r\n`);

          slow.read(megabyte.length);
          await broker.logged(
            / - Slow Consumer Detected: WriteDeadline of 1s exceeded with .*\d+ total bytes/,
          );
          slow.read(Number.POSITIVE_INFINITY);

          if (spared) await broker.logged(/ - Slow Consumer Recovered/);
          else await slow.ended;
          assert.equal(slow.hasEnded, !spared);
          slow.close();
          fast.close();
        });
      });
    }
  });
}

/** Has subscribed to `a`, and reads so many bytes at a time: the kernel's buffers open again by large pieces. */
class LittleReader {
  readonly ended: Promise<unknown>;
  hasEnded = false;
  readonly #socket: Socket;
  #atOnce = 0;
  #left = 0;

  static async dial(port: number): Promise<LittleReader> {
    const socket = connect(port, "127.0.0.1");
    socket.write(`${hello()}SUB a 1\r\nPING\r\n`);
    for (let heard = ""; !heard.includes("PONG"); ) heard += String((await once(socket, "data"))[0]);
    return new LittleReader(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.pause();
    socket.on("error", () => {});
    this.ended = once(socket, "close").then(() => {
      this.hasEnded = true;
    });
    socket.on("data", ({ length }) => {
      this.#left -= length;
      if (this.#left > 0) return;
      socket.pause();
      setTimeout(() => this.read(this.#atOnce), betweenReadsMs).unref();
    });
  }

  read(bytes: number): void {
    this.#atOnce = bytes;
    this.#left = bytes;
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function withBroker(
  program: BrokerProgram,
  config: string,
  story: (broker: BrokerProcess) => Promise<void>,
): Promise<void> {
  const broker = await startBrokerProcess(program, config);
  try {
    await story(broker);
  } finally {
    await broker.stop();
  }
}
