// With no_fast_producer_stall nobody is held up for a slow consumer, and messages pass it by while much waits for it: on our
// broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { hello } from "./wire-table.ts";

const megabyte = "x".repeat(1_000_000);
const sentMegabytes = 60;
const config = "max_pending: 16MB, no_fast_producer_stall: true, max_payload: 1MB, write_deadline: 60s";

for (const program of brokerPrograms()) {
  describe(`unstalled producers of ${program.name}`, { skip: program.skip }, () => {
    test("who does not read loses messages and stays; it hears again once it reads", async () => {
      const broker = await startBrokerProcess(program, config);
      try {
        let bytes = 0;
        let tail = "";
        const slow = connect(broker.port, "127.0.0.1");
        slow.write(`${hello()}SUB a 1\r\nSUB b 2\r\nPING\r\n`);
        for (let heard = ""; !heard.includes("PONG"); ) heard += String((await once(slow, "data"))[0]);
        slow.pause();
        slow.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          tail = (tail + chunk.latin1Slice()).slice(-100);
        });
        const fast = await RawPeer.dial(broker.port);
        fast.send(hello({ headers: true, no_responders: true }));

        for (let sent = 0; sent < sentMegabytes; sent++)
          fast.send(`PUB a ${megabyte.length}\r\n${megabyte}\r\n`);
        await fast.sync();
        fast.send("SUB inbox 1\r\nPUB b inbox 4\r\nlost\r\n");
        const trace = "NATS/1.0\r\nNats-Trace-Dest: inbox\r\n\r\n";
        fast.send(`HPUB b ${trace.length} ${trace.length + 4}\r\n${trace}lost\r\n`);
        await fast.until(() => fast.heard.includes('"events"'), "a trace");
        assert.match(fast.heard, /HMSG inbox 1 \d+ \d+ ?\r\nNATS\/1\.0 503/);
        assert.match(
          fast.heard,
          /"error":"Not delivered because fast producer not stalled and consumer is slow"/,
        );
        assert.equal(slow.destroyed, false);

        slow.resume();
        while (!tail.endsWith("MSG b 2 4\r\nread\r\n")) {
          fast.send("PUB b 4\r\nread\r\n");
          await fast.sync();
        }
        assert.ok(bytes > 12 * megabyte.length && bytes < (sentMegabytes - 10) * megabyte.length, `${bytes}`);
        slow.destroy();
        fast.close();
      } finally {
        await broker.stop();
      }
    });
  });
}
