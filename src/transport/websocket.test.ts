import assert from "node:assert/strict";
import { test } from "node:test";
import { accepted, deflate, opened, request } from "./websocket-fixtures.ts";

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
  assert.equal(bad.outcome.refused, "websocket: TLS handshake error from 192.0.2.1:5: no shared cipher");

  const plain = accepted({ tls });
  plain.socket.tlsDone!(new Error("http request"));
  const why = "client sent an HTTP request to an HTTPS server";
  assert.equal(plain.outcome.refused, `websocket: TLS handshake error from 192.0.2.1:5: ${why}`);
  assert.match(plain.socket.written.latin1Slice(), /^HTTP\/1\.0 400 Bad Request\r\n\r\nClient sent /);
  assert.deepEqual(plain.socket.calls, ["destroy"]);

  const slow = accepted({ tls });
  slow.clock.advance(2_000);
  slow.socket.tlsDone!();
  assert.deepEqual([slow.socket.calls, slow.socket.listener], [["destroy"], undefined]);
});
