// The simulation is worth what it catches: each of these bugs, planted in a copy of the room, must be found.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Store } from "../../src/log/store.ts";
import { aPatient, injureOnce } from "./injury.ts";
import { runSeed } from "./simulation.ts";

const root = resolve(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "chappe-planted-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

interface Bug {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What is done in one life, at most, where few of them meet it. */
  readonly steps?: number;
}

const bugs: readonly Bug[] = [
  {
    name: "an acknowledgement before its sync",
    file: "commit.ts",
    from: "this.#syncAll(takes, (arrived) => file.sync(arrived, isLone), land);",
    to: "land(undefined);",
  },
  {
    name: "a new segment whose directory is not synced",
    file: "commit.ts",
    from: "this.#disk.syncDirectory(take.stream.directory, arrived);",
    to: "arrived(undefined);",
  },
  {
    name: "a journal file used again while segments still need it",
    file: "journals.ts",
    from: "    this.#current?.debts.add(debt);",
    to: "",
  },
  {
    name: "a file closed under a call that has not come back",
    file: "handles.ts",
    from: "if (handle.pins === 0) return handle.file.closeSync();",
    to: "return handle.file.closeSync();",
    steps: 400,
  },
];

/** A copy of the room with one line changed. */
async function planted(bug: Bug): Promise<{ Store: typeof Store }> {
  const copy = mkdtempSync(join(scratch, "src-"));
  cpSync(join(root, "src/log"), join(copy, "log"), {
    recursive: true,
    filter: (path) => !path.endsWith(".test.ts"),
  });
  for (const room of ["base", "ports"]) symlinkSync(join(root, "src", room), join(copy, room));
  const path = join(copy, "log", bug.file);
  const text = readFileSync(path, "utf8");
  assert.ok(text.includes(bug.from), `${bug.file} has no line to plant the bug in: ${bug.from}`);
  writeFileSync(path, text.replace(bug.from, bug.to));
  writeFileSync(join(copy, "package.json"), '{"type":"module"}');
  return import(pathToFileURL(join(copy, "log/store.ts")).href);
}

const damageBugs: readonly Bug[] = [
  {
    name: "a truncation at the first bad record",
    file: "scan.ts",
    from: "if (next < 0) return at;",
    to: "return at;",
  },
  {
    name: "a sequence floor that is not kept",
    file: "recovery.ts",
    from: "header.clean ? 0 : header.reserved",
    to: "0",
  },
];

const seedsMax = 300;

/** The first seed that finds something wrong with the room. */
async function findingSeed(run: (seed: number) => Promise<unknown>): Promise<number | undefined> {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const isFound = await run(seed).then(
      () => false,
      () => true,
    );
    if (isFound) return seed;
  }
  return undefined;
}

for (const bug of damageBugs) {
  test(`the injuries find ${bug.name}`, async () => {
    const room = await planted(bug);
    const patient = await aPatient(room, "kill");

    const seed = await findingSeed((each) => injureOnce(room, patient, each));

    assert.ok(seed !== undefined, `not found in ${seedsMax} injuries`);
    await injureOnce({ Store }, await aPatient({ Store }, "kill"), seed); // and without the bug, nothing
  });
}

for (const bug of bugs) {
  test(`the simulation finds ${bug.name}`, async () => {
    const room = await planted(bug);

    const options = { lives: 4, steps: bug.steps };
    const seed = await findingSeed((each) => runSeed(room, each, options));

    assert.ok(seed !== undefined, `not found in ${seedsMax} seeds`);
    await runSeed({ Store }, seed, options); // and without the bug, nothing
  });
}
