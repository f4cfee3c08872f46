// Plays every scene on the real nats-server and writes down what is heard.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { brokerPrograms, startBrokerProcess } from "../support/broker-process.ts";
import { Realm } from "../support/realm.ts";
import { claimScenes } from "./claim-scenes.ts";
import { play, type Transcript } from "./playing.ts";
import { scenes } from "./scenes.ts";
import { servers } from "./servers.ts";
import { Stage } from "./stage.ts";

const real = brokerPrograms().find(({ name }) => name === "nats-server")!;
if (real.skip) throw new Error(real.skip);
const heard: Record<string, Transcript> = {};
for (const [name, config] of Object.entries(servers)) {
  const broker = await startBrokerProcess(real, config);
  for (const scene of scenes.filter(({ on }) => on === name)) {
    heard[scene.name] = await play(scene, broker.port).catch((error: Error) => {
      throw new Error(`${scene.name}: ${error.message}`);
    });
  }
  await broker.stop();
}
const realm = new Realm();
const broker = await startBrokerProcess(real, realm.config());
for (const scene of claimScenes) {
  const stage = new Stage(realm, broker.port);
  try {
    await scene.act(stage);
    heard[scene.name] = stage.transcript();
  } finally {
    stage.close();
  }
}
await broker.stop();
writeFileSync(join(import.meta.dirname, "recorded.json"), `${JSON.stringify(heard, null, 2)}\n`);
