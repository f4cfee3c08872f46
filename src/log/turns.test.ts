// Whoever waits takes turns by tenant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

test("tenants take turns, each with its own in order, and when nobody waits there is nobody", () => {
  const turns = new Turns<string>();
  assert.equal(turns.next(), undefined);
  for (const one of ["a1", "a2", "b1", "a3", "c1"]) turns.add(one.slice(0, 1), one);

  const order: (string | undefined)[] = [];
  while (!turns.isEmpty) {
    order.push(turns.next());
    if (order.length === 2) turns.add("b", "b2");
  }

  assert.deepEqual(order, ["a1", "b1", "c1", "a2", "b2", "a3"]);
  assert.equal(turns.next(), undefined);
});
