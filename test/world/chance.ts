// Chance from a seed: the same seed gives the same run.

import type { Random } from "../../src/ports/random.ts";

export interface Chance extends Random {
  /** A number in [0, 1). */
  unit(): number;
  pick<T>(from: readonly T[]): T;
}

/** xorshift128 seeded through splitmix32: good enough to search with, never for keys. */
export function chanceOf(seed: number): Chance {
  let s = seed | 0;
  const mix = (): number => {
    s = (s + 0x9e3779b9) | 0;
    let z = s ^ (s >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [mix() | 1, mix(), mix(), mix()] as [number, number, number, number];
  const next = (): number => {
    let t = d;
    const first = a;
    d = c;
    c = b;
    b = first;
    t ^= t << 11;
    t ^= t >>> 8;
    a = (t ^ first ^ (first >>> 19)) >>> 0;
    return a;
  };
  return {
    below: (bound) => Math.floor((next() / 2 ** 32) * bound),
    unit: () => next() / 2 ** 32,
    pick: (from) => from[Math.floor((next() / 2 ** 32) * from.length)]!,
    bytes: (length) => Uint8Array.from({ length }, () => next() & 255),
  };
}
