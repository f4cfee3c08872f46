// Connections by way of a proxy: PROXY headers, and proxies that sign for their clients. On our broker and on the real
// nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { KeyPair } from "../../src/identity/nkey.ts";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Certificates } from "./certificates.ts";
import { Running } from "./running.ts";
import { TlsPeer } from "./tls-peer.ts";

const place = "host: 127.0.0.1, port: -1";
const hello = 'CONNECT {"verbose":false,"protocol":1}\r\n';
const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** A header of version 2. */
function second(verb: number, family: number, addresses: Buffer): Buffer {
  const head = Buffer.from([verb, family, addresses.length >> 8, addresses.length & 255]);
  return Buffer.concat([signature, head, addresses]);
}

const four = Buffer.from([192, 0, 2, 7, 192, 0, 2, 1, 0x15, 0x38, 0x10, 0x7e]);
const six = Buffer.concat([
  Buffer.from("20010db8000000000000000000000007", "hex"),
  Buffer.from("20010db8000000000000000000000001", "hex"),
  Buffer.from([0x15, 0x38, 0x10, 0x7e]),
]);

for (const program of brokerPrograms()) {
  describe(`PROXY headers of ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const serve = async (config: string, files: Record<string, string> = {}): Promise<Running> => {
      const running = new Running(program, ["-c", "s.conf"], { ...files, "s.conf": `${place}\n${config}` });
      started.push(running);
      await running.port();
      return running;
    };

    /** The client address that the second INFO names after this header. */
    const addressAfter = async (header: string | Buffer): Promise<unknown> => {
      const running = await serve("proxy_protocol: true");
      const peer = await RawPeer.dial(await running.port());
      assert.equal((await peer.greeting()).client_ip, undefined);
      peer.send(Buffer.concat([Buffer.from(header as string, "latin1"), Buffer.from(`${hello}PING\r\n`)]));
      await peer.until(() => peer.heard.split("INFO ").length === 3, "the second INFO");
      const info = peer.heard.slice(peer.heard.lastIndexOf("INFO ") + 5, peer.heard.lastIndexOf("}") + 1);
      peer.close();
      return (JSON.parse(info) as Record<string, unknown>).client_ip;
    };

    const headers: readonly [name: string, header: string | Buffer, address: string][] = [
      ["version 1, IPv4", "PROXY TCP4 192.0.2.7 192.0.2.1 5432 4222\r\n", "192.0.2.7"],
      ["version 1, IPv6", "PROXY TCP6 2001:db8::7 2001:db8::1 5432 4222\r\n", "2001:db8::7"],
      ["version 1, unknown", "PROXY UNKNOWN\r\n", "127.0.0.1"],
      ["version 2, IPv4", second(0x21, 0x11, four), "192.0.2.7"],
      ["version 2, IPv6", second(0x21, 0x21, six), "2001:db8::7"],
      [
        "version 2, IPv4 and more",
        second(0x21, 0x11, Buffer.concat([four, Buffer.from("more")])),
        "192.0.2.7",
      ],
      ["version 2, the proxy itself", second(0x20, 0x00, Buffer.alloc(0)), "127.0.0.1"],
      ["no header at all", "", "127.0.0.1"],
    ];
    for (const [name, header, address] of headers) {
      test(`the client's address comes from the header: ${name}`, async () => {
        assert.equal(await addressAfter(header), address);
      });
    }

    const bad: readonly [name: string, header: string | Buffer][] = [
      ["IPv6 called IPv4", "PROXY TCP4 2001:db8::7 2001:db8::1 5432 4222\r\n"],
      ["IPv4 called IPv6", "PROXY TCP6 192.0.2.7 192.0.2.1 5432 4222\r\n"],
      ["no address", "PROXY TCP4 here there 5432 4222\r\n"],
      ["a port beyond all ports", "PROXY TCP4 192.0.2.7 192.0.2.1 65536 4222\r\n"],
      ["another protocol", "PROXY UDP4 192.0.2.7 192.0.2.1 5432 4222\r\n"],
      ["too few parts", "PROXY TCP4 192.0.2.7\r\n"],
      ["a line too long", `PROXY TCP4 ${"1".repeat(200)}`],
      ["a bad signature", Buffer.concat([signature.subarray(0, 6), Buffer.from("nonsense")])],
      ["another version", second(0x31, 0x11, four)],
      ["an unknown command", second(0x22, 0x11, four)],
      ["datagrams", second(0x21, 0x12, four)],
      ["an unknown family", second(0x21, 0x31, four)],
      ["addresses too short", second(0x21, 0x11, four.subarray(0, 8))],
    ];
    for (const [name, header] of bad) {
      test(`a bad header ends the connection: ${name}`, async () => {
        const running = await serve("proxy_protocol: true");
        const peer = await RawPeer.dial(await running.port());

        peer.send(Buffer.concat([Buffer.from(header as string, "latin1"), Buffer.from(`${hello}PING\r\n`)]));
        await peer.ended();

        assert.doesNotMatch(peer.heard, /PONG/);
        assert.match(
          await running.line(/PROXY protocol header from/),
          /^Error reading PROXY protocol header from 127\.0\.0\.1:\d+: /,
        );
      });
    }

    test("the header comes before the TLS handshake", async () => {
      const certificates = new Certificates();
      const server = certificates.issue({ subject: [["CN", "localhost"]], hosts: ["localhost"] });
      const files = { "server.pem": server, "key.pem": certificates.key };
      const config =
        'proxy_protocol: true, tls { cert_file: "server.pem", key_file: "key.pem", handshake_first: true }';
      const port = await (await serve(config, files)).port();

      const options = { ca: certificates.ca, servername: "localhost" };
      const peer = await TlsPeer.dial(port, "first", options, "PROXY TCP4 192.0.2.7 192.0.2.1 5432 4222\r\n");

      assert.equal(await peer.signIn(), "in");
      assert.match(peer.heard, /"client_ip":"192\.0\.2\.7"/);
      peer.close();
    });
  });

  describe(`proxies that sign, of ${program.name}`, { skip: program.skip }, () => {
    const proxy = KeyPair.create("account", Buffer.alloc(32, 7));
    const stranger = KeyPair.create("account", Buffer.alloc(32, 8));
    const trusting = `proxies { trusted: [ { key: ${proxy.publicKey} } ] }
      authorization { users: [ { user: ada, password: x, proxy_required: true }, { user: bob, password: y } ] }`;
    let running: Running;
    after(() => running.stop());

    const signIn = async (connect: object, by?: KeyPair): Promise<string> => {
      running ??= new Running(program, ["-c", "s.conf"], { "s.conf": `${place}\n${trusting}` });
      const peer = await RawPeer.dial(await running.port());
      const nonce = String((await peer.greeting()).nonce);
      const proxy_sig =
        by === undefined ? undefined : Buffer.from(by.sign(Buffer.from(nonce))).toString("base64url");
      peer.send(`CONNECT ${JSON.stringify({ verbose: false, ...connect, proxy_sig })}\r\nPING\r\n`);
      await peer.until(() => /PONG|-ERR/.test(peer.heard), "an answer");
      peer.close();
      return /PONG|Authorization Violation/.exec(peer.heard)![0];
    };

    test("a user may be for those who come by a trusted proxy only", async () => {
      assert.equal(await signIn({ user: "ada", pass: "x" }), "Authorization Violation");
      assert.equal(await signIn({ user: "ada", pass: "x" }, proxy), "PONG");
    });

    test("other users may come either way", async () => {
      assert.equal(await signIn({ user: "bob", pass: "y" }), "PONG");
      assert.equal(await signIn({ user: "bob", pass: "y" }, proxy), "PONG");
    });

    test("a proxy that is not trusted vouches for nobody", async () => {
      assert.equal(await signIn({ user: "bob", pass: "y" }, stranger), "Authorization Violation");
    });
  });
}
