import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import {
  type Arrived,
  accepted,
  clientFrame,
  deflate,
  Heard,
  opened,
  request,
} from "./websocket-fixtures.ts";

function deflated(text: string): Buffer {
  const bytes = deflateRawSync(Buffer.from(text, "latin1"), { finishFlush: constants.Z_SYNC_FLUSH });
  return bytes.subarray(0, bytes.length - 4);
}

test("payload comes up unmasked, as it arrives, however it is framed", () => {
  const { socket, heard } = opened();

  socket.receive(clientFrame(0x02, "PUB a 5\r\nhe"));
  socket.receive(Buffer.concat([clientFrame(0x80, "llo\r\n"), clientFrame(0x81, "PING\r\n")]));
  const frame = clientFrame(0x82, "PONG\r\n");
  socket.receive(frame.subarray(0, 8));
  socket.receive(frame.subarray(8));

  assert.equal(heard.text, "PUB a 5\r\nhello\r\nPING\r\nPONG\r\n");
});

/** What was handed up, call by call; `onData` may answer. */
function handedUp({ outcome }: Arrived, onData: () => void = () => {}): { calls: string[] } {
  const calls: string[] = [];
  outcome.stream!.start({
    data: (chunk) => {
      calls.push(chunk.toString("latin1"));
      onData();
    },
    drained: () => {},
    closed: (error) => calls.push(`closed ${error?.message ?? ""}`),
  });
  return { calls };
}

test("frames that came together go up together, so that they are answered together", () => {
  const peer = accepted();
  peer.socket.receive(request(deflate));
  const { calls } = handedUp(peer);
  const three = [
    clientFrame(0x82, "PING\r\n"),
    clientFrame(0xc2, deflated("SUB a 1\r\n")),
    clientFrame(0x82, "PUB a 0\r\n\r\n"),
  ];

  peer.socket.receive(Buffer.concat(three));
  assert.deepEqual(calls.splice(0), ["PING\r\n", "SUB a 1\r\n", "PUB a 0\r\n\r\n"], "before it is admitted");
  peer.outcome.stream!.admit();
  peer.socket.receive(Buffer.concat([...three, clientFrame(0x82, "PUB a 5\r\nhe")]));

  assert.deepEqual(calls, ["PING\r\nSUB a 1\r\nPUB a 0\r\n\r\nPUB a 5\r\nhe"]);
});

test("of what came together, no more than one frame goes up beyond 64 kilobytes", () => {
  const peer = accepted();
  peer.socket.receive(request(deflate));
  const { calls } = handedUp(peer);
  peer.outcome.stream!.admit();

  const bomb = clientFrame(0xc2, deflated("x".repeat(40_000)));
  peer.socket.receive(Buffer.concat([bomb, bomb, bomb, bomb, bomb]));

  assert.deepEqual(
    calls.map((call) => call.length),
    [80_000, 80_000, 40_000],
  );
});

test("what came before a close or a broken frame goes up first, and whoever ends or drops the stream hears no more", () => {
  for (const [last, told] of [
    [clientFrame(0x88, "\x03\xe8"), "closed "],
    [Buffer.from([0x82, 0x02, 0x68, 0x69]), "closed mask bit missing"],
    [
      clientFrame(0xc2, "\xff\xff\xff\xff"),
      "closed compressed message is damaged or longer than the maximum payload",
    ],
  ] as const) {
    for (const answer of ["none", "end", "destroy"] as const) {
      const peer = accepted();
      peer.socket.receive(request(deflate));
      const stream = peer.outcome.stream!;
      const { calls } = handedUp(peer, () => answer === "none" || stream[answer]());
      stream.admit();
      peer.socket.calls.length = 0;

      peer.socket.receive(Buffer.concat([clientFrame(0x82, "a"), clientFrame(0x82, "b"), last]));

      assert.deepEqual(calls, answer === "none" ? ["ab", told] : ["ab"]);
      assert.deepEqual(peer.socket.calls, [answer === "destroy" ? "destroy" : "end"]);
    }
  }
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
