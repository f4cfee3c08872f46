import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLOSE,
  closePayload,
  controlFrame,
  FrameReader,
  headBytes,
  isCloseStatus,
  PING,
  PONG,
  writeHead,
} from "./websocket-frames.ts";

const key = [0x11, 0x22, 0x33, 0x44] as const;

/** A masked frame as a client sends it; `first` is its first byte. */
function frame(first: number, payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(headBytes(bytes.length));
  writeHead(head, 0, 0, false, false, bytes.length);
  head[0] = first;
  head[1] = head[1]! | 0x80;
  return Buffer.concat([head, Buffer.from(key), bytes.map((byte, at) => byte ^ key[at & 3]!)]);
}

/** What a reader makes of the bytes; pieces of one message are joined, so that splits do not show. */
function read(chunks: readonly Buffer[], masked = true, compress = true): string[] {
  const heard: string[] = [];
  let message = "";
  const reader = new FrameReader(
    {
      onData: (piece, compressed, last) => {
        message += piece.toString("latin1");
        if (last) {
          heard.push(`${compressed ? "compressed" : "data"} ${message}`);
          message = "";
        }
      },
      onControl: (opcode, payload) => heard.push(`control ${opcode} ${payload.toString("latin1")}`),
      onProtocolError: (text) => heard.push(`error ${text}`),
    },
    masked,
    compress,
  );
  for (const chunk of chunks) reader.feed(Buffer.from(chunk));
  return heard;
}

const understood: readonly (readonly [string, Buffer, ...string[]])[] = [
  ["a binary message", frame(0x82, "PING\r\n"), "data PING\r\n"],
  ["a text message", frame(0x81, "hi"), "data hi"],
  ["an empty message", frame(0x82, ""), "data "],
  ["125 bytes", frame(0x82, "x".repeat(125)), `data ${"x".repeat(125)}`],
  ["126 bytes", frame(0x82, "x".repeat(126)), `data ${"x".repeat(126)}`],
  ["65,536 bytes", frame(0x82, "x".repeat(65_536)), `data ${"x".repeat(65_536)}`],
  ["a compressed message", frame(0xc2, "zz"), "compressed zz"],
  [
    "fragments with a ping between them",
    Buffer.concat([frame(0x02, "a"), frame(0x00, ""), frame(0x89, "p"), frame(0x80, "b"), frame(0x82, "c")]),
    `control ${PING} p`,
    "data ab",
    "data c",
  ],
  [
    "compressed fragments, of which only the first says so",
    Buffer.concat([frame(0x42, "a"), frame(0x80, "b"), frame(0x82, "c")]),
    "compressed ab",
    "data c",
  ],
  [
    "control frames",
    Buffer.concat([frame(0x89, ""), frame(0x8a, "p"), frame(0x88, "\x03\xe8")]),
    `control ${PING} `,
    `control ${PONG} p`,
    `control ${CLOSE} ${Buffer.from("\x03\xe8").toString("latin1")}`,
  ],
];

for (const [name, bytes, ...heard] of understood) {
  test(`${name} is read, in one piece or in many`, () => {
    assert.deepEqual(read([bytes]), heard);
    const step = Math.max(1, Math.floor(bytes.length / 300));
    for (let at = 1; at < bytes.length; at += step) {
      assert.deepEqual(read([bytes.subarray(0, at), bytes.subarray(at)]), heard);
    }
    const bits = Array.from({ length: Math.ceil(bytes.length / step) }, (_, n) =>
      bytes.subarray(n * step, (n + 1) * step),
    );
    assert.deepEqual(read(bits), heard);
  });
}

const refused: readonly (readonly [Buffer, string])[] = [
  [Buffer.from([0x92]), "RSV2 and RSV3 must be clear"],
  [Buffer.from([0xa2]), "RSV2 and RSV3 must be clear"],
  [Buffer.from([0x82, 0x02]), "mask bit missing"],
  [Buffer.from([0x83, 0x80]), "unknown opcode 3"],
  [Buffer.from([0x8b, 0x80]), "unknown opcode 11"],
  [Buffer.from([0x89, 0x80 | 126]), "control frame length bigger than maximum allowed of 125 bytes"],
  [Buffer.from([0x09, 0x80]), "control frame does not have final bit set"],
  [Buffer.from([0xc8, 0x80]), "control frame must not be compressed"],
  [Buffer.from([0x80, 0x80]), "invalid continuation frame"],
  [Buffer.concat([frame(0x42, "a"), frame(0xc0, "b")]), "invalid continuation frame"],
  [
    Buffer.concat([frame(0x02, "a"), frame(0x82, "b")]),
    "new message started before final frame for previous message was received",
  ],
  [Buffer.from([0x82, 0xff, 0x80]), "invalid 64-bit payload length"],
];

for (const [bytes, text] of refused) {
  test(`refused as soon as it is seen: ${text}`, () => {
    const good = frame(0x82, "more");

    assert.deepEqual(read([bytes, good]), [`error ${text}`]);
    assert.deepEqual(read([...Array.from(bytes, (byte) => Buffer.from([byte])), good]), [`error ${text}`]);
  });
}

test("compression that was not agreed on is refused", () => {
  assert.deepEqual(read([frame(0xc2, "x")], true, false), [
    "error compressed frame received without negotiated permessage-deflate",
  ]);
});

test("a peer that asked not to mask is read as it is", () => {
  assert.deepEqual(read([Buffer.from([0x82, 2, 0x68, 0x69])], false), ["data hi"]);
});

test("an announced length of exabytes takes no memory and nothing is made of it", () => {
  const head = Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...key]);
  const before = process.memoryUsage().arrayBuffers;

  assert.deepEqual(read([head, Buffer.alloc(1000)]), []);

  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

test("random bytes never do more than end in one complaint", () => {
  let state = 42;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  let complaints = 0;
  for (let n = 0; n < 20_000; n++) {
    let bytes = Buffer.concat(
      Array.from({ length: 1 + below(4) }, () =>
        frame([0x82, 0x02, 0x80, 0x00, 0x89, 0xc2][below(6)]!, "xyz"),
      ),
    );
    for (let damage = below(3); damage > 0; damage--) bytes[below(bytes.length)] = below(256);
    bytes = bytes.subarray(0, below(bytes.length + 1));
    const at = below(bytes.length + 1);

    const whole = read([bytes]);

    assert.deepEqual(read([bytes.subarray(0, at), bytes.subarray(at)]), whole);
    const errors = whole.filter((line) => line.startsWith("error"));
    assert.ok(errors.length === 0 || (errors.length === 1 && whole.at(-1) === errors[0]));
    complaints += errors.length;
  }
  assert.ok(complaints > 1_000 && complaints < 19_000, `${complaints} complaints`);
});

test("control frames and close payloads keep their 125 bytes", () => {
  assert.deepEqual(controlFrame(PONG, Buffer.from("hi")), Buffer.from([0x8a, 2, 0x68, 0x69]));
  assert.equal(controlFrame(CLOSE, Buffer.alloc(200)).length, 127);
  assert.deepEqual(closePayload(1000, "x"), Buffer.from([0x03, 0xe8, 0x78]));
  assert.equal(closePayload(1002, "x".repeat(123)).toString("latin1", 2), "x".repeat(123));
  assert.equal(closePayload(1002, "x".repeat(124)).toString("latin1", 2), `${"x".repeat(120)}...`);
});

test("the statuses a peer may close with", () => {
  for (const status of [1000, 1003, 1007, 1012, 1014, 3000, 4999])
    assert.ok(isCloseStatus(status), `${status}`);
  for (const status of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000]) assert.ok(!isCloseStatus(status));
});
