// A broker whose configuration a test rewrites while it runs.
import { Running } from "../dropin/running.ts";
import type { BrokerProgram } from "../support/broker-process.ts";

const outcome = /^(Reloaded server configuration|Failed to reload server configuration)/;
const file = "live.conf";
const place = 'host: "127.0.0.1"\nport: -1\n';

export class LiveBroker {
  readonly running: Running;
  #reloads = 0;

  constructor(program: BrokerProgram, config: string, files: Readonly<Record<string, string>> = {}) {
    this.running = new Running(program, ["-c", file], { ...files, [file]: place + config });
  }

  /** Rewrites the configuration and has it read again; resolves with the log line that tells the outcome. */
  async reload(config: string): Promise<string> {
    this.running.write(file, place + config);
    this.running.kill("SIGHUP");
    this.#reloads++;
    const line = await this.running.line(outcome, this.#reloads);
    return line.replace(/ \(sha256:[0-9a-f]{64}\)$/, "");
  }

  stop(): Promise<void> {
    return this.running.stop();
  }
}
