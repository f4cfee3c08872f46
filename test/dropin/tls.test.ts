// TLS as the configuration asks for it, on our broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Certificates, pinOf } from "./certificates.ts";
import { Running } from "./running.ts";
import { TlsPeer } from "./tls-peer.ts";

const certificates = new Certificates();
const { ca, key } = certificates;
const issue = (subject: [string, string][], names: object = {}): string =>
  certificates.issue({ subject, ...names });
const server = issue([["CN", "localhost"]], { hosts: ["localhost", "127.0.0.1"] });
const other = issue([["CN", "other"]], { hosts: ["other.test", "*.wild.test"] });
const client = issue([["CN", "client"]]);
const pinned = pinOf(client);
const files = { "ca.pem": ca, "key.pem": key, "server.pem": server, "other.pem": other };
const place = "host: 127.0.0.1, port: -1";
const base = 'cert_file: "server.pem", key_file: "key.pem"';
const verified = `${base}, ca_file: "ca.pem", verify: true`;

const trusting: ConnectionOptions = { ca, servername: "localhost" };
const withClient: ConnectionOptions = { ...trusting, cert: client, key };

for (const program of brokerPrograms()) {
  describe(`TLS of ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const serve = async (config: string): Promise<{ running: Running; port: number }> => {
      const running = new Running(program, ["-c", "s.conf"], { ...files, "s.conf": `${place}\n${config}` });
      started.push(running);
      return { running, port: await running.port() };
    };

    const outcome = async (
      port: number,
      when: "after INFO" | "first",
      options: ConnectionOptions,
    ): Promise<string> => {
      try {
        const peer = await TlsPeer.dial(port, when, options);
        const said = await peer.signIn();
        peer.close();
        return said;
      } catch (error) {
        assert.ok(error instanceof Error);
        return "no handshake";
      }
    };

    test("INFO asks for TLS, and the handshake follows it", async () => {
      const { port } = await serve(`tls { ${base} }`);

      const peer = await TlsPeer.dial(port, "after INFO", trusting);

      assert.match(peer.before, /"tls_required":true/);
      assert.equal(await peer.signIn(), "in");
      peer.close();
    });

    test("a peer that goes on in plain is closed", async () => {
      const { port } = await serve(`tls { ${base} }`);

      const peer = await RawPeer.dial(port);
      peer.send("CONNECT {}\r\nPING\r\n");
      await peer.ended();

      assert.doesNotMatch(peer.heard, /PONG/);
    });

    test("a peer that begins no handshake is closed when its time is over", async () => {
      const { port } = await serve(`tls { ${base}, timeout: 0.2 }`);

      const peer = await RawPeer.dial(port);
      await peer.ended();

      assert.match(peer.heard, /^INFO /);
    });

    test("handshake_first: INFO comes after the handshake", async () => {
      const { port } = await serve(`tls { ${base}, handshake_first: true }`);

      const peer = await TlsPeer.dial(port, "first", trusting);

      assert.equal(await peer.signIn(), "in");
      assert.match(peer.heard, /^INFO .*"tls_required":true/);
      peer.close();
    });

    test("the last words of a peer that leaves at once are heard", async () => {
      const { port } = await serve(`tls { ${base} }\nallow_non_tls: true`);
      const listener = await RawPeer.dial(port);
      listener.send('CONNECT {"verbose":false}\r\nSUB words 1\r\n');
      await listener.sync();

      const peer = await TlsPeer.dial(port, "after INFO", trusting);
      await peer.signIn();
      peer.send("PUB words 3\r\none\r\n");
      peer.send("PUB words 4\r\nlast\r\n");
      peer.socket.end();
      await listener.until(() => listener.heard.includes("last\r\n"), "the last words");

      assert.match(listener.heard, /MSG words 1 3\r\none\r\nMSG words 1 4\r\nlast\r\n/);
      listener.close();
    });

    test("handshake_first with a delay serves both kinds of clients", async () => {
      const { port } = await serve(`tls { ${base}, handshake_first: "150ms" }`);

      assert.equal(await outcome(port, "first", trusting), "in");
      assert.equal(await outcome(port, "after INFO", trusting), "in");
    });

    test("handshake_first: auto serves both kinds of clients", async () => {
      const { port } = await serve(`tls { ${base}, handshake_first: auto }`);

      assert.equal(await outcome(port, "first", trusting), "in");
      assert.equal(await outcome(port, "after INFO", trusting), "in");
    });

    test("allow_non_tls serves clients with TLS and without", async () => {
      const { port } = await serve(`tls { ${base} }\nallow_non_tls: true`);

      const plain = await RawPeer.dial(port);
      const info = await plain.greeting();
      plain.send('CONNECT {"verbose":false}\r\n');
      await plain.sync();
      plain.close();

      assert.deepEqual([info.tls_required, info.tls_available], [undefined, true]);
      assert.equal(await outcome(port, "after INFO", trusting), "in");
    });

    test("an authority of which no client certificate is asked is not part of the chain shown", async () => {
      const { port } = await serve(`tls { ${base}, ca_file: "ca.pem" }`);

      const peer = await TlsPeer.dial(port, "after INFO", { ca: [], rejectUnauthorized: false });

      // With the authority sent along it would be SELF_SIGNED_CERT_IN_CHAIN.
      assert.equal(String(peer.socket.authorizationError), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      peer.close();
    });

    test("verify asks for a certificate of the authority", async () => {
      const { port } = await serve(`tls { ${verified} }`);

      assert.equal(await outcome(port, "after INFO", withClient), "in");
      assert.notEqual(await outcome(port, "after INFO", trusting), "in");
    });

    test("pinned_certs admits the public keys it lists", async () => {
      const { port } = await serve(`tls { ${verified}, pinned_certs: ["${pinned}"] }`);

      assert.equal(await outcome(port, "after INFO", withClient), "in");
    });

    test("pinned_certs refuses others", async () => {
      const { port } = await serve(`tls { ${verified}, pinned_certs: ["${"0".repeat(64)}"] }`);

      assert.notEqual(await outcome(port, "after INFO", withClient), "in");
    });

    test("min_version refuses older versions", async () => {
      const { port } = await serve(`tls { ${base}, min_version: "1.3" }`);

      assert.equal(await outcome(port, "after INFO", { ...trusting, maxVersion: "TLSv1.2" }), "no handshake");
      assert.equal(await outcome(port, "after INFO", trusting), "in");
    });

    test("cipher_suites are what TLS 1.2 may use", async () => {
      const { port } = await serve(
        `tls { ${base}, cipher_suites: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] }`,
      );
      const with12 = (ciphers: string): ConnectionOptions => ({
        ...trusting,
        maxVersion: "TLSv1.2",
        ciphers,
      });

      assert.equal(await outcome(port, "after INFO", with12("ECDHE-RSA-AES128-GCM-SHA256")), "in");
      assert.equal(await outcome(port, "after INFO", with12("ECDHE-RSA-AES256-GCM-SHA384")), "no handshake");
    });

    test("curve_preferences are what the key exchange may use", async () => {
      const { port } = await serve(`tls { ${base}, curve_preferences: ["CurveP384"] }`);

      assert.equal(await outcome(port, "after INFO", { ...trusting, ecdhCurve: "P-384" }), "in");
      assert.equal(await outcome(port, "after INFO", { ...trusting, ecdhCurve: "X25519" }), "no handshake");
    });

    test("of several certificates the one with the name asked for is shown", async () => {
      const pairs = ["server", "other"].map((name) => `{ cert_file: "${name}.pem", key_file: "key.pem" }`);
      const { port } = await serve(`tls { certs: [ ${pairs.join(", ")} ] }`);
      const shown = async (servername: string): Promise<string | undefined> => {
        const peer = await TlsPeer.dial(port, "after INFO", {
          servername,
          ca,
          checkServerIdentity: () => undefined,
        });
        const { CN } = peer.socket.getPeerCertificate().subject;
        peer.close();
        return String(CN);
      };

      assert.equal(await shown("localhost"), "localhost");
      assert.equal(await shown("other.test"), "other");
      assert.equal(await shown("a.wild.test"), "other");
      assert.equal(await shown("nobody.test"), "localhost");
    });

    test("connection_rate_limit turns away handshakes beyond it, in words", async () => {
      const { port } = await serve(`tls { ${base}, connection_rate_limit: 2 }`);

      const peers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => RawPeer.dial(port)));
      await Promise.all(peers.slice(0, 4).map((peer) => peer.until(() => peer.heard !== "", "INFO")));
      const turnedAway = (peer: RawPeer): boolean =>
        peer.heard.includes("-ERR 'Connection throttling is active.");
      await peers[5]!.until(() => turnedAway(peers[5]!), "the refusal").catch(() => undefined);

      assert.ok(peers.filter(turnedAway).length >= 3);
      for (const peer of peers) peer.close();
    });

    test("a reload shows the new certificate to who comes, and leaves who is there alone", async () => {
      const { running, port } = await serve(`tls { ${base} }`);
      const before = await TlsPeer.dial(port, "after INFO", trusting);
      await before.signIn();

      running.write("server.pem", other);
      running.kill("SIGHUP");
      await running.line(/^Reloaded server configuration/);
      const later = await TlsPeer.dial(port, "after INFO", { ca, servername: "other.test" });

      assert.ok(running.lines.includes("Reloaded: tls = enabled"));
      assert.equal(later.socket.getPeerCertificate().subject.CN, "other");
      before.send("PING\r\n");
      await before.until(() => before.heard.split("PONG\r\n").length === 3);
      for (const peer of [before, later]) peer.close();
    });

    const dc = "0.9.2342.19200300.100.1.25";
    const maps: readonly [name: string, user: string, certificate: string][] = [
      ["an e-mail address", "ada@mill.test", issue([["CN", "x"]], { emails: ["ada@mill.test"] })],
      ["a DNS name", "loom.mill.test", issue([["CN", "x"]], { hosts: ["loom.mill.test"] })],
      ["a URI", "spiffe://mill.test/ada", issue([["CN", "x"]], { uris: ["spiffe://mill.test/ada"] })],
      [
        "its subject",
        "CN=ada,O=mill",
        issue([
          ["O", "mill"],
          ["CN", "ada"],
        ]),
      ],
      [
        "its subject with blanks",
        "CN=ada, O=mill",
        issue([
          ["O", "mill"],
          ["CN", "ada"],
        ]),
      ],
      [
        "its subject in another order",
        "O=mill,CN=ada",
        issue([
          ["O", "mill"],
          ["CN", "ada"],
        ]),
      ],
      [
        "its subject with domains",
        "CN=ada,DC=mill,DC=test",
        issue([
          [dc, "test"],
          [dc, "mill"],
          ["CN", "ada"],
        ]),
      ],
      ["its subject with what must be escaped", "CN=ada\\\\, the first", issue([["CN", "ada, the first"]])],
    ];
    for (const [name, user, certificate] of maps) {
      test(`verify_and_map finds the user by ${name}`, async () => {
        const { port } = await serve(`tls { ${verified}, verify_and_map: true }
          authorization { users: [ { user: "${user}", permissions: { publish: "ok" } } ] }`);
        const options = { ...trusting, cert: certificate, key };

        const peer = await TlsPeer.dial(port, "after INFO", options);

        assert.equal(await peer.signIn(), "in");
        peer.send("PUB not.ok 0\r\n\r\nPING\r\n");
        await peer.until(() => peer.heard.split("PONG\r\n").length === 3);
        assert.match(peer.heard, /Permissions Violation for Publish to "not.ok"/);
        peer.close();
      });
    }

    test("verify_and_map refuses a certificate that names no user", async () => {
      const { port } = await serve(`tls { ${verified}, verify_and_map: true }
        authorization { users: [ { user: "CN=somebody" } ] }`);

      assert.equal(await outcome(port, "after INFO", withClient), "Authorization Violation");
    });
  });
}
