// bin/chappe: the program. Reads its command line, does what it says, and tells the shell how that went.

import { homedir } from "node:os";
import { join, relative } from "node:path";
import { exportLines } from "./chappe-env.ts";
import { help, readCommand, type ServeOptions } from "./chappe-options.ts";
import { ConsoleTrace } from "./console-trace.ts";
import { Exit, exitCodes } from "./exit.ts";
import { ownVersion, Service, type Serving } from "./serve.ts";
import { welcomeText } from "./welcome.ts";

const command = readCommand(process.argv.slice(2), process.env, process.cwd(), homedir());
switch (command.kind) {
  case "help":
    process.stdout.write(help);
    break;
  case "version":
    process.stdout.write(`chappe ${ownVersion()}\n`);
    break;
  case "refused":
    process.stderr.write(`chappe: ${command.message}\nSee: chappe --help\n`);
    process.exitCode = exitCodes.usage;
    break;
  case "env":
    await orLeave(() => void process.stdout.write(exportLines(command.data, command.http)));
    break;
  case "audit":
    await orLeave(() => audit(command.directory, command.json));
    break;
  case "serve":
    await serve(command.options);
}

async function audit(directory: string, asJson: boolean): Promise<void> {
  // The log is a fifth of a start, and no other command needs it.
  const { runAudit } = await import("./audit.ts");
  const { text, sound } = runAudit(directory, asJson);
  process.stdout.write(text);
  process.exitCode = sound ? exitCodes.stopped : exitCodes.damaged;
}

async function serve(options: ServeOptions): Promise<void> {
  const begun = performance.now();
  // Everything we make, and our cells make, is for its owner only.
  process.umask(0o077);
  const form = options.log ?? (process.stdout.isTTY ? "pretty" : "json");
  const trace = new ConsoleTrace(form);
  const service = new Service(options, trace);
  // Alarms alone do not keep a process alive, and between two of them a start may have nothing else.
  const alive = setInterval(() => undefined, 60_000);
  let asked = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (asked) process.exit(exitCodes.unexpected);
    asked = true;
    trace.log("info", `${signal}: stopping${options.keepCells ? ", cells run on" : ""}`);
    await service.stop();
    trace.log("info", "stopped");
    clearInterval(alive);
    process.exit(exitCodes.stopped);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  // A terminal that goes away does not take the service with it.
  process.on("SIGHUP", () => serving?.reload());

  let serving: Serving | undefined;
  try {
    serving = await service.start();
  } catch (error) {
    if (asked) return; // taken down while it came up: `stop` ends the process
    await service.stop();
    clearInterval(alive);
    return leave(error);
  }
  if (!asked) announce(options, serving, form, trace, performance.now() - begun);
}

function announce(
  options: ServeOptions,
  serving: Serving,
  form: string,
  trace: ConsoleTrace,
  tookMs: number,
): void {
  const { run, isFirst, tls } = serving;
  if (form === "json") {
    if (isFirst)
      trace.log("info", "made an organization, a project and an API key", {
        key: join(options.data, "admin.key"),
      });
    trace.log("info", "ready", { ...run, data: options.data, ms: Math.round(tookMs) });
    return;
  }
  const ca = tls && options.tlsFiles === undefined ? join(options.data, "tls", "ca.pem") : undefined;
  const share = process.env.XDG_DATA_HOME || join(homedir(), ".local/share");
  const dataIsDefault = process.env.CHAPPE_DATA === options.data || options.data === join(share, "chappe");
  process.stdout.write(
    welcomeText({
      version: ownVersion(),
      isFirst,
      tookMs,
      run,
      data: options.data,
      tls,
      ca,
      command: ownCommand(),
      dataIsDefault,
    }),
  );
}

/** From a checkout the launcher is called by its path, installed by its name. */
function ownCommand(): string {
  if (import.meta.filename.endsWith(".js")) return "chappe";
  return relative(process.cwd(), join(import.meta.dirname, "../../bin/chappe"));
}

async function orLeave(act: () => void | Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    leave(error);
  }
}

/** Ends with what went wrong and, where somebody can do something about it, with what. */
function leave(error: unknown): void {
  if (error instanceof Exit) {
    process.stderr.write(`chappe: ${error.message}\n${error.remedy}\n`);
    process.exitCode = error.code;
    return;
  }
  // A Fault's message holds its cause's.
  process.stderr.write(`chappe: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = exitCodes.unexpected;
}
