// Where account JWTs are kept between an update and the next start.

/** Ids are public account nkeys; whoever stores by them has checked that. */
export interface ClaimsStore {
  /** The exact text last saved, or undefined. */
  fetch(id: string): string | undefined;
  list(): readonly string[];
  /** Durable when it returns. @throws Fault when the text cannot be stored. */
  save(id: string, jwt: string): void;
  remove(id: string): void;
  /** JWTs that come over the wire are stored, or cached where their account is in use, or only change what is in use. */
  readonly updates: "stored" | "cached" | "live";
  /** Whether they may be deleted over the wire. */
  readonly acceptsDeletes: boolean;
}

/** The preloaded JWTs of a configuration, or what was fetched; nothing outlives the process. */
export class MemoryClaims implements ClaimsStore {
  readonly updates = "live";
  readonly acceptsDeletes = false;
  readonly #jwts: Map<string, string>;

  constructor(preload: ReadonlyMap<string, string>) {
    this.#jwts = new Map(preload);
  }

  fetch(id: string): string | undefined {
    return this.#jwts.get(id);
  }

  list(): readonly string[] {
    return [...this.#jwts.keys()];
  }

  save(id: string, jwt: string): void {
    this.#jwts.set(id, jwt);
  }

  remove(id: string): void {
    this.#jwts.delete(id);
  }
}
