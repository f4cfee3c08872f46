// Our reading of configurations against a real nats-server's: the same verdict, the same digest, the same error at the
// same line. Thousands are read by nats-server's code (config-oracle), and some by the program itself, which shows that the
// two are one. Both are installed by test/interop/install.ts; without them the comparison is skipped.
// CONFIG_SEEDS=100000 compares more texts, CONFIG_SEED=17 just one, printed.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { configure } from "../../src/server/config/configure.ts";
import { readCommandLine } from "../../src/server/config/flags.ts";
import type { Outside } from "../../src/server/config/outside.ts";
import { needProgram } from "../support/programs.ts";
import { configText, environment, includes } from "./config-generator.ts";
import { checkedByOracle, checkedByProgram, linesOf, type Verdict } from "./config-oracle.ts";

const { path: program, skip: noProgram } = needProgram("nats-server");
const { path: oracle, skip: noOracle } = needProgram("config-oracle");
const seedsDefault = 10_000;
const seedsForProgram = 20;
const seedsForPlanted = 1_000;
const shownMax = 20;
/** The real one is asked once, and those texts on which it does not agree again. */
const roundsMax = 16;
const timesPerRound = 16;
/** Texts that a planted bug need be found by. */
const openForPlanted = 8;

const directory = mkdtempSync(join(tmpdir(), "chappe-config-"));
after(() => rmSync(directory, { recursive: true, force: true }));
for (const [name, text] of Object.entries(includes)) {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), text);
}
const surroundings = { directory, environment };
/** The one file that every text is read as: errors name it. */
const file = join(directory, "compared.conf");

const outside: Outside = {
  readFile(path) {
    try {
      return { kind: "read", bytes: readFileSync(path) };
    } catch (error) {
      return { kind: "failed", code: (error as NodeJS.ErrnoException).code ?? "EIO" };
    }
  },
  env: (name) => (Object.hasOwn(environment, name) ? environment[name] : undefined),
  pathKind(path) {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? "nothing" : found.isDirectory() ? "directory" : "other";
  },
};

/** Our verdict on a text that stands in `file`. */
function ours(text: string, around: Outside = outside): Verdict {
  const bytes = Buffer.from(text);
  const configured = configure(
    { configFile: file, checkOnly: true },
    { ...around, readFile: (path) => (path === file ? { kind: "read", bytes } : around.readFile(path)) },
  );
  if (configured.kind === "options") return { valid: true, lines: [configured.digest] };
  return { valid: false, lines: linesOf(configured.message) };
}

/** Where nats-server's own answer is an accident that we do not share. */
const accidents: readonly RegExp[] = [
  // A panic in its parser: it dies with a stack trace.
  /^panic:/m,
];

/** Said after an error by code that goes on with what it could not read. */
const goes = /runtime error: invalid memory address or nil pointer dereference$/;

/** After these nats-server leaves the block, and says nothing of what else is wrong there. */
const ending = /interface conversion: |error parsing authorization config, 'timeout'/;

/** Errors placed at the last key of a map, or that end a block at the first of several: its maps have no order. */
const placedAnywhere =
  /: (error parsing tls config|User entry requires a user|Not a valid public nkey for a user|Nkey users do not|duplicate remote)/;

/** A line as far as nats-server would say it again: lists and maps it shows as addresses, and bytes that are no UTF-8 as \xaa. */
function repeatable(line: string): string {
  const said = placedAnywhere.exec(line)?.[1] ?? line.replace(/(got|wrong type:) (\[|map\[).*/, "$1 values");
  return said.replace(/\\x[89a-f][0-9a-f]/g, "\ufffd");
}

/**
 * One text, what we say of it and what nats-server has said so far. We report all mistakes; nats-server passes some over, as
 * the order of its maps has it, so it is asked again until it has said each of ours, and once nothing but ours.
 */
class Comparison {
  readonly text: string;
  readonly #mine: Verdict;
  readonly #mineRepeatable: ReadonlySet<string>;
  readonly #heard = new Set<string>();
  #last: Verdict | undefined;
  #agreedOnce = false;
  #excused = false;

  constructor(text: string, mine: Verdict) {
    this.text = text;
    this.#mine = mine;
    this.#mineRepeatable = new Set(mine.lines.map(repeatable));
  }

  hear(real: Verdict): void {
    this.#last = real;
    this.#excused ||= accidents.some((accident) => real.lines.some((line) => accident.test(line)));
    const told = real.lines.filter((line) => !goes.test(line)).map(repeatable);
    for (const line of told) this.#heard.add(line);
    const agrees = this.#mine.valid === real.valid && told.length > 0;
    if (agrees && told.every((line) => this.#mineRepeatable.has(line))) this.#agreedOnce = true;
  }

  get agreed(): boolean {
    if (this.#excused) return true;
    if (!this.#agreedOnce) return false;
    const unheard = [...this.#mineRepeatable].filter((line) => !this.#heard.has(line));
    return unheard.length === 0 || this.#mine.lines.some((line) => ending.test(line));
  }

  toString(): string {
    const show = (verdict: Verdict | undefined): string =>
      `${verdict?.valid ? "valid" : "refused"}\n    ${verdict?.lines.join("\n    ")}`;
    return `${this.text}\n--- ours: ${show(this.#mine)}\n--- nats-server: ${show(this.#last)}\n`;
  }
}

/** The texts on which the real one does not agree, however often it is asked; of more than `openMax` the first ones. */
async function differences(
  comparisons: readonly Comparison[],
  openMax = Number.POSITIVE_INFINITY,
): Promise<readonly Comparison[]> {
  let open = comparisons;
  for (let round = 0; round < roundsMax && open.length > 0; round++) {
    const times = round === 0 ? 1 : timesPerRound;
    const asked = open.flatMap((comparison) => Array<Comparison>(times).fill(comparison));
    const texts = asked.map(({ text }) => text);
    const { verdicts } = await checkedByOracle(oracle, file, texts, surroundings);
    for (const [index, comparison] of asked.entries()) comparison.hear(verdicts[index]!);
    open = open.filter(({ agreed }) => !agreed).slice(0, openMax);
  }
  return open;
}

function seedsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

test("a real nats-server reads every configuration as we do", { skip: noOracle }, async () => {
  const only = process.env.CONFIG_SEED;
  const seeds =
    only === undefined
      ? seedsFrom(1, Number(process.env.CONFIG_SEEDS ?? seedsDefault))
      : seedsFrom(Number(only), 1);
  const seedOf = new Map(seeds.map((seed) => [configText(seed), seed]));

  const found = await differences([...seedOf.keys()].map((text) => new Comparison(text, ours(text))));

  const shown = found.slice(0, shownMax).map((each) => `CONFIG_SEED=${seedOf.get(each.text)}\n${each}`);
  assert.equal(found.length, 0, `${found.length} differ\n${shown.join("\n")}`);
});

test("the oracle says what the program says", { skip: noProgram || noOracle }, async () => {
  const texts = seedsFrom(1, seedsForProgram).map(configText);
  const { version, verdicts } = await checkedByOracle(oracle, file, texts, surroundings);

  assert.equal(execFileSync(program, ["-v"], { encoding: "utf8" }).trim(), `nats-server: v${version}`);
  for (const [index, text] of texts.entries()) {
    writeFileSync(file, text);
    const { valid, lines } = await checkedByProgram(program, file, surroundings);
    const told = verdicts[index]!;
    assert.deepEqual(
      { valid: told.valid, lines: told.lines.map(repeatable).sort() },
      { valid, lines: lines.map(repeatable).sort() },
      text,
    );
  }
});

/** Mistakes a reader of configurations might make, each so small that it spoils a few texts only. */
const plantedBugs: Readonly<Record<string, (text: string) => Verdict>> = {
  "a k is 1,000 and not 1,024": (text) => ours(text.replace(/\b(\d+)k\b/g, (_, count) => `${count}000`)),
  "an included file is not read": (text) =>
    ours(text, { ...outside, readFile: () => ({ kind: "failed", code: "ENOENT" }) }),
  "a variable of the environment that is empty counts as unset": (text) =>
    ours(text, { ...outside, env: (name) => outside.env(name) || undefined }),
  "an error is placed one line too low": (text) => {
    const { valid, lines } = ours(text);
    return { valid, lines: lines.map((line) => line.replace(/:(\d+):/, (_, at) => `:${Number(at) + 1}:`)) };
  },
};

for (const [name, planted] of Object.entries(plantedBugs)) {
  test(`the comparison finds a planted bug: ${name}`, { skip: noOracle }, async () => {
    const texts = seedsFrom(1, seedsForPlanted).map(configText);

    const found = await differences(
      texts.map((text) => new Comparison(text, planted(text))),
      openForPlanted,
    );

    assert.ok(found.length > 0, "no text showed it");
  });
}

/** Files that read well and yet cannot be started with. */
const unstartable: readonly string[] = [
  'lame_duck_duration: "30s"\nlame_duck_grace_period: "31s"',
  "max_payload: 2k\nmax_pending: 1k",
  "default_sentinel: x",
  "no_auth_user: x",
  "no_auth_user: x\naccounts { A { users [{user: a}] } }",
  "gateway { port: 1 }",
  "gateway { name: x }",
  "mqtt { port: 1 }",
  "jetstream { domain: a.b }",
  "default_js_domain { A: x }",
  "websocket { port: 1 }",
  "websocket { port: 1, no_tls: true, allowed_origins: 'ftp://a' }",
  "websocket { port: 1, no_tls: true, allowed_origins: 'http://a:x' }",
  "websocket { port: 1, no_tls: true, jwt_cookie: c }",
  "websocket { port: 1, no_tls: true, headers { Upgrade: x } }",
];

const badCommandLines: readonly string[] = [
  "-t",
  "-c missing.conf",
  "serve",
  "--tls",
  "--tlscert x",
  "--tlscert x --tlskey y",
  "--routes nats://a:1",
  "--cluster nats://a",
  "--cluster nats://u@a:1",
  "--signal stop=1=2",
];

function startRefusal(argv: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const limits = { env: { ...environment }, cwd: directory, timeout: 5_000 };
    execFile(program, argv, limits, (_error, _out, said) =>
      resolve(said.replace(/^nats-server: /, "").trim()),
    );
  });
}

function ourRefusal(argv: readonly string[]): string {
  const line = readCommandLine(argv);
  if (line.kind === "refused") return line.message;
  assert.equal(line.kind, "run");
  const configured = line.kind === "run" ? configure(line.flags, outside) : undefined;
  return configured?.kind === "refused" ? configured.message.trim() : "accepted";
}

test("a real nats-server refuses the same starts", { skip: noProgram }, async () => {
  const port = ["-a", "127.0.0.1", "-p", "-1"];

  for (const text of unstartable) {
    writeFileSync(file, text);
    assert.equal(ourRefusal([...port, "-c", file]), await startRefusal([...port, "-c", file]), text);
  }
  for (const words of badCommandLines) {
    const argv = words.split(" ");
    assert.equal(ourRefusal(argv), await startRefusal(argv), words);
  }
});
