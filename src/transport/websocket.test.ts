import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { WebSocketPolicy } from "./websocket.ts";
import {
  accepted,
  clientFrame,
  type FakeClock,
  type FakeSocket,
  Heard,
  request,
} from "./websocket-fixtures.ts";
import type { WebSocketStream } from "./websocket-stream.ts";

interface Opened {
  readonly socket: FakeSocket;
  readonly clock: FakeClock;
  readonly stream: WebSocketStream;
  readonly heard: Heard;
}

/** A stream past its handshake; whatever was sent for that is forgotten. */
function opened(lines: readonly string[] = [], changed: Partial<WebSocketPolicy> = {}): Opened {
  const { socket, clock, outcome } = accepted(changed);
  socket.receive(request(...lines));
  assert.ok(outcome.stream, `${outcome.refused}`);
  const heard = new Heard();
  outcome.stream.start(heard);
  socket.sent();
  socket.calls.length = 0;
  return { socket, clock, stream: outcome.stream, heard };
}

function deflated(text: string): Buffer {
  const bytes = deflateRawSync(Buffer.from(text, "latin1"), { finishFlush: constants.Z_SYNC_FLUSH });
  return bytes.subarray(0, bytes.length - 4);
}

const deflate = "Sec-WebSocket-Extensions: x-other, permessage-deflate; client_max_window_bits";

test("a handshake is answered with the key's digest and no more", () => {
  const { socket, clock, outcome } = accepted({ headers: [["X-Region", "paris"]] });

  for (const letter of request()) socket.receive(letter);

  assert.equal(
    socket.sent(),
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Region: paris\r\n\r\n",
  );
  assert.ok(outcome.stream);
  assert.equal(clock.alarms, 0);
  assert.deepEqual(socket.calls, ["pause"]);
});

test("compression and unmasked frames are agreed on when asked for", () => {
  const { socket } = accepted();

  socket.receive(request(deflate, "Nats-No-Masking: true"));

  assert.match(
    socket.sent(),
    /\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\nNats-No-Masking: true\r\n\r\n$/,
  );
  const { socket: other } = accepted({ compression: false });
  other.receive(request(deflate));
  assert.doesNotMatch(other.sent(), /Extensions/);
});

test("cookies, the proxy's word for the address and the real one are there for the session", () => {
  const { stream } = opened([
    'Cookie: cu=us; cp="p w"; other=x; cj=a.b.c; ct="un;',
    "Cookie: ct=tok",
    "X-Forwarded-For: 2001:db8::1",
  ]);

  assert.deepEqual(stream.cookies, { jwt: "a.b.c", user: "us", pass: "p w", token: "tok" });
  assert.equal(stream.clientIp, "2001:db8::1");
  assert.equal(stream.remote.host, "192.0.2.1");
  for (const forwarded of [
    "1.2.3.4, 5.6.7.8",
    "example.com",
    "01.2.3.4",
    "1.2.3.256",
    "fe80::1%eth0",
    ":::",
  ]) {
    assert.equal(opened([`X-Forwarded-For: ${forwarded}`]).stream.clientIp, undefined, forwarded);
  }
  assert.equal(opened(["X-Forwarded-For: 10.0.0.1"]).stream.clientIp, "10.0.0.1");
});

const complete = request();
const refusals: readonly (readonly [string, string, string])[] = [
  ["another method", complete.replace("GET", "POST"), "405 Method Not Allowed"],
  ["MQTT", complete.replace("GET /", "GET /mqtt"), "404 Not Found"],
  ["leaf nodes", complete.replace("GET /", "GET /x/leafnode?y"), "404 Not Found"],
  ["no Upgrade", complete.replace("Upgrade: websocket", "Upgrade: h2c"), "400 Bad Request"],
  ["no Connection", complete.replace("keep-alive, Upgrade", "keep-alive"), "400 Bad Request"],
  ["no key", complete.replace("Sec-WebSocket-Key", "X-Key"), "400 Bad Request"],
  ["a short key", complete.replace("dGhlIHNhbXBsZSBub25jZQ==", "abc="), "400 Bad Request"],
  ["another version", complete.replace("Version: 13", "Version: 8"), "400 Bad Request"],
  ["HTTP/1.0 without Host", complete.replace("1.1", "1.0").replace("Host", "X-Host"), "400 Bad Request"],
];

for (const [name, text, status] of refusals) {
  test(`a handshake with ${name} is answered ${status}`, () => {
    const { socket, outcome } = accepted();

    socket.receive(text);

    const [, reason] = /^\d+ (.*)$/.exec(status)!;
    assert.equal(
      socket.sent(),
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nSec-Websocket-Version: 13\r\n` +
        `X-Content-Type-Options: nosniff\r\nContent-Length: ${reason!.length + 1}\r\nConnection: close\r\n\r\n${reason}\n`,
    );
    assert.deepEqual(socket.calls, ["end"]);
    assert.match(outcome.refused ?? "", /^websocket handshake error: /);
    assert.equal(outcome.stream, undefined);
  });
}

const badHeads: readonly (readonly [string, string])[] = [
  ["\x16\x03\x01hello\r\n\r\n", "400 Bad Request"],
  ["GET /\r\n\r\n", "400 Bad Request"],
  [complete.replace("HTTP/1.1", "HTTX/1.1"), "400 Bad Request"],
  [complete.replace("HTTP/1.1", "HTTP/2.0"), "505 HTTP Version Not Supported: unsupported protocol version"],
  [complete.replace("Host: localhost:80\r\n", ""), "400 Bad Request: missing required Host header"],
  [complete.replace("localhost:80", "local host"), "400 Bad Request: malformed Host header"],
  [complete.replace("GET / ", "GET /%zz "), "400 Bad Request"],
  [complete.replace("GET / ", "GET foo "), "400 Bad Request"],
  [request("Host: other"), "400 Bad Request"],
  [request("no colon"), "400 Bad Request"],
  [request("a b: c"), "400 Bad Request: invalid header name"],
  [request("a: \x01"), "400 Bad Request"],
  ["GET / HTTP/1.1\r\n folded: first\r\n\r\n", "400 Bad Request"],
  [request(...Array<string>(300).fill("a: b")), "400 Bad Request"],
  [`GET / HTTP/1.1\r\nA: ${"x".repeat(70_000)}`, "431 Request Header Fields Too Large"],
];

for (const [text, status] of badHeads) {
  test(`${JSON.stringify(text.slice(0, 30))}… is no request: ${status}`, () => {
    const { socket, outcome } = accepted();

    socket.receive(text);

    assert.equal(
      socket.sent(),
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`,
    );
    assert.equal(outcome.refused, `websocket handshake error: ${status}`);
  });
}

test("an unknown transfer encoding is not implemented", () => {
  const { socket } = accepted();

  socket.receive(request("Transfer-Encoding: gzip"));

  assert.match(
    socket.sent(),
    /^HTTP\/1.1 501 Not Implemented\r\n[\s\S]*\r\n\r\nUnsupported transfer encoding$/,
  );
});

test("bare line ends, other paths and whole URLs are taken as Go takes them", () => {
  for (const text of [
    complete.replaceAll("\r\n", "\n"),
    complete.replace("GET /", "GET /any/path?and=query"),
    complete.replace("GET /", "GET http://example.com/"),
    request("A: b\r\n folded"),
  ]) {
    const { socket, outcome } = accepted();
    socket.receive(text);
    assert.ok(outcome.stream, `${text}: ${outcome.refused}`);
  }
});

test("an origin that is not wanted is forbidden", () => {
  const allowed = [
    { scheme: "http", host: "example.com", port: "80" },
    { scheme: "https", host: "good.example", port: "8443" },
  ];
  for (const [changed, origin, secure, admitted] of [
    [{ sameOrigin: false, allowed: [] }, "http://evil.example", false, true],
    [{ sameOrigin: false, allowed }, "http://EXAMPLE.com", false, true],
    [{ sameOrigin: false, allowed }, "http://example.com:80", false, true],
    [{ sameOrigin: false, allowed }, "https://example.com", false, false],
    [{ sameOrigin: false, allowed }, "https://good.example:8443", false, true],
    [{ sameOrigin: false, allowed }, "http://example.com.evil.example", false, false],
    [{ sameOrigin: false, allowed }, "http://example.com@evil.example", false, false],
    [{ sameOrigin: false, allowed }, "null", false, false],
    [{ sameOrigin: false, allowed }, undefined, false, true],
    [{ sameOrigin: true, allowed: [] }, "http://localhost", false, true],
    [{ sameOrigin: true, allowed: [] }, "http://localhost:81", false, false],
    [{ sameOrigin: true, allowed: [] }, "https://localhost:80", false, false],
    [{ sameOrigin: true, allowed: [] }, "https://localhost:80", true, true],
    [{ sameOrigin: true, allowed }, "http://localhost", false, false],
  ] as const) {
    const { socket, outcome } = accepted({ origin: changed });
    if (secure) socket.tls = { version: "TLSv1.3", cipher: "c", peerCertificates: [] };
    socket.receive(origin === undefined ? request() : request(`Origin: ${origin}`));

    assert.equal(outcome.stream !== undefined, admitted, `${origin} ${JSON.stringify(changed)}`);
    if (!admitted) assert.match(socket.sent(), /^HTTP\/1.1 403 Forbidden\r\n/);
  }
});

test("bytes sent before the handshake is over close the connection without a word", () => {
  const { socket, outcome } = accepted();

  socket.receive(`${request()}\x82`);

  assert.equal(socket.sent(), "");
  assert.deepEqual(socket.calls, ["destroy"]);
  assert.match(outcome.refused ?? "", /sent data before handshake is complete/);
});

test("a handshake that takes too long is dropped, and one that is refused does not linger", () => {
  const slow = accepted();
  slow.socket.receive("GET / HTTP/1.1\r\n");
  slow.clock.advance(2_000);
  assert.deepEqual(
    [slow.socket.calls, slow.outcome.refused],
    [["destroy"], "websocket handshake error: timeout"],
  );

  const refused = accepted();
  refused.socket.receive("nonsense\r\n\r\n");
  refused.clock.advance(10_000);
  assert.deepEqual(refused.socket.calls, ["end", "destroy"]);
});

test("over TLS the handshake follows TLS, within the same deadline", () => {
  const tls = { cert: "", key: "", verify: false, timeoutMs: 1_000 };
  const good = accepted({ tls });
  assert.equal(good.socket.listener, undefined);
  good.socket.tlsDone!();
  good.socket.receive(request());
  assert.ok(good.outcome.stream);

  const bad = accepted({ tls });
  bad.socket.tlsDone!(new Error("no shared cipher"));
  assert.equal(bad.outcome.refused, "TLS handshake error: no shared cipher");

  const slow = accepted({ tls });
  slow.clock.advance(2_000);
  slow.socket.tlsDone!();
  assert.deepEqual([slow.socket.calls, slow.socket.listener], [["destroy"], undefined]);
});

test("payload comes up unmasked, as it arrives, however it is framed", () => {
  const { socket, heard } = opened();

  socket.receive(clientFrame(0x02, "PUB a 5\r\nhe"));
  socket.receive(Buffer.concat([clientFrame(0x80, "llo\r\n"), clientFrame(0x81, "PING\r\n")]));
  const frame = clientFrame(0x82, "PONG\r\n");
  socket.receive(frame.subarray(0, 8));
  socket.receive(frame.subarray(8));

  assert.equal(heard.text, "PUB a 5\r\nhello\r\nPING\r\nPONG\r\n");
});

test("what arrives before anybody listens waits", () => {
  const { socket, outcome } = accepted();
  socket.receive(request());
  socket.receive(clientFrame(0x82, "PING\r\n"));
  const heard = new Heard();

  outcome.stream!.start(heard);

  assert.equal(heard.text, "PING\r\n");
  assert.deepEqual(socket.calls, ["pause", "resume"]);
});

test("a peer that is gone before anybody listens is reported to whoever listens then", () => {
  const { socket, outcome } = accepted();
  socket.receive(request());
  socket.listener!.closed();
  const heard = new Heard();

  outcome.stream!.start(heard);

  assert.deepEqual(heard.events, ["closed "]);
});

test("a write becomes one frame, with a head of the right length", () => {
  for (const [bytes, head] of [
    [5, "\x82\x05"],
    [125, "\x82\x7d"],
    [126, "\x82\x7e\x00\x7e"],
    [65_535, "\x82\x7e\xff\xff"],
    [65_536, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"],
    [200_000, "\x82\x7f\x00\x00\x00\x00\x00\x03\x0d\x40"],
  ] as const) {
    const { socket, stream } = opened();
    const payload = "x".repeat(bytes);
    assert.equal(stream.write(Buffer.from(payload)), true);
    assert.equal(socket.sent(), head + payload);
  }
  const { socket, stream } = opened();
  socket.taking = false;
  assert.equal(stream.write(Buffer.from("hi")), false);
});

test("browsers get frames of at most four kilobytes", () => {
  const { socket, stream } = opened(["User-Agent: Mozilla/5.0 (X11) Firefox/140"]);

  stream.write(Buffer.alloc(5_000, "x"));

  assert.equal(socket.sent(), `\x82\x7e\x10\x00${"x".repeat(4_096)}\x82\x7e\x03\x88${"x".repeat(904)}`);
});

test("writes of 65 bytes and more are compressed when that was agreed on", () => {
  const { socket, stream } = opened([deflate]);

  stream.write(Buffer.alloc(64, "x"));
  assert.equal(socket.sent(), `\x82\x40${"x".repeat(64)}`);
  stream.write(Buffer.alloc(5_000, "x"));

  const sent = Buffer.from(socket.sent(), "latin1");
  assert.equal(sent[0], 0xc2);
  assert.equal(sent[1], sent.length - 2);
  const inflated = inflateRawSync(Buffer.concat([sent.subarray(2), Buffer.from([0, 0, 0xff, 0xff])]), {
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  assert.equal(inflated.toString(), "x".repeat(5_000));
});

test("compressed frames for browsers are fragments of one message, except for Safari", () => {
  let noise = 7;
  const bytes = Buffer.from(Array.from({ length: 6_000 }, () => (noise = (noise * 75) % 65_537) & 255));
  const chrome = opened([deflate, "User-Agent: Mozilla/5.0 Chrome/140 Safari/537"]);
  chrome.stream.write(bytes);
  const fragments = Buffer.from(chrome.socket.sent(), "latin1");
  assert.deepEqual([fragments[0], fragments[1], fragments.readUInt16BE(2)], [0x42, 126, 4_096]);
  assert.equal(fragments[4 + 4_096], 0x80);

  const safari = opened([deflate, "User-Agent: Mozilla/5.0 Version/18 Safari/605"]);
  safari.stream.write(bytes);
  const whole = Buffer.from(safari.socket.sent(), "latin1");
  assert.deepEqual([whole[0], whole.readUInt16BE(2)], [0xc2, whole.length - 4]);
});

test("compressed messages are inflated, fragments together, each for itself", () => {
  const { socket, heard } = opened([deflate]);
  const first = deflated("PUB a 5\r\nhello\r\n");

  socket.receive(clientFrame(0x42, first.subarray(0, 3)));
  assert.equal(heard.text, "");
  socket.receive(clientFrame(0x80, first.subarray(3)));
  socket.receive(clientFrame(0xc2, deflated("PING\r\n")));

  assert.equal(heard.text, "PUB a 5\r\nhello\r\nPING\r\n");
});

test("a stranger's compressed message may not grow beyond what CONNECT needs", () => {
  const { socket, heard } = opened([deflate]);
  socket.receive(clientFrame(0xc2, deflated("x".repeat(16_384))));
  assert.equal(heard.text.length, 16_384);

  socket.receive(clientFrame(0xc2, deflated("x".repeat(16_385))));

  assert.equal(heard.text.length, 16_384);
  assert.equal(socket.sent(), "\x88\x0c\x03\xe9Read Error");
  assert.deepEqual(heard.events, ["closed compressed message is damaged or longer than the maximum payload"]);
});

test("whoever is admitted may send up to the payload limit, counted while it is inflated", () => {
  const { socket, stream, heard } = opened([deflate]);
  stream.admit();
  stream.maxPayload = 100_000;
  socket.receive(clientFrame(0xc2, deflated("x".repeat(100_000))));
  assert.equal(heard.text.length, 100_000);

  const bomb = clientFrame(0xc2, deflated("\0".repeat(50_000_000)));
  const before = process.memoryUsage().arrayBuffers;
  socket.receive(bomb);

  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
  assert.equal(heard.events.length, 1);
});

test("compressed bytes are counted before the message is complete, in whatever small pieces", () => {
  const { socket, heard } = opened([deflate]);
  socket.receive(clientFrame(0x42, ""));
  for (let n = 0; n < 17 && heard.events.length === 0; n++) {
    for (let i = 0; i < 1024; i++) socket.receive(clientFrame(0x00, "\0"));
  }
  assert.match(heard.events[0] ?? "", /longer than the maximum payload/);
});

test("damaged compression closes the connection", () => {
  const { socket, heard } = opened([deflate]);

  socket.receive(clientFrame(0xc2, "\xff\xff\xff\xff"));

  assert.match(heard.events[0] ?? "", /damaged/);
  assert.deepEqual(socket.calls, ["end"]);
});

test("pings are answered with their own payload, unless the peer does not read", () => {
  const { socket } = opened();
  socket.receive(clientFrame(0x89, "hi"));
  assert.equal(socket.sent(), "\x8a\x02hi");

  socket.pendingBytes = 64 * 1024;
  socket.receive(clientFrame(0x89, "hi"));
  socket.receive(clientFrame(0x8a, "unasked"));

  assert.equal(socket.sent(), "");
});

test("a close is answered with itself, and then it is over", () => {
  for (const [payload, answer, event] of [
    ["", "\x88\x00", "closed "],
    ["\x03\xe8bye", "\x88\x05\x03\xe8bye", "closed "],
    ["\x03\xe8\xff", "\x88\x22\x03\xefinvalid utf8 body in close frame", "closed "],
    [
      "x",
      "\x88\x26\x03\xeaclose frame payload cannot be 1 byte",
      "closed close frame payload cannot be 1 byte",
    ],
    ["\x03\xee", "\x88\x20\x03\xeainvalid close status code 1006", "closed invalid close status code 1006"],
  ] as const) {
    const { socket, stream, heard } = opened();

    socket.receive(Buffer.concat([clientFrame(0x88, payload), clientFrame(0x82, "PING\r\n")]));
    stream.write(Buffer.from("late"));
    stream.end();
    stream.destroy();
    socket.listener!.closed();

    assert.equal(socket.sent(), answer);
    assert.deepEqual([heard.events, heard.text, socket.calls], [[event], "", ["end"]]);
  }
});

test("a broken frame is told and closed", () => {
  const { socket, heard } = opened();

  socket.receive(Buffer.from([0x82, 0x02, 0x68, 0x69]));

  assert.equal(socket.sent(), "\x88\x12\x03\xeamask bit missing");
  assert.deepEqual(heard.events, ["closed mask bit missing"]);
});

test("ending says why, and a peer that does not read is dropped after a while", () => {
  for (const [reason, status] of [
    [undefined, 1000],
    ["Authentication Failure", 1008],
    ["Protocol Violation", 1002],
    ["Maximum Message Payload Exceeded", 1009],
    ["Server Shutdown", 1001],
    ["TLS Handshake Failure", 1015],
    ["Kicked", 1011],
  ] as const) {
    const { socket, clock, stream } = opened();
    if (reason !== undefined) stream.closingFor(reason);

    stream.end();

    const sent = Buffer.from(socket.sent(), "latin1");
    assert.deepEqual([sent.readUInt16BE(2), sent.toString("latin1", 4)], [status, reason ?? "Client Closed"]);
    clock.advance(10_000);
    assert.deepEqual(socket.calls, ["end", "destroy"]);
  }
});

test("whatever happens to the socket below happens to the stream", () => {
  const { socket, clock, stream, heard } = opened();
  socket.listener!.drained();
  stream.pause();
  stream.resume();
  socket.pendingBytes = 7;
  socket.takenBytes = 8;
  assert.deepEqual([stream.pendingBytes, stream.takenBytes], [7, 8]);

  stream.destroy();
  socket.listener!.closed(new Error("reset"));

  assert.deepEqual(heard.events, ["drained", "closed reset"]);
  assert.deepEqual(socket.calls, ["pause", "resume", "destroy"]);
  assert.equal(clock.alarms, 0);
});
