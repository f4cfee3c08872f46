// A control plane on a real database with cells made of memory: every call to a cell is written down, any of them can
// be told to fail, and time stands still until it is moved.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "../../src/base/assert.ts";
import { type Founded, found } from "../../src/control/actions/found.ts";
import { type Control, type ControlParts, createControl } from "../../src/control/control.ts";
import type { CellConnection, CellLink, CellLinks } from "../../src/control/regions/cell-link.ts";
import { openStore } from "../../src/control/store/sql-store.ts";
import type { Store } from "../../src/control/store/store.ts";
import { Vault } from "../../src/control/vault.ts";
import { openSqlite } from "../../src/node/sqlite.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Random } from "../../src/ports/random.ts";
import { silent } from "../../src/ports/trace.ts";

/** 2026-04-10T10:59:01.818748713Z, as in the recordings. */
export const recordedNs = 1_775_818_741_818_748_713n;

export const random: Random = { bytes: (length) => randomBytes(length), below: () => 0 };

/** Moves only when told to; an alarm rings at once, so that nobody waits. Every look moves time on by a little. */
export class TestClock implements Clock {
  #ns = recordedNs;

  advance(ms: number): void {
    this.#ns += BigInt(Math.round(ms * 1e6));
  }

  now(): number {
    return Number(this.#ns / 1_000_000n);
  }

  nowNs(): bigint {
    return this.#ns;
  }

  monotonicMs(): number {
    return Number(this.#ns / 1_000n) / 1_000;
  }

  after(delayMs: number, ring: () => void): { cancel(): void } {
    this.advance(delayMs);
    queueMicrotask(ring);
    return { cancel: () => undefined };
  }
}

/** What a cell of memory was asked to do: "push", "connections", "kick", "purge", "storedBytes", "lookup", "list", "remove". */
export type CellCall = Exclude<keyof CellLink, "cellId">;

/** Decides about the n-th call to the cell (from 0): "before" fails without effect, "after" has it and fails all the same. */
export type Sabotage = (call: CellCall, accountId: string, nth: number) => "before" | "after" | undefined;

export class MemoryCell implements CellLink {
  /** Account id → the JWT it holds. */
  readonly held = new Map<string, string>();
  readonly open = new Map<string, CellConnection[]>();
  readonly stored = new Map<string, number>();
  readonly calls: string[] = [];
  sabotage: Sabotage = () => undefined;
  #count = 0;

  async push(accountJwt: string): Promise<void> {
    const id = String(claimsOf(accountJwt).sub);
    this.#do("push", id, () => {
      this.held.set(id, accountJwt);
      const { revocations = {} } = claimsOf(accountJwt).nats;
      const left = (this.open.get(id) ?? []).filter(
        ({ user }) => !("*" in revocations) && !(user in revocations),
      );
      this.open.set(id, left);
    });
  }

  async lookup(accountId: string): Promise<string | undefined> {
    return this.#do("lookup", accountId, () => this.held.get(accountId));
  }

  async list(): Promise<readonly string[]> {
    return this.#do("list", "", () => [...this.held.keys()]);
  }

  async connections(accountId: string): Promise<readonly CellConnection[]> {
    return this.#do("connections", accountId, () => this.open.get(accountId) ?? []);
  }

  async kick(connection: CellConnection): Promise<void> {
    this.#do("kick", connection.user, () => {
      for (const [id, all] of this.open)
        this.open.set(
          id,
          all.filter(({ cid }) => cid !== connection.cid),
        );
    });
  }

  async purge(accountId: string): Promise<void> {
    this.#do("purge", accountId, () => this.stored.delete(accountId));
  }

  async storedBytes(accountId: string): Promise<number> {
    return this.#do("storedBytes", accountId, () => this.stored.get(accountId) ?? 0);
  }

  async remove(claim: string): Promise<void> {
    const [id] = claimsOf(claim).nats.accounts as string[];
    this.#do("remove", id!, () => this.held.delete(id!));
  }

  #do<T>(call: CellCall, accountId: string, effect: () => T): T {
    const when = this.sabotage(call, accountId, this.#count++);
    this.calls.push(call);
    if (when === "before") throw new Fault(`${call}: sabotaged before it was done`);
    const result = effect();
    if (when === "after") throw new Fault(`${call}: sabotaged after it was done`);
    return result;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks at claims of every kind
export function claimsOf(jwt: string): any {
  return JSON.parse(Buffer.from(jwt.split(".")[1]!, "base64url").toString("utf8"));
}

export class MemoryCells implements CellLinks {
  readonly regions = ["fr-par", "nl-ams"];
  readonly cells = new Map<string, MemoryCell>();
  /** Nothing answers any more. */
  down = false;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The cell of a region. */
  of(region: string): MemoryCell {
    const cell = this.cells.get(`${region}-1`) ?? new MemoryCell();
    this.cells.set(`${region}-1`, cell);
    return cell;
  }

  async place(region: string): Promise<{ cellId: string; endpoint: string }> {
    if (this.down) throw new Fault("start a cell");
    const cellId = `${region}-1`;
    this.of(region);
    await this.#store.transaction(async ({ installation }) => {
      if ((await installation.cell(cellId)) !== undefined) return;
      const listen = { host: "127.0.0.1", port: 4222, endpoint: this.endpoint(cellId) };
      await installation.insertCell({
        id: cellId,
        region,
        kind: "broker",
        ...listen,
        state: "open",
        createdUs: 0,
      });
    });
    return { cellId, endpoint: this.endpoint(cellId) };
  }

  async link(cellId: string): Promise<CellLink> {
    if (this.down) throw new Fault("reach a cell");
    return this.of(cellId.slice(0, -2));
  }

  endpoint(cellId: string): string {
    return `nats://${cellId}.test:4222`;
  }
}

export interface World {
  readonly control: Control;
  readonly store: Store;
  readonly cells: MemoryCells;
  readonly clock: TestClock;
  readonly founded: Founded & { readonly firstApiKey: NonNullable<Founded["firstApiKey"]> };
  /** Errors and warnings traced. */
  readonly traced: string[];
  /** Another control plane on the same data and the same cells, as after a crash. */
  restart(limits?: ControlParts["limits"]): Control;
  close(): Promise<void>;
}

export async function aWorld(limits?: ControlParts["limits"]): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), "chappe-control-"));
  const store = await openStore(openSqlite(join(directory, "chappe.db")));
  const clock = new TestClock();
  const vault = new Vault(randomBytes(32), random);
  const cells = new MemoryCells(store);
  const founded = await found({ store, vault, clock, random, regions: cells.regions });
  const traced: string[] = [];
  const trace = { ...silent, log: (level: string, text: string) => void traced.push(`${level} ${text}`) };
  const restart = (now = limits): Control =>
    createControl({
      store,
      vault,
      links: cells,
      clock,
      random,
      trace,
      operator: founded.operatorSigning,
      systemAccountId: founded.systemAccount.publicKey,
      ...(now === undefined ? {} : { limits: now }),
    });
  const { firstApiKey } = founded;
  if (firstApiKey === undefined) throw new Error("a new store has its first key made");
  const close = async (): Promise<void> => {
    await store.close();
    rmSync(directory, { recursive: true });
  };
  return {
    control: restart(),
    store,
    cells,
    clock,
    founded: { ...founded, firstApiKey },
    traced,
    restart,
    close,
  };
}
