// An alarm rings when it is due, needs nothing else to happen, and not once it was cancelled.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { realClock } from "./clock.ts";

/** What a process says whose clock is set so. It ends once it waits for nothing: here the test runner wakes the loop. */
function saidWith(setting: string): string[] {
  const script = `
    import { realClock } from ${JSON.stringify(import.meta.resolve("./clock.ts"))};
    ${setting};
    process.on("exit", () => console.log("ended"));`;
  return execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  }).split("\n");
}

test("an alarm without delay rings though nothing else happens", () => {
  const said = saidWith('realClock.after(0, () => console.log("rang"))');

  assert.deepEqual(said, ["rang", "ended", ""]);
});

test("an alarm with a delay keeps no process alive that has nothing else to do", () => {
  const said = saidWith('realClock.after(10_000, () => console.log("rang"))');

  assert.deepEqual(said, ["ended", ""]);
});

test("an alarm without delay rings in the next turn: before what is asked for after it, not at once", async () => {
  const order: string[] = [];
  const { promise: turned, resolve } = Promise.withResolvers<void>();

  realClock.after(0, () => order.push("alarm"));
  setImmediate(() => {
    order.push("next turn");
    resolve();
  });
  order.push("this turn");
  await turned;

  assert.deepEqual(order, ["this turn", "alarm", "next turn"]);
});

test("an alarm that is cancelled in time does not ring, and those set after it do", async () => {
  for (const delayMs of [0, 1]) {
    const rung: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const awake = setInterval(() => undefined, 60_000); // an alarm with a delay keeps no process alive

    realClock.after(delayMs, () => rung.push("cancelled")).cancel();
    realClock.after(delayMs, () => {
      rung.push("kept");
      resolve();
    });
    await promise;
    clearInterval(awake);

    assert.deepEqual(rung, ["kept"]);
  }
});
