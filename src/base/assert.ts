// Broken invariants and failed surroundings: the two kinds of error that are thrown, never returned.

/** An impossibility happened: the process must not go on with the state it has. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/**
 * The world failed us (disk, network, child process). Says what was attempted; `cause` says why it failed.
 * Callers that can decide (refuse, retry, stop one stream) catch it; nobody else does.
 */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly attempted: string;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    attempted: string,
    context: { readonly cause?: unknown; readonly [key: string]: unknown } = {},
  ) {
    const { cause, ...rest } = context;
    super(`${attempted}${cause instanceof Error ? `: ${cause.message}` : ""}`, { cause });
    this.attempted = attempted;
    this.context = rest;
  }
}

/** Throws {@link BrokenInvariant} unless `condition` holds. `claim` states what is always true. */
export function assert(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new BrokenInvariant(claim);
}

/** For the `default` of a switch that is meant to be exhaustive. */
export function unreachable(value: never): never {
  throw new BrokenInvariant(`unexpected ${String(value)}`);
}
