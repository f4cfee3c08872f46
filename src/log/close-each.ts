// Closing several things, each of them though another's close fails.

/** Closes every one, in order. Throws the first error, when all are closed. */
export function closeEach(all: Iterable<{ closeSync(): void }>): void {
  const failures: unknown[] = [];
  for (const each of all) {
    try {
      each.closeSync();
    } catch (cause) {
      failures.push(cause);
    }
  }
  if (failures.length > 0) throw failures[0];
}
