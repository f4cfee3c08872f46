// A control plane on an SQLite database with cells made of memory; time stands still until it is moved.

import { randomBytes } from "node:crypto";
import { hashSecret } from "../../src/control/actions/authenticate.ts";
import { newUuid } from "../../src/control/actions/context.ts";
import { type Control, type ControlParts, createControl } from "../../src/control/control.ts";
import { openStore } from "../../src/control/store/sql-store.ts";
import type { Store } from "../../src/control/store/store.ts";
import { Vault } from "../../src/control/vault.ts";
import { KeyPair } from "../../src/identity/nkey.ts";
import { openSqlite } from "../../src/node/sqlite.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Random } from "../../src/ports/random.ts";
import { silent } from "../../src/ports/trace.ts";
import { MemoryCells } from "./memory-cell.ts";
import { SteppedStore, Steps } from "./steps.ts";

/** 2026-04-10T10:59:01.818748713Z, as in the recordings. */
export const recordedNs = 1_775_818_741_818_748_713n;

export const random: Random = { bytes: (length) => randomBytes(length), below: () => 0 };

/** Moves when it is told to, and when somebody waits: an alarm rings at once, and its delay has passed then. */
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

export interface Tenant {
  readonly organizationId: string;
  readonly projectId: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface World {
  readonly control: Control;
  /** Untouched by sabotage. */
  readonly store: Store;
  readonly cells: MemoryCells;
  readonly steps: Steps;
  readonly clock: TestClock;
  readonly tenant: Tenant;
  /** A second organization with a project and a key of its own. */
  readonly stranger: Tenant;
  readonly systemAccountId: string;
  /** Whatever was traced above debug, oldest first. */
  readonly traced: string[];
  /** Another control plane on the same data and the same cells, as after a crash. */
  restart(parts?: Partial<ControlParts>): Control;
  close(): Promise<void>;
}

export async function aWorld(parts: Partial<ControlParts> = {}): Promise<World> {
  const store = await openStore(openSqlite(":memory:"));
  const steps = new Steps();
  const clock = new TestClock();
  const cells = new MemoryCells(store, steps);
  const traced: string[] = [];
  const log = (level: string, text: string): void => void traced.push(`${level}: ${text}`);
  const systemAccountId = KeyPair.create("account", randomBytes(32)).publicKey;
  const whole: ControlParts = {
    store: new SteppedStore(store, steps),
    vault: new Vault(randomBytes(32), random),
    links: cells,
    clock,
    random,
    trace: { ...silent, log },
    operator: KeyPair.create("operator", randomBytes(32)),
    systemAccountId,
    ...parts,
  };
  await store.transaction(async ({ installation }) => {
    for (const region of cells.regions) await installation.insertRegion(region);
  });
  const tenant = await aTenant(store, "SCWTENANTTENANTTENAN");
  const stranger = await aTenant(store, "SCWSTRANGERSTRANGERS");
  const restart = (changed: Partial<ControlParts> = {}): Control => createControl({ ...whole, ...changed });
  const close = () => store.close();
  const made = { store, cells, steps, clock, tenant, stranger, systemAccountId, traced };
  return { control: restart(), ...made, restart, close };
}

async function aTenant(store: Store, accessKey: string): Promise<Tenant> {
  const [organizationId, projectId, secretKey] = [newUuid(random), newUuid(random), newUuid(random)];
  await store.transaction(async ({ tenants }) => {
    const createdUs = Number(recordedNs / 1_000n);
    await tenants.insertOrganization({ id: organizationId, name: "default", createdUs });
    const project = { id: projectId, organizationId, name: "default", createdUs, updatedUs: createdUs };
    await tenants.insertProject(project);
    const key = { accessKey, organizationId, defaultProjectId: projectId, secretHash: hashSecret(secretKey) };
    await tenants.insertApiKey({ ...key, description: "", createdUs, expiresUs: undefined });
  });
  return { organizationId, projectId, accessKey, secretKey };
}
