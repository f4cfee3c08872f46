// Whatever comes over the wire or out of a file, a million times each: no crash, no stall of the event loop, no growth.
//   npm run test:long            FUZZ_CASES=1000000 is the default; FUZZ_ONLY=jwt takes one; FUZZ_SEED=7 other cases
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { newAccount } from "../../src/identity/account-claims.ts";
import { validateAccount } from "../../src/identity/claims.ts";
import { decodeAccount, decodeGeneric, decodeUser } from "../../src/identity/decode.ts";
import { encodeAccount, encodeUser } from "../../src/identity/encode.ts";
import { KeyPair } from "../../src/identity/nkey.ts";
import { newUser } from "../../src/identity/user-claims.ts";
import { configureText } from "../../src/server/config/configure.ts";
import { FrameReader } from "../../src/transport/websocket-frames.ts";
import { readHeaderBlock } from "../../src/wire/header-block.ts";
import { getHeader, removeHeader, setHeader } from "../../src/wire/headers.ts";
import { Parser } from "../../src/wire/parser.ts";
import { Recorder } from "../../src/wire/testing/recorder.ts";
import { configText } from "../differential/config-generator.ts";
import { stream } from "../differential/streams-generator.ts";
import { seededRandom } from "../world/random.ts";

const cases = Number(process.env.FUZZ_CASES ?? 1_000_000);
const seed = Number(process.env.FUZZ_SEED ?? 1);
const only = process.env.FUZZ_ONLY;
/** The longest that one input may hold the event loop, in processor time: what other programs take does not count. */
const stallMs = 50;
/** Growth of the live heap between the first tenth and the end that counts as a leak. */
const growthBytes = 8 * 1024 * 1024;

/** The test runner forgets what a test made (each verified signature) at a turn's end only. */
const inputsPerTurn = 1_000;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

interface Target {
  readonly name: string;
  /** A well-formed input, different for each number. */
  sample(number: number): Buffer;
  feed(input: Buffer): void;
}

const random = seededRandom(seed);
const keys = {
  operator: KeyPair.create("operator", random.bytes(32)),
  account: KeyPair.create("account", random.bytes(32)),
};
const user = KeyPair.create("user", random.bytes(32));
const tokens = [
  encodeAccount({ ...newAccount(keys.account.publicKey), name: "a" }, keys.operator, 1_800_000_000),
  encodeUser({ ...newUser(user.publicKey), name: "u" }, keys.account, 1_800_000_000),
].map((token) => Buffer.from(token));
const tokenHead = tokens[0]!.latin1Slice().split(".")[0]!;
const claimTexts = tokens.map((token) => Buffer.from(token.latin1Slice().split(".")[1]!, "base64url"));
const nothingOutside = {
  readFile: () => ({ kind: "failed", code: "ENOENT" }) as const,
  env: () => undefined,
  pathKind: () => "nothing" as const,
};
const headerSamples = [
  "NATS/1.0\r\nA: b\r\nA: c\r\n\r\n",
  "NATS/1.0 503 No\r\n\r\n",
  "NATS/1.0\r\nNats-Msg-Id:  x \r\n folded\r\nB:\r\n\r\n",
].map((text) => Buffer.from(text));

const targets: readonly Target[] = [
  {
    name: "parser",
    sample: (number) => Buffer.concat(stream(number).pieces),
    feed(input) {
      const parser = new Parser(new Recorder(), {
        maxControlLine: 4_096,
        maxPayload: 1_024,
        headersAllowed: true,
      });
      const middle = input.length >> 1;
      parser.feed(input.subarray(0, middle));
      parser.feed(input.subarray(middle));
    },
  },
  {
    name: "headers",
    sample: (number) => headerSamples[number % headerSamples.length]!,
    feed(input) {
      readHeaderBlock(input);
      getHeader(input, "A");
      setHeader(input, "A", "z");
      removeHeader(input, "Nats-Msg-Id");
    },
  },
  {
    name: "jwt",
    sample: (number) => tokens[number % tokens.length]!,
    feed(input) {
      const text = input.latin1Slice();
      const account = decodeAccount(text);
      if (account.ok) validateAccount(account.value, 1_800_000_000_000);
      decodeUser(text);
      decodeGeneric(text);
    },
  },
  {
    // Tokens whose signature is good, around claims that are not.
    name: "claims",
    sample: (number) => claimTexts[number % claimTexts.length]!,
    feed(input) {
      const signed = `${tokenHead}.${input.toString("base64url")}`;
      const signer = input.includes('"type":"user"') ? keys.account : keys.operator;
      const token = `${signed}.${signer.sign(Buffer.from(signed)).toString("base64url")}`;
      const account = decodeAccount(token);
      if (account.ok) validateAccount(account.value, 1_800_000_000_000);
      decodeUser(token);
    },
  },
  {
    name: "configuration",
    sample: (number) => Buffer.from(configText(number)),
    feed(input) {
      configureText(input.utf8Slice(), "fuzz.conf", nothingOutside);
    },
  },
  {
    name: "websocket",
    sample: (number) => {
      const payload = Buffer.alloc(number % 200, "x");
      const head =
        payload.length < 126
          ? [0x82, 0x80 | payload.length]
          : [0x82, 0x80 | 126, payload.length >> 8, payload.length & 255];
      return Buffer.concat([
        Buffer.from([...head, 0, 0, 0, 0]),
        payload,
        Buffer.from([0x89, 0x80, 1, 2, 3, 4]),
      ]);
    },
    feed(input) {
      const ignore = (): void => undefined;
      const handler = { onData: ignore, onControl: ignore, onProtocolError: ignore };
      const reader = new FrameReader(handler, true, true);
      reader.feed(Buffer.from(input));
    },
  },
];

/** Flips, cuts, repeats, inserts: a few changes to a sample. */
function mutated(sample: Buffer): Buffer {
  let bytes = Buffer.from(sample);
  for (let changes = random.below(4); changes > 0 && bytes.length > 0; changes--) {
    const at = random.below(bytes.length);
    const kind = random.below(5);
    if (kind === 0) bytes[at] = random.below(256);
    else if (kind === 1) bytes = bytes.subarray(0, at);
    else if (kind === 2) bytes[at] = bytes[at]! ^ (1 << random.below(8));
    else if (kind === 3)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(0, Math.min(at, 40)), bytes.subarray(at)]);
    else
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(["\0", "\r\n", "9".repeat(30), "{", '"', "\xff\xfe"][random.below(6)]!, "latin1"),
        bytes.subarray(at),
      ]);
  }
  return bytes;
}

for (const { name, sample, feed } of targets.filter((target) => only === undefined || target.name === only)) {
  test(`${name}: ${cases} mutated inputs`, { timeout: 10 * 3_600_000 }, async () => {
    let slowest = 0;
    let slowInput = "";
    let before = 0;
    for (let i = 0; i < cases; i++) {
      const input = mutated(sample(i));
      const start = process.threadCpuUsage();
      feed(input);
      const spent = process.threadCpuUsage(start);
      const took = (spent.user + spent.system) / 1_000;
      if (took > slowest) [slowest, slowInput] = [took, input.toString("latin1", 0, 200)];
      if (i === Math.floor(cases / 10)) before = liveHeap();
      if (i % inputsPerTurn === 0) await turn();
    }
    const grown = liveHeap() - before;

    console.log(`${name}: ${cases} inputs, slowest ${slowest.toFixed(1)} ms, heap grew ${grown} bytes`);
    assert.ok(slowest < stallMs, `${slowest} ms for ${JSON.stringify(slowInput)}`);
    assert.ok(grown < growthBytes, `${grown} bytes`);
  });
}

function liveHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
