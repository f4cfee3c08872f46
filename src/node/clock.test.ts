import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as passed } from "node:timers/promises";
import { realClock } from "./clock.ts";

test("an alarm without delay rings in the next turn, though nothing else happens", () => {
  // In a process of its own: in this one the test runner wakes the event loop.
  const script = `
    import { realClock } from ${JSON.stringify(import.meta.resolve("./clock.ts"))};
    setTimeout(() => {
      const began = performance.now();
      realClock.after(0, () => console.log(performance.now() - began));
      setTimeout(() => undefined, 500);
    }, 50);`;

  const rangAfterMs = Number(execFileSync(process.execPath, ["--input-type=module", "--eval", script]));

  assert.ok(rangAfterMs < 400, `${rangAfterMs} ms`);
});

test("an alarm that is cancelled in time does not ring", async () => {
  const rung: number[] = [];

  for (const delayMs of [0, 1]) realClock.after(delayMs, () => rung.push(delayMs)).cancel();
  await passed(20);

  assert.deepEqual(rung, []);
});
