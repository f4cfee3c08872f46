// A real nats-server's verdicts on configurations: of one by the program itself (`-t`), of thousands by its code in
// test/interop/tools/nats/config-oracle.
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Verdict {
  readonly valid: boolean;
  /** The digest, or the lines of the error. */
  readonly lines: readonly string[];
}

/** Where the texts are read: what they include lies in the directory, what they ask of is in the environment. */
export interface Surroundings {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the program itself says of a file. */
export function checkedByProgram(
  program: string,
  file: string,
  { directory, environment }: Surroundings,
): Promise<Verdict> {
  return new Promise((resolve) => {
    const where = { env: { ...environment }, cwd: directory };
    execFile(program, ["-t", "-c", file], where, (error, _out, said) => {
      const text = said.replace(/^nats-server: /, "");
      if (error !== null) resolve({ valid: false, lines: linesOf(text) });
      else resolve({ valid: true, lines: [/\((sha256:[0-9a-f]+)\)/.exec(text)?.[1] ?? text] });
    });
  });
}

export interface OracleAnswers {
  /** The version of nats-server that it is made of. */
  readonly version: string;
  /** One for each text, in their order. */
  readonly verdicts: readonly Verdict[];
}

/** What nats-server's code says of texts, each written into `file` in turn. */
export async function checkedByOracle(
  oracle: string,
  file: string,
  texts: readonly string[],
  { directory, environment }: Surroundings,
): Promise<OracleAnswers> {
  const child = spawn(oracle, [file], {
    env: { ...environment },
    cwd: directory,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.on("error", () => {
    // It has ended early: its exit code tells, below.
  });
  child.stdin.end(texts.map((text) => `${JSON.stringify(text)}\n`).join(""));
  let version: string | undefined;
  const verdicts: Verdict[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (version === undefined) {
      version = JSON.parse(line);
      continue;
    }
    const { valid, said } = JSON.parse(line) as { valid: boolean; said: string };
    verdicts.push({ valid, lines: linesOf(said) });
  }
  const code = await ended;
  if (code !== 0 || version === undefined || verdicts.length !== texts.length) {
    throw new Error(`the oracle ended with ${code} after ${verdicts.length} of ${texts.length} texts`);
  }
  return { version, verdicts };
}

export function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
