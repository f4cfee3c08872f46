// Where the account JWTs of operator mode come from, as the configuration says: a store, and whom to ask for what it does
// not have. [nats-server server.go configureResolver, NewServer]

import type { Account } from "../account/account.ts";
import { CachedClaims } from "../account/cached-claims.ts";
import { DirectoryClaims } from "../account/claims-directory.ts";
import type { ClaimsSource } from "../account/claims-source.ts";
import { type ClaimsStore, MemoryClaims } from "../account/claims-store.ts";
import type { OperatorAccounts } from "../account/operator-accounts.ts";
import { Fault } from "../base/assert.ts";
import type { Turn } from "../forward/outbox.ts";
import { decodeGeneric } from "../identity/claims.ts";
import type { Clock } from "../ports/clock.ts";
import { AskedClaims } from "./asked-claims.ts";
import type { ServerOptions } from "./config/options.ts";
import type { OperatorOptions } from "./config/options-operator.ts";
import { SystemBootstrap } from "./system-bootstrap.ts";
import { UrlClaims } from "./url-claims.ts";
import type { World } from "./world.ts";

/** The store of a resolver, with the preload in it that is newer than what it has. */
export function claimsStore({ resolver, preload }: OperatorOptions, world: World, clock: Clock): ClaimsStore {
  if (resolver?.kind !== "full" && resolver?.kind !== "cache") return new MemoryClaims(preload);
  const store =
    resolver.kind === "full"
      ? new DirectoryClaims(world.disk, resolver)
      : new CachedClaims(world.disk, clock, resolver);
  for (const [id, jwt] of preload) if (isNewer(jwt, store.fetch(id))) store.save(id, jwt);
  return store;
}

/** [nats-server dirstore.go saveIfNewer] */
function isNewer(jwt: string, stored: string | undefined): boolean {
  const before = decodeGeneric(stored ?? "");
  const after = decodeGeneric(jwt);
  if (!before.ok || !after.ok) return after.ok;
  return before.value.jti !== after.value.jti && before.value.iat <= after.value.iat;
}

export interface ResolverParts {
  readonly accounts: OperatorAccounts;
  readonly system: Account;
  readonly world: World;
  readonly clock: Clock;
  readonly turn: Turn;
}

export class Resolver {
  readonly #parts: ResolverParts;
  #bootstrap: SystemBootstrap | undefined;

  constructor(parts: ResolverParts) {
    this.#parts = parts;
  }

  /** Resolves when accounts can be found. @throws Fault when the configuration's resolver cannot be used. */
  async start(options: ServerOptions): Promise<void> {
    const { resolver, preload, operators } = options.operator!;
    if (resolver?.kind === "url" && preload.size > 0) {
      throw new Fault("resolver preloads only available for writeable resolver types MEM/DIR/CACHE_DIR");
    }
    const source = this.adopt(options);
    if (source instanceof UrlClaims) await source.check();
    const { systemAccount } = options;
    if (source === undefined || operators.length !== 1 || systemAccount === undefined) return;
    const { accounts, clock, world } = this.#parts;
    this.#bootstrap = new SystemBootstrap(accounts, systemAccount, clock, world.trace);
    await this.#bootstrap.start();
  }

  /** From now on accounts are asked for as these options say. */
  adopt({ operator }: ServerOptions): ClaimsSource | undefined {
    const source = operator === undefined ? undefined : this.#source(operator);
    this.#parts.accounts.source = source;
    return source;
  }

  stop(): void {
    this.#bootstrap?.stop();
  }

  #source({ resolver }: OperatorOptions): ClaimsSource | undefined {
    const { system, world, clock, turn } = this.#parts;
    if (resolver === undefined || resolver.kind === "memory") return undefined;
    if (resolver.kind === "url") {
      if (world.httpGet === undefined) throw new Fault("no HTTP for a resolver of a URL");
      return new UrlClaims(resolver, { get: world.httpGet, turn, trace: world.trace });
    }
    return new AskedClaims({ system, clock, random: world.random, timeoutMs: resolver.fetchTimeoutMs });
  }
}
