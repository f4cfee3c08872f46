// Whatever the unit suite compares with the real nats-server where one is found, with a real nats-server that is here for
// sure: tables of behaviour, the control plane's boundary, differential runs.
import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { needProgram } from "../support/programs.ts";

const real = needProgram("nats-server");
if (real.skip === false) {
  process.env.NATS_SERVER_BIN = real.path;
  process.env.CHAPPE_TEST_BROKER = real.path;
  const root = join(import.meta.dirname, "..");
  for (const path of globSync("{boundary,differential,reload,server}/**/*.test.ts", { cwd: root }).sort()) {
    await import(join(root, path));
  }
} else {
  test("our expectations hold on the real nats-server", { skip: real.skip });
}
