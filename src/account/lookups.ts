// Accounts that are asked for elsewhere when somebody needs them. Each is asked for once, however many wait for it, and
// with an account come those it imports from: its users find everything in force. [nats-server server.go fetchAccount]

import { decodeAccount } from "../identity/claims.ts";
import { isPublicKey } from "../identity/nkey.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClaimsSource, Fetched } from "./claims-source.ts";
import type { LoadedAccount } from "./loaded-account.ts";

/** Accounts asked for at a time: strangers may name any. */
export const askedMax = 256;
/** Accounts that one lookup follows imports to. */
const followedMax = 256;
/** One that is expired is not asked for again sooner. [nats-server server.go updateAccount] */
const refreshMs = 1_000;

/** The accounts, as a lookup needs them. */
export interface Accounts {
  loaded(id: string): LoadedAccount | undefined;
  /** The JWT that the store has, if any. */
  stored(id: string): string | undefined;
  /** Takes in a JWT that was fetched; answers why not. */
  keep(id: string, jwt: string): string | undefined;
  find(id: string): LoadedAccount | string;
}

type Answered = (answer: Fetched) => void;

export class Lookups {
  readonly #accounts: Accounts;
  readonly #clock: Clock;
  readonly #asked = new Map<string, Answered[]>();
  /** When accounts that are over were asked for, by the monotonic clock; no more of them than there are accounts. */
  readonly #refreshedAt = new Map<string, number>();
  source: ClaimsSource | undefined;

  constructor(accounts: Accounts, clock: Clock) {
    this.#accounts = accounts;
    this.#clock = clock;
  }

  /** The account, or why there is none: at once where it is known. */
  lookup(id: string, found: (account: LoadedAccount | string) => void): void {
    const { source } = this;
    const loaded = this.#accounts.loaded(id);
    if (source === undefined || (loaded !== undefined && !loaded.disabled) || !isPublicKey(id, "account")) {
      return found(this.#accounts.find(id));
    }
    if (loaded !== undefined && !this.#mayRefresh(id)) return found(loaded);
    this.#gather(source, id, (why) => {
      const account = this.#accounts.find(id);
      found(typeof account === "string" ? (why ?? account) : account);
    });
  }

  /** Has an account that others wait for looked up. */
  seek(id: string): void {
    if (this.source === undefined || this.#asked.has(id)) return;
    this.lookup(id, () => {});
  }

  /** Asks the source, whatever is known already. */
  refresh(id: string, done: (why: string | undefined) => void): void {
    if (this.source === undefined) return done("no account resolver");
    this.#ask(this.source, id, (answer) => done(this.#taken(id, answer)));
  }

  #mayRefresh(id: string): boolean {
    const now = this.#clock.monotonicMs();
    if (now - (this.#refreshedAt.get(id) ?? Number.NEGATIVE_INFINITY) < refreshMs) return false;
    this.#refreshedAt.set(id, now);
    return true;
  }

  /** Gets the JWTs of an account and of those it imports from; tells, when all have come, why the first has none. */
  #gather(source: ClaimsSource, first: string, gathered: (why: string | undefined) => void): void {
    const seen = new Set<string>();
    let why: string | undefined;
    let awaited = 1;
    const settle = (): void => {
      if (--awaited === 0) gathered(why);
    };
    const follow = (jwt: string): void => {
      const decoded = decodeAccount(jwt);
      if (decoded.ok) for (const { account } of decoded.value.nats.imports) want(account);
    };
    const want = (id: string): void => {
      if (seen.has(id) || seen.size >= followedMax || !isPublicKey(id, "account")) return;
      seen.add(id);
      const isFirst = id === first;
      if (!isFirst && this.#accounts.loaded(id) !== undefined) return;
      const stored = this.#accounts.loaded(id) === undefined ? this.#accounts.stored(id) : undefined;
      if (stored !== undefined) return follow(stored);
      awaited++;
      this.#ask(source, id, (answer) => {
        const refusal = this.#taken(id, answer);
        if (isFirst) why = refusal;
        if (refusal === undefined && answer.kind === "jwt") follow(answer.jwt);
        settle();
      });
    };
    want(first);
    settle();
  }

  #taken(id: string, answer: Fetched): string | undefined {
    return answer.kind === "none" ? answer.why : this.#accounts.keep(id, answer.jwt);
  }

  #ask(source: ClaimsSource, id: string, answered: Answered): void {
    const waiting = this.#asked.get(id);
    if (waiting !== undefined) {
      waiting.push(answered);
      return;
    }
    if (this.#asked.size >= askedMax) {
      answered({ kind: "none", why: "too many accounts are asked for" });
      return;
    }
    const all = [answered];
    this.#asked.set(id, all);
    source.fetch(id, (answer) => {
      this.#asked.delete(id);
      for (const each of all) each(answer);
    });
  }
}
