// Who shares what with whom, among all accounts of a server.

import type { Account } from "./account.ts";
import type { Exports } from "./exports.ts";
import { type ImportMistake, type ImportTerms, LinkedAccount } from "./linked-account.ts";

export class Links {
  readonly #linked = new Map<Account, LinkedAccount>();
  /** By the name of an account, those who would like to import from it. */
  readonly #importers = new Map<string, Set<LinkedAccount>>();

  /** An account that shares nothing is known only once asked for here. */
  of(account: Account): LinkedAccount {
    const known = this.#linked.get(account);
    if (known !== undefined) return known;
    const linked = new LinkedAccount(account);
    this.#linked.set(account, linked);
    return linked;
  }

  known(account: Account): LinkedAccount | undefined {
    return this.#linked.get(account);
  }

  /** Whether somebody would like to import from the account of that name. */
  isWanted(name: string): boolean {
    return this.#importers.has(name);
  }

  /** @returns those imports that cannot be, which may change when other accounts do */
  setImports(
    importer: LinkedAccount,
    wanted: readonly ImportTerms[],
    find: (name: string) => LinkedAccount | undefined,
  ): readonly ImportMistake[] {
    for (const { account } of importer.wanted) this.#forget(account, importer);
    for (const { account } of wanted) {
      const others = this.#importers.get(account);
      if (others === undefined) this.#importers.set(account, new Set([importer]));
      else others.add(importer);
    }
    return importer.link(wanted, find);
  }

  /** What it offers has changed: those who import from it are linked anew. */
  setExports(
    exporter: LinkedAccount,
    exports: Exports,
    find: (name: string) => LinkedAccount | undefined,
  ): void {
    exporter.offer(exports);
    this.relinkImportersOf(exporter.name, find);
  }

  relinkImportersOf(name: string, find: (name: string) => LinkedAccount | undefined): void {
    for (const importer of [...(this.#importers.get(name) ?? [])]) importer.link(importer.wanted, find);
  }

  /** The account is gone for good. */
  remove(account: Account, find: (name: string) => LinkedAccount | undefined): void {
    const linked = this.#linked.get(account);
    if (linked === undefined) return;
    this.setImports(linked, [], find);
    this.#linked.delete(account);
    account.watcher = undefined;
    this.relinkImportersOf(account.name, find);
  }

  #forget(name: string, importer: LinkedAccount): void {
    const importers = this.#importers.get(name);
    if (importers?.delete(importer) && importers.size === 0) this.#importers.delete(name);
  }
}
