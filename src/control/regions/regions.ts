// All cells of all regions: which there are, where a new account goes, and how each is reached.

import { assert, Fault } from "../../base/assert.ts";
import { hostPort } from "../../base/host-port.ts";
import type { Cell as CellRow } from "../model/records.ts";
import { BrokerCell } from "./cell.ts";
import type { CellLink, CellLinks, Placement } from "./cell-link.ts";
import type { RegionSettings, RegionsWorld } from "./settings.ts";

/** How many ports are tried, counting up from the one asked for, when a further cell is placed. */
const portTriesMost = 100;

export class Regions implements CellLinks {
  readonly regions: readonly string[];
  readonly #settings: RegionSettings;
  readonly #world: RegionsWorld;
  readonly #cells = new Map<
    string,
    { readonly cell: BrokerCell; readonly region: string; readonly endpoint: string }
  >();
  /** First cells being made, by region: two accounts at once do not make two cells. */
  readonly #making = new Map<string, Promise<string>>();

  constructor(settings: RegionSettings, world: RegionsWorld) {
    this.regions = settings.regions;
    this.#settings = settings;
    this.#world = world;
  }

  /**
   * Brings up every cell there is, the first region's in any case.
   * @throws Fault when one cannot be started; the others then run, until `stop`.
   */
  async start(): Promise<void> {
    const { store } = this.#world;
    const rows = await store.transaction(async ({ installation }) => {
      for (const region of this.regions) await installation.insertRegion(region);
      return await installation.cells();
    });
    const first = this.regions[0];
    assert(first !== undefined, "there is a region");
    for (const [index, row] of rows.entries()) await this.#know(row, index);
    if (!rows.some((row) => row.region === first)) await this.#make(first);
    const starts = await Promise.allSettled([...this.#cells.values()].map(({ cell }) => cell.start()));
    for (const start of starts) if (start.status === "rejected") throw start.reason;
  }

  async place(region: string): Promise<Placement> {
    let cellId = this.#cellOf(region);
    if (cellId === undefined) {
      const making =
        this.#making.get(region) ?? this.#makeAndStart(region).finally(() => this.#making.delete(region));
      this.#making.set(region, making);
      cellId = await making;
    }
    return { cellId, endpoint: this.endpoint(cellId) };
  }

  async link(cellId: string): Promise<CellLink> {
    const known = this.#cells.get(cellId);
    if (known === undefined) throw new Fault(`reach cell ${cellId}: it is not one of ours`);
    return known.cell.link;
  }

  endpoint(cellId: string): string {
    const known = this.#cells.get(cellId);
    assert(known !== undefined, "an account's cell is known");
    return known.endpoint;
  }

  /** What clients dial, by region, of every cell that there is. */
  endpoints(): ReadonlyMap<string, string> {
    return new Map([...this.#cells.values()].map(({ region, endpoint }) => [region, endpoint]));
  }

  /** Cells read their certificates again. */
  reload(): void {
    for (const { cell } of this.#cells.values()) cell.reload();
  }

  /** Ends all cells, or leaves them running for the next control plane. */
  async stop(keepCells: boolean): Promise<void> {
    await Promise.allSettled(this.#making.values());
    await Promise.all([...this.#cells.values()].map(({ cell }) => cell.stop(keepCells)));
  }

  #cellOf(region: string): string | undefined {
    for (const [id, known] of this.#cells) if (known.region === region && known.cell.isStarted) return id;
    return undefined;
  }

  async #makeAndStart(region: string): Promise<string> {
    const made = [...this.#cells].find(([, known]) => known.region === region)?.[0];
    const id = made ?? (await this.#make(region));
    await this.#cells.get(id)!.cell.start();
    this.#world.grown();
    return id;
  }

  /** The row is there before the process is: a control plane that dies in between finds what it began. */
  async #make(region: string): Promise<string> {
    const { store, clock } = this.#world;
    const { host } = this.#settings.listen;
    const port = await this.#nextPort();
    const index = this.#cells.size;
    const row: CellRow = {
      id: `${region}-1`,
      region,
      kind: "broker",
      host,
      port,
      endpoint: this.#endpointAt(port, index),
      state: "open",
      createdUs: clock.now() * 1_000,
    };
    await store.transaction(({ installation }) => installation.insertCell(row));
    await this.#know(row, index);
    return row.id;
  }

  async #nextPort(): Promise<number> {
    const { listen } = this.#settings;
    const taken = [...this.#cells.values()].map(({ cell }) => cell.port);
    if (taken.length === 0 || listen.port === 0) return this.#world.freePort(listen.host, listen.port);
    let port = Math.max(...taken) + 1;
    for (let tries = 1; ; tries++, port++) {
      try {
        return await this.#world.freePort(listen.host, port);
      } catch (error) {
        if (!(error instanceof Fault) || tries >= portTriesMost) throw error;
      }
    }
  }

  /** A known cell keeps its port, unless the first one's was asked for by name; the rest follows the settings. */
  async #know(row: CellRow, index: number): Promise<void> {
    const { store } = this.#world;
    const { listen, portAsked } = this.#settings;
    const port = index === 0 && portAsked && listen.port !== 0 ? listen.port : row.port;
    const endpoint = this.#endpointAt(port, index);
    if (row.host !== listen.host || row.port !== port || row.endpoint !== endpoint) {
      await store.transaction(({ installation }) =>
        installation.updateCell(row.id, { host: listen.host, port, endpoint }),
      );
    }
    const cell = new BrokerCell({ ...row, host: listen.host, port }, this.#settings, this.#world);
    this.#cells.set(row.id, { cell, region: row.region, endpoint });
  }

  #endpointAt(port: number, index: number): string {
    const { host, port: publicPort } = this.#settings.public;
    return `nats://${hostPort(host, publicPort === 0 ? port : publicPort + index)}`;
  }
}
