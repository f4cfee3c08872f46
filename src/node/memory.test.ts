import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as passed } from "node:timers/promises";
import { processMemory } from "./memory.ts";

const megabytes = 64;

test("buffers count while they are held, and no more when they have been let go and collected", async () => {
  const memory = processMemory();
  memory.collect();
  const before = memory.usedBytes();
  const held: Buffer[] = [];
  for (let i = 0; i < megabytes; i++) held.push(Buffer.alloc(1_048_576, 1));

  memory.collect();
  const full = memory.usedBytes() - before;
  held.length = 0;
  memory.collect();
  // V8 sweeps buffers beside the program.
  for (let i = 0; i < 100 && memory.usedBytes() - before > 8_388_608; i++) await passed(10);
  const after = memory.usedBytes() - before;

  assert.ok(full > (megabytes - 8) * 1_048_576, `${full}`);
  assert.ok(after <= 8_388_608, `${after}`);
});
