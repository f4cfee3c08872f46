// What our broker answers to a client's bytes, against what the real nats-server answers to the same: valid streams,
// cut ones, corrupted ones. STREAM_CASES=100000 compares more, STREAM_SEED=17 just one, printed.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { stream } from "./streams-generator.ts";

const cases = Number(process.env.STREAM_CASES ?? 10_000);
const only = process.env.STREAM_SEED;
/** Conversations at a time, each in an account of its own so that none hears another. */
const lanes = 48;
/** A server that says nothing for this long after the sentinel waits for more bytes. */
const quietMs = 60;
const pieceGapMs = 1;
const shownMax = 8;

const [ours, real] = brokerPrograms() as [
  ReturnType<typeof brokerPrograms>[number],
  ReturnType<typeof brokerPrograms>[number],
];
const config = `
  accounts { ${Array.from({ length: lanes }, (_, i) => `A${i} { users: [ { user: u${i}, password: p } ] }`).join("\n")} }
  max_payload: 1MB
  ping_interval: "1m"`;

interface Answer {
  readonly text: string;
  readonly closed: boolean;
  /** The connection was reset: the last words may have been lost on the way. */
  readonly reset: boolean;
}

/** Says a stream's pieces and a PING behind them; answers what came back, and whether the server hung up. */
function converse(port: number, lane: number, pieces: readonly Buffer[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const heard: Buffer[] = [];
    let greeted = false;
    let quiet: NodeJS.Timeout | undefined;
    const finish = (closed: boolean, reset = false): void => {
      clearTimeout(quiet);
      socket.destroy();
      resolve({ text: normal(Buffer.concat(heard).latin1Slice()), closed, reset });
    };
    const wait = (): void => {
      clearTimeout(quiet);
      quiet = setTimeout(() => finish(false), quietMs);
    };
    socket.on("data", (chunk: Buffer) => {
      heard.push(chunk);
      if (greeted) return wait();
      greeted = true;
      void say(socket, authenticated(pieces, lane)).then(wait);
    });
    // A reset after the server's last word is a way to hang up.
    socket.on("error", (error) => (greeted ? finish(true, true) : reject(error)));
    socket.on("close", () => finish(true));
  });
}

async function say(socket: ReturnType<typeof connect>, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, pieceGapMs));
  }
  if (!socket.destroyed) socket.write("PING\r\n");
}

/** Names the lane's user in every CONNECT that is still JSON; the bytes grow the same for both servers. */
function authenticated(pieces: readonly Buffer[], lane: number): Buffer[] {
  return pieces.map((piece) => {
    const text = piece.latin1Slice().replaceAll("CONNECT {", `CONNECT {"user":"u${lane}","pass":"p",`);
    return Buffer.from(text.replaceAll('"p",}', '"p"}'), "latin1");
  });
}

/** Leaves out what differs from server to server. */
function normal(text: string): string {
  return text.replace(/INFO \{[^\r\n]*\} ?\r\n/g, "INFO\r\n").replace(/\r\nPING\r\n/g, "\r\n");
}

/** Whoever closes with bytes unread resets the connection, and what it said last may not arrive. */
function same(a: Answer, b: Answer): boolean {
  if (a.closed !== b.closed) return false;
  if (a.reset || b.reset) return a.text.startsWith(b.text) || b.text.startsWith(a.text);
  return a.text === b.text;
}

async function compare(left: number, right: number, seeds: readonly number[]): Promise<string[]> {
  const differences: string[] = [];
  const queue = [...seeds];
  const worker = async (lane: number): Promise<void> => {
    for (let seed = queue.pop(); seed !== undefined; seed = queue.pop()) {
      const { pieces } = stream(seed);
      const [a, b] = await Promise.all([converse(left, lane, pieces), converse(right, lane, pieces)]);
      if (same(a, b)) continue;
      // Once more, alone: a machine that was busy may have answered late.
      const [c, d] = [await converse(left, lane, pieces), await converse(right, lane, pieces)];
      if (same(c, d)) continue;
      differences.push(
        `seed ${seed}: ${JSON.stringify(Buffer.concat(pieces).latin1Slice())}\n  left ${JSON.stringify(c)}\n  right ${JSON.stringify(d)}`,
      );
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => worker(lane)));
  return differences;
}

let left: BrokerProcess;
let right: BrokerProcess;
before(async () => {
  if (real.skip) return;
  [left, right] = await Promise.all([startBrokerProcess(ours, config), startBrokerProcess(real, config)]);
});
after(() => Promise.all([left?.stop(), right?.stop()]));

test(`${cases} byte streams are answered as the real nats-server answers them`, {
  skip: real.skip,
  timeout: 3_600_000,
}, async () => {
  const seeds = only === undefined ? Array.from({ length: cases }, (_, i) => i + 1) : [Number(only)];

  const differences = await compare(left.port, right.port, seeds);

  assert.equal(
    differences.length,
    0,
    `${differences.length} differ\n${differences.slice(0, shownMax).join("\n")}`,
  );
});
