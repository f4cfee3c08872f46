// Whatever bytes come, the server goes on serving others, says nothing but -ERR, and its log shows no stack trace.
// GARBAGE_SEED=n replays one seed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { hello } from "./wire-table.ts";

const seedsPerRun = 150;
const only = process.env.GARBAGE_SEED;
const seeds =
  only === undefined ? Array.from({ length: seedsPerRun }, (_, index) => index + 1) : [Number(only)];
const said = /^(INFO .*|-ERR '.*'|\+OK|PONG|PING|H?MSG .*|)$/;

for (const program of brokerPrograms()) {
  describe(`garbage at ${program.name}`, { skip: program.skip }, () => {
    let broker: BrokerProcess;
    before(async () => {
      broker = await startBrokerProcess(program, "max_payload: 1000\nmax_control_line: 512");
    });
    after(() => broker.stop());

    test("random bytes and broken commands end at worst their own connection", async () => {
      for (const seed of seeds) {
        const peer = await RawPeer.dial(broker.port);
        await peer.greeting();
        await peer.sent(garbage(seed));
        // More than any command may still wait for: whatever the garbage began ends here, well or badly.
        await peer.sent(`\r\n${"X".repeat(2_000)}\r\n`);
        await peer.ended();

        const first = peer.words().split("\r\n")[0]!;
        assert.match(first, said, `seed ${seed}`);
      }
    });

    test("the server serves on", async () => {
      const peer = await RawPeer.dial(broker.port);
      peer.send(`${hello()}SUB a 1\r\nPUB a 2\r\nhi\r\n`);
      await peer.sync();

      assert.equal(peer.words(), "MSG a 1 2\r\nhi\r\n");
      assert.doesNotMatch(broker.log.join("\n"), /^\s+at |panic|goroutine/m);
      peer.close();
    });
  });
}

/** Commands with bytes changed, doubled and taken away, or nothing but random bytes. */
function garbage(seed: number): string {
  const below = generator(seed);
  if (below(3) === 0)
    return Array.from({ length: 1 + below(400) }, () => String.fromCharCode(below(256))).join("");
  const lines = [
    'CONNECT {"verbose":false,"headers":true}\r\n',
    "SUB a.> q 1\r\n",
    "PUB a.b re.ply 5\r\nhello\r\n",
    "HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
    "UNSUB 1 3\r\n",
    "PING\r\n",
  ];
  const bytes = Array.from({ length: 6 }, () => lines[below(lines.length)]!)
    .join("")
    .split("");
  for (let change = 0; change < 4; change++) {
    const at = below(bytes.length);
    const kinds = [[], [String.fromCharCode(below(256))], [bytes[at]!, bytes[at]!], ["\0"], ["9999999999"]];
    bytes.splice(at, 1, ...kinds[below(kinds.length)]!);
  }
  return bytes.join("");
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
function generator(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
