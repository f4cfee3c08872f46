// Account JWTs of a cache resolver: so many at most, the one unused for longest making room, each for so long after its
// last use. What is in use goes on when its file goes. [nats-server dirstore.go NewExpiringDirJWTStore]

import { decodeGeneric } from "../identity/claims.ts";
import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import { DirectoryClaims } from "./claims-directory.ts";
import type { ClaimsStore } from "./claims-store.ts";

const sweepMsMax = 60_000;

export interface CacheOptions {
  /** Absolute path. */
  readonly directory: string;
  readonly limit: number;
  /** Kept for this long after their last use; 0: until they expire by themselves. */
  readonly ttlMs: number;
}

export class CachedClaims implements ClaimsStore {
  readonly updates = "cached";
  readonly acceptsDeletes = true;
  readonly #files: DirectoryClaims;
  readonly #options: CacheOptions;
  readonly #clock: Clock;
  /** When each is over, milliseconds since the epoch; the one used last stands last. */
  readonly #endsAt = new Map<string, number>();

  /** @throws Fault when the directory can be neither read nor made. */
  constructor(disk: Disk, clock: Clock, options: CacheOptions) {
    const { directory } = options;
    this.#files = new DirectoryClaims(disk, { directory, deletion: "hard", limit: Number.MAX_SAFE_INTEGER });
    this.#options = options;
    this.#clock = clock;
    for (const id of this.#files.list()) this.#use(id, this.#files.fetch(id) ?? "");
    this.#sweep();
  }

  fetch(id: string): string | undefined {
    const jwt = this.#files.fetch(id);
    if (jwt !== undefined) this.#use(id, jwt);
    return jwt;
  }

  list(): readonly string[] {
    return this.#files.list();
  }

  save(id: string, jwt: string): void {
    while (!this.#endsAt.has(id) && this.#endsAt.size >= this.#options.limit) {
      const [idle] = this.#endsAt.keys();
      this.remove(idle!);
    }
    this.#files.save(id, jwt);
    this.#use(id, jwt);
  }

  remove(id: string): void {
    this.#files.remove(id);
    this.#endsAt.delete(id);
  }

  #use(id: string, jwt: string): void {
    this.#endsAt.delete(id);
    this.#endsAt.set(id, this.#endOf(jwt));
  }

  #endOf(jwt: string): number {
    const { ttlMs } = this.#options;
    if (ttlMs > 0) return this.#clock.now() + ttlMs;
    const decoded = decodeGeneric(jwt);
    return decoded.ok && decoded.value.exp !== 0 ? decoded.value.exp * 1_000 : Number.POSITIVE_INFINITY;
  }

  #sweep(): void {
    const { ttlMs } = this.#options;
    const nowMs = this.#clock.now();
    for (const [id, endsAt] of this.#endsAt) if (endsAt <= nowMs) this.remove(id);
    this.#clock.after(Math.min(ttlMs / 2 || sweepMsMax, sweepMsMax), () => this.#sweep());
  }
}
