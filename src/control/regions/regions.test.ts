import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../base/assert.ts";
import { silent } from "../../ports/trace.ts";
import type { Cell } from "../model/records.ts";
import type { Store, Transaction } from "../store/store.ts";
import { ManualClock, PaperFiles, PaperProcesses, TableLine } from "./regions.testing.ts";
import { Regions } from "./regions.ts";
import type { RegionSettings } from "./settings.ts";

/** What a store remembers of cells, over as many starts as a test likes. */
function aStore(): Store {
  const cells = new Map<string, Cell>();
  const installation = {
    insertRegion: async () => undefined,
    cells: async () => [...cells.values()],
    insertCell: async (cell: Cell) => void cells.set(cell.id, cell),
    updateCell: async (id: string, change: Partial<Cell>) =>
      void cells.set(id, { ...cells.get(id)!, ...change }),
  };
  const tx = { installation } as unknown as Transaction;
  return { transaction: (work: (tx: Transaction) => Promise<unknown>) => work(tx) } as unknown as Store;
}

function aStart(store: Store, change: Partial<RegionSettings> = {}, taken: readonly number[] = []) {
  const processes = new PaperProcesses();
  const settings: RegionSettings = {
    regions: ["fr-par", "nl-ams"],
    directory: "/data/cells",
    program: "/bin/nats-server",
    listen: { host: "127.0.0.1", port: 4222 },
    portAsked: false,
    public: { host: "127.0.0.1", port: 0 },
    brokerSettings: "",
    ...change,
  };
  let free = 40_000;
  const regions = new Regions(settings, {
    store,
    trust: {
      operatorJwt: "o",
      systemAccountId: "AS",
      systemAccountJwt: "s",
      systemUser: () => ({ jwt: "", sign: (it) => it }),
    },
    clock: new ManualClock(),
    trace: silent,
    processes,
    files: new PaperFiles(),
    dial: async ({ port }) => {
      const cells = await store.transaction((tx) => tx.installation.cells());
      return new TableLine(() => [{ name: cells.find((cell) => cell.port === port)?.id, id: "N1" }]);
    },
    freePort: async (host, port) => {
      if (taken.includes(port)) throw new Fault(`listen on ${host}:${port}`);
      return port === 0 ? free++ : port;
    },
    grown: () => undefined,
  });
  return { regions, processes };
}

describe("regions", () => {
  test("the first region's cell starts with Chappe, another region's with its first account", async () => {
    const { regions, processes } = aStart(aStore());

    await regions.start();
    const atStart = processes.started;
    const placement = await regions.place("nl-ams");

    assert.equal(atStart, 1);
    assert.equal(processes.started, 2);
    assert.deepEqual(placement, { cellId: "nl-ams-1", endpoint: "nats://127.0.0.1:4223" });
    assert.deepEqual(await regions.place("fr-par"), {
      cellId: "fr-par-1",
      endpoint: "nats://127.0.0.1:4222",
    });
  });

  test("two first accounts at once make one cell", async () => {
    const { regions, processes } = aStart(aStore());
    await regions.start();

    await Promise.all([regions.place("nl-ams"), regions.place("nl-ams")]);

    assert.equal(processes.started, 2);
  });

  test("a further cell steps over a port that is taken", async () => {
    const { regions } = aStart(aStore(), {}, [4223, 4224]);
    await regions.start();

    assert.equal((await regions.place("nl-ams")).endpoint, "nats://127.0.0.1:4225");
  });

  test("ports once chosen are kept, whatever the default is", async () => {
    const store = aStore();
    await aStart(store, { listen: { host: "127.0.0.1", port: 0 }, portAsked: true }).regions.start();

    const again = aStart(store, { listen: { host: "127.0.0.1", port: 4222 }, portAsked: false }).regions;
    await again.start();

    assert.equal(again.endpoint("fr-par-1"), "nats://127.0.0.1:40000");
  });

  test("a port asked for by name moves the first cell, and only that", async () => {
    const store = aStore();
    const first = aStart(store).regions;
    await first.start();
    await first.place("nl-ams");

    const again = aStart(store, { listen: { host: "127.0.0.1", port: 5000 }, portAsked: true }).regions;
    await again.start();

    assert.equal(again.endpoint("fr-par-1"), "nats://127.0.0.1:5000");
    assert.equal(again.endpoint("nl-ams-1"), "nats://127.0.0.1:4223");
  });

  test("clients are told the public address, counted up like the ports", async () => {
    const { regions } = aStart(aStore(), { public: { host: "nats.example.com", port: 7000 } });
    await regions.start();

    assert.equal(regions.endpoint("fr-par-1"), "nats://nats.example.com:7000");
  });

  test("a cell whose port is taken by somebody else is a Fault, and nothing is started", async () => {
    const { regions, processes } = aStart(aStore(), {}, [4222]);

    await assert.rejects(regions.start(), /listen on 127\.0\.0\.1:4222/);

    assert.equal(processes.started, 0);
  });

  test("a region whose first cell could not start tries again with the next account", async () => {
    const taken: number[] = [];
    const { regions, processes } = aStart(aStore(), {}, taken);
    await regions.start();
    // The port is free when it is chosen and taken when the cell is about to bind it.
    const tries = Array.from({ length: 200 }, (_, at) => 4223 + at);
    taken.push(...tries);
    await assert.rejects(regions.place("nl-ams"), Fault);

    taken.length = 0;
    await regions.place("nl-ams");

    assert.equal(processes.started, 2);
  });

  test("stopping ends every cell, or leaves every cell running", async () => {
    const [ended, kept] = [aStart(aStore()), aStart(aStore())];
    await Promise.all([ended.regions.start(), kept.regions.start()]);
    const mark = "--config=/data/cells/fr-par-1/cell.conf";

    await kept.regions.stop(true);
    const stop = ended.regions.stop(false);
    await stop;

    assert.equal(kept.processes.find(mark).length, 1);
    assert.equal(ended.processes.find(mark).length, 0);
  });
});
