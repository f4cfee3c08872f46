// A clock whose every alarm is a turn of its own: what it dirtied is flushed when it has rung.

import type { Turn } from "../forward/outbox.ts";
import type { Clock } from "../ports/clock.ts";

export function turnClock(clock: Clock, turn: Turn): Clock {
  return {
    now: () => clock.now(),
    nowNs: () => clock.nowNs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, ring) =>
      clock.after(delayMs, () => {
        ring();
        turn.end();
      }),
  };
}
