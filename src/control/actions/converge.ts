// Brings every cell to what the database says: finishes what was cut half-way, rolls back what was never answered,
// pushes what a cell does not hold, removes what it should not hold. The database wins.

import type { Fault } from "../../base/assert.ts";
import { isPublicKey } from "../../identity/nkey.ts";
import type { Account } from "../model/records.ts";
import type { CellLink } from "../regions/cell-link.ts";
import { applyJwt, removeClaims } from "./apply.ts";
import type { ControlContext } from "./context.ts";
import { abandon } from "./create-account.ts";
import { finishDeletion } from "./delete-account.ts";
import { finishCredentials } from "./delete-credentials.ts";
import { expireIdempotency } from "./idempotency.ts";
import { isCellFault } from "./out-of-reach.ts";

const accountsAPage = 100;
const atOnce = 8;
/** A cell that failed so often in one pass is left alone until the next. */
const faultsMax = 3;
/** Unknown claims removed from a cell in one pass; the rest in the next. */
const removalsMax = 100;

export interface Convergence {
  /** Accounts looked at. */
  readonly checked: number;
  /** Accounts something was done about, and unknown claims removed. */
  readonly repaired: number;
  /** Accounts that could not be brought to their state; the next pass tries again. */
  readonly failed: number;
}

/** One pass over everything. Resolves when it is through, or soon after `signal` aborts; never rejects for a cell's sake. */
export async function converge(context: ControlContext, signal?: AbortSignal): Promise<Convergence> {
  const pass = new Pass(context);
  let after = "";
  while (!signal?.aborted) {
    const from = after;
    const ids = await context.store.transaction((tx) => tx.accounts.idsAfter(from, accountsAPage));
    await inParallel(ids, signal, (id) => pass.account(id));
    if (ids.length < accountsAPage) break;
    after = ids.at(-1)!;
  }
  const cells = await context.store.transaction((tx) => tx.installation.cells());
  for (const cell of cells) {
    if (!signal?.aborted && cell.state !== "starting") await pass.strangers(cell.id);
  }
  await expireIdempotency(context);
  return pass.result();
}

class Pass {
  readonly #context: ControlContext;
  readonly #links = new Map<string, Promise<CellLink>>(); // one per cell
  readonly #faults = new Map<string, number>();
  #checked = 0;
  #repaired = 0;
  #failed = 0;

  constructor(context: ControlContext) {
    this.#context = context;
  }

  result(): Convergence {
    return { checked: this.#checked, repaired: this.#repaired, failed: this.#failed };
  }

  async account(id: string): Promise<void> {
    const { store, trace } = this.#context;
    this.#checked++;
    await store.withAccount(id, async () => {
      const account = await store.transaction((tx) => tx.accounts.get(id));
      if (account === undefined) return;
      if (this.#givenUp(account.cellId)) {
        this.#failed++;
        return;
      }
      try {
        if (await this.#bring(account)) this.#repaired++;
      } catch (error) {
        this.#fault(account.cellId, error);
        this.#failed++;
        trace.log("warn", `bring an account to its state: ${(error as Fault).message}`, { account: id });
      }
    });
  }

  /** Removes claims that the database knows nothing of: what a server held that was out of reach during a deletion. */
  async strangers(cellId: string): Promise<void> {
    if (this.#givenUp(cellId)) return;
    try {
      const link = await this.#link(cellId);
      const held = (await link.list()).filter(
        (id) => id !== this.#context.systemAccountId && isPublicKey(id, "account"),
      );
      // asked after the list was taken: an intent is recorded before its claims are pushed
      const unknown = await this.#context.store.transaction(async (tx) => {
        const missing: string[] = [];
        for (const id of held) if ((await tx.accounts.get(id)) === undefined) missing.push(id);
        return missing;
      });
      for (const id of unknown.slice(0, removalsMax)) {
        this.#context.trace.log("warn", "remove claims of an account that the database does not know", {
          account: id,
        });
        await removeClaims(this.#context, link, id);
        this.#repaired++;
      }
    } catch (error) {
      this.#fault(cellId, error);
      this.#context.trace.log("warn", `look for unknown accounts: ${(error as Fault).message}`, {
        cell: cellId,
      });
    }
  }

  /** Whether anything had to be done. Under the account's lock. */
  async #bring(account: Account): Promise<boolean> {
    const context = this.#context;
    if (account.state === "pending") {
      // Whoever creates an account holds its lock: nobody is going to finish or answer this one.
      await abandon(context, account.id);
      return this.#bring({ ...account, state: "deleting" });
    }
    const link = await this.#link(account.cellId);
    if (account.state === "deleting") {
      await finishDeletion(context, link, await this.#believed(link, account));
      return true;
    }
    const leaving = await context.store.transaction((tx) => tx.credentials.deleting(account.id));
    for (const credential of leaving) {
      const now = await context.store.transaction((tx) => tx.accounts.get(account.id));
      if (now !== undefined)
        await finishCredentials(context, link, await this.#believed(link, now), credential);
    }
    const now =
      leaving.length === 0 ? account : await context.store.transaction((tx) => tx.accounts.get(account.id));
    if (now === undefined) return true;
    const compared = await this.#believed(link, now);
    await applyJwt(context, link, compared);
    return leaving.length > 0 || !compared.applied || !now.applied;
  }

  /** The account, applied only if the cell holds its text to the letter, whatever the database remembers of it. */
  async #believed(link: CellLink, account: Account): Promise<Account> {
    return { ...account, applied: account.applied && (await link.lookup(account.id)) === account.jwt };
  }

  #link(cellId: string): Promise<CellLink> {
    let link = this.#links.get(cellId);
    if (link === undefined) {
      link = this.#context.links.link(cellId);
      this.#links.set(cellId, link);
    }
    return link;
  }

  #givenUp(cellId: string): boolean {
    return (this.#faults.get(cellId) ?? 0) >= faultsMax;
  }

  /** @throws what is no cell's fault. */
  #fault(cellId: string, error: unknown): void {
    if (!isCellFault(error)) throw error;
    this.#faults.set(cellId, (this.#faults.get(cellId) ?? 0) + 1);
  }
}

async function inParallel(
  ids: readonly string[],
  signal: AbortSignal | undefined,
  work: (id: string) => Promise<void>,
): Promise<void> {
  const queue = ids.values();
  const worker = async (): Promise<void> => {
    for (const id of queue) {
      if (signal?.aborted) return;
      await work(id);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
