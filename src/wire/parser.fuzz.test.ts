// The parser against the oracle: every split of a corpus, and many mutated frames cut at random.
// FUZZ_FRAMES=1000000 runs more, FUZZ_SEED=n other ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Parser, type ParserLimits } from "./parser.ts";
import { callsFor } from "./testing/oracle.ts";
import { Recorder } from "./testing/recorder.ts";

const limits: ParserLimits = { maxControlLine: 48, maxPayload: 64, headersAllowed: true };

const corpus: readonly string[] = [
  'CONNECT {"verbose":false,"name":"x"}\r\n',
  "CONNECT{}\n",
  "PUB foo 5\r\nhello\r\n",
  "PUB foo.bar _INBOX.1 0\r\n\r\n",
  "pub\tfoo \t 2\nab\r\n",
  "PUB a\rb 1x\nh\r\n",
  "PUB \nfoo 2\r\nhi\r\n",
  "PUB foo 64\r\n" + "p".repeat(64) + "\r\n",
  "PUB foo 65\r\n",
  "PUB foo 3\r\nhello\r\n",
  "PUB foo -1\r\n",
  "PUB foo 9999999999\r\n",
  "PUB foo bar baz 1\r\n",
  "HPUB foo 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
  "HPUB foo r 14 12\r\n",
  "HPUB foo r 2 3\r\nxyz\r\n",
  "SUB foo 1\r\n",
  "SUB foo.> workers 22\r\n",
  "SUB foo\r\n",
  "SUB " + "x".repeat(50) + " 1\r\n",
  "UNSUB 1\r\n",
  "UNSUB 1 10\r\n",
  "UNSUB 1 -10\r\n",
  "PING\r\n",
  "PONG blah\r\n",
  "+OK\r\n",
  "-ERR 'broken'\r\n",
  'INFO {"port":1}\r\n',
  "INFO {\r\n",
  "RS+ foo\r\n",
  "\r\n",
  "UNSUB" + " ".repeat(80) + "1 2 \t \r\n",
];

function calls(pieces: readonly Buffer[]): string[] {
  const peer = new Recorder();
  const parser = new Parser(peer, limits);
  for (const piece of pieces) parser.feed(Buffer.from(piece));
  return peer.calls;
}

function expected(bytes: Buffer): string[] {
  return callsFor(bytes, limits).filter((call) => call !== "");
}

test("wherever a command is split, once or into single bytes, the calls are the same", () => {
  for (const text of corpus) {
    const bytes = Buffer.from(`PING\r\n${text}PUB z 1\r\nz\r\n`, "latin1");
    const whole = expected(bytes);

    assert.deepEqual(calls([bytes]), whole, text);
    assert.deepEqual(calls([...bytes].map((byte) => Buffer.from([byte]))), whole, text);
    for (let at = 1; at < bytes.length; at++) {
      assert.deepEqual(calls([bytes.subarray(0, at), bytes.subarray(at)]), whole, `${text} at ${at}`);
    }
  }
});

/** A small generator of even numbers' quality is enough here, and its seed replays a failure. */
class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * bound);
  }
}

const spices = [
  "\r",
  "\n",
  "\r\n",
  " ",
  "\t",
  "0",
  "9",
  "-",
  "\x00",
  "\xff",
  "PUB ",
  "PING\r\n",
  "{",
  "99999999",
];

function mutated(dice: Dice): Buffer {
  let text = "";
  for (let n = 1 + dice.below(3); n > 0; n--) text += corpus[dice.below(corpus.length)];
  for (let n = dice.below(3); n > 0; n--) {
    const at = dice.below(text.length);
    const spice = spices[dice.below(spices.length)];
    const cut = dice.below(3);
    text =
      text.slice(0, at) + (cut === 2 ? "" : spice) + text.slice(at + (cut === 0 ? 0 : 1 + dice.below(3)));
  }
  return Buffer.from(text, "latin1");
}

test("mutated frames, cut at random, make the calls of the oracle", () => {
  const frames = Number(process.env.FUZZ_FRAMES ?? 100_000);
  const seed = Number(process.env.FUZZ_SEED ?? 1793);
  const dice = new Dice(seed);
  let refused = 0;
  for (let n = 0; n < frames; n++) {
    const bytes = mutated(dice);
    const one = dice.below(bytes.length + 1);
    const two = one + dice.below(bytes.length - one + 1);

    const heard = calls([bytes.subarray(0, one), bytes.subarray(one, two), bytes.subarray(two)]);

    const wanted = expected(bytes);
    if (heard.join("\n") !== wanted.join("\n")) {
      assert.deepEqual(
        heard,
        wanted,
        `seed ${seed}, frame ${n}: ${JSON.stringify(bytes.toString("latin1"))}`,
      );
    }
    if (heard.at(-1)?.startsWith("violation")) refused++;
  }
  // A fuzzer that only ever breaks its input, or never does, tests little.
  assert.ok(refused > frames / 10 && refused < (frames * 9) / 10, `${refused} of ${frames} refused`);
});
