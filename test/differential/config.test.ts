// Our reading of configurations against a real nats-server's (`-t`): the same verdict, the same digest, the same error at
// the same line. The program is found by NATS_SERVER_BIN or on PATH; without it the comparison is skipped.
// CONFIG_SEEDS=5000 compares more texts, CONFIG_SEED=17 just one, printed.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { configure } from "../../src/server/config/configure.ts";
import { readCommandLine } from "../../src/server/config/flags.ts";
import type { Outside } from "../../src/server/config/outside.ts";
import { configText, environment, includes } from "./config-generator.ts";

const program = process.env.NATS_SERVER_BIN ?? "nats-server";
const seedsDefault = 300;
const atOnce = 4;
const shownMax = 20;

interface Verdict {
  readonly valid: boolean;
  /** The digest, or the lines of the error. */
  readonly lines: readonly string[];
}

const directory = mkdtempSync(join(tmpdir(), "chappe-config-"));
after(() => rmSync(directory, { recursive: true, force: true }));
for (const [name, text] of Object.entries(includes)) {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), text);
}

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

function ours(file: string): Verdict {
  const configured = configure({ configFile: file, checkOnly: true }, outside);
  if (configured.kind === "options") return { valid: true, lines: [configured.digest] };
  return { valid: false, lines: configured.message.split("\n").filter((line) => line !== "") };
}

function theirs(file: string): Promise<Verdict> {
  return new Promise((resolve) => {
    execFile(
      program,
      ["-t", "-c", file],
      { env: { ...environment }, cwd: directory },
      (error, _out, said) => {
        const lines = said
          .replace(/^nats-server: /, "")
          .split("\n")
          .filter((line) => line !== "");
        if (error !== null) resolve({ valid: false, lines });
        else resolve({ valid: true, lines: [/\((sha256:[0-9a-f]+)\)/.exec(said)?.[1] ?? said] });
      },
    );
  });
}

/** Where nats-server's own answer is an accident that we do not share. */
const accidents: readonly RegExp[] = [
  // A panic in its parser: it dies with a stack trace.
  /^panic:/m,
];

/** Errors placed at the last key of a map, or that end a block at the first of several: its maps have no order. */
const placedAnywhere =
  /: (error parsing tls config|User entry requires a user|Not a valid public nkey for a user|Nkey users do not|duplicate remote)/;

/** A line as far as nats-server would say it again: lists and maps it shows as addresses. */
function repeatable(line: string): string {
  return placedAnywhere.exec(line)?.[1] ?? line.replace(/(got|wrong type:) (\[|map\[).*/, "$1 values");
}

function difference(text: string, mine: Verdict, real: Verdict): string | undefined {
  if (accidents.some((accident) => real.lines.some((line) => accident.test(line)))) return undefined;
  const same =
    mine.valid === real.valid &&
    real.lines.map(repeatable).some((line) => mine.lines.map(repeatable).includes(line));
  if (same) return undefined;
  const show = (verdict: Verdict): string =>
    `${verdict.valid ? "valid" : "refused"}\n    ${verdict.lines.join("\n    ")}`;
  return `${text}\n--- ours: ${show(mine)}\n--- nats-server: ${show(real)}\n`;
}

function found(): boolean {
  try {
    execFileSync(program, ["-v"]);
    return true;
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ENOENT");
    console.log(`no ${program} to compare configurations with; NATS_SERVER_BIN names one`);
    return false;
  }
}

const skip = !found();

test("a real nats-server reads every configuration as we do", { skip }, async () => {
  const only = process.env.CONFIG_SEED;
  const first = Number(only ?? 1);
  const last = only === undefined ? Number(process.env.CONFIG_SEEDS ?? seedsDefault) : first;
  const differences: string[] = [];
  let next = first;
  const compare = async (lane: number): Promise<void> => {
    const file = join(directory, `lane-${lane}.conf`);
    while (next <= last) {
      const seed = next++;
      const text = configText(seed);
      writeFileSync(file, text);
      const found = difference(text, ours(file), await theirs(file));
      if (found !== undefined) differences.push(`CONFIG_SEED=${seed}\n${found}`);
    }
  };

  await Promise.all(Array.from({ length: atOnce }, (_, lane) => compare(lane)));

  assert.equal(
    differences.length,
    0,
    `${differences.length} differ\n${differences.slice(0, shownMax).join("\n")}`,
  );
});

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

test("a real nats-server refuses the same starts", { skip }, async () => {
  const file = join(directory, "start.conf");
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
