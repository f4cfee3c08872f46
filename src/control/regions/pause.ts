// Waiting, by the clock we were given.

import type { Clock } from "../../ports/clock.ts";

export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve));
}
