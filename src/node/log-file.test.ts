import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Fault } from "../base/assert.ts";
import { LogTrace } from "./log-trace.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "chappe-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settings = { debug: false, trace: false, timestamps: false, utc: false, sizeLimit: 0, filesMax: 0 };
const names = (): readonly string[] => readdirSync(folder).sort();
const textOf = (name: string): string => readFileSync(join(folder, name), "utf8");

test("lines go to the end of the file", () => {
  writeFileSync(join(folder, "a.log"), "before\n");
  const trace = new LogTrace({ ...settings, file: join(folder, "a.log") });

  trace.log("info", "one");
  trace.log("debug", "two");
  trace.log("error", "three");

  assert.equal(textOf("a.log"), `before\n[${process.pid}] [INF] one\n[${process.pid}] [ERR] three\n`);
});

test("a file beyond its size is set aside under a dated name, and the log says so", () => {
  const trace = new LogTrace({ ...settings, file: join(folder, "a.log"), sizeLimit: 200 });

  trace.log("info", "x".repeat(250));
  trace.log("info", "after");

  const [current, aside] = names();
  assert.equal(current, "a.log");
  assert.match(aside!, /^a\.log\.\d{4}(\.\d{2}){5}\.\d{9}$/);
  assert.match(textOf(aside!), /x{250}\n$/);
  assert.match(
    textOf("a.log"),
    /^\[\d+\] \[INF\] Rotated log, backup saved as ".*a\.log\..*"\n\[\d+\] \[INF\] after\n/,
  );
});

test("what an earlier run wrote counts towards the size", () => {
  writeFileSync(join(folder, "a.log"), "x".repeat(250));
  const trace = new LogTrace({ ...settings, file: join(folder, "a.log"), sizeLimit: 260 });

  trace.log("info", "y");

  assert.equal(names().length, 2);
});

test("of what was set aside the newest are kept, and other files are left alone", () => {
  for (const name of [
    "a.log.2020.01.02.03.04.05.000000001",
    "a.log.2021.01.02.03.04.05.000000001",
    "a.log.old",
    "b.log",
  ]) {
    writeFileSync(join(folder, name), name);
  }
  const trace = new LogTrace({ ...settings, file: join(folder, "a.log"), sizeLimit: 10, filesMax: 2 });

  trace.log("info", "x");

  const left = names();
  assert.deepEqual(left.filter((name) => name.startsWith("a.log.202")).length, 1);
  assert.ok(
    !left.includes("a.log.2020.01.02.03.04.05.000000001") &&
      !left.includes("a.log.2021.01.02.03.04.05.000000001"),
  );
  assert.ok(left.includes("a.log.old") && left.includes("b.log"));
  assert.match(textOf("a.log"), /Purged log file "a\.log\.2020\.01\.02\.03\.04\.05\.000000001"/);
});

test("reopened after it was moved away, it begins anew", () => {
  const trace = new LogTrace({ ...settings, file: join(folder, "a.log") });
  trace.log("info", "one");
  renameSync(join(folder, "a.log"), join(folder, "moved"));

  trace.reopen();
  trace.log("info", "two");

  assert.match(textOf("moved"), /one\n$/);
  assert.match(textOf("a.log"), /^\[\d+\] \[INF\] two\n$/);
});

test("another file that cannot be opened leaves the log where it was", () => {
  const trace = new LogTrace({ ...settings, file: join(folder, "a.log") });

  assert.throws(() => trace.reopen({ ...settings, file: join(folder, "none", "b.log") }), Fault);
  trace.log("info", "still here");

  assert.match(textOf("a.log"), /still here\n$/);
});
