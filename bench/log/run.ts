// All benches of the log, one after the other, on one block device: npm run bench:log [-- DIR]
// A machine that does anything else meanwhile spoils them; every row tells the load it was measured under.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const parts = ["disk", "syncs", "appends", "beside", "start", "space", "subjects", "stalls"];

for (const part of parts) {
  console.log(`\n## ${part}`);
  const program = join(import.meta.dirname, `${part}.ts`);
  const args = ["--expose-gc", program, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
