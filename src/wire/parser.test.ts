import assert from "node:assert/strict";
import { test } from "node:test";
import { Parser, type ParserLimits } from "./parser.ts";
import { Recorder } from "./testing/recorder.ts";

const limits: ParserLimits = { maxControlLine: 64, maxPayload: 100, headersAllowed: true };

function aParser(changed: Partial<ParserLimits> = {}): { parser: Parser; peer: Recorder } {
  const peer = new Recorder();
  return { parser: new Parser(peer, { ...limits, ...changed }), peer };
}

function callsFor(text: string, changed: Partial<ParserLimits> = {}): string[] {
  const { parser, peer } = aParser(changed);
  parser.feed(Buffer.from(text, "latin1"));
  return peer.calls;
}

const understood: readonly (readonly [string, ...string[]])[] = [
  ['CONNECT {"verbose":false}\r\n', 'connect {"verbose":false}'],
  ["connect{}\n", "connect {}"],
  ["CONNECT \n{}\r\n", "connect \n{}"],
  ["PUB a 2\r\nhi\r\n", "pub a||0|hi"],
  ["pUb\ta \t r  2 \r\nhi\r\n", "pub a|r|0|hi"],
  ["PUB a 2\nhi\r\n", "pub a||0|hi"],
  ["PUB a 0\r\n\r\n", "pub a||0|"],
  ["PUB a 000000002\r\nhi\r\n", "pub a||0|hi"],
  ["PUB a 4\r\n\r\n\r\n\r\n", "pub a||0|\r\n\r\n"],
  ["PUB a\rb 2x\nhi\r\n", "pub a\rb||0|hi"],
  ["PUB \na 2\r\nhi\r\n", "pub \na||0|hi"],
  ["PUB \xe9\xff 2\r\n\x00\xff\r\n", "pub \xe9\xff||0|\x00\xff"],
  ["HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", "pub a||12|NATS/1.0\r\n\r\nhi"],
  ["HPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n", "pub a|r|12|NATS/1.0\r\n\r\n"],
  ["HPUB a 0 2\r\nhi\r\n", "pub a||0|hi"],
  ["SUB a.* 7\r\n", "sub a.*||7"],
  ["SUB a q 7\r\n", "sub a|q|7"],
  ["SUB a\rq 7\r\n", "sub a|q|7"],
  ["UNSUB 7\r\n", "unsub 7|0"],
  ["UNSUB 7 12\r\n", "unsub 7|12"],
  ["UNSUB 7 many\r\n", "unsub 7|0"],
  ["UNSUB 7 1234567890\r\n", "unsub 7|0"],
  ["PING\r\nPONG\r\nping\n", "ping", "pong", "ping"],
  ["PING, please\r\n", "ping"],
  ["+OK\r\n+ok whatever\r\nPING\r\n", "ping"],
  ['INFO {"port":4222,"unheard_of":[{}]}\r\nPING\r\n', "ping"],
  ["-ERR 'Stale Connection'\r\n", "error 'Stale Connection'"],
  ["PIN"],
  ["PUB a 2\r\nhi\r"],
  ["PING\r\n".repeat(3), "ping", "ping", "ping"],
];

for (const [text, ...calls] of understood) {
  test(`${JSON.stringify(text)} is ${calls.join(", ") || "not complete"}`, () => {
    assert.deepEqual(callsFor(text), calls);
  });
}

const refused: readonly (readonly [string, string | undefined, string])[] = [
  ["FOO\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  [" PING\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["GET / HTTP/1.1\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["PINK\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["PUB\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["-ERR\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["RS+ a b\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["LS+ a\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["A+ a\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["MSG a 1 0\r\n\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["HMSG a 1 0 0\r\n\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["\x00", "Unknown Protocol Operation", "Protocol Violation"],
  ["PUB a 2\r\nhi!\r\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["PUB a 2\r\nhi\n", "Unknown Protocol Operation", "Protocol Violation"],
  ["PUB a 2\r\nhi\r!", "Unknown Protocol Operation", "Protocol Violation"],
  ["PUB \r\n", undefined, "Protocol Violation"],
  ["PUB a\r\n", undefined, "Protocol Violation"],
  ["PUB a b c 1\r\n", undefined, "Protocol Violation"],
  ["PUB a b c d e f 1\r\n", undefined, "Protocol Violation"],
  ["PUB a -1\r\n", undefined, "Protocol Violation"],
  ["PUB a 1.5\r\n", undefined, "Protocol Violation"],
  ["PUB a 0x10\r\n", undefined, "Protocol Violation"],
  ["PUB a 1234567890\r\n", undefined, "Protocol Violation"],
  ["PUB a 18446744073709551617\r\n", undefined, "Protocol Violation"],
  ["PUB a 101\r\n", "Maximum Payload Violation", "Maximum Message Payload Exceeded"],
  ["PUB a 999999999\r\n", "Maximum Payload Violation", "Maximum Message Payload Exceeded"],
  ["HPUB a 12\r\n", undefined, "Protocol Violation"],
  ["HPUB a 14 12\r\n", undefined, "Protocol Violation"],
  ["HPUB a x 12\r\n", undefined, "Protocol Violation"],
  ["HPUB a 12 -1\r\n", undefined, "Protocol Violation"],
  ["HPUB a b c 1 2\r\n", undefined, "Protocol Violation"],
  ["HPUB a 12 101\r\n", "Maximum Payload Violation", "Maximum Message Payload Exceeded"],
  ["SUB \r\n", undefined, "Protocol Violation"],
  ["SUB a\r\n", undefined, "Protocol Violation"],
  ["SUB a b c d\r\n", undefined, "Protocol Violation"],
  ["UNSUB \r\n", undefined, "Protocol Violation"],
  ["UNSUB 1 2 3\r\n", undefined, "Protocol Violation"],
  ["INFO nonsense\r\n", undefined, "Protocol Violation"],
  ['INFO {"port":"4222"}\r\n', undefined, "Protocol Violation"],
  [`SUB ${"s".repeat(63)} 1\r\n`, "maximum control line exceeded", "Maximum Control Line Exceeded"],
  [`PUB ${"s".repeat(63)} 1\r\n`, "maximum control line exceeded", "Maximum Control Line Exceeded"],
  [
    `CONNECT {"name":"${"n".repeat(64)}"}\r\n`,
    "maximum control line exceeded",
    "Maximum Control Line Exceeded",
  ],
  [`-ERR ${"e".repeat(65)}`, "maximum control line exceeded", "Maximum Control Line Exceeded"],
];

for (const [text, answer, reason] of refused) {
  test(`${JSON.stringify(text)} closes: ${answer ?? "nothing is said"}, ${reason}`, () => {
    const { parser, peer } = aParser();

    parser.feed(Buffer.from(text + "PING\r\n", "latin1"));

    assert.deepEqual(peer.calls, [`violation ${answer ?? "silent"}`]);
    assert.equal(peer.violation?.closes, true);
    assert.equal(peer.violation?.reason, reason);
  });
}

test("blanks before the arguments do not count as control line, the arguments may fill it to the last byte", () => {
  const subject = "s".repeat(62);

  const calls = callsFor(
    `SUB${" ".repeat(500)}${subject} 1\r\nPUB ${subject} 0\n\r\nPING${"!".repeat(500)}\r\n`,
  );

  assert.deepEqual(calls, [`sub ${subject}||1`, `pub ${subject}||0|`, "ping"]);
});

test("a line that never ends is refused as soon as it is too long, however small the pieces", () => {
  const { parser, peer } = aParser();
  for (const letter of `SUB ${"s".repeat(64)}`) parser.feed(Buffer.from(letter));
  assert.deepEqual(peer.calls, []);

  parser.feed(Buffer.from("s"));

  assert.deepEqual(peer.calls, ["violation maximum control line exceeded"]);
});

test("without negotiated headers HPUB closes and nothing is said", () => {
  assert.deepEqual(callsFor("HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n", { headersAllowed: false }), [
    "violation silent",
  ]);
});

test("a payload limit of -1 leaves nine digits as the only limit, and an announced gigabyte takes no memory", () => {
  const { parser, peer } = aParser({ maxPayload: -1 });
  const before = process.memoryUsage().arrayBuffers;

  parser.feed(Buffer.from("PUB a 999999999\r\nhello"));

  assert.deepEqual(peer.calls, []);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

test("a message in many pieces arrives whole and uncopied limits hold in between", () => {
  const payload = Buffer.alloc(300_000, "0123456789");
  const { parser, peer } = aParser({ maxPayload: 300_000 });
  const bytes = Buffer.concat([Buffer.from("PUB a 300000\r\n"), payload, Buffer.from("\r\nPING\r\n")]);

  for (let at = 0; at < bytes.length; at += 7_001) parser.feed(bytes.subarray(at, at + 7_001));

  assert.deepEqual(peer.calls, [`pub a||0|${payload.toString("latin1")}`, "ping"]);
});

test("limits learnt later hold from the next command on", () => {
  const { parser, peer } = aParser();
  parser.feed(Buffer.from("PUB a 2\r\nhi\r\n"));

  parser.maxPayload = 1;
  parser.feed(Buffer.from("PUB a 2\r\nhi\r\n"));

  assert.deepEqual(peer.calls, ["pub a||0|hi", "violation Maximum Payload Violation"]);
});

test("after stop nothing more is parsed, not even of the same chunk", () => {
  const { parser, peer } = aParser();
  peer.onPing = () => parser.stop();

  const taken = parser.feed(Buffer.from("PING\r\nPONG\r\n"));
  parser.feed(Buffer.from("PONG\r\n"));

  assert.equal(taken, 6);
  assert.deepEqual(peer.calls, []);
});

test("after pause the rest of the chunk is left to be fed again", () => {
  const { parser, peer } = aParser();
  peer.onConnect = () => parser.pause();
  const chunk = Buffer.from("CONNECT {}\r\nPING\r\nPUB a 2\r\nhi\r\n");

  const taken = parser.feed(chunk);
  assert.deepEqual(peer.calls, []);
  parser.feed(chunk.subarray(taken));

  assert.deepEqual(peer.calls, ["ping", "pub a||0|hi"]);
});

test("while guarded the first byte of a command decides whether it may come before CONNECT", () => {
  for (const [text, asked, calls] of [
    ["PING\r\n", [80], ["violation Authorization Violation"]],
    ["garbage", [103], ["violation Authorization Violation"]],
    ["CXX", [], ["violation Unknown Protocol Operation"]],
    ["connect {}\r\n", [], ["connect {}"]],
  ] as const) {
    const { parser, peer } = aParser();
    const bytes: number[] = [];
    parser.guarded = true;
    peer.mayStart = (...[first]: number[]): boolean => {
      bytes.push(first!);
      return false;
    };

    parser.feed(Buffer.from(text));

    assert.deepEqual([bytes, peer.calls], [asked, calls]);
  }
});

test("whoever is let in without CONNECT is asked once for each command while the guard stands", () => {
  const { parser, peer } = aParser();
  parser.guarded = true;
  peer.mayStart = () => {
    parser.guarded = false;
    return true;
  };

  parser.feed(Buffer.from("PING\r\nPING\r\n"));

  assert.deepEqual(peer.calls, ["ping", "ping"]);
});

test("the shortcut is tried at the start of commands, takes what it recognises and leaves the rest to the parser", () => {
  const { parser, peer } = aParser();
  const tried: number[] = [];
  parser.shortcut = (chunk, position) => {
    tried.push(position);
    return chunk.toString("latin1", position, position + 5) === "PUB a" ? position + 13 : position;
  };

  parser.feed(Buffer.from("PUB a 2\r\nhi\r\nPING\r\nPUB b 2\r\nhi\r\n"));

  assert.deepEqual(tried, [0, 13, 19]);
  assert.deepEqual(peer.calls, ["ping", "pub b||0|hi"]);
});

test("a message that lies in one chunk is not copied", () => {
  const { parser, peer } = aParser();
  const chunk = Buffer.from("PUB a 2\r\nhi\r\n");
  let source: Buffer | undefined;
  peer.onPub = (publish) => {
    source = publish.source;
    assert.equal(publish.body.buffer, chunk.buffer);
    assert.deepEqual([publish.start, publish.end], [9, 11]);
  };

  parser.feed(chunk);

  assert.equal(source, chunk);
});

test("a pedantic parser tells of a publish's subject before its body has come", () => {
  const recorder = new Recorder();
  const parser = new Parser(recorder, { maxControlLine: 100, maxPayload: 100, headersAllowed: true });
  parser.pedantic = true;

  parser.feed(Buffer.from("PUB a.* 3\r\n"));
  assert.deepEqual(recorder.calls, ["subject a.*"]);
  parser.feed(Buffer.from("abc\r\n"));

  assert.deepEqual(recorder.calls, ["subject a.*", "pub a.*||0|abc"]);
});
