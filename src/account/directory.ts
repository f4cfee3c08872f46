// All accounts of one server, by name.

import { Account, type AccountSurroundings } from "./account.ts";
import type { LinkedAccount } from "./linked-account.ts";
import { Links } from "./links.ts";

export const globalAccountName = "$G";
export const systemAccountName = "$SYS";

export class Directory {
  readonly #surroundings: AccountSurroundings;
  readonly #accounts = new Map<string, Account>();
  /** What accounts share. */
  readonly links = new Links();
  /** Told of every account made from now on. */
  onNew: ((account: Account) => void) | undefined;
  #numbers = 0;
  #system: Account | undefined;

  constructor(surroundings: AccountSurroundings) {
    this.#surroundings = surroundings;
  }

  get size(): number {
    return this.#accounts.size;
  }

  all(): Iterable<Account> {
    return this.#accounts.values();
  }

  find(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  /** The account of that name, made when there is none yet. */
  ensure(name: string): Account {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const account = new Account(name, this.#numbers++, this.#surroundings);
    this.#accounts.set(name, account);
    this.onNew?.(account);
    return account;
  }

  remove(name: string): void {
    const account = this.#accounts.get(name);
    this.#accounts.delete(name);
    if (account !== undefined) this.links.remove(account, (other) => this.linked(other));
  }

  /** An account with what it shares; undefined where there is no such account. */
  linked(name: string): LinkedAccount | undefined {
    const account = this.find(name);
    return account === undefined ? undefined : this.links.of(account);
  }

  /** The account whose members may ask about the server; absent where the configuration turned it off. */
  get system(): Account | undefined {
    return this.#system;
  }

  appointSystem(account: Account): void {
    this.#system = account;
  }
}
