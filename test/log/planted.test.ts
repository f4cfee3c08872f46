// The simulation is worth what it catches: each of these bugs, planted in a copy of the room, must be found.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Store } from "../../src/log/store.ts";
import type { FailedSync } from "../world/disk.ts";
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
  /** What a failed sync leaves; "clean" where nothing is said. */
  readonly failedSync?: FailedSync;
  /** Found it once: the search begins here, to save time. */
  readonly seed?: number;
}

const bugs: readonly Bug[] = [
  {
    name: "an acknowledgement before its sync",
    file: "commit.ts",
    from: "this.#syncAll(takes, (arrived) => file.sync(arrived, isLone), land);",
    to: "land(undefined, none);",
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
    seed: 285,
  },
  {
    name: "a deletion that leaves somebody without an answer",
    file: "tail.ts",
    from: "this.#failWaiters(this.#inVain());",
    to: "",
  },
  {
    name: "a rewrite that ends while its store closes and is not put in its place",
    file: "removal.ts",
    from: "this.adopt(segment, made, () => {",
    to: "if (this.#ended) return over(undefined);\n      this.adopt(segment, made, () => {",
  },
  {
    name: "an append taken while the store closes",
    file: "log.ts",
    from: "if (this.#isEnding) return 0;\n    return this.#tail",
    to: "return this.#tail",
  },
  {
    name: "an erasure after which an older generation may come back",
    file: "erase.ts",
    from: "disk.syncDirectory(directory, done);",
    to: "done(undefined);",
    steps: 400,
    seed: 1405,
  },
  {
    name: "a store that answers only the first who closes it",
    file: "store.ts",
    from: "for (const each of this.#closers.splice(0)) each(this.#failure);",
    to: "this.#closers[0]!(this.#failure);",
  },
];

const faultBugs: readonly Bug[] = [
  {
    name: "what failed and is then acknowledged",
    file: "tail.ts",
    from: "this.#answered = last;",
    to: "",
  },
  {
    name: "what is told twice to have failed",
    file: "tail.ts",
    from: "const first = this.#answered + 1;",
    to: "const first = this.#announced + 1;",
  },
];

const syncBugs: readonly Bug[] = [
  {
    name: "an acknowledgement after a failed sync",
    file: "commit.ts",
    from: "if (--left === 0) land(failure, apart);",
    to: "if (--left === 0) land(undefined, none);",
  },
  {
    name: "a failed sync that is tried again",
    file: "sync-line.ts",
    from: "if (error !== undefined) {",
    to: "if (error !== undefined) return start(arrived);\n      if (error !== undefined) {",
  },
  {
    name: "a journal file made void whose items for a stopped stream went nowhere",
    file: "carry.ts",
    from: "  into.writeSync(group.bytes);",
    to: "",
    steps: 400,
    seed: 62,
  },
  {
    name: "a journal file that forgets what it took over from another",
    file: "journals.ts",
    from: "for (const debt of debts) into.debts.add(debt);",
    to: "",
    steps: 400,
    seed: 90,
  },
  {
    name: "a failed sync that is forgotten",
    file: "sync-line.ts",
    from: "this.#failure = failure;",
    to: "",
  },
  {
    name: "a stream reopened from files that lost what a journal has",
    file: "segment.ts",
    from: "if (place + bytes.length > this.synced) this.#rescued.push({ place, bytes: Buffer.from(bytes) });",
    to: "",
    failedSync: "reverted",
  },
  {
    name: "a replay that writes both copies of a state before it syncs one",
    file: "replay.ts",
    from: "file.syncSync();\n      if (isNew)",
    to: "if (isNew)",
  },
  {
    name: "a replay that takes what it reads for synced",
    file: "replay.ts",
    from: "writeOverSync(file, there.subarray(0, end), item.place);",
    to: "if (!readAroundSync(file, item.place, end).bytes.equals(there.subarray(0, end))) writeWholeSync(file, there.subarray(0, end), item.place);",
    seed: 438,
  },
  {
    name: "a start that takes what it reads for synced",
    file: "made-last.ts",
    from: "if (!found.fromCheckpoint) writeAgain(segment, uncertainFrom(found, certainBelow));",
    to: "",
    seed: 186,
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

const seedsMax = 1500; // one in two hundred finds the rarest

/** The first seed that finds something wrong with the room. */
async function findingSeed(run: (seed: number) => Promise<unknown>, from = 1): Promise<number | undefined> {
  for (let seed = from; seed < from + seedsMax; seed++) {
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

for (const [found, options] of [
  [bugs, { lives: 4 }],
  [faultBugs, { lives: 4, faults: "some" }],
  [syncBugs, { lives: 4, faults: "syncs" }],
] as const) {
  for (const bug of found) {
    test(`the simulation finds ${bug.name}`, async () => {
      const room = await planted(bug);
      const failedSyncs = [bug.failedSync ?? "clean"];
      const each = { ...options, failedSyncs, steps: bug.steps };

      const seed = await findingSeed((from) => runSeed(room, from, each), bug.seed);

      if (process.env.CHAPPE_SEEDS !== undefined) console.log(seed, bug.name);
      assert.ok(seed !== undefined, `not found in ${seedsMax} seeds`);
      await runSeed({ Store }, seed, each); // and without the bug, nothing
    });
  }
}
