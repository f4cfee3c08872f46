// Who waits for a commit, tenant by tenant: one of each in turn, however many of one tenant's wait.

export class Turns<T> {
  /** No line is empty. The first tenant is the next. */
  readonly #lines = new Map<string, T[]>();

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  add(tenant: string, one: T): void {
    const line = this.#lines.get(tenant);
    if (line === undefined) this.#lines.set(tenant, [one]);
    else line.push(one);
  }

  /** Takes out whose turn it is; undefined when nobody waits. */
  next(): T | undefined {
    for (const [tenant, line] of this.#lines) {
      const one = line.shift();
      this.#lines.delete(tenant);
      if (line.length > 0) this.#lines.set(tenant, line);
      return one;
    }
    return undefined;
  }
}
