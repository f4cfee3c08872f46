import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeDirectory } from "./make-directory.ts";

const top = mkdtempSync(join(tmpdir(), "chappe-directory-"));
after(() => rmSync(top, { recursive: true }));

test("a directory is made with those above it, all for their owner only, and is not made twice", () => {
  makeDirectory(join(top, "a/b"));
  makeDirectory(join(top, "a/b"));

  assert.equal(statSync(join(top, "a")).mode & 0o777, 0o700);
  assert.equal(statSync(join(top, "a/b")).mode & 0o777, 0o700);
});

test("a file in the way is said", () => {
  writeFileSync(join(top, "file"), "");

  assert.throws(() => makeDirectory(join(top, "file")), { code: "EEXIST" });
  assert.throws(() => makeDirectory(join(top, "file/below")), { code: "ENOTDIR" });
});

test("where a file system takes no directories that is said, and at once", {
  skip: !existsSync("/proc/self"),
}, () => {
  assert.throws(() => makeDirectory("/proc/foo/bar"), { code: "ENOENT" });
});
