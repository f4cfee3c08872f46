// Runs one broker process: its log, the files that announce it, its signals and its end. [nats-server server.go, signal.go]

import { Fault } from "../base/assert.ts";
import { realClock } from "../node/clock.ts";
import { NodeDisk } from "../node/disk.ts";
import { HashChecker } from "../node/hash-check.ts";
import { httpGetter } from "../node/http-get.ts";
import { localIso } from "../node/local-time.ts";
import { LogTrace } from "../node/log-trace.ts";
import { processMemory } from "../node/memory.ts";
import { listenMonitor } from "../node/monitor-http.ts";
import { NodeNetwork } from "../node/network.ts";
import { realRandom } from "../node/random.ts";
import { processUsage } from "../node/usage.ts";
import { configure } from "../server/config/configure.ts";
import type { Flags } from "../server/config/flags.ts";
import type { ServerOptions } from "../server/config/options.ts";
import { NatsServer } from "../server/server.ts";
import { announceStart } from "./announce-start.ts";
import { logSettings, sameLog } from "./broker-log.ts";
import { outside } from "./outside.ts";
import { followReload, removePortsFile, writePidFile, writePortsFile } from "./process-files.ts";

/** Returns when the server is up; the process then lives until a signal ends it. */
export async function runBroker(options: ServerOptions, flags: Flags): Promise<void> {
  // Whoever reads our log may stop reading: that ends the log, not the server.
  process.stderr.on("error", () => process.stderr.destroy());
  const trace = orDie(() => new LogTrace(logSettings(options)));
  const server = new NatsServer(options, {
    clock: realClock,
    random: realRandom(),
    disk: new NodeDisk(),
    network: new NodeNetwork(),
    trace,
    checkHash: new HashChecker().check,
    listenMonitor,
    httpGet: httpGetter(),
    usage: processUsage(),
    memory: processMemory(),
  });
  announceStart(server, trace);
  const broker = new Broker(server, trace, flags);
  await broker.start();
}

class Broker {
  readonly #server: NatsServer;
  readonly #trace: LogTrace;
  #ending = false;

  constructor(server: NatsServer, trace: LogTrace, flags: Flags) {
    this.#server = server;
    this.#trace = trace;
    if (server.options.configFile !== "") server.reread = () => configure(flags, outside);
    server.onReloaded = (before, after) => this.#followReload(before, after);
  }

  async start(): Promise<void> {
    const server = this.#server;
    // A signal that comes while the server starts must find somebody.
    process.on("SIGINT", () => this.#trapped("interrupt", () => void this.#end()));
    process.on("SIGTERM", () => this.#trapped("terminated", () => this.#terminate()));
    process.on("SIGHUP", () => this.#trapped("hangup", () => this.#reload()));
    process.on("SIGUSR1", () => this.#trapped("user defined signal 1", () => this.#reopenLog()));
    process.on("SIGUSR2", () => this.#trapped("user defined signal 2", () => void this.#lameDuck()));
    try {
      writePidFile(server.options);
      await server.start();
      writePortsFile(server, this.#trace);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#trace.log("fatal", error.message);
      process.exit(1);
    }
    this.#trace.log("info", "Server is ready");
  }

  #trapped(name: string, act: () => void): void {
    this.#trace.log("info", `Trapped "${name}" signal`);
    act();
  }

  /** A server in lame duck mode is on its way already. */
  #terminate(): void {
    if (!this.#server.isLameDuck) void this.#end();
  }

  async #lameDuck(): Promise<void> {
    if (this.#ending || this.#server.isLameDuck) return;
    await this.#server.lameDuck();
    await this.#end();
  }

  #reload(): void {
    const refusal = this.#server.reload();
    if (refusal !== undefined) this.#trace.log("error", `Failed to reload server configuration: ${refusal}`);
  }

  #followReload(before: ServerOptions, after: ServerOptions): void {
    try {
      if (!sameLog(before, after)) this.#trace.reopen(logSettings(after));
      followReload(before, this.#server, this.#trace);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#trace.log("error", error.message);
    }
  }

  #reopenLog(): void {
    if (this.#server.options.logging.file === undefined) {
      this.#trace.log("info", "File log re-open ignored, not a file logger");
      return;
    }
    try {
      this.#trace.reopen();
      this.#trace.log("info", "File log re-opened");
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#trace.log("error", error.message);
    }
  }

  async #end(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#trace.log("info", "Initiating Shutdown...");
    await this.#server.stop();
    removePortsFile(this.#server.options.portsFileDirectory, this.#trace);
    this.#trace.log("info", "Server Exiting..");
    process.exit(0);
  }
}

function orDie<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    // There is no log yet to say it in. [Go log.Fatalf]
    process.stderr.write(`${localTime(new Date())} ${error.message}\n`);
    process.exit(1);
  }
}

/** `2026/01/02 15:04:05` */
function localTime(now: Date): string {
  return localIso(now).slice(0, 19).replaceAll("-", "/").replace("T", " ");
}
