// Runs one broker process: log, files that announce it, signals, and its end.

import { rmSync, writeFileSync, renameSync } from "node:fs";
import { Fault } from "../base/assert.ts";
import { realClock } from "../node/clock.ts";
import { NodeDisk } from "../node/disk.ts";
import { LogTrace, type LogSettings } from "../node/log-trace.ts";
import { NodeNetwork } from "../node/network.ts";
import { realRandom } from "../node/random.ts";
import type { Flags } from "../server/config/flags.ts";
import type { ServerOptions } from "../server/config/options.ts";
import { NatsServer } from "../server/server.ts";
import { build, natsVersion } from "../server/version.ts";

/** Returns when the server is up; the process then lives until a signal ends it. */
export async function runBroker(options: ServerOptions, _flags: Flags): Promise<void> {
  const trace = new LogTrace(logSettings(options));
  // Whoever reads our log may stop reading: that ends the log, not the server.
  process.stderr.on("error", () => process.stderr.destroy());
  const server = new NatsServer(options, {
    clock: realClock,
    random: realRandom(),
    disk: new NodeDisk(),
    network: new NodeNetwork(),
    trace,
  });
  announceStart(server, trace);
  try {
    await server.start();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    trace.log("fatal", error.message);
    process.exit(1);
  }
  writeFiles(server);
  trace.log("info", "Server is ready");
  const stop = (): void => void endProcess(server, trace);
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGUSR1", () => trace.reopen());
}

function announceStart(server: NatsServer, trace: LogTrace): void {
  trace.log("info", "Starting nats-server");
  trace.log("info", `  Version:  ${natsVersion}`);
  trace.log("info", `  Git:      [${build}]`);
  trace.log("info", `  Name:     ${server.name}`);
  trace.log("info", `  ID:       ${server.id}`);
  const { configFile, digest, unsupported } = server.options;
  if (configFile !== "") trace.log("info", `Using configuration file: ${configFile} (${digest})`);
  for (const block of unsupported) trace.log("warn", `Configuration "${block}" is accepted and has no effect here`);
}

let ending = false;

async function endProcess(server: NatsServer, trace: LogTrace): Promise<void> {
  if (ending) return;
  ending = true;
  trace.log("info", "Initiating Shutdown...");
  await server.stop();
  removeFiles(server.options);
  trace.log("info", "Server Exiting..");
  process.exit(0);
}

function logSettings(options: ServerOptions): LogSettings {
  const { logging } = options;
  return {
    debug: logging.debug,
    trace: logging.trace,
    timestamps: logging.timestamps,
    utc: logging.utc,
    ...(logging.file === undefined ? {} : { file: logging.file }),
    sizeLimit: logging.fileBytesMax,
  };
}

function writeFiles(server: NatsServer): void {
  const { pidFile, portsFileDirectory } = server.options;
  // Without a newline: some read it with a parser that takes digits only.
  if (pidFile !== "") writeFileSync(pidFile, String(process.pid));
  if (portsFileDirectory === "") return;
  const path = portsFile(portsFileDirectory);
  writeFileSync(`${path}.new`, JSON.stringify(server.ports()), { mode: 0o666 });
  renameSync(`${path}.new`, path);
}

function removeFiles(options: ServerOptions): void {
  if (options.pidFile !== "") rmSync(options.pidFile, { force: true });
  if (options.portsFileDirectory !== "") rmSync(portsFile(options.portsFileDirectory), { force: true });
}

function portsFile(directory: string): string {
  return `${directory}/nats-server_${process.pid}.ports`;
}
