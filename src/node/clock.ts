// The machine's clocks.

import type { Alarm, Clock } from "../ports/clock.ts";

/** Node's timers take 32-bit delays; a longer one rings at once. */
const delayMaxMs = 2_147_483_647;

export const realClock: Clock = {
  now: () => Date.now(),
  nowNs: wallNs,
  monotonicMs: () => performance.now(),
  after: (delayMs, ring) => alarm(delayMs, ring),
};

/** The wall clock with the monotonic clock's fine hand: milliseconds from the one, what lies below them from the other. */
function wallNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
}

function alarm(delayMs: number, ring: () => void): Alarm {
  if (delayMs <= 0) {
    // A timer waits for a millisecond at least. Not unref'd: then it would wait until something else happens.
    const immediate = setImmediate(ring);
    return { cancel: () => clearImmediate(immediate) };
  }
  let timer: NodeJS.Timeout;
  const set = (leftMs: number): void => {
    const step = Math.min(leftMs, delayMaxMs);
    timer = setTimeout(() => (leftMs > step ? set(leftMs - step) : ring()), step);
    timer.unref();
  };
  set(delayMs);
  return { cancel: () => clearTimeout(timer) };
}
