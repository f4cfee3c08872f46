// A server program started on any command line, in a folder of its own, with its log to wait on.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { BrokerProgram } from "../support/broker-process.ts";
import { Patience } from "../support/patience.ts";

const patienceMs = 20_000;
const triesMax = 500;
const betweenMs = 10;

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Running {
  /** Where it runs: relative paths on its command line lie here. */
  readonly folder: string;
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #said = "";
  #printed = "";
  #over = false;
  readonly #patience = new Patience(patienceMs);

  /** FOLDER in arguments and file texts stands for the folder; `files` are written into it by name. */
  constructor(
    program: BrokerProgram,
    args: readonly string[],
    files: Readonly<Record<string, string>> = {},
    env: NodeJS.ProcessEnv = {},
  ) {
    this.folder = mkdtempSync(join(tmpdir(), "chappe-run-"));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    const line = args.map((each) => each.replaceAll("FOLDER", this.folder));
    const child = spawn(program.path, line, {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    child.stderr!.on("data", (bytes: Buffer) => {
      this.#said += bytes.toString("utf8");
      this.#patience.wake();
    });
    child.stdout!.on("data", (bytes: Buffer) => {
      this.#printed += bytes.toString("utf8");
    });
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.#over = true;
        this.#patience.wake();
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Standard error and standard output so far. */
  get said(): string {
    return this.#said;
  }

  get printed(): string {
    return this.#printed;
  }

  /** The log's lines, without process, time and level. */
  get lines(): readonly string[] {
    return this.#said
      .split("\n")
      .slice(0, -1)
      .map((line) => line.replace(/^\[\d+\] (\d{4}\/\d\d\/\d\d [\d:.]+ )?\[[A-Z]{3}\] /, ""));
  }

  /** Files are Unicode text; FOLDER stands for the folder. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text.replaceAll("FOLDER", this.folder));
  }

  /** The port of the client listener, once the server is ready. */
  async port(): Promise<number> {
    await this.line(/^Server is ready/);
    return Number((await this.line(/^Listening for client connections on /)).replace(/^.*:/, ""));
  }

  async webSocketPort(): Promise<number> {
    return Number((await this.line(/^Listening for websocket clients on /)).replace(/^.*:/, ""));
  }

  /** What the ports file says, once it is there. */
  async portsFile(): Promise<Readonly<Record<string, readonly string[]>>> {
    const path = join(this.folder, `nats-server_${this.pid}.ports`);
    for (let tried = 0; tried < triesMax; tried++) {
      if (existsSync(path) && readFileSync(path, "utf8") !== "") break;
      await pause(betweenMs);
    }
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, string[]>;
  }

  /** The `nth` line that matches, past or to come. @throws Error with the log when it does not come. */
  async line(pattern: RegExp, nth = 1): Promise<string> {
    const found = (): string | undefined => this.lines.filter((line) => pattern.test(line))[nth - 1];
    const missing = (): string => `no ${pattern} in\n${this.#said}`;
    await this.#patience.until(() => found() !== undefined || this.#over, missing);
    return found() ?? assert.fail(missing());
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Nobody reads its log any more. */
  closeLog(): void {
    this.#child.stderr!.destroy();
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
