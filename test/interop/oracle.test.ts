// What the unit suite tries on our own broker, or compares only where a variable names a real nats-server: the control
// plane's boundary, reloads and configurations, on the real one.
import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { needProgram } from "../support/programs.ts";

const real = needProgram("nats-server");
if (real.skip === false) {
  process.env.NATS_SERVER_BIN = real.path;
  process.env.CHAPPE_TEST_BROKER = real.path;
  const root = join(import.meta.dirname, "..");
  for (const path of globSync("{boundary/*,reload/*,differential/config}.test.ts", { cwd: root }).sort()) {
    await import(join(root, path));
  }
} else {
  test("our expectations hold on the real nats-server", { skip: real.skip });
}
