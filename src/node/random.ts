// The operating system's randomness, and a cheap generator seeded from it for choices that need no secrecy.

import { randomBytes } from "node:crypto";
import type { Random } from "../ports/random.ts";

export function realRandom(): Random {
  let state = randomBytes(4).readUInt32LE() | 1;
  return {
    bytes: (length) => randomBytes(length),
    below: (bound) => {
      // xorshift32: a few nanoseconds, good enough to spread messages over queue group members.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % bound;
    },
  };
}
