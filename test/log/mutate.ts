// Mutation testing of the log: each mutant of a file must make the room's own tests fail, or else its harnesses: the
// simulation, the failing calls, the injuries. What is known of a mutant is kept and not run again.
// bin/node test/log/mutate.ts [--files commit.ts,recovery.ts,record.ts] [--at-once 1] [--line N] [--quick] [--fresh]

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { Store } from "../../src/log/store.ts";
import { equivalents } from "./equivalent.ts";
import { failEachCall } from "./fail-each.ts";
import { aPatient, injureOnce } from "./injury.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { runSeed } from "./simulation.ts";

const root = resolve(import.meta.dirname, "../..");
const room = join(root, "src/log");
const kept = join(root, ".cache/mutants");
/** A mutant that takes so many times as long as the program itself hangs. */
const patience = 12;
const patienceMinMs = 20_000;
/** The room's own tests alone: what they leave alive is to be looked at, and is not kept. */
const isQuick = process.argv.includes("--quick");

/** How a mutant came to its end. */
type End = "tests" | "harnesses" | "time" | "survived";

const tests = readdirSync(room)
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => join(room, name));

async function probe(): Promise<void> {
  for (const stopped of ["clean", "kill"] as const) {
    const patient = await aPatient({ Store }, stopped);
    for (let seed = 1; seed <= 40; seed++) await injureOnce({ Store }, patient, seed);
  }
  for (let seed = 1; seed <= 160; seed++) await runSeed({ Store }, seed, { lives: 5 });
  await failEachCall({ Store }, 1, 13);
  await failEachCall({ Store }, 2, 13);
}

/** Runs the mutant; answers whether it failed, hung, or went through. Ends it at the first failure. */
function run(
  file: string,
  text: string,
  args: readonly string[],
  ms: number,
): Promise<"failed" | "hung" | "well"> {
  const { promise, resolve: settle } = Promise.withResolvers<"failed" | "hung" | "well">();
  const hook = join(import.meta.dirname, "mutant-hook.ts");
  const child = spawn(process.execPath, ["--max-old-space-size=1024", "--import", hook, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, CHAPPE_MUTANT_FILE: join(room, file), CHAPPE_MUTANT_TEXT: text },
  });
  const kill = (): void => void child.kill("SIGKILL"); // a mutant that never ends must not outlive this program
  process.once("exit", kill);
  const end = (how: "failed" | "hung" | "well"): void => {
    settle(how);
    kill();
    process.off("exit", kill);
  };
  const alarm = setTimeout(() => end("hung"), ms);
  child.stdout.setEncoding("utf8").on("data", (said: string) => {
    if (/^\s*not ok /m.test(said)) end("failed");
  });
  child.on("close", (code) => {
    clearTimeout(alarm);
    end(code === 0 ? "well" : "failed");
  });
  return promise;
}

/** What a file's mutants are run through, and how long the unchanged program took for each. */
interface Stage {
  readonly end: End;
  readonly args: readonly string[];
  ms: number;
}

function stagesOf(file: string): Stage[] {
  const isOwn = (path: string): boolean => basename(path).startsWith(basename(file, ".ts"));
  const testing = ["--test", "--test-isolation=none", "--test-reporter=tap"];
  const stages: Stage[] = [tests.filter(isOwn), tests.filter((path) => !isOwn(path))]
    .filter((paths) => paths.length > 0) // with none named the project's whole suite would run
    .map((paths) => ({ end: "tests", args: [...testing, ...paths], ms: 0 }));
  if (!isQuick) stages.push({ end: "harnesses", args: [import.meta.filename, "--probe"], ms: 0 });
  return stages;
}

/** The unchanged program goes through all of it, or its mutants would show nothing. */
async function measure(file: string, unchanged: string, stages: readonly Stage[]): Promise<void> {
  for (const stage of stages) {
    const begun = performance.now();
    const how = await run(file, unchanged, stage.args, 600_000);
    assert.equal(how, "well", "the program fails without any change");
    stage.ms = performance.now() - begun;
  }
}

async function endOf(file: string, mutant: Mutant, stages: readonly Stage[], scratch: string): Promise<End> {
  const text = join(mkdtempSync(join(scratch, "m-")), file);
  writeFileSync(text, mutant.text);
  for (const { end, args, ms } of stages) {
    const limitMs = Math.max(patienceMinMs, patience * ms);
    let how = await run(file, text, args, limitMs);
    if (how === "hung") how = await run(file, text, args, 2 * limitMs); // perhaps the machine was busy
    if (how !== "well") return how === "hung" ? "time" : end;
  }
  return "survived";
}

function hashOf(texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest("hex").slice(0, 32);
}

/** Verdicts of earlier runs. One holds for the mutant's text; that it survived, only until the tests change. */
class Verdicts {
  readonly #path = join(kept, "verdicts");
  readonly #known = new Map<string, End>();
  readonly #tests = hashOf(tests.map((path) => readFileSync(path, "utf8")));

  constructor(isFresh: boolean) {
    mkdirSync(kept, { recursive: true });
    if (isFresh) rmSync(this.#path, { force: true });
    if (!existsSync(this.#path)) return;
    for (const line of readFileSync(this.#path, "utf8").split("\n").slice(0, -1)) {
      const [key, end] = line.split(" ");
      this.#known.set(key!, end as End);
    }
  }

  #key(mutant: Mutant): string {
    return hashOf([mutant.text]);
  }

  of(mutant: Mutant): End | undefined {
    return this.#known.get(this.#key(mutant)) ?? this.#known.get(`${this.#key(mutant)}/${this.#tests}`);
  }

  keep(mutant: Mutant, end: End): void {
    if (isQuick && end === "survived") return;
    const key = end === "survived" ? `${this.#key(mutant)}/${this.#tests}` : this.#key(mutant);
    this.#known.set(key, end);
    appendFileSync(this.#path, `${key} ${end}\n`);
  }
}

const argument = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1]!;
};

interface Tally {
  readonly ends: Map<End | "equivalent", number>;
  all: number;
}

function tell(what: string, { ends, all }: Tally): void {
  const count = (end: End | "equivalent"): number => ends.get(end) ?? 0;
  const killed = count("tests") + count("harnesses") + count("time");
  const percent = (of: number): string => `${((100 * killed) / Math.max(1, of)).toFixed(1)} %`;
  console.log(
    `${what}: ${all} mutants, ${killed} killed (${count("tests")} by tests, ${count("harnesses")} by harnesses, ` +
      `${count("time")} by time), ${count("survived")} survived, ${count("equivalent")} equivalent: ` +
      `${percent(all - count("equivalent"))}, ${percent(all)} with equivalents counted as survivors`,
  );
}

async function main(): Promise<void> {
  const files = argument("files", "commit.ts,recovery.ts,segment-scan.ts,made-last.ts,record.ts").split(",");
  const line = Number(argument("line", "0"));
  const verdicts = new Verdicts(process.argv.includes("--fresh"));
  const scratch = mkdtempSync(join(tmpdir(), "chappe-mutants-"));
  const total: Tally = { ends: new Map(), all: 0 };
  const unused = new Set(equivalents.filter(({ file }) => files.includes(file)));
  try {
    for (const file of files) {
      const unchanged = readFileSync(join(room, file), "utf8");
      const stages = stagesOf(file);
      await measure(file, join(room, file), stages);
      const tally: Tally = { ends: new Map(), all: 0 };
      const mutants = mutantsOf(unchanged).filter((mutant) => line === 0 || mutant.line === line);
      const waiting = mutants.values();
      const work = async (): Promise<void> => {
        for (const mutant of waiting) {
          let end: End | "equivalent" | undefined = verdicts.of(mutant);
          if (end === undefined) verdicts.keep(mutant, (end = await endOf(file, mutant, stages, scratch)));
          const known = equivalents.find(
            ({ file: of, from, to }) => of === file && from === mutant.from && to === mutant.to,
          );
          if (known !== undefined) unused.delete(known);
          if (known !== undefined && end === "survived") end = "equivalent";
          else if (known !== undefined)
            console.log(`killed, and listed as equivalent: ${known.from}  →  ${known.to}`);
          if (end === "survived")
            console.log(`survived: ${file}:${mutant.line} ${mutant.from}  →  ${mutant.to}`);
          for (const { ends } of [tally, total]) ends.set(end, (ends.get(end) ?? 0) + 1);
          tally.all++;
          total.all++;
        }
      };
      await Promise.all(Array.from({ length: Number(argument("at-once", "1")) }, work));
      tell(file, tally);
    }
    tell("in all", total);
    if (line === 0)
      for (const { file, from } of unused) console.log(`no such mutant any more: ${file} ${from}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
if (process.argv.includes("--probe")) await probe();
else await main();
