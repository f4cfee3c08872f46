import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { NodeDisk } from "./disk.ts";

const directory = mkdtempSync(join(tmpdir(), "chappe-disk-"));
after(() => rmSync(directory, { recursive: true }));

test("a lone sync answers after the call that asked for it, whoever does it, and with the disk's error", async () => {
  const file = new NodeDisk().openSync(join(directory, "a"), "create");
  for (let i = 0; i < 200; i++) {
    file.writeSync(Buffer.from("x"), 0, 1, i);
    let returned = false;
    await new Promise<void>((resolve, reject) => {
      file.sync((error) => {
        if (error === undefined && returned) resolve();
        else reject(error ?? new Error("called back before it returned"));
      }, true);
      returned = true;
    });
  }
  file.closeSync();

  for (let i = 0; i < 3; i++) {
    const error = await new Promise<Error | undefined>((resolve) => file.sync(resolve, true));
    assert.equal((error as NodeJS.ErrnoException | undefined)?.code, "EBADF");
  }
});
