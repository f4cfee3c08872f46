// A Chappe as somebody starts it who follows a tutorial, and shells beside it, each with the variables it asks for.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { appears } from "../support/appears.ts";
import { Patience } from "../support/patience.ts";

const program = join(import.meta.dirname, "../../bin/chappe");
const patienceMs = 20_000;

/** One terminal: a command that runs, and what it has written. */
export class Terminal {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  #written = "";
  readonly #patience = new Patience(patienceMs);

  constructor(child: ChildProcess) {
    this.child = child;
    this.ended = once(child, "exit").finally(() => this.#patience.wake());
    const write = (bytes: Buffer): void => {
      this.#written += bytes.toString();
      this.#patience.wake();
    };
    child.stdout?.on("data", write);
    child.stderr?.on("data", write);
  }

  get written(): string {
    return this.#written;
  }

  /** @throws Error with all it has written when it does not come. */
  async shows(pattern: RegExp): Promise<void> {
    const missing = (): string => `no ${pattern} in:\n${this.#written}`;
    const shown = (): boolean => pattern.test(this.#written);
    await this.#patience.until(() => shown() || this.child.exitCode !== null, missing);
    if (!shown()) throw new Error(missing());
  }
}

export class Tutorial {
  /** The directory the reader works in. */
  readonly directory: string;
  /** What `chappe env` exports. */
  readonly exported: Readonly<Record<string, string>>;
  readonly #chappe: ChildProcess;
  readonly #root: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #terminals: Terminal[] = [];

  private constructor(root: string, chappe: ChildProcess, programs: readonly string[]) {
    this.#root = root;
    this.#chappe = chappe;
    this.directory = join(root, "work");
    mkdirSync(this.directory);
    const lines = execFileSync(program, ["env", "--data", join(root, "data")], { encoding: "utf8" });
    this.exported = Object.fromEntries(
      [...lines.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name!, value!]),
    );
    const path = [...programs.map((each) => dirname(each)), process.env.PATH].join(delimiter);
    // A home of its own: no context or profile of whoever runs the tests is read or changed.
    const home = { HOME: this.directory, XDG_CONFIG_HOME: join(this.directory, ".config"), NO_COLOR: "1" };
    this.#environment = { ...process.env, ...this.exported, ...home, PATH: path };
  }

  /** Resolves when it is ready. `programs` are found in PATH by the shells; `variables` are Chappe's. */
  static async begin(
    programs: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Tutorial> {
    const root = mkdtempSync(join(tmpdir(), "chappe-interop-"));
    const data = join(root, "data");
    mkdirSync(data, { mode: 0o700 });
    const ready = appears(join(data, "run.json"));
    const args = ["serve", "--data", data, "--http", "127.0.0.1:0", "--nats", "127.0.0.1:0"];
    const env = { ...process.env, ...variables };
    const chappe = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env });
    const terminal = new Terminal(chappe);
    const early = terminal.ended.then(() => Promise.reject(new Error(`chappe ended: ${terminal.written}`)));
    await Promise.race([ready, early]);
    early.catch(() => {});
    return new Tutorial(root, chappe, programs);
  }

  /** Runs a script to its end and answers what it wrote to stdout. @throws Error when it fails. */
  run(script: string): string {
    return execFileSync("bash", ["-euo", "pipefail", "-c", script], {
      cwd: this.directory,
      env: this.#environment,
      encoding: "utf8",
      timeout: patienceMs,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Starts a script in a terminal of its own. */
  terminal(script: string): Terminal {
    const child = spawn("bash", ["-c", `exec ${script}`], {
      cwd: this.directory,
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
      // A process group, which ends as a whole: what a script leaves in the background would hold our pipes for ever.
      detached: true,
    });
    const terminal = new Terminal(child);
    this.#terminals.push(terminal);
    return terminal;
  }

  json(file: string): Record<string, unknown> {
    return JSON.parse(readFileSync(join(this.directory, file), "utf8")) as Record<string, unknown>;
  }

  /** Ends everything that it started. */
  async end(): Promise<void> {
    for (const { child } of this.#terminals) killGroup(child.pid!);
    if (this.#chappe.exitCode === null) {
      const ended = once(this.#chappe, "exit");
      this.#chappe.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#root, { recursive: true, force: true });
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
