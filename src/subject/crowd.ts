// Those who subscribed to the very same subject: nearly always one, who then costs no collection.

/** One, or a set of two and more. `T` is never a Set itself. */
export type Crowd<T> = T | Set<T>;

/** With one more; in place where there are several already. */
export function joined<T extends object>(crowd: Crowd<T> | undefined, newcomer: T): Crowd<T> {
  if (crowd === undefined || crowd === newcomer) return newcomer;
  if (crowd instanceof Set) return crowd.add(newcomer);
  return new Set([crowd, newcomer]);
}

/** Without one of them; undefined when nobody is left. */
export function left<T extends object>(crowd: Crowd<T>, leaver: T): Crowd<T> | undefined {
  if (crowd === leaver) return undefined;
  if (!(crowd instanceof Set)) return crowd;
  crowd.delete(leaver);
  if (crowd.size > 1) return crowd;
  const [last] = crowd;
  return last;
}

export function isIn<T extends object>(crowd: Crowd<T> | undefined, one: T): boolean {
  return crowd instanceof Set ? crowd.has(one) : crowd === one;
}

export function forEachIn<T extends object>(crowd: Crowd<T>, visit: (one: T) => void): void {
  if (!(crowd instanceof Set)) visit(crowd);
  else for (const one of crowd) visit(one);
}
