// Chance as the house sees it. The real one is the operating system's; the simulated one is a seed.

export interface Random {
  /** `length` unpredictable bytes, fit for keys and nonces. */
  bytes(length: number): Uint8Array;
  /** A whole number in [0, bound), evenly spread; cheap enough for every message. `bound` ≥ 1. */
  below(bound: number): number;
}
