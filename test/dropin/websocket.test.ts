// The WebSocket listener as the configuration asks for it, on our broker and on the real nats-server where one is found.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { brokerPrograms } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { Certificates } from "./certificates.ts";
import { Running } from "./running.ts";
import { type HandshakeWish, WebSocketPeer } from "./websocket-peer.ts";

const certificates = new Certificates();
const { ca, key } = certificates;
const server = certificates.issue({ subject: [["CN", "localhost"]], hosts: ["localhost", "127.0.0.1"] });
const client = certificates.issue({ subject: [["CN", "x"]], emails: ["ada@mill.test"] });
const files = { "ca.pem": ca, "key.pem": key, "server.pem": server };
const place = "host: 127.0.0.1, port: -1";
const users = "authorization { users: [ { user: ada, password: x }, { user: bob, password: y } ] }";
const violation = "Authorization Violation";

/** What a plain client of that user hears. */
async function answer(port: number, user: string): Promise<string> {
  const peer = await RawPeer.dial(port);
  peer.send(`CONNECT ${JSON.stringify({ verbose: false, user, pass: "x" })}\r\nPING\r\n`);
  await peer.until(() => /PONG|-ERR/.test(peer.heard), "an answer");
  peer.close();
  return peer.heard;
}

for (const program of brokerPrograms()) {
  describe(`WebSocket of ${program.name}`, { skip: program.skip }, () => {
    const started: Running[] = [];
    after(() => Promise.all(started.map((each) => each.stop())));

    const serve = async (
      block: string,
      rest = "",
    ): Promise<{ running: Running; plain: number; port: number }> => {
      const config = `${place}\nwebsocket { host: 127.0.0.1, port: -1, ${block} }\n${rest}`;
      const running = new Running(program, ["-c", "s.conf"], { ...files, "s.conf": config });
      started.push(running);
      return { running, plain: await running.port(), port: await running.webSocketPort() };
    };

    const signIn = async (port: number, connect: object, wish: HandshakeWish = {}): Promise<string> => {
      const peer = await WebSocketPeer.dial(port, wish);
      const said = peer.status.includes(" 101 ") ? await peer.signIn(connect) : peer.status;
      peer.close();
      return said;
    };

    test("INFO names the WebSocket listener, and the log warns of plain connections", async () => {
      const { running, port } = await serve("no_tls: true");

      const peer = await WebSocketPeer.dial(port);
      const info = await peer.greeting();

      assert.deepEqual([info.host, info.port, info.tls_required], ["127.0.0.1", port, undefined]);
      assert.ok(running.lines.includes(`Listening for websocket clients on ws://127.0.0.1:${port}`));
      assert.ok(running.lines.includes("Websocket not configured with TLS. DO NOT USE IN PRODUCTION!"));
      peer.close();
    });

    test("ping_interval is for WebSocket clients: those who do not answer go, others are not yet asked", async () => {
      const { port, plain } = await serve(
        'no_tls: true, ping_interval: "60ms"',
        "ping_interval: 1h, ping_max: 2",
      );
      const raw = await RawPeer.dial(plain);
      raw.send('CONNECT {"verbose":false}\r\n');
      await raw.sync();
      const web = await WebSocketPeer.dial(port);
      await web.signIn();

      await web.until(() => web.closed, "the end of the connection");

      assert.match(web.heard, /PONG\r\nPING\r\nPING\r\n-ERR 'Stale Connection'\r\n$/);
      await raw.sync();
      assert.doesNotMatch(raw.heard, /PING/);
      raw.close();
    });

    test("client_advertise is for others than WebSocket clients, and advertise for what other servers tell", async () => {
      const { port, plain } = await serve(
        'no_tls: true, advertise: "web.test:8443"',
        'client_advertise: "broker.test:5222"',
      );

      const [web, raw] = [await WebSocketPeer.dial(port), await RawPeer.dial(plain)];
      const told = await Promise.all([web, raw].map((peer) => peer.greeting()));

      assert.deepEqual(
        told.map(({ host, port: number, connect_urls, ws_connect_urls }) => [
          host,
          number,
          connect_urls,
          ws_connect_urls,
        ]),
        [
          ["127.0.0.1", port, undefined, undefined],
          ["broker.test", 5222, undefined, undefined],
        ],
      );
      web.close();
      raw.close();
    });

    test("WebSocket clients and others share the subjects", async () => {
      const { port, plain } = await serve("no_tls: true");
      const web = await WebSocketPeer.dial(port);
      await web.signIn();
      const raw = await RawPeer.dial(plain);
      web.send("SUB a 1\r\nPING\r\n");
      await web.until(() => web.heard.split("PONG\r\n").length === 3, "PONG");

      raw.send('CONNECT {"verbose":false}\r\nPUB a 5\r\nhello\r\n');
      await web.until(() => web.heard.endsWith("MSG a 1 5\r\nhello\r\n"), "the message");

      web.close();
      raw.close();
    });

    test("wss:// takes the handshake over TLS, and INFO says so", async () => {
      const { running, port } = await serve('tls { cert_file: "server.pem", key_file: "key.pem" }');

      const peer = await WebSocketPeer.dial(port, { tls: { ca } });
      const info = await peer.greeting();

      assert.deepEqual([info.tls_required, info.tls_available], [true, true]);
      assert.equal(await peer.signIn(), "in");
      assert.ok(running.lines.includes(`Listening for websocket clients on wss://127.0.0.1:${port}`));
      peer.close();
    });

    test("verify_and_map of the websocket block finds the user by certificate", async () => {
      const block =
        'tls { cert_file: "server.pem", key_file: "key.pem", ca_file: "ca.pem", verify_and_map: true }';
      const { port } = await serve(block, "authorization { users: [ { user: ada@mill.test } ] }");

      assert.equal(await signIn(port, {}, { tls: { ca, cert: client, key } }), "in");
    });

    test("users of the server sign in here too", async () => {
      const { port } = await serve("no_tls: true", users);

      assert.equal(await signIn(port, { user: "ada", pass: "x" }), "in");
      assert.equal(await signIn(port, { user: "ada", pass: "y" }), violation);
      assert.equal(await signIn(port, {}), violation);
    });

    test("the block's own no_auth_user is nobody's elsewhere", async () => {
      const { port, plain } = await serve("no_tls: true, no_auth_user: ada", users);
      const raw = await RawPeer.dial(plain);
      raw.send('CONNECT {"verbose":false}\r\nPING\r\n');

      assert.equal(await signIn(port, {}), "in");
      await raw.ended();
      assert.match(raw.heard, /Authorization Violation/);
    });

    test("the block's own user stands in for the server's", async () => {
      const { port } = await serve(
        "no_tls: true, authorization { user: web, password: w }",
        "authorization { user: ada, password: x }",
      );

      assert.equal(await signIn(port, { user: "web", pass: "w" }), "in");
      assert.equal(await signIn(port, { user: "ada", pass: "x" }), violation);
    });

    test("the block's own user is asked for where the server asks for none", async () => {
      const { port } = await serve("no_tls: true, authorization { token: t }");

      assert.equal(await signIn(port, { auth_token: "t" }), "in");
      assert.equal(await signIn(port, {}), violation);
    });

    test("a user may be for WebSocket only, or never", async () => {
      const only = (user: string, type: string): string =>
        `{ user: ${user}, password: x, allowed_connection_types: [${type}] }`;
      const { port } = await serve(
        "no_tls: true",
        `authorization { users: [ ${only("web", "WEBSOCKET")}, ${only("plain", "STANDARD")} ] }`,
      );

      assert.equal(await signIn(port, { user: "web", pass: "x" }), "in");
      assert.equal(await signIn(port, { user: "plain", pass: "x" }), violation);
    });

    test("a user of any other way to connect comes in by none of these", async () => {
      const others = ["LEAFNODE", "LEAFNODE_WS", "MQTT", "MQTT_WS", "IN_PROCESS"];
      const user = (types: string, index: number): string =>
        `{ user: u${index}, password: x, allowed_connection_types: [${types}] }`;
      const { port, plain } = await serve(
        "no_tls: true",
        `authorization { users: [ ${[...others, "MQTT, standard"].map(user).join("\n")} ] }`,
      );

      for (const [index, type] of others.entries()) {
        assert.equal(await signIn(port, { user: `u${index}`, pass: "x" }), violation, type);
        assert.match(await answer(plain, `u${index}`), /Authorization Violation/, type);
      }
      assert.match(await answer(plain, `u${others.length}`), /PONG/);
    });

    test("cookies stand in for what CONNECT leaves empty", async () => {
      const { port } = await serve("no_tls: true, user_cookie: u, pass_cookie: p", users);

      assert.equal(await signIn(port, {}, { headers: { Cookie: "u=ada; p=x" } }), "in");
      assert.equal(
        await signIn(port, { user: "bob", pass: "y" }, { headers: { Cookie: "u=ada; p=z" } }),
        "in",
      );
      assert.equal(await signIn(port, {}, { headers: { Cookie: "u=ada; p=z" } }), violation);
    });

    test("a token may come by cookie", async () => {
      const { port } = await serve("no_tls: true, token_cookie: t", "authorization { token: s3cr3t }");

      assert.equal(await signIn(port, {}, { headers: { Cookie: "t=s3cr3t" } }), "in");
    });

    test("allowed_origins lets those pages in, and who is no page", async () => {
      const { port } = await serve('no_tls: true, allowed_origins: ["https://mill.test"]');

      assert.equal(await signIn(port, {}, { headers: { Origin: "https://mill.test" } }), "in");
      assert.equal(await signIn(port, {}), "in");
      assert.match(await signIn(port, {}, { headers: { Origin: "https://elsewhere.test" } }), / 403 /);
    });

    test("same_origin lets pages of the server's own host in", async () => {
      const { port } = await serve("no_tls: true, same_origin: true");

      assert.equal(await signIn(port, {}, { headers: { Origin: `http://127.0.0.1:${port}` } }), "in");
      assert.match(await signIn(port, {}, { headers: { Origin: "http://elsewhere.test" } }), / 403 /);
    });

    test("compression is agreed on where it is configured", async () => {
      const { port } = await serve("no_tls: true, compression: true");
      const wanted = { headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } };

      assert.equal((await WebSocketPeer.dial(port, wanted)).status, "HTTP/1.1 101 Switching Protocols");
    });

    test("a violation is told before the close, whose code says policy", async () => {
      const { port } = await serve("no_tls: true", users);

      const peer = await WebSocketPeer.dial(port);
      await peer.signIn({});
      await peer.until(() => peer.closed, "the end");

      assert.match(peer.heard, /-ERR 'Authorization Violation'/);
      assert.equal(peer.closeCode, 1008);
    });

    test("a peer that sends too much before it signs in is closed", async () => {
      const { port } = await serve("no_tls: true, authorization { token: t, timeout: 0.3 }");

      const peer = await WebSocketPeer.dial(port);
      await peer.until(() => peer.closed, "the end");

      assert.match(peer.heard, /-ERR 'Authentication Timeout'/);
    });

    test("the ports file tells of it", async () => {
      const running = new Running(program, ["-c", "s.conf", "--ports_file_dir", "FOLDER"], {
        "s.conf": `${place}\nwebsocket { host: 127.0.0.1, port: -1, no_tls: true }`,
      });
      started.push(running);
      await running.port();
      const port = await running.webSocketPort();

      const ports = await running.portsFile();

      assert.deepEqual(ports.websocket, [`ws://127.0.0.1:${port}`]);
    });
  });
}
