// What one tenant notices of another that makes all the noise it can, without limits and with those that the control
// plane sets for its cells. The times are printed, never judged: they belong to the machine.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { tenancySettings } from "../../src/app/broker-settings.ts";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { RawPeer } from "../support/raw-peer.ts";

const ours = brokerPrograms().find(({ name }) => name === "ours")!;
const accounts =
  "accounts { A { users: [{ user: a, password: p }] }, B { users: [{ user: b, password: p }] } }";
const listenMs = 800;
const limits = tenancySettings(8_000 * 1_048_576);
const messagesPerSecond = Number(/account_messages: (\d+)/.exec(limits)![1]);
/** Bytes of one message of the noise. */
const noiseBytes = "PUB noise 16\r\n".length + 18;
/** What four publishers may have had read of them beyond their account's share: a chunk each. */
const overshoot = Math.ceil((4 * 65_536) / noiseBytes);

class Noise {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #began: number;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#lines = lines;
    this.#began = performance.now();
  }

  static async start(port: number, kind: string): Promise<Noise> {
    const child = spawn(process.execPath, [join(import.meta.dirname, "noise.ts"), String(port), kind], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout! });
    await once(lines, "line");
    return new Noise(child, lines);
  }

  /** Ends it; answers what it published that was delivered, and the seconds it had. */
  async stop(): Promise<{ delivered: number; seconds: number }> {
    const said = once(this.#lines, "line");
    this.#child.kill("SIGTERM");
    const [line] = (await said) as [string];
    return { delivered: Number(line), seconds: (performance.now() - this.#began) / 1_000 };
  }
}

/** A victim's messages to itself, one after the other for a while: the times from sending to hearing, the shortest first. */
async function victim(port: number): Promise<readonly number[]> {
  const peer = await RawPeer.dial(port);
  peer.send('CONNECT {"user":"b","pass":"p","verbose":false}\r\nSUB mine 1\r\n');
  await peer.sync();
  const times: number[] = [];
  const until = performance.now() + listenMs;
  for (let i = 1; performance.now() < until; i++) {
    const began = performance.now();
    const mark = `<${i}>`;
    peer.send(`PUB mine ${mark.length}\r\n${mark}\r\n`);
    await peer.until(() => peer.heard.endsWith(`${mark}\r\n`), `message ${i}`);
    times.push(performance.now() - began);
  }
  peer.close();
  return times.sort((a, b) => a - b);
}

function tell(what: string, times: readonly number[], more = ""): void {
  const at = (share: number): string => times[Math.floor(times.length * share)]!.toFixed(2);
  console.log(
    `${what}: ${times.length} requests, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(0.9999)} ms${more}`,
  );
}

for (const [name, settings] of [
  ["without limits", ""],
  ["with the limits of a cell", limits],
] as const) {
  describe(name, () => {
    let broker: BrokerProcess;
    before(async () => {
      broker = await startBrokerProcess(ours, `${accounts}\n${settings}`);
      tell(`${name}, nobody else`, await victim(broker.port));
    });
    after(() => broker.stop());

    for (const kind of ["flood", "fan-out", "guesses"]) {
      test(`a tenant is answered while another's ${kind} goes on`, async () => {
        const noise = await Noise.start(broker.port, kind);

        const times = await victim(broker.port);
        const { delivered, seconds } = await noise.stop();

        tell(`${name}, ${kind}`, times, `; ${Math.round(delivered / seconds)} noisy messages/s`);
        if (settings === "") return;
        const most = messagesPerSecond * (seconds + 1) + overshoot;
        assert.ok(delivered <= most, `${delivered} of ${most}`);
      });
    }
  });
}
