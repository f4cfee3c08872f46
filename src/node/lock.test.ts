import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Locked, takeLock } from "./lock.ts";

describe("data directory lock", () => {
  const directory = mkdtempSync(join(tmpdir(), "chappe-lock-"));
  after(() => rmSync(directory, { recursive: true }));

  /** Another process that takes the lock and holds it until it is killed. */
  async function holder(path: string) {
    const program = `import { takeLock } from ${JSON.stringify(import.meta.resolve("./lock.ts"))};
      takeLock(${JSON.stringify(path)}); process.stdout.write("held"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    return child;
  }

  test("a second process is refused and told who holds it", async () => {
    const path = join(directory, "refused");
    const child = await holder(path);

    assert.throws(
      () => takeLock(path),
      (error) => error instanceof Locked && error.holder === child.pid,
    );

    child.kill("SIGKILL");
    await once(child, "exit");
  });

  test("a holder that was killed leaves the lock free", async () => {
    const path = join(directory, "killed");
    const child = await holder(path);
    child.kill("SIGKILL");
    await once(child, "exit");

    takeLock(path).release();
  });

  test("a released lock can be taken again", () => {
    const path = join(directory, "released");
    takeLock(path).release();

    takeLock(path).release();
  });
});
