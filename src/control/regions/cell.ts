// One cell that is a child process of ours: its settings, its process and the line to it, as one thing.

import type { Cell as CellRow } from "../model/records.ts";
import { brokerSettingsFile, cellConfig } from "./cell-config.ts";
import { CellLine } from "./cell-line.ts";
import type { CellLink } from "./cell-link.ts";
import { CellProcess } from "./cell-process.ts";
import { Claims } from "./claims.ts";
import type { RegionSettings, RegionsWorld } from "./settings.ts";

const configFile = "cell.conf";

export class BrokerCell {
  readonly port: number;
  readonly link: CellLink;
  readonly #world: RegionsWorld;
  readonly #row: CellRow;
  readonly #line: CellLine;
  readonly #process: CellProcess;
  #started = false;

  constructor(row: CellRow, settings: RegionSettings, world: RegionsWorld) {
    this.port = row.port;
    this.#world = world;
    this.#row = row;
    const { trust, dial, clock } = world;
    const host = reachable(row.host);
    const address = () => ({ host, port: row.port, certificates: settings.tls?.certificates() });
    this.#line = new CellLine(row.id, address, trust, dial, clock, () => this.#process.look());
    this.link = new Claims(() => this.#line.open());
    const directory = `${settings.directory}/${row.id}`;
    const text = cellConfig({
      serverName: row.id,
      host: row.host,
      port: row.port,
      directory,
      operatorJwt: trust.operatorJwt,
      systemAccountId: trust.systemAccountId,
      systemAccountJwt: trust.systemAccountJwt,
      tls: settings.tls,
    });
    const files = new Map([
      [configFile, text],
      [brokerSettingsFile, settings.brokerSettings],
    ]);
    this.#process = new CellProcess(
      { name: row.id, program: settings.program, directory, files, configFile },
      { ...world, answers: (windowMs, wanted) => this.#line.answers(windowMs, wanted) },
    );
  }

  /** @throws Fault (with the code EADDRINUSE and the like where that is why) when the cell does not come up. */
  async start(): Promise<void> {
    if (!this.#process.isThere) await this.#world.freePort(this.#row.host, this.port);
    await this.#process.start();
    this.#started = true;
  }

  /** Whether it has come up once; from then on it is brought up again whenever it dies. */
  get isStarted(): boolean {
    return this.#started;
  }

  reload(): void {
    this.#process.reload();
  }

  async stop(keepRunning: boolean): Promise<void> {
    await (keepRunning ? this.#process.abandon() : this.#process.stop());
    await this.#line.close();
  }
}

/** An address that means every interface is dialled over the loopback one. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
