// What accounts share, on a live server: ours, and the real nats-server wherever one is found. Both are held to what the
// real one said when it was recorded: `bin/node test/accounts/record.ts` asks it anew.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { play, type Transcript } from "./playing.ts";
import { scenes } from "./scenes.ts";
import { servers } from "./servers.ts";

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "recorded.json"), "utf8")) as Record<
  string,
  Transcript
>;

for (const program of brokerPrograms()) {
  describe(`accounts of ${program.name}`, { skip: program.skip }, () => {
    const running = new Map<string, BrokerProcess>();

    before(async () => {
      await Promise.all(
        Object.entries(servers).map(async ([name, config]) => {
          running.set(name, await startBrokerProcess(program, config));
        }),
      );
    });

    after(() => Promise.all([...running.values()].map((broker) => broker.stop())));

    for (const scene of scenes) {
      test(scene.name, async () => {
        const heard = await play(scene, running.get(scene.on)!.port);

        const due = (program.name === "ours" ? scene.oursHear : undefined) ?? recorded[scene.name];
        assert.deepEqual(heard, due);
      });
    }
  });
}
