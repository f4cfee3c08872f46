// Cells made of memory, which hold claims and connections as a nats-server does; every call to one is a step.

import { Fault } from "../../src/base/assert.ts";
import type { CellConnection, CellLink, CellLinks, Placement } from "../../src/control/regions/cell-link.ts";
import type { Store } from "../../src/control/store/store.ts";
import type { Steps } from "./steps.ts";

export class MemoryCell implements CellLink {
  /** Account id → the JWT it holds. */
  readonly held = new Map<string, string>();
  readonly stored = new Map<string, number>();
  #open: { readonly accountId: string; readonly connection: CellConnection; stubborn: boolean }[] = [];
  readonly #steps: Steps;
  #cid = 0;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** A user connects; a stubborn connection survives its revocation until it is kicked. */
  connect(accountId: string, user: string, stubborn = false): void {
    this.#open.push({ accountId, connection: { server: "N", cid: ++this.#cid, user }, stubborn });
  }

  /** The users connected to an account. */
  usersOf(accountId: string): readonly string[] {
    return this.#open.filter((it) => it.accountId === accountId).map((it) => it.connection.user);
  }

  /** Whether a user JWT would be let in: its signing key is listed and nothing revokes it. */
  admits(userJwt: string): boolean {
    const user = claimsOf(userJwt);
    const text = this.held.get(user.nats.issuer_account);
    if (text === undefined) return false;
    const account = claimsOf(text).nats;
    const { revocations = {} } = account;
    const at = Math.max(revocations[user.sub] ?? 0, revocations["*"] ?? 0);
    return account.signing_keys.includes(user.iss) && user.iat > at;
  }

  push(accountJwt: string): Promise<void> {
    const { sub, nats } = claimsOf(accountJwt);
    return this.#steps.take("push", sub, () => {
      this.held.set(sub, accountJwt);
      const { revocations = {} } = nats;
      const revoked = (user: string) => "*" in revocations || user in revocations;
      this.#open = this.#open.filter(
        (it) => it.accountId !== sub || it.stubborn || !revoked(it.connection.user),
      );
    });
  }

  lookup(accountId: string): Promise<string | undefined> {
    return this.#steps.take("lookup", accountId, () => this.held.get(accountId));
  }

  list(): Promise<readonly string[]> {
    return this.#steps.take("list", "", () => [...this.held.keys()]);
  }

  connections(accountId: string): Promise<readonly CellConnection[]> {
    const own = () => this.#open.filter((it) => it.accountId === accountId).map((it) => it.connection);
    return this.#steps.take("connections", accountId, own);
  }

  kick(connection: CellConnection): Promise<void> {
    return this.#steps.take("kick", connection.user, () => {
      this.#open = this.#open.filter((it) => it.connection.cid !== connection.cid);
    });
  }

  purge(accountId: string): Promise<void> {
    return this.#steps.take("purge", accountId, () => {
      this.stored.delete(accountId);
    });
  }

  storedBytes(accountId: string): Promise<number> {
    return this.#steps.take("storedBytes", accountId, () => this.stored.get(accountId) ?? 0);
  }

  remove(claim: string): Promise<void> {
    const [id] = claimsOf(claim).nats.accounts as string[];
    return this.#steps.take("remove", id!, () => {
      this.held.delete(id!);
    });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks at claims of every kind
export function claimsOf(jwt: string): any {
  return JSON.parse(Buffer.from(jwt.split(".")[1]!, "base64url").toString("utf8"));
}

export class MemoryCells implements CellLinks {
  readonly regions = ["fr-par", "nl-ams"];
  /** No cell can be reached any more. */
  down = false;
  readonly #cells = new Map<string, MemoryCell>();
  readonly #store: Store;
  readonly #steps: Steps;

  constructor(store: Store, steps: Steps) {
    this.#store = store;
    this.#steps = steps;
  }

  /** The cell of a region. */
  of(region: string): MemoryCell {
    const cell = this.#cells.get(region) ?? new MemoryCell(this.#steps);
    this.#cells.set(region, cell);
    return cell;
  }

  async place(region: string): Promise<Placement> {
    if (this.down) throw new Fault("start a cell");
    const id = `${region}-1`;
    const placement = { cellId: id, endpoint: this.endpoint(id) };
    await this.#store.transaction(async ({ installation }) => {
      if ((await installation.cell(id)) !== undefined) return;
      const { endpoint } = placement;
      const at = { host: "127.0.0.1", port: 4222, endpoint };
      await installation.insertCell({ id, region, kind: "broker", ...at, state: "open", createdUs: 0 });
    });
    return placement;
  }

  async link(cellId: string): Promise<CellLink> {
    if (this.down) throw new Fault("reach a cell");
    return this.of(cellId.slice(0, -2));
  }

  endpoint(cellId: string): string {
    return `nats://${cellId}.test:4222`;
  }
}
