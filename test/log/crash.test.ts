import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../../src/log/store.ts";
import { failEachCall } from "./fail-each.ts";
import { aPatient, injureOnce } from "./injury.ts";
import { runSeed } from "./simulation.ts";

test("after any of a thousand crashes what was acknowledged is there and what was removed is not", async () => {
  let crashes = 0;
  let acknowledged = 0;

  for (let seed = 1; crashes < 1000; seed++) {
    const result = await runSeed({ Store }, seed, { lives: 5, faults: seed % 3 === 0 ? undefined : "some" });
    crashes += result.crashes;
    acknowledged += result.acknowledged;
  }

  assert.ok(acknowledged > 10_000, `only ${acknowledged} messages were acknowledged: the run shows little`);
});

test("in memory a stream holds what its owner put there and did not take out, through any number of openings", async () => {
  let acknowledged = 0;

  for (let seed = 1; seed <= 25; seed++)
    acknowledged += (await runSeed({ Store }, seed, { lives: 4, medium: "memory" })).acknowledged;

  assert.ok(acknowledged > 1_000, `only ${acknowledged} messages were acknowledged: the run shows little`);
});

test("whichever disk call fails once, nothing acknowledged is lost", async () => {
  let runs = 0;

  for (let seed = 1; seed <= 3; seed++) runs += await failEachCall({ Store }, seed, 17);

  assert.ok(runs > 250, `only ${runs} calls failed`);
});

test("damage at rest costs the messages it hits, no others, and is reported", async () => {
  for (const stopped of ["clean", "kill", "power"] as const) {
    const patient = await aPatient({ Store }, stopped);
    let withLoss = 0;

    for (let seed = 1; seed <= 50; seed++)
      if ((await injureOnce({ Store }, patient, seed)).lost > 0) withLoss++;

    assert.ok(withLoss > 5, `only ${withLoss} injuries cost anything: the run shows little`);
  }
});
