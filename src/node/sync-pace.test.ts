import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SyncPace } from "./sync-pace.ts";

/** A pace with a clock of its own; `otherMs` of each millisecond that passes between syncs is other work. */
function aPace(otherMs = 0) {
  let now = 0;
  let active = 0;
  const pace = new SyncPace(
    () => now,
    () => active,
  );
  const pass = (ms: number): void => {
    now += ms;
    active += ms * otherMs;
  };
  const sync = (ms: number): "held" | "beside" => {
    pass(0.01);
    const holds = pace.mayHold();
    now += ms;
    if (holds) active += ms;
    if (holds) pace.held(ms);
    else pace.beside(ms);
    return holds ? "held" : "beside";
  };
  return { pass, sync };
}

describe("a lone sync", () => {
  test("is waited for on a quick disk, once one was seen to be quick", () => {
    const { sync } = aPace();

    assert.deepEqual([sync(0.05), sync(0.05), sync(0.06)], ["beside", "held", "held"]);
  });

  test("is never waited for on a slow disk", () => {
    const { sync } = aPace();

    for (let i = 0; i < 1000; i++) assert.equal(sync(4), "beside");
  });

  test("is waited for no more when syncs become slow, until they are quick again", () => {
    const { sync, pass } = aPace();
    for (let i = 0; i < 10; i++) sync(0.05);

    let held = 0;
    while (sync(0.4) === "held") held++;
    assert.ok(held > 1 && held < 20, `${held} held`); // some that are not quick are borne
    pass(100);
    assert.equal(sync(0.05), "held"); // round trips below the limit let it try again

    assert.equal(sync(0.05), "held");
  });

  test("is not waited for on a disk that is quick now and then", () => {
    const { sync } = aPace();

    for (let i = 0; i < 1000; i++) assert.equal(sync(i % 4 === 1 ? 0.1 : 3), "beside");
  });

  test("that took long holds the program for 5 % of the time at most", () => {
    const { sync } = aPace();
    for (let i = 0; i < 10; i++) sync(0.05);
    assert.equal(sync(5), "held");

    let besideMs = 0;
    while (sync(0.09) === "beside") besideMs += 0.1;

    assert.ok(besideMs > 90 && besideMs < 110, `${besideMs} ms`);
  });

  test("is done beside a program that has much else to do, and waited for when that is over", () => {
    const { sync, pass } = aPace(0.9);
    for (let i = 0; i < 10; i++) sync(0.05);
    pass(20);

    assert.equal(sync(0.05), "beside");
    for (let i = 0; i < 150; i++) sync(0.1);

    assert.equal(sync(0.05), "held");
  });
});
