// Installs the real programs that the interop suite drives into .cache/tools, each by its own package manager, at the
// versions pinned under tools/. What is built already is left alone; a missing Go or Python is said and skipped.
//   bin/node test/interop/install.ts
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Tool {
  readonly name: string;
  /** The program whose absence is no failure on a machine of a developer. */
  readonly needs: "go" | "python3";
  /** The files that pin it: when they change, it is built anew. */
  readonly pins: readonly string[];
  /** Commands, run in the folder of its pins. */
  readonly commands: (program: string) => readonly (readonly string[])[];
}

const pinned = join(import.meta.dirname, "tools");
const target = join(import.meta.dirname, "../../.cache/tools");

/** @param sources files of our own that it is built of */
function goProgram(name: string, module: string, source: string, sources: readonly string[] = []): Tool {
  return {
    name,
    needs: "go",
    pins: [`${module}/go.mod`, `${module}/go.sum`, ...sources],
    commands: (program) => [
      ["go", "-C", join(pinned, module), "build", "-trimpath", "-ldflags=-s -w", "-o", program, source],
    ],
  };
}

const tools: readonly Tool[] = [
  goProgram("nats-server", "nats", "github.com/nats-io/nats-server/v2"),
  goProgram("nats", "nats", "github.com/nats-io/natscli/nats"),
  goProgram("config-oracle", "nats", "./config-oracle", ["nats/config-oracle/main.go"]),
  goProgram("scw", "scw", "github.com/scaleway/scaleway-cli/v2/cmd/scw"),
  {
    name: "py",
    needs: "python3",
    pins: ["requirements.txt"],
    commands: (program) => [
      ["python3", "-m", "venv", "--clear", program],
      [
        join(program, "bin/pip"),
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        join(pinned, "requirements.txt"),
      ],
    ],
  },
];

mkdirSync(target, { recursive: true });
for (const tool of tools) install(tool);

function install(tool: Tool): void {
  const program = join(target, tool.name);
  const stamp = join(target, `${tool.name}.pins`);
  const pins = digest(tool.pins);
  if (existsSync(program) && existsSync(stamp) && readFileSync(stamp, "utf8") === pins) {
    console.log(`${tool.name}: there already`);
    return;
  }
  if (spawnSync(tool.needs, [tool.needs === "go" ? "version" : "--version"]).status !== 0) {
    console.log(`${tool.name}: skipped, no ${tool.needs} on this machine`);
    if (process.env.CHAPPE_TOOLS === "required") process.exitCode = 1;
    return;
  }
  const started = performance.now();
  for (const [command = "", ...args] of tool.commands(program)) {
    const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
    if (status === 0) continue;
    console.error(`${tool.name}: not installed: ${command} ended with ${error?.message ?? status}`);
    process.exitCode = 1;
    return;
  }
  writeFileSync(stamp, pins);
  console.log(`${tool.name}: installed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

function digest(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(readFileSync(join(pinned, path)));
  return hash.digest("hex");
}
