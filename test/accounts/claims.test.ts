// What accounts of operator mode share, while claims come and change on a live server: ours, and the real nats-server
// wherever one is found. Both are held to what the real one said when it was recorded.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type BrokerProcess, brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { Realm } from "../support/realm.ts";
import { claimScenes } from "./claim-scenes.ts";
import type { Transcript } from "./playing.ts";
import { Stage } from "./stage.ts";

const path = join(import.meta.dirname, "recorded.json");
const recorded = JSON.parse(readFileSync(path, "utf8")) as Record<string, Transcript>;
const realm = new Realm();

for (const program of brokerPrograms()) {
  describe(`claims of ${program.name}`, { skip: program.skip }, () => {
    let broker: BrokerProcess;

    before(async () => {
      broker = await startBrokerProcess(program, realm.config());
    });

    after(() => broker.stop());

    for (const scene of claimScenes) {
      test(scene.name, async () => {
        const stage = new Stage(realm, broker.port);
        try {
          await scene.act(stage);

          const due = (program.name === "ours" ? scene.oursHear : undefined) ?? recorded[scene.name];
          assert.deepEqual(stage.transcript(), due);
        } finally {
          stage.close();
        }
      });
    }
  });
}
