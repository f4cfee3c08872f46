// Mutation testing of the log with its own harnesses: one small change at a time in a copy of the room, which the
// simulation, the failing calls or the injuries must notice.
// bin/node test/log/mutate.ts [--files commit.ts,recovery.ts,record.ts] [--count N] [--seed N]

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Store } from "../../src/log/store.ts";
import { chanceOf } from "../world/chance.ts";
import { failEachCall } from "./fail-each.ts";
import { aPatient, injureOnce } from "./injury.ts";
import { runSeed } from "./simulation.ts";

const root = resolve(import.meta.dirname, "../..");
const patience = 60_000;

const changes: readonly (readonly [RegExp, string])[] = [
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ < /g, " <= "],
  [/ <= /g, " < "],
  [/ > /g, " >= "],
  [/ >= /g, " > "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ \+ 1\b/g, " + 2"],
  [/ - 1\b/g, " - 2"],
  [/ \+ /g, " - "],
  [/ \+= /g, " -= "],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"],
  [/Math\.max/g, "Math.min"],
  [/Math\.min/g, "Math.max"],
  [/^(\s+)(this\.[#\w.]+\(.*\);)$/g, "$1"],
];

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly from: string;
  readonly to: string;
}

function mutantsOf(file: string): Mutant[] {
  const lines = readFileSync(join(root, "src/log", file), "utf8").split("\n");
  const mutants: Mutant[] = [];
  lines.forEach((text, line) => {
    if (/^\s*(\/\/|\*|\/\*|import|export interface|readonly|\})/.test(text)) return;
    for (const [pattern, by] of changes) {
      for (const found of text.matchAll(pattern)) {
        const to =
          text.slice(0, found.index) +
          found[0].replace(new RegExp(pattern.source), by) +
          text.slice(found.index + found[0].length);
        mutants.push({ file, line, from: text, to });
      }
    }
  });
  return mutants;
}

async function probe(directory: string): Promise<void> {
  const room = (await import(pathToFileURL(join(directory, "log/store.ts")).href)) as { Store: typeof Store };
  for (const stopped of ["clean", "kill"] as const) {
    const patient = await aPatient(room, stopped);
    for (let seed = 1; seed <= 40; seed++) await injureOnce(room, patient, seed);
  }
  for (let seed = 1; seed <= 160; seed++) await runSeed(room, seed, { lives: 5 });
  await failEachCall(room, 1, 13);
  await failEachCall(room, 2, 13);
}

function isKilled(mutant: Mutant): boolean {
  const copy = mkdtempSync(join(tmpdir(), "chappe-mutant-"));
  try {
    cpSync(join(root, "src/log"), join(copy, "log"), {
      recursive: true,
      filter: (path) => !path.endsWith(".test.ts"),
    });
    for (const room of ["base", "ports"]) symlinkSync(join(root, "src", room), join(copy, room));
    writeFileSync(join(copy, "package.json"), '{"type":"module"}');
    const path = join(copy, "log", mutant.file);
    const lines = readFileSync(path, "utf8").split("\n");
    lines[mutant.line] = mutant.to;
    writeFileSync(path, lines.join("\n"));
    execFileSync(process.execPath, [import.meta.filename, "--probe", copy], {
      stdio: "pipe",
      timeout: patience,
    });
    return false;
  } catch {
    return true; // it threw, hung, or did not even load
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const argument = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1]!;
};

if (process.argv.includes("--probe")) await probe(argument("probe", ""));
else {
  const chance = chanceOf(Number(argument("seed", "1")));
  const mutants = argument("files", "commit.ts,recovery.ts,record.ts").split(",").flatMap(mutantsOf);
  const count = Math.min(mutants.length, Number(argument("count", "1000000")));
  for (let i = mutants.length - 1; i > 0; i--) {
    const j = chance.below(i + 1);
    [mutants[i], mutants[j]] = [mutants[j]!, mutants[i]!];
  }
  let killed = 0;
  for (const mutant of mutants.slice(0, count)) {
    if (isKilled(mutant)) killed++;
    else
      console.log(
        `survived: ${mutant.file}:${mutant.line + 1} ${mutant.from.trim()}  →  ${mutant.to.trim()}`,
      );
  }
  console.log(
    `${killed} of ${count} killed, of ${mutants.length} possible (${((100 * killed) / count).toFixed(0)} %)`,
  );
}
