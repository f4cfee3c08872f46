// Bytes that were appended and not taken by a commit: of a stream, of all streams of its tenant, of the store.

export class Pending {
  readonly #bytesMax: number;
  readonly #partOf: Pending | undefined;
  #bytes = 0;

  constructor(bytesMax: number, partOf?: Pending) {
    this.#bytesMax = bytesMax;
    this.#partOf = partOf;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether this, or what it is part of, is beyond its limit. */
  get isFull(): boolean {
    return this.#bytes > this.#bytesMax || (this.#partOf?.isFull ?? false);
  }

  /** So many more; less, when negative. */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#partOf?.add(bytes);
  }
}

/** Of each tenant that has a stream open. */
export class TenantsPending {
  readonly #store: Pending;
  readonly #tenantBytesMax: number;
  readonly #tenants = new Map<string, { readonly pending: Pending; streams: number }>();

  constructor(storeBytesMax: number, tenantBytesMax: number) {
    this.#store = new Pending(storeBytesMax);
    this.#tenantBytesMax = tenantBytesMax;
  }

  /** One more stream of a tenant is open. */
  enter(tenant: string): Pending {
    let found = this.#tenants.get(tenant);
    if (found === undefined) {
      found = { pending: new Pending(this.#tenantBytesMax, this.#store), streams: 0 };
      this.#tenants.set(tenant, found);
    }
    found.streams++;
    return found.pending;
  }

  /** One stream less; it has nothing pending any more. */
  leave(tenant: string): void {
    const found = this.#tenants.get(tenant);
    if (found !== undefined && --found.streams === 0) this.#tenants.delete(tenant);
  }
}
