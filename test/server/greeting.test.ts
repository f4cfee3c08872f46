// What a server says of itself before and after CONNECT. [nats-server client.go generateClientInfoJSON, processPing]
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { hello } from "./wire-table.ts";

const publicUserKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

for (const program of brokerPrograms()) {
  describe(`the greeting of ${program.name}`, { skip: program.skip }, () => {
    let open: BrokerProcess;
    let guarded: BrokerProcess;
    before(async () => {
      open = await startBrokerProcess(program, 'server_name: "greeter"\nmax_payload: 4096');
      guarded = await startBrokerProcess(program, `authorization { users: [ { nkey: ${publicUserKey} } ] }`);
    });
    after(() => Promise.all([open.stop(), guarded.stop()]));

    test("INFO comes first and says what a client has to know", async () => {
      const peer = await RawPeer.dial(open.port);

      const info = await peer.greeting();

      assert.match(String(info.server_id), /^N[A-Z2-7]{55}$/);
      assert.match(String(info.version), /^2\.\d+\.\d+/);
      const { server_name, proto, headers, max_payload, port, client_ip, api_lvl } = info;
      assert.deepEqual(
        { server_name, proto, headers, max_payload, port, client_ip, api_lvl },
        {
          server_name: "greeter",
          proto: 1,
          headers: true,
          max_payload: 4096,
          port: open.port,
          client_ip: "127.0.0.1",
          api_lvl: 5,
        },
      );
      assert.equal(typeof info.client_id, "number");
      peer.close();
    });

    test("INFO leaves out what does not apply", async () => {
      const peer = await RawPeer.dial(open.port);

      const info = await peer.greeting();

      for (const field of ["auth_required", "tls_required", "nonce", "jetstream", "ldm", "connect_info"]) {
        assert.equal(info[field], undefined, field);
      }
      peer.close();
    });

    test("every connection has an id and a nonce of its own where keys sign in", async () => {
      const peers = [await RawPeer.dial(guarded.port), await RawPeer.dial(guarded.port)];

      const infos = await Promise.all(peers.map((peer) => peer.greeting()));

      assert.equal(new Set(infos.map((info) => info.client_id)).size, 2);
      assert.equal(new Set(infos.map((info) => info.nonce)).size, 2);
      for (const info of infos) {
        assert.equal(info.auth_required, true);
        assert.match(String(info.nonce), /^[\w-]{15}$/);
      }
      for (const peer of peers) peer.close();
    });

    test("after the first PONG a second INFO names the account", async () => {
      const peer = await RawPeer.dial(open.port);
      peer.send(`${hello({ protocol: 1 })}PING\r\nPING\r\n`);

      await peer.until(() => peer.heard.split("PONG\r\n").length === 3, "both PONGs");

      const lines = peer.heard.split("\r\n").map((line) => line.slice(0, 4));
      assert.deepEqual(lines, ["INFO", "PONG", "INFO", "PONG", ""]);
      const second = JSON.parse(peer.heard.split("\r\n")[2]!.slice("INFO ".length)) as Record<
        string,
        unknown
      >;
      assert.equal(second.connect_info, true);
      assert.equal(second.remote_account, "$G");
      assert.equal(second.max_payload, 4096);
      peer.close();
    });

    test("a client of protocol 0 hears no second INFO", async () => {
      const peer = await RawPeer.dial(open.port);
      peer.send(`${hello({ protocol: 0 })}PING\r\n`);

      await peer.until(() => peer.heard.includes("PONG\r\n"), "PONG");
      await peer.sync(1);

      assert.equal(peer.heard.split("INFO ").length, 2);
      peer.close();
    });
  });
}
