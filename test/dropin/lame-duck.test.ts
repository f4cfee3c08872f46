// Lame duck mode, on our broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Running } from "./running.ts";

const local = ["-a", "127.0.0.1", "-p", "-1"];

for (const program of brokerPrograms()) {
  describe(`lame duck mode of ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const start = (...args: string[]): Running => {
      const running = new Running(program, args);
      started.push(running);
      return running;
    };

    test("without clients the server ends at once, with 0", async () => {
      const running = start(...local);
      await running.port();

      running.kill("SIGUSR2");

      assert.deepEqual(await running.ended, { code: 0, signal: null });
      assert.ok(running.lines.includes("Entering lame duck mode, stop accepting new clients"));
    });

    test("clients are told by INFO, nobody comes in any more, and who is in is served", async () => {
      const running = start(...local);
      const port = await running.port();
      const peer = await RawPeer.dial(port);
      peer.send('CONNECT {"verbose":false,"protocol":1}\r\nSUB a 1\r\n');
      await peer.sync();
      const old = await RawPeer.dial(port);
      old.send('CONNECT {"verbose":false,"protocol":0}\r\n');
      await old.sync();
      const heardBefore = old.heard;

      running.kill("SIGUSR2");
      await peer.until(() => /INFO .*"ldm":true/.test(peer.heard), "INFO with ldm");

      await assert.rejects(RawPeer.dial(port));
      peer.send("PUB a 1\r\nx\r\n");
      await peer.sync();
      assert.match(peer.words(), /MSG a 1 1\r\nx\r\n/);
      assert.equal(old.heard, heardBefore);
      peer.close();
      old.close();
    });

    test("SIGTERM changes nothing about it, SIGINT ends it", async () => {
      const running = start(...local);
      const peer = await RawPeer.dial(await running.port());
      peer.send('CONNECT {"verbose":false,"protocol":1}\r\n');
      await peer.sync();
      running.kill("SIGUSR2");
      await peer.until(() => peer.heard.includes('"ldm":true'), "INFO with ldm");

      running.kill("SIGTERM");
      await running.line(/^Trapped "terminated" signal/);
      await peer.sync();
      running.kill("SIGINT");

      assert.deepEqual(await running.ended, { code: 0, signal: null });
      await peer.ended();
    });

    test("--signal ldm begins it", async () => {
      const running = start(...local);
      await running.port();

      const sender = start("--signal", `ldm=${running.pid}`);

      assert.deepEqual(await sender.ended, { code: 0, signal: null });
      assert.deepEqual(await running.ended, { code: 0, signal: null });
    });
  });
}
