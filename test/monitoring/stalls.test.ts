// How often fast producers were held up for a slow consumer is counted, as a real nats-server counts it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { needProgram } from "../support/programs.ts";
import { type Side, startBoth } from "./pair.ts";

const { skip } = needProgram("nats-server");
const megabyte = "x".repeat(1_000_000);
const tooManyMegabytes = 40;
const config = `
http: "127.0.0.1:-1"
max_pending: 16MB
write_deadline: "60s"
system_account: SYS
accounts { A { users [ { user: a, password: p } ] }, SYS { users [ { user: s, password: p } ] } }`;

interface Connz {
  readonly connections: readonly {
    readonly name?: string;
    readonly stalls?: number;
    readonly reason?: string;
  }[];
}

describe("stalled clients beside a real nats-server", { skip }, () => {
  let sides: readonly [Side, Side];
  before(async () => {
    sides = await startBoth(config);
  });
  after(() => Promise.all(sides.map((side) => side.stop())));

  test("they are counted where the slow one is shown, and in all", async () => {
    for (const side of sides) {
      const json = async (path: string): Promise<unknown> => JSON.parse((await side.get(path)).body);
      const system = await side.client({ user: "s", pass: "p" });
      const statsz = async (): Promise<string | undefined> => side.ask(system, "$SYS.REQ.SERVER.PING.STATSZ");
      assert.equal(((await json("/varz")) as { stalled_clients: number }).stalled_clients, 0);
      assert.doesNotMatch((await statsz()) ?? "", /stalled_clients/);
      const slow = await side.client({ user: "a", pass: "p", name: "slow" });
      slow.send("SUB a 1\r\n");
      await slow.sync();
      slow.stopReading();
      const fast = await side.client({ user: "a", pass: "p", name: "fast" });

      for (let sent = 0; sent < tooManyMegabytes; sent++)
        fast.send(`PUB a ${megabyte.length}\r\n${megabyte}\r\n`);
      await side.broker.logged(/Slow Consumer Detected: MaxPending of 16777216 Exceeded/);
      await fast.sync();

      const row = async (name: string, state: string): Promise<Connz["connections"][number]> => {
        // The real one writes the connection off a moment after it has said so.
        for (;;) {
          const { connections } = (await json(`/connz?state=${state}`)) as Connz;
          const found = connections.find((connection) => connection.name === name);
          if (found !== undefined) return found;
        }
      };
      const gone = await row("slow", "closed");
      assert.equal(gone.reason, "Slow Consumer (Pending Bytes)");
      assert.ok(gone.stalls! > 0);
      assert.equal((await row("fast", "open")).stalls, undefined);
      const { stalled_clients: all } = (await json("/varz")) as { stalled_clients: number };
      assert.ok(all >= gone.stalls!);
      assert.match((await statsz()) ?? "", new RegExp(`"stalled_clients":${all},`));
      slow.close();
      fast.close();
    }
  });
});
