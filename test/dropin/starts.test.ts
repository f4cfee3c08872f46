// What goes wrong at a start or at a door: starts that cannot be, and what is only told in the log. Every row holds for our broker
// and for the real nats-server where one is found.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Certificates } from "./certificates.ts";
import { type Ending, Running } from "./running.ts";
import { TlsPeer } from "./tls-peer.ts";

const local = ["-a", "127.0.0.1", "-p", "-1"];
const place = "host: 127.0.0.1, port: -1";
const failed: Ending = { code: 1, signal: null };
const heading = /^(Starting nats-server|Using configuration file: .*| {2}(Version|Git|Name|ID): .*)$/;
const monitor = "Can't start monitoring:";
const { ca, key } = new Certificates();
const files = { "ca.pem": ca, "key.pem": key };
const tls = 'tls { cert_file: "ca.pem", key_file: "key.pem" }';

/** Command line, configuration, and the one line that the log then ends with, beyond its heading. */
const refused: readonly (readonly [args: readonly string[], config: string, said: string])[] = [
  [
    [...local, "-m", "99999"],
    "",
    `${monitor} can't listen to the monitor port: listen tcp: address 99999: invalid port`,
  ],
  [
    ["-c", "s.conf"],
    `${place}, http: "127.0.0.1:99999"`,
    `${monitor} can't listen to the monitor port: listen tcp: address 99999: invalid port`,
  ],
  [
    ["-c", "s.conf"],
    `${place}, https: "127.0.0.1:99999", ${tls}`,
    `${monitor} can't listen to the monitor port: listen tcp: address 99999: invalid port`,
  ],
  [[...local, "-ms", "99999"], "", `${monitor} TLS cert and key required for HTTPS`],
  [
    [...local, "-m", "14231", "-ms", "14232"],
    "",
    `${monitor} can't specify both HTTP (14231) and HTTPs (14232) ports`,
  ],
  [
    ["-a", "127.0.0.1", "-p", "70000"],
    "",
    'Error listening on port: 127.0.0.1:70000, "listen tcp: address 70000: invalid port"',
  ],
  [
    ["-a", "127.0.0.1", "-p", "-2"],
    "",
    'Error listening on port: 127.0.0.1:-2, "listen tcp: address -2: invalid port"',
  ],
  [
    ["-c", "s.conf"],
    `${place}, websocket { port: 99999, no_tls: true }`,
    "Unable to listen for websocket connections: listen tcp: address 99999: invalid port",
  ],
  [[...local, "-P", "none/pid"], "", "Could not write pidfile: open none/pid: no such file or directory"],
  [[...local, "-P", "/"], "", "Could not write pidfile: open /: is a directory"],
];

/** What a client does after INFO: something in plain, or a handshake with these options. */
type Shake = ((peer: RawPeer) => void) | ConnectionOptions;

function exactly(text: string): RegExp {
  return new RegExp(`^${RegExp.escape(text)}$`);
}

for (const program of brokerPrograms()) {
  describe(`starts of ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const start = (args: readonly string[], config = ""): Running => {
      const running = new Running(program, args, { ...files, "s.conf": config });
      started.push(running);
      return running;
    };

    for (const [args, config, said] of refused) {
      test(`${args.join(" ")} ${config} ends it before it listens`, async () => {
        const running = start(args, config);

        assert.deepEqual(await running.ended, failed);
        assert.deepEqual(
          running.lines.filter((line) => !heading.test(line)),
          [said],
        );
        assert.match(running.said, /^\[\d+\] .* \[FTL\] /m);
      });
    }

    test("a log file that cannot be made ends it, said in plain with the time", async () => {
      const running = start([...local, "-l", "none/a.log"]);

      assert.deepEqual(await running.ended, failed);
      const why = "error opening file: open none/a.log: no such file or directory";
      assert.match(running.said, new RegExp(`^\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d ${why}\n$`));
    });

    test("a ports file that cannot be written is said, and it goes on", async () => {
      const running = start([...local, "--ports_file_dir", "/nonexist"]);
      const file = `/nonexist/nats-server_${running.pid}.ports`;

      await running.line(/^Server is ready/);
      const writing = await running.line(/^Error writing/);
      running.kill("SIGTERM");

      assert.deepEqual(await running.ended, { code: 0, signal: null });
      const none = "no such file or directory";
      assert.equal(writing, `Error writing ports file (${file}): open ${file}: ${none}`);
      assert.ok(running.lines.includes(`Error cleaning up ports file ${file}: remove ${file}: ${none}`));
    });

    test("the pid file is for its owner only", async () => {
      const running = start([...local, "-P", "FOLDER/pid"]);
      await running.line(/^Server is ready/);

      assert.equal(statSync(join(running.folder, "pid")).mode & 0o777, 0o600);
    });

    test("the pid file is there before anybody listens", async () => {
      const running = start([...local, "-P", "FOLDER/pid", "-m", "99999"]);

      await running.ended;
      assert.ok(existsSync(join(running.folder, "pid")));
    });

    for (const [flags, warned] of [
      [["--pass", "x"], true],
      [["--user", "x"], false],
      [["--auth", "x"], false],
      [["--user", "x", "--pass", `$2a$11$${"x".repeat(53)}`], false],
    ] as const) {
      test(`${flags.join(" ")} is ${warned ? "" : "not "}warned of as a plain password`, async () => {
        const running = start([...local, ...flags]);
        await running.line(/^Server is ready/);

        assert.equal(running.lines.includes("Plaintext passwords detected, use nkeys or bcrypt"), warned);
      });
    }

    test("http:// at a port for TLS is told so, by monitoring and WebSocket", async () => {
      const ports = `https: "127.0.0.1:-1", websocket { host: 127.0.0.1, port: -1, ${tls} }, ${tls}`;
      const running = start(["-c", "s.conf"], `${place}, ${ports}`);
      const monitoring = await running.line(/^Starting https monitor on /);
      const dialled = [Number(monitoring.replace(/^.*:/, "")), await running.webSocketPort()];

      for (const port of dialled) {
        const peer = await RawPeer.dial(port);
        peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await peer.ended();

        const said = "Client sent an HTTP request to an HTTPS server.\n";
        assert.equal(peer.heard, `HTTP/1.0 400 Bad Request\r\n\r\n${said}`);
      }

      const why = "client sent an HTTP request to an HTTPS server";
      await running.line(new RegExp(`^websocket: TLS handshake error from 127\\.0\\.0\\.1:\\d+: ${why}$`));
    });

    const verified = tls.replace("}", ', ca_file: "ca.pem", verify: true }');
    const noTls = "[DBG] TLS handshake error: tls: first record does not look like a TLS handshake";
    const handshakes: readonly (readonly [name: string, block: string, shake: Shake, said: RegExp])[] = [
      ["goes on in plain", tls, (peer) => peer.send("CONNECT {}\r\nPING\r\n"), exactly(noTls)],
      ["asks in HTTP", tls, (peer) => peer.send("GET / HTTP/1.1\r\n\r\n"), exactly(noTls)],
      ["says anything", tls, (peer) => peer.send("0123456789abcdef"), exactly(noTls)],
      ["leaves", tls, (peer) => peer.close(), exactly("[ERR] TLS handshake error: EOF")],
      [
        "says nothing",
        tls.replace("}", ", timeout: 0.2 }"),
        () => undefined,
        /^\[DBG\] TLS handshake (timeout|error: .* i\/o timeout)$/,
      ],
      ["shakes hands", tls, {}, /^\[DBG\] TLS version 1\.3, cipher suite TLS_AES_\d+_GCM_SHA\d+$/],
      [
        "has no certificate",
        verified,
        {},
        exactly("[ERR] TLS handshake error: tls: client didn't provide a certificate"),
      ],
      [
        "has no cipher in common",
        tls,
        { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" },
        /^\[ERR\] TLS handshake error: tls: no cipher suite supported by both client and server/,
      ],
    ];
    for (const [name, block, shake, said] of handshakes) {
      test(`the log tells of a client that ${name}`, async () => {
        const running = start(["-D", "-c", "s.conf"], `${place}, ${block}`);
        const port = await running.port();

        if (typeof shake === "function") {
          const peer = await RawPeer.dial(port);
          await peer.greeting();
          shake(peer);
        } else {
          await TlsPeer.dial(port, "after INFO", { ...shake, rejectUnauthorized: false }).catch(
            () => undefined,
          );
        }

        await running.line(/TLS (handshake (error|timeout)|version)/);
        const told = running.said.split("\n").filter((line) => line.includes(" - cid:"));
        const texts = told.map((line) => line.replace(/^.*(\[[A-Z]{3}\]) .* - cid:\d+ - /, "$1 "));
        assert.equal(texts[1], "[DBG] Starting TLS client connection handshake");
        assert.ok(
          texts.some((text) => said.test(text)),
          texts.join("\n"),
        );
      });
    }

    test("monitoring over TLS takes the suites that clients are offered, and no others", async () => {
      const running = start(["-c", "s.conf"], `${place}, https: "127.0.0.1:-1", ${tls}`);
      const line = await running.line(/^Starting https monitor on /);
      const port = Number(line.replace(/^.*:/, ""));
      const shake = async (ciphers: string): Promise<string> => {
        const socket = connect({
          port,
          host: "127.0.0.1",
          rejectUnauthorized: false,
          maxVersion: "TLSv1.2",
          ciphers,
        });
        // `once` rejects with the socket's error.
        const said = await once(socket, "secureConnect").then(
          () => "in",
          () => "refused",
        );
        socket.destroy();
        return said;
      };

      assert.equal(await shake("ECDHE-RSA-AES128-GCM-SHA256"), "in");
      assert.equal(await shake("AES128-GCM-SHA256"), "refused");
    });

    for (const [block, said] of [
      [tls, false],
      [tls.replace("}", ', ca_file: "ca.pem" }'), true],
    ] as const) {
      test(`a reload of unchanged certificates tells of TLS ${said ? "where a CA is named" : "not"}`, async () => {
        const running = start(["-c", "s.conf"], `${place}, ${block}`);
        await running.line(/^Server is ready/);

        running.kill("SIGHUP");
        await running.line(/^Reloaded server configuration/);

        assert.equal(running.lines.includes("Reloaded: tls = enabled"), said);
      });
    }
  });
}
